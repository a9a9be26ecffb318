//! Statements while a stream is open.

use mizzle::prelude::*;
use mizzle::{ErrorCode, Result};
use test_support::on_each_database;

use crate::schema::*;

on_each_database! {
    fn of_the_same_transaction_are_an_error(db: &Db) {
        store(db, 300);
        db.transaction(|tx| {
            let mut stream = Item::query().order_by(items::id).stream(tx)?;
            assert_eq!(stream.next().unwrap()?, item(1));
            let calls: [&dyn Fn() -> Result<()>; 7] = [
                &|| tx.execute(diesel::update(items::table).set(items::rank.eq(7))).map(drop),
                &|| tx.find::<Item>(1).map(drop),
                &|| Item::query().all(tx).map(drop),
                &|| Item::query().stream(tx).map(drop),
                &|| sql!("SELECT 1").one::<i64>(tx).map(drop),
                &|| tx.transaction(|inner| inner.count(items::table)).map(drop),
                &|| tx.with_connection(|_| Ok(())),
            ];
            for (place, call) in calls.iter().enumerate() {
                let error = call().unwrap_err();
                assert_eq!(error.code(), ErrorCode::TransactionError, "{place}: {error:?}");
                assert!(error.to_string().contains("stream"), "{place}: {error}");
            }
            // They changed nothing, and the stream goes on.
            let rest: Vec<Item> = stream.by_ref().collect::<Result<_>>()?;
            assert_eq!(rest, (2..=300).map(item).collect::<Vec<_>>());
            // It has ended, though it is still there.
            assert_eq!(tx.count(items::table)?, 300);
            assert!(stream.next().is_none());
            Ok(())
        })
        .unwrap();
    }

    /// The rows are those of the moment in which the stream began.
    fn of_others_change_nothing(db: &Db) {
        store(db, 3000);
        let mut seen = Vec::new();
        for row in Item::query().order_by(items::id).stream(db).unwrap() {
            let row = row.unwrap();
            if row.id % 100 == 1 {
                db.execute(diesel::update(items::table).set(items::name.eq(format!("changed by {}", row.id)))).unwrap();
                db.delete_by_key::<Item>(3000 - row.id).unwrap();
                db.insert(NewItem { id: 10_000 + row.id, name: "new".into(), rank: None }).unwrap();
            }
            seen.push(row);
        }
        assert_eq!(seen, (1..=3000).map(item).collect::<Vec<_>>());
    }

    /// The handle in its own transaction.
    fn of_the_handle_are_an_error(db: &Db) {
        store(db, 3);
        db.transaction(|_| {
            let error = Item::query().stream(db).map(drop).unwrap_err();
            assert_eq!(error.code(), ErrorCode::TransactionError);
            Ok(())
        })
        .unwrap();
    }
}

/// With one connection, a call during a stream can't wait for it.
#[cfg(feature = "sqlite")]
#[test]
fn of_the_only_connection_are_an_error() {
    let db = Db::connect("sqlite::memory:").unwrap();
    store(&db, 300);
    let mut stream = Item::query().stream(&db).unwrap();
    stream.next().unwrap().unwrap();
    let error = db.find::<Item>(1).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TransactionError, "{error:?}");
    assert!(error.to_string().contains("stream"), "{error}");
    drop(stream);
    assert_eq!(db.find::<Item>(1).unwrap(), Some(item(1)));
    // Read to the end, it has returned the connection.
    let mut stream = Item::query().stream(&db).unwrap();
    assert_eq!(stream.by_ref().count(), 300);
    assert_eq!(db.count(items::table).unwrap(), 300);
    assert!(stream.next().is_none());
}
