//! Calls of one transaction whose futures are polled together.

use std::future::Future;
use std::pin::Pin;

use futures_util::future::join_all;
use mizzle::ErrorCode;
use mizzle::prelude::*;
use test_support::on_each_database;
use test_support::random::Random;

use crate::runtime;
use crate::schema::*;

type Checked<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Rows with numbers that no other call writes.
fn rows(from: i64, count: i64) -> Vec<NewPage> {
    (from..from + count).map(|id| NewPage::builder().id(id).hits(id).build()).collect()
}

/// A call that checks its own answer, and writes at most `room` rows from number `from` on. Returns how many it writes.
fn call<'a>(random: &mut Random, tx: &'a AsyncTx, from: i64, room: i64) -> (Checked<'a>, i64) {
    let wanted = i64::try_from(random.next() >> 1).unwrap();
    match random.below(12) {
        0 => {
            let run = async move {
                let got: i64 = sql!("SELECT CAST({wanted} AS BIGINT)").one(tx).await.unwrap();
                assert_eq!(got, wanted);
            };
            (Box::pin(run), 0)
        }
        1 => {
            let key = wanted % 3 + 1;
            let run = async move { assert_eq!(tx.get::<Author>(key).await.unwrap().id, key) };
            (Box::pin(run), 0)
        }
        2 => {
            let run = async move {
                let stored = tx.insert(rows(from, 1).remove(0)).await.unwrap();
                assert_eq!((stored.id, stored.hits, stored.version), (from, from, 1));
            };
            (Box::pin(run), 1)
        }
        3 => {
            // Several statements, and a savepoint.
            let run = async move {
                let stored = tx.insert_all_returning(rows(from, room)).await.unwrap();
                let changed: Vec<Page> =
                    stored.into_iter().map(|page| Page { hits: -page.hits, ..page }).collect();
                let updated = tx.update_all_returning(&changed).await.unwrap();
                assert!(updated.iter().all(|page| page.hits == -page.id && page.version == 2));
                let back: Vec<Page> =
                    updated.into_iter().map(|page| Page { hits: -page.hits, ..page }).collect();
                tx.update_all(&back).await.unwrap();
            };
            (Box::pin(run), room)
        }
        4 => {
            let run = async move {
                let query = Author::query().with(Author::books()).order_by(authors::id);
                let found = query.all(tx).await.unwrap();
                let books: Vec<usize> = found.iter().map(|author| author.books.len()).collect();
                assert_eq!(books, [2, 2, 2]);
            };
            (Box::pin(run), 0)
        }
        5 => {
            let run = async move {
                let one = tx.insert(rows(from, 1).remove(0)).await.unwrap();
                let same = tx.get::<Page>(one.id).await.unwrap();
                assert_eq!(one, same);
                let gone: Option<Page> = tx.find(-1).await.unwrap();
                assert_eq!(gone, None);
            };
            (Box::pin(run), 1)
        }
        6 => {
            let run = async move {
                let failed =
                    tx.batch(vec![mizzle::batch::insert(rows(from, 1).remove(0))]).await.unwrap();
                assert_eq!(failed[0].id, from);
            };
            (Box::pin(run), 1)
        }
        7 => {
            let run = async move {
                let page = Book::query().order_by(books::id).page(tx, 2, 4).await.unwrap();
                assert_eq!((page.items.len(), page.total), (2, 6));
            };
            (Box::pin(run), 0)
        }
        8 => {
            let run = async move {
                let error = tx.get::<Author>(-wanted).await.unwrap_err();
                assert_eq!(error.code(), ErrorCode::NotFound);
            };
            (Box::pin(run), 0)
        }
        9 => {
            // What is wrong before it is sent harms nobody else.
            let run = async move {
                let error = tx.upsert(NewPage::builder().hits(1).build()).await.unwrap_err();
                assert!(error.to_string().contains("primary key"), "{error}");
            };
            (Box::pin(run), 0)
        }
        10 => {
            let run = async move {
                assert_eq!(tx.upsert_all(rows(from, room)).await.unwrap(), room as u64)
            };
            (Box::pin(run), room)
        }
        _ => {
            let run = async move {
                let text = format!("{wanted} '\u{1f40c}'");
                let got: Vec<String> = sql!("SELECT CAST({&text} AS TEXT)").all(tx).await.unwrap();
                assert_eq!(got, [text]);
            };
            (Box::pin(run), 0)
        }
    }
}

fn seed(db: &Db) {
    db.create_all::<App>().unwrap();
    for name in ["first", "second", "third"] {
        let author = db.insert(new(name)).unwrap();
        let title = |n: i32| NewBook::builder().author_id(author.id).title(format!("{n}")).build();
        db.insert_all((0..2).map(title).collect::<Vec<_>>()).unwrap();
    }
}

