//! How often a program waits for the server: each exchange with it ends with one message `Z`.

use mizzle::prelude::*;
use mizzle::{ErrorCode, batch};
use test_support::FreshPostgres;
use test_support::proxy::Proxy;

use crate::{Mood, Note, Notes, notes};

/// A database behind a proxy that counts.
pub struct Counted {
    /// Connects through the proxy, with one connection.
    pub db: Db,
    proxy: Proxy,
    /// The database itself.
    pub fresh: FreshPostgres,
}

impl Counted {
    /// Creates the database, with notes.
    pub fn new() -> Self {
        let fresh = FreshPostgres::new();
        let (start, rest) = fresh.url.rsplit_once(':').unwrap();
        let (port, database) = rest.split_once('/').unwrap();
        let proxy = Proxy::counting(port.parse().unwrap());
        let url = format!("{start}:{}/{database}?sslmode=disable&gssencmode=disable", proxy.port());
        let db = Db::builder(&url).pool_size(1).connect().unwrap();
        db.create_all::<Notes>().unwrap();
        Self { db, proxy, fresh }
    }

    /// Returns how many exchanges `f` takes when it runs for the first time, and the second time.
    pub fn twice<T>(&self, mut f: impl FnMut(&Db) -> mizzle::Result<T>) -> (usize, usize) {
        let mut once = || {
            let before = self.exchanges();
            f(&self.db).unwrap();
            self.exchanges() - before
        };
        (once(), once())
    }

    fn exchanges(&self) -> usize {
        self.proxy.seen().matches('Z').count()
    }
}

fn sample(id: i64) -> Note {
    Note { id, label: format!("note {id}"), mood: Mood::Happy }
}

#[test]
fn of_statements_and_transactions() {
    let counted = Counted::new();
    // The type of the database's own is looked up once.
    counted.db.insert(sample(1)).unwrap();
    let mut next = 1;
    let mut new = || {
        next += 1;
        sample(next)
    };
    assert_eq!(counted.twice(|db| db.find::<Note>(1)), (1, 1), "find");
    assert_eq!(counted.twice(|db| Note::query().all(db)), (1, 1), "all");
    assert_eq!(
        counted.twice(|db| sql!("SELECT label FROM notes WHERE id = {1_i64}").one::<String>(db)),
        (1, 1),
        "sql!"
    );
    assert_eq!(counted.twice(|db| Note::query().page(db, 1, 10)), (1, 1), "page");
    assert_eq!(
        counted.twice(|db| db.transaction(|tx| Note::query().page(tx, 1, 10))),
        (2, 2),
        "a page in a transaction"
    );
    assert_eq!(counted.twice(|db| db.transaction(|_| Ok(()))), (0, 0), "an empty transaction");
    assert_eq!(
        counted.twice(|db| db.transaction(|tx| {
            let mut note = Note::query().filter(notes::id.le(1)).first(tx)?.unwrap();
            note.label.push('!');
            tx.update(&note)
        })),
        (3, 3),
        "a read and a write"
    );
    assert_eq!(
        counted.twice(|db| db.transaction(|tx| {
            tx.insert(new())?;
            tx.insert(new())?;
            tx.insert(new())
        })),
        (4, 4),
        "three writes"
    );
    assert_eq!(
        counted.twice(|db| {
            let failed = db.transaction(|tx| {
                tx.execute_sql("SELECT 1")?;
                tx.insert(sample(1))
            });
            assert!(failed.is_err());
            Ok(())
        }),
        // BEGIN goes alone before SQL text; the last one is the rollback.
        (4, 4),
        "a transaction that fails"
    );
}

/// The same table as that of the issue: what a program writes in one call is one exchange, or two if a row decides.
#[test]
fn of_batches_and_many_rows() {
    let counted = Counted::new();
    counted.db.insert(sample(1)).unwrap();
    let mut next = 1;
    let mut new = || {
        next += 1;
        sample(next)
    };
    assert_eq!(
        counted.twice(|db| db.batch((
            batch::insert(new()),
            batch::insert(new()),
            batch::execute(diesel::update(notes::table.find(1)).set(notes::label.eq("one"))),
        ))),
        (1, 1),
        "three writes as a batch"
    );
    assert_eq!(
        counted.twice(|db| db.batch((
            Note::query().batched().all(),
            Note::query().filter(notes::id.gt(1)).batched().count(),
            batch::find::<Note>(1),
            sql!("SELECT label FROM notes").batched().all::<String>(),
        ))),
        (1, 1),
        "reads as a batch"
    );
    let one = Note { label: "first".into(), ..sample(1) };
    assert_eq!(
        counted.twice(|db| db.batch((batch::update(&one), batch::get::<Note>(1)))),
        (2, 2),
        "a batch that a row decides"
    );
    assert_eq!(
        counted.twice(
            |db| db.transaction(|tx| tx.batch((batch::find::<Note>(1), batch::insert(new()))))
        ),
        (2, 2),
        "a batch in a transaction"
    );
    assert_eq!(
        counted.twice(|db| {
            let failed = db.batch((batch::find::<Note>(1), batch::insert(sample(1)))).unwrap_err();
            assert_eq!(failed.batch_place(), Some(1), "{failed:?}");
            Ok(())
        }),
        // The last one is the rollback.
        (2, 2),
        "a batch that fails"
    );
    let mut many = || (0..10_000).map(|_| new()).collect::<Vec<_>>();
    assert_eq!(counted.twice(|db| db.insert_all(many())), (1, 1), "10,000 rows");
    assert_eq!(counted.twice(|db| db.insert_all_returning(many())), (2, 2), "10,000 rows returned");
    assert_eq!(counted.twice(|db| db.upsert_all(many())), (1, 1), "10,000 rows upserted");
}

