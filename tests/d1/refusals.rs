//! What D1 can't do is an error before anything is sent.

use mizzle::prelude::*;
use mizzle::{ErrorCode, Lock};

use crate::server::{Server, well};

#[derive(Table, Debug, Clone)]
struct Price {
    #[column(primary_key)]
    id: i64,
    amount: Decimal,
    document: serde_json::Value,
}

#[test]
fn transactions_and_locks_name_the_batch() {
    let server = Server::start(vec![], well());
    let db = server.db();
    let failed = db.transaction(|_| Ok(())).unwrap_err();
    assert_eq!(failed.code(), ErrorCode::TransactionError);
    assert!(failed.troubleshooting()[0].contains("batch"), "{failed:?}");
    for script in ["BEGIN", "SAVEPOINT a", "COMMIT"] {
        let failed = db.execute_sql(script).unwrap_err();
        assert!(failed.troubleshooting()[0].contains("batch"), "{failed:?}");
    }
    let failed = Price::query().lock(Lock::update()).all(&db).unwrap_err();
    assert!(failed.to_string().contains("batch"), "{failed:?}");
    assert!(db.notify("channel", "text").is_err());
    assert_eq!(server.count(), 0);
}

#[test]
fn comparisons_of_documents_are_refused() {
    let server = Server::start(vec![], well());
    let db = server.db();
    let failed = Price::query().filter(prices::document.eq(serde_json::json!(1))).all(&db);
    assert!(failed.unwrap_err().to_string().contains("JSON documents"));
    assert_eq!(server.count(), 0);
}

#[test]
fn statements_beyond_the_limits_are_refused() {
    let server = Server::start(vec![], well());
    let db = server.db();
    let long = format!("SELECT '{}'", "x".repeat(100_000));
    let failed = diesel::sql_query(&long);
    let failed = db.execute(failed).unwrap_err();
    assert!(failed.to_string().contains("at most 100000"), "{failed}");
    assert_eq!(server.count(), 0);
}
