//! Streams that end before their last row.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

/// Opens a stream of each kind.
fn each_kind(db: &Db, with: impl Fn(&mut dyn Iterator<Item = mizzle::Result<i64>>)) {
    with(&mut Item::query().stream(db).unwrap().map(|item| item.map(|item| item.id)));
    with(
        &mut Item::query()
            .with(Item::notes())
            .stream(db)
            .unwrap()
            .map(|item| item.map(|item| item.id)),
    );
    with(&mut db.stream::<i64, _>(items::table.select(items::id)).unwrap());
    with(&mut sql!("SELECT id FROM items").stream::<i64>(db).unwrap());
    // Much more than has arrived when the first row is there.
    with(
        &mut sql!("SELECT a.id FROM items a CROSS JOIN items b CROSS JOIN items c")
            .stream::<i64>(db)
            .unwrap(),
    );
}

/// The only connection of a pool works, has no transaction, and is the one it was.
fn check(db: &Db, before: &str) {
    let now = session(db);
    assert_eq!(now, before);
    assert_eq!((db.pool_status().connections, db.pool_status().in_use), (1, 0));
    let id = 1_000_000;
    db.insert(NewItem { id, name: "new".into(), rank: None }).unwrap();
    assert!(db.delete_by_key::<Item>(id).unwrap());
}

fn session(db: &Db) -> String {
    match db.dialect() {
        mizzle::Dialect::Postgres => {
            sql!("SELECT CAST(pg_backend_pid() AS text)").one::<String>(db).unwrap()
        }
        _ => "same".into(),
    }
}

fn with_one_connection(url: &str, body: impl Fn(&Db)) {
    let db = Db::builder(url).pool_size(1).connect().unwrap();
    store(&db, 3000);
    body(&db);
}

#[test]
fn leave_the_connection_as_it_was() {
    test_support::each_url!(|url| with_one_connection(url, |db| {
        let before = session(db);
        for rows in [0, 1, 2, 130, 1500] {
            each_kind(db, |stream| assert_eq!(stream.take(rows).map(Result::unwrap).count(), rows));
            check(db, &before);
        }
    }));
}

#[test]
fn by_a_panic() {
    test_support::each_url!(|url| with_one_connection(url, |db| {
        let before = session(db);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            each_kind(db, |stream| {
                let panicked = catch_unwind(AssertUnwindSafe(|| {
                    for (place, row) in stream.enumerate() {
                        row.unwrap();
                        assert!(place < 200, "on purpose");
                    }
                }));
                assert!(panicked.is_err());
            });
        }));
        assert!(panicked.is_ok());
        check(db, &before);
        // Through the stream itself.
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            for row in Item::query().stream(db).unwrap() {
                assert!(row.unwrap().id < 50, "on purpose");
            }
        }));
        assert!(unwound.is_err());
        check(db, &before);
    }));
}

on_each_database! {
    /// In a transaction, what was written before and after stays.
    fn in_a_transaction(db: &Db) {
        store(db, 3000);
        for rows in [0_usize, 1, 200, 1500] {
            let id = 10_000 + 10 * rows as i64;
            let insert = |tx: &Tx<'_>, id| tx.insert(NewItem { id, name: "new".into(), rank: None });
            db.transaction(|tx| {
                insert(tx, id)?;
                assert_eq!(Item::query().stream(tx)?.take(rows).count(), rows);
                insert(tx, id + 1)?;
                assert_eq!(Item::query().with(Item::notes()).stream(tx)?.take(rows).count(), rows);
                insert(tx, id + 2)?;
                assert_eq!(sql!("SELECT id FROM items").stream::<i64>(tx)?.take(rows).count(), rows);
                insert(tx, id + 3)?;
                // In a savepoint that is rolled back.
                let nested = tx.transaction(|inner| {
                    insert(inner, id + 4)?;
                    for item in Item::query().order_by(items::id).stream(inner)? {
                        if item?.id >= 150 {
                            return Err(inner.get::<Item>(-1).unwrap_err());
                        }
                    }
                    Ok(())
                });
                assert!(nested.is_err());
                Ok(())
            })
            .unwrap();
            assert_eq!(Item::query().filter(items::id.between(id, id + 9)).count(db).unwrap(), 4);
        }
    }
}
