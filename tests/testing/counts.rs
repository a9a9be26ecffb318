//! `expect_statements` and `expect_round_trips`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mizzle::prelude::*;
use mizzle::{Dialect, batch};
use test_support::proxy::Proxy;

use crate::{Blog, User, user, users};

fn panic_of(f: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("it panics");
    panic.downcast_ref::<String>().unwrap().clone()
}

#[mizzle::test(Blog)]
fn statements_are_counted(db: Db) -> mizzle::Result<()> {
    let ada = db.expect_statements(1, |db| db.insert(user("ada@example.com")))?;
    db.expect_statements(0, |_| ());
    db.expect_statements(1, |db| db.find::<User>(ada.id))?;
    db.expect_statements(1, |db| sql!("SELECT count(*) FROM users").one::<i64>(db))?;
    db.expect_statements(1, |db| User::query().stream(db)?.collect::<Result<Vec<_>, _>>())?;
    db.expect_statements(2, |db| User::query().page(db, 1, 10))?;
    db.expect_statements(1, |db| db.insert_all(["b", "c"].map(user)))?;
    db.expect_statements(1, |db| db.copy_in(["d", "e"].map(user)))?;
    db.expect_statements(2, |db| db.batch((batch::insert(user("f")), batch::count(users::table))))?;
    // A failed one is one, and what begins and ends transactions is none.
    db.expect_statements(3, |db| {
        db.transaction(|tx| {
            tx.insert(user("g"))?;
            tx.transaction(|tx| tx.insert(user("g"))).unwrap_err();
            tx.count(users::table)
        })
    })?;
    // On other threads, through other handles on the same pool.
    db.expect_statements(2, |db| {
        let other = db.clone();
        std::thread::scope(|scope| scope.spawn(|| other.count(users::table)).join().unwrap())?;
        db.expect_statements(1, |db| db.count(users::table))
    })?;
    Ok(())
}

#[mizzle::test(Blog)]
fn a_wrong_number_lists_the_statements(db: Db) {
    let line = line!() + 2;
    let message = panic_of(|| {
        db.expect_statements(1, |db| {
            db.count(users::table).unwrap();
            db.insert(user("secret@example.com")).unwrap();
        });
    });
    assert!(message.contains(&format!("counts.rs:{line}")), "{message}");
    assert!(message.contains("expected 1 statement, but there were 2"), "{message}");
    assert!(
        message.contains("1. SELECT count(*)") && message.contains("2. INSERT INTO"),
        "{message}"
    );
    assert!(!message.contains("secret"), "{message}");
    // The count is over.
    db.expect_statements(1, |db| db.count(users::table)).unwrap();
}

#[mizzle::test(Blog)]
async fn async_statements_are_counted(db: AsyncDb) -> mizzle::Result<()> {
    db.expect_statements(3, async |db| {
        let tx = db.begin().await?;
        tx.insert(user("ada@example.com")).await?;
        tokio::try_join!(tx.count(users::table), tx.find::<User>(1))?;
        tx.commit().await
    })
    .await?;
    // The insert with its BEGIN, the two that are joined, and the COMMIT.
    db.expect_round_trips(3, async |db| {
        let tx = db.begin().await?;
        tx.insert(user("bob@example.com")).await?;
        tokio::try_join!(tx.count(users::table), tx.find::<User>(1))?;
        tx.commit().await
    })
    .await
}

#[mizzle::test(Blog)]
fn a_wrong_number_of_round_trips(db: Db) {
    let run = || db.expect_round_trips(2, |db| assert_eq!(db.count(users::table).unwrap(), 0));
    match db.dialect() {
        Dialect::Postgres => {
            let message = panic_of(run);
            assert!(message.contains("expected 2 round trips, but there were 1"), "{message}");
        }
        // There is no server.
        _ => run(),
    }
}

/// The number of round trips is that which a proxy between the program and the server counts.
#[mizzle::test(Blog, only = postgres)]
fn round_trips_are_those_of_the_network(db: Db) {
    let name: String = sql!("SELECT CAST(current_database() AS text)").one(&db).unwrap();
    let url = test_support::with_database(&test_support::postgres_url(), &name);
    let (start, rest) = url.rsplit_once(':').unwrap();
    let (port, database) = rest.split_once('/').unwrap();
    let database = database.split('?').next().unwrap();
    let proxy = Proxy::counting(port.parse().unwrap());
    let url = format!("{start}:{}/{database}?sslmode=disable&gssencmode=disable", proxy.port());
    let db = Db::builder(&url).pool_size(1).connect().unwrap();
    let emails = || -> [_; 3] { std::array::from_fn(|_| user(&Uuid::new_v4().to_string())) };
    let new = || user(&Uuid::new_v4().to_string());
    type Call<'c> = (&'static str, Box<dyn Fn(&Db) -> mizzle::Result<()> + 'c>);
    let calls: [Call<'_>; 12] = [
        ("insert", Box::new(|db| db.insert(new()).map(drop))),
        ("find", Box::new(|db| db.find::<User>(1).map(drop))),
        ("page", Box::new(|db| User::query().page(db, 1, 2).map(drop))),
        ("insert_all", Box::new(|db| db.insert_all(emails()).map(drop))),
        ("copy_in", Box::new(|db| db.copy_in(emails()).map(drop))),
        ("stream", Box::new(|db| User::query().stream(db)?.try_for_each(|row| row.map(drop)))),
        (
            "a stream in a transaction",
            Box::new(|db| {
                db.transaction(|tx| User::query().stream(tx)?.try_for_each(|row| row.map(drop)))
            }),
        ),
        ("sql!", Box::new(|db| sql!("SELECT {1_i64}").one::<i64>(db).map(drop))),
        ("execute_sql", Box::new(|db| db.execute_sql("SELECT 1; SELECT 2"))),
        (
            "a batch",
            Box::new(|db| {
                db.batch((batch::insert(new()), batch::insert(new()), batch::count(users::table)))
                    .map(drop)
            }),
        ),
        (
            "a transaction",
            Box::new(|db| {
                db.transaction(|tx| {
                    tx.insert(new())?;
                    tx.count(users::table).map(drop)
                })
            }),
        ),
        (
            "one that fails",
            Box::new(|db| {
                db.transaction(|tx| tx.execute_sql("SELECT nothing")).unwrap_err();
                Ok(())
            }),
        ),
    ];
    for (name, call) in &calls {
        // Some are prepared when they run for the first time.
        for _ in 0..2 {
            let before = proxy.seen().matches('Z').count();
            call(&db).unwrap();
            let between = proxy.seen().matches('Z').count() - before;
            // The same again may need fewer.
            let counted = (0..=between).find(|expected| {
                catch_unwind(AssertUnwindSafe(|| {
                    db.expect_round_trips(*expected, |db| call(db).unwrap());
                }))
                .is_ok()
            });
            let before = proxy.seen().matches('Z').count();
            call(&db).unwrap();
            let again = proxy.seen().matches('Z').count() - before;
            assert_eq!(counted, Some(again), "{name}");
        }
    }
}