/// What a session has lost, and what others have changed, is found out by the exchange that fails, and it runs again.
#[test]
fn a_batch_in_an_emptied_session() {
    let counted = Counted::new();
    let db = &counted.db;
    let other = Db::builder(&counted.fresh.url).pool_size(1).connect().unwrap();
    let mut next = 0;
    let mut batch = |on: &Db, nested: bool| {
        next += 2;
        let items = || {
            (
                batch::insert(sample(next)),
                batch::insert(sample(next + 1)),
                Note::query().batched().count(),
            )
        };
        if nested { on.transaction(|tx| tx.batch(items())) } else { on.batch(items()) }.unwrap().2
    };
    assert_eq!(batch(db, false), 2);
    for (nested, expected) in [(false, 4), (true, 6)] {
        db.execute_sql("DISCARD ALL").unwrap();
        assert_eq!(batch(db, nested), expected);
    }
    for (nested, expected) in [(false, 8), (true, 10)] {
        other
            .execute_sql(
                "ALTER TABLE notes ALTER mood TYPE text; DROP TYPE mood; CREATE TYPE mood AS ENUM ('happy', 'sad'); \
                 ALTER TABLE notes ALTER mood TYPE mood USING mood::mood",
            )
            .unwrap();
        assert_eq!(batch(db, nested), expected);
    }
}

#[test]
fn what_fails_at_first_leaves_no_trace() {
    let counted = Counted::new();
    let db = &counted.db;
    db.insert(sample(1)).unwrap();
    // Preparing fails, before a transaction and in one.
    for _ in 0..2 {
        let error = sql!("SELECT nothing FROM notes").one::<i64>(db).unwrap_err();
        assert!(error.to_string().contains("nothing"), "{error}");
        assert!(error.sql().unwrap().contains("SELECT nothing"), "{error:?}");
        let error =
            db.transaction(|tx| sql!("SELECT nothing FROM notes").one::<i64>(tx)).unwrap_err();
        assert!(error.to_string().contains("nothing"), "{error}");
    }
    // Running fails; the statement is prepared all the same.
    let error = db.transaction(|tx| tx.insert(sample(1))).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConstraintError, "{error:?}");
    assert_eq!(counted.twice(|db| Ok(db.insert(sample(1)).unwrap_err())), (1, 1));
    // One of two fails, and then none: the type of the database's own is another one now.
    let sad = || Note::query().filter(notes::mood.eq(Mood::Sad));
    assert_eq!(sad().page(db, 1, 5).unwrap().total, 0);
    let other = Db::builder(&counted.fresh.url).pool_size(1).connect().unwrap();
    other
        .execute_sql(
            "ALTER TABLE notes ALTER mood TYPE text; DROP TYPE mood; CREATE TYPE mood AS ENUM ('happy', 'sad'); \
             ALTER TABLE notes ALTER mood TYPE mood USING mood::mood",
        )
        .unwrap();
    assert_eq!(sad().page(db, 1, 5).unwrap().total, 0);
    other.execute_sql("ALTER TABLE notes RENAME label TO other").unwrap();
    for _ in 0..2 {
        let error = Note::query().page(db, 1, 5).unwrap_err();
        assert_eq!(error.code(), ErrorCode::SchemaError, "{error:?}");
        assert!(error.sql().unwrap().contains("label"), "{error:?}");
    }
    other.execute_sql("ALTER TABLE notes RENAME other TO label").unwrap();
    assert_eq!(Note::query().page(db, 1, 5).unwrap().items, [sample(1)]);
    // After a failure, a transaction is of no use.
    let error = db
        .transaction(|tx| {
            tx.execute_sql("this is no SQL").unwrap_err();
            tx.find::<Note>(1)
        })
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::TransactionError, "{error:?}");
    assert_eq!(db.count(notes::table).unwrap(), 1);
}

/// The server answers the first statements before it has read the last values.
#[test]
fn large_values_and_large_results_at_once() {
    let counted = Counted::new();
    let db = &counted.db;
    let large = "x".repeat(40 << 20);
    let twice: String = db.transaction(|tx| sql!("SELECT {large} || {large}").one(tx)).unwrap();
    assert_eq!(twice.len(), 2 * large.len());
    let (sent, both, again): (u64, String, String) = db
        .batch((
            sql!("INSERT INTO notes VALUES (1, {large}, 'happy')").batched().execute(),
            sql!("SELECT label || label FROM notes").batched().one(),
            sql!("SELECT {large}").batched().one(),
        ))
        .unwrap();
    assert_eq!((sent, both.len(), again.len()), (1, 2 * large.len(), large.len()));
    db.execute_sql("DELETE FROM notes").unwrap();
    assert_eq!(db.count(notes::table).unwrap(), 0);
}
