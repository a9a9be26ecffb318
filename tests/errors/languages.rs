//! A server that speaks another language shows no value either, and is understood as well.

use diesel::sql_types::Text;
use mizzle::ErrorCode;
use mizzle::prelude::*;

use crate::secrets::{fail_by_violations, fail_on_postgres};
use crate::server::{Server, programs};

/// How each language says that `nowhere` is not there: its quotation marks, or its words, differ.
const LANGUAGES: [(&str, &str); 6] = [
    ("de", "Relation »nowhere« existiert nicht"),
    ("fr", "la relation « nowhere » n'existe pas"),
    ("ja", "リレーション\"nowhere\"は存在しません"),
    ("ru", "отношение \"nowhere\" не существует"),
    ("sv", "relationen \"nowhere\" existerar inte"),
    ("ko", "\"nowhere\" 이름의 릴레이션(relation)이 없습니다"),
];

fn understood(db: &Db) {
    // A plan that is no longer right is made again.
    let count = || db.execute(diesel::sql_query("SELECT * FROM vaults"));
    count().unwrap();
    db.execute_sql("ALTER TABLE vaults ADD COLUMN more int").unwrap();
    count().unwrap();
    for (sql, code, database_code) in [
        ("SELECT * FROM nowhere", ErrorCode::SchemaError, "42P01"),
        ("SELECT nothing FROM vaults", ErrorCode::SchemaError, "42703"),
        ("SELECT 'x'::int", ErrorCode::ValueError, "22P02"),
        ("INSERT INTO vaults DEFAULT VALUES", ErrorCode::ConstraintError, "23502"),
        ("SELEKT", ErrorCode::QueryError, "42601"),
    ] {
        let error = db.execute(diesel::sql_query(sql)).unwrap_err();
        assert_eq!((error.code(), error.database_code()), (code, Some(database_code)), "{error:?}");
    }
    let number = diesel::sql_query("SELECT $1::int").bind::<Text, _>("m4rk3r");
    let error = db.execute(number).unwrap_err();
    assert_eq!(error.to_string(), "a text is not in the form of its type (integer)");
    let relation = diesel::sql_query("SELECT $1::regclass").bind::<Text, _>("M4rk3r.\"S3cret\"");
    let error = db.execute(relation).unwrap_err();
    assert!(!error.to_string().to_lowercase().contains("rk3r"), "{error}");
}

#[test]
fn of_other_peoples_servers() {
    if programs().is_none() {
        assert!(
            std::env::var_os("MIZZLE_TEST_OWN_SERVERS").is_none(),
            "PostgreSQL's server (initdb, pg_ctl, postgres) is not installed"
        );
        eprintln!("skipped: PostgreSQL's server (initdb, pg_ctl, postgres) is not installed");
        return;
    }
    let server = Server::prepare("max_connections = 10").unwrap();
    let mut spoken = 0;
    for (language, not_there) in LANGUAGES {
        server.up_speaking(language).unwrap();
        let db = Db::connect(&server.url()).unwrap();
        db.execute_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
        let error = db.execute_sql("SELECT * FROM nowhere").unwrap_err();
        assert!(error.to_string().contains("nowhere"), "{error}");
        spoken += u32::from(error.to_string() == not_there);
        fail_by_violations(&db);
        understood(&db);
        fail_on_postgres(&db);
        drop(db);
        server.stop().unwrap();
    }
    // Debian's package has them all; elsewhere some may be left out.
    assert!(
        spoken > 0 || !std::path::Path::new("/usr/share/locale/de/LC_MESSAGES").exists(),
        "English only"
    );
    println!("{spoken} of {} languages", LANGUAGES.len());
}
