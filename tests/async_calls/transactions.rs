//! Transactions of async programs.

use mizzle::prelude::*;
use mizzle::{ErrorCode, TransactionRetry};
use test_support::on_each_database;

use crate::schema::*;
use crate::{runtime, wait_until};

fn names(db: &Db) -> Vec<String> {
    db.load(authors::table.select(authors::name).order(authors::id)).unwrap()
}

on_each_database! {
    fn a_transaction_is_committed_or_nothing_of_it(db: &Db) {
        db.create_all::<App>().unwrap();
        let adb = AsyncDb::from(db.clone());
        runtime(2).block_on(async {
            let tx = adb.begin().await.unwrap();
            tx.insert(new("dropped")).await.unwrap();
            drop(tx);
            let tx = adb.begin().await.unwrap();
            tx.insert(new("rolled back")).await.unwrap();
            tx.roll_back().await.unwrap();
            let tx = adb.begin().await.unwrap();
            tx.insert(new("guard")).await.unwrap();
            tx.commit().await.unwrap();
            let borrowed = String::from("closure");
            let id = adb
                .transaction(async |tx| tx.insert(new(&borrowed)).await.map(|row| row.id))
                .await
                .unwrap();
            assert_eq!(adb.get::<Author>(id).await.unwrap().name, "closure");
            let failed = adb.transaction(async |tx| {
                tx.insert(new("failed")).await?;
                tx.get::<Author>(-1).await
            });
            assert_eq!(failed.await.unwrap_err().code(), ErrorCode::NotFound);
            let panicked = {
                let adb = adb.clone();
                tokio::spawn(async move {
                    adb.transaction(async |tx| {
                        tx.insert(new("panicked")).await?;
                        if tx.count(authors::table).await? > 0 {
                            panic!("as it should");
                        }
                        Ok(())
                    })
                    .await
                })
            };
            assert!(panicked.await.unwrap_err().is_panic());
        });
        wait_until("the pool is idle", || db.pool_status().in_use == 0);
        assert_eq!(names(db), ["guard", "closure"]);
    }

    fn transactions_are_nested(db: &Db) {
        db.create_all::<App>().unwrap();
        let adb = AsyncDb::from(db.clone());
        runtime(0).block_on(async {
            let tx = adb.begin().await.unwrap();
            tx.insert(new("outer")).await.unwrap();
            {
                let inner = tx.begin().await.unwrap();
                inner.insert(new("dropped")).await.unwrap();
                let error = tx.count(authors::table).await.unwrap_err();
                assert_eq!(error.code(), ErrorCode::TransactionError);
                let third = inner.begin().await.unwrap();
                third.insert(new("dropped as well")).await.unwrap();
            }
            assert_eq!(tx.count(authors::table).await.unwrap(), 1);
            let inner = tx.begin().await.unwrap();
            inner.insert(new("inner")).await.unwrap();
            inner.commit().await.unwrap();
            let failed = tx.transaction(async |tx| {
                tx.insert(new("failed")).await?;
                tx.get::<Author>(-1).await
            });
            assert!(failed.await.is_err());
            tx.transaction(async |tx| tx.insert(new("closure")).await).await.unwrap();
            tx.commit().await.unwrap();
        });
        assert_eq!(names(db), ["outer", "inner", "closure"]);
    }

    fn a_stream_is_a_part_of_its_transaction(db: &Db) {
        db.create_all::<App>().unwrap();
        db.insert_all((0..300).map(|n| new(&n.to_string())).collect::<Vec<_>>()).unwrap();
        let adb = AsyncDb::from(db.clone());
        runtime(2).block_on(async {
            let tx = adb.begin().await.unwrap();
            tx.insert(new("300")).await.unwrap();
            let mut rows = Author::query().order_by(authors::id).stream(&tx);
            for n in 0..200 {
                assert_eq!(rows.next().await.unwrap().unwrap().name, n.to_string());
            }
            let error = tx.count(authors::table).await.unwrap_err();
            assert_eq!(error.code(), ErrorCode::TransactionError);
            let rest = {
                let mut rest = 0;
                while let Some(row) = rows.next().await {
                    row.unwrap();
                    rest += 1;
                }
                rest
            };
            assert_eq!(rest, 101);
            drop(rows);
            assert_eq!(tx.count(authors::table).await.unwrap(), 301);
            tx.commit().await.unwrap();
        });
        assert_eq!(names(db).len(), 301);
    }

    fn conflicts_and_stale_rows_are_tried_again(db: &Db) {
        const TASKS: i64 = 8;
        const EACH: i64 = 25;
        db.create_all::<App>().unwrap();
        let page = db.insert(NewPage::builder().hits(0).build()).unwrap();
        let adb = AsyncDb::from(db.clone());
        runtime(2).block_on(async {
            let tasks: Vec<_> = (0..TASKS)
                .map(|_| {
                    let (adb, id) = (adb.clone(), page.id);
                    tokio::spawn(async move {
                        for _ in 0..EACH {
                            let policy = TransactionRetry::new(1000).stale_rows();
                            adb.transaction_builder()
                                .retry(policy)
                                .run(async move |tx| {
                                    let page: Page = tx.get(id).await?;
                                    tx.update(&Page { hits: page.hits + 1, ..page }).await
                                })
                                .await
                                .unwrap();
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
        assert_eq!(db.get::<Page>(page.id).unwrap().hits, TASKS * EACH);
    }
}