on_each_database! {
    /// Each call gets its own answer, and what they write is there, whatever they are joined with.
    fn joined_calls_get_their_answers(db: &Db) {
        seed(db);
        let adb = AsyncDb::from(db.clone());
        let seed: u64 = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
        let mut random = Random::new(seed);
        let mut next = 1;
        let mut wanted = Vec::new();
        for round in 0..150 {
            let threads = random.below(3);
            let inside = random.chance(30);
            let count = random.below(20) + 1;
            let is_kept = random.chance(80);
            let mut written = Vec::new();
            runtime(threads).block_on(async {
                let tx = adb.begin().await.unwrap();
                let inner = if inside { Some(tx.begin().await.unwrap()) } else { None };
                let on = inner.as_ref().unwrap_or(&tx);
                for _ in 0..2 {
                    let mut calls = Vec::new();
                    for _ in 0..count {
                        let room = random.below(40) as i64 + 2;
                        let (call, writes) = call(&mut random, on, next, room);
                        calls.push(call);
                        written.extend(next..next + writes);
                        next += writes;
                    }
                    join_all(calls).await;
                }
                if let Some(inner) = inner {
                    inner.commit().await.unwrap();
                }
                match is_kept {
                    true => tx.commit().await.unwrap(),
                    false => tx.roll_back().await.unwrap(),
                }
            });
            if is_kept {
                wanted.append(&mut written);
            }
            let stored: Vec<i64> = db.load(pages::table.select(pages::id).order(pages::id)).unwrap();
            assert_eq!(stored, wanted, "round {round}");
        }
    }

    /// On PostgreSQL, the failure of one call is the end of those after it; nobody gets another one's error.
    fn the_failure_of_one_call_is_its_own(db: &Db) {
        seed(db);
        let adb = AsyncDb::from(db.clone());
        let goes_on = db.dialect() == mizzle::Dialect::Sqlite;
        runtime(2).block_on(async {
            let tx = adb.begin().await.unwrap();
            tx.insert(rows(1, 1).remove(0)).await.unwrap();
            let (before, twice, after, last) = tokio::join!(
                tx.insert(rows(2, 1).remove(0)),
                tx.insert(rows(1, 1).remove(0)),
                tx.insert(rows(3, 1).remove(0)),
                tx.count(authors::table),
            );
            assert_eq!(before.unwrap().id, 2);
            let error = twice.unwrap_err();
            assert!(error.is_unique_violation(), "{error}");
            assert!(error.sql().unwrap().starts_with("INSERT INTO"), "{error:?}");
            assert_eq!(after.is_ok(), goes_on);
            assert_eq!(last.is_ok(), goes_on);
            if let Err(error) = last {
                assert!(error.sql().unwrap().contains("count(*)"), "{error:?}");
            }
            assert_eq!(tx.commit().await.is_ok(), goes_on);
            // In a transaction inside, it is the end of that.
            let tx = adb.begin().await.unwrap();
            let failed = tx.transaction(async |inner| {
                let first = rows(10, 1).remove(0);
                tokio::try_join!(inner.insert(first.clone()), inner.insert(first)).map(drop)
            });
            assert!(failed.await.unwrap_err().is_unique_violation());
            tx.insert(rows(11, 1).remove(0)).await.unwrap();
            tx.commit().await.unwrap();
        });
        assert_eq!(db.find::<Page>(10).unwrap(), None);
        assert!(db.find::<Page>(11).unwrap().is_some());
    }

    /// `try_join!` drops the others as soon as one has failed, whether they have their answers or not. The failure ends the
    /// transaction inside, and with it what was cancelled.
    fn a_failure_cancels_no_more_than_its_transaction(db: &Db) {
        seed(db);
        let adb = AsyncDb::from(db.clone());
        runtime(2).block_on(async {
            adb.insert(rows(1, 1).remove(0)).await.unwrap();
            for round in 1..=30 {
                let tx = adb.begin().await.unwrap();
                let id = 100 * round;
                let (taken, fresh) = (|| rows(1, 1).remove(0), |id| rows(id, 1).remove(0));
                let missing = adb.get::<Page>(-1).await.unwrap_err();
                let failed = tx.transaction(async |inner| match round % 3 {
                    0 => tokio::try_join!(
                        biased;
                        inner.insert(taken()),
                        inner.insert(fresh(id)),
                        inner.insert(fresh(id + 1)),
                    )
                    .map(drop),
                    1 => tokio::try_join!(
                        biased;
                        inner.insert(fresh(id)),
                        inner.insert(taken()),
                        inner.insert(fresh(id + 1)),
                    )
                    .map(drop),
                    // Both have posted their statements, and nothing was sent.
                    _ => tokio::try_join!(
                        biased;
                        inner.insert(fresh(id)),
                        inner.insert(fresh(id + 1)),
                        async { Err::<(), _>(missing) },
                    )
                    .map(drop),
                });
                failed.await.unwrap_err();
                let goes_on = tx.insert(fresh(id + 2)).await.is_ok();
                // SQLite's statement may have been at work.
                assert!(goes_on || adb.dialect().is_sqlite(), "round {round}");
                assert_eq!(tx.commit().await.is_ok(), goes_on, "round {round}");
                assert_eq!(adb.find::<Page>(id).await.unwrap(), None, "round {round}");
                assert_eq!(adb.find::<Page>(id + 1).await.unwrap(), None, "round {round}");
                assert_eq!(adb.find::<Page>(id + 2).await.unwrap().is_some(), goes_on);
            }
        });
    }

    /// Tasks share a transaction, and none of them is polled by another.
    fn tasks_share_a_transaction(db: &Db) {
        seed(db);
        let adb = AsyncDb::from(db.clone());
        runtime(2).block_on(async {
            let tx = std::sync::Arc::new(adb.begin().await.unwrap());
            let tasks: Vec<_> = (0..30)
                .map(|number| {
                    let tx = std::sync::Arc::clone(&tx);
                    tokio::spawn(async move {
                        for more in 0..10 {
                            let id = number * 10 + more + 1;
                            let page = tx.insert(rows(id, 1).remove(0)).await.unwrap();
                            assert_eq!(tx.get::<Page>(page.id).await.unwrap().hits, id);
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            std::sync::Arc::into_inner(tx).unwrap().commit().await.unwrap();
        });
        assert_eq!(db.count(pages::table).unwrap(), 300);
    }
}

/// What the connection remembered and the server has forgotten is found out again, as long as nothing is lost by that.
#[test]
fn joined_calls_survive_a_session_that_was_reset() {
    test_support::each_url!(|url| {
        let db = Db::builder(url).pool_size(1).connect().unwrap();
        seed(&db);
        let reset = match db.dialect() {
            mizzle::Dialect::Postgres => "DEALLOCATE ALL",
            _ => "DROP TABLE IF EXISTS others",
        };
        let adb = AsyncDb::from(db);
        runtime(0).block_on(async {
            for _ in 0..3 {
                adb.execute_sql(reset).await.unwrap();
                let tx = adb.begin().await.unwrap();
                let both = tokio::try_join!(
                    tx.get::<Author>(1),
                    tx.count(books::table),
                    tx.find::<Page>(1),
                );
                let (author, count, page) = both.unwrap();
                assert_eq!((author.id, count, page), (1, 6, None));
                tx.commit().await.unwrap();
            }
        });
    });
}

#[cfg(feature = "postgres")]
mod round_trips {
    use test_support::FreshPostgres;
    use test_support::proxy::Proxy;

    use super::*;

    /// The calls of a page take one round trip, with the BEGIN before them, whether their statements are prepared or not.
    #[test]
    fn joined_calls_take_one() {
        let fresh = FreshPostgres::new();
        let seeded = Db::connect(&fresh.url).unwrap();
        seed(&seeded);
        let (start, rest) = fresh.url.rsplit_once(':').unwrap();
        let (port, database) = rest.split_once('/').unwrap();
        let proxy = Proxy::counting(port.parse().unwrap());
        let url = format!("{start}:{}/{database}?sslmode=disable&gssencmode=disable", proxy.port());
        runtime(2).block_on(async {
            let db = Db::builder(&url).pool_size(1).connect_async().await.unwrap();
            for round in 0..3 {
                db.ping(std::time::Duration::from_secs(60)).await.unwrap();
                let before = proxy.turns();
                let tx = db.begin().await.unwrap();
                let found = tokio::try_join!(
                    tx.get::<Author>(1),
                    tx.count(books::table),
                    tx.insert(rows(round * 2 + 1, 1).remove(0)),
                    tx.insert(rows(round * 2 + 2, 1).remove(0)),
                    Author::query().order_by(authors::id).all(&tx),
                );
                assert_eq!(found.unwrap().4.len(), 3);
                assert_eq!(proxy.turns() - before, 1, "round {round}");
                let key = 1;
                let together = join_all((0..50).map(|_| tx.get::<Author>(key))).await;
                assert!(together.into_iter().all(|author| author.unwrap().id == 1));
                assert_eq!(proxy.turns() - before, 2, "round {round}");
                tx.commit().await.unwrap();
                assert_eq!(proxy.turns() - before, 3, "round {round}");
            }
        });
    }
}
