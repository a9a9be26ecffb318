//! Each call returns what the one that waits returns.

use std::time::Duration;

use futures_core::Stream as _;
use mizzle::prelude::*;
use mizzle::{ErrorCode, Mode, batch};
use test_support::on_each_database;

use crate::runtime;
use crate::schema::*;

/// A function for both kinds of programs.
fn named<'a, M: Mode>(
    query: &'a Query<'a, Author>,
    on: &'a impl Executor<M>,
) -> M::Output<'a, Vec<Author>> {
    query.all(on)
}

/// A function for async programs, on a database or in a transaction.
async fn add(on: &impl Executor<Async>, name: &str) -> mizzle::Result<Author> {
    let author = on.insert(new(name)).await?;
    on.get(author.id).await
}

/// An application's error.
#[derive(Debug)]
enum Failed {
    Reading(i64),
    Storing(mizzle::Error),
}

impl From<mizzle::Error> for Failed {
    fn from(error: mizzle::Error) -> Self {
        Self::Storing(error)
    }
}

on_each_database! {
    fn calls_return_what_those_that_wait_return(db: &Db) {
        db.create_all::<App>().unwrap();
        let adb = AsyncDb::from(db.clone());
        runtime(2).block_on(async {
            let ada = add(&adb, "Ada").await.unwrap();
            let bob = add(&adb, "Bob").await.unwrap();
            assert_eq!(adb.find::<Author>(ada.id).await.unwrap().as_ref(), Some(&ada));
            assert_eq!(adb.find::<Author>(99).await.unwrap(), None);
            assert_eq!(adb.get::<Author>(99).await.unwrap_err().code(), ErrorCode::NotFound);
            let books: Vec<NewBook> = (0..1000)
                .map(|n| {
                    let author = if n % 2 == 0 { ada.id } else { bob.id };
                    NewBook::builder().author_id(author).title(format!("b{n}")).build()
                })
                .collect();
            assert_eq!(adb.insert_all(&books).await.unwrap(), 1000);

            let with_books = Author::query().with(Author::books()).order_by(authors::id);
            assert_eq!(with_books.all(&adb).await.unwrap(), with_books.all(db).unwrap());
            let query = Author::query().filter(authors::name.eq("Bob"));
            assert_eq!(named(&query, &adb).await.unwrap(), named(&query, db).unwrap());
            assert_eq!(query.first(&adb).await.unwrap(), Some(bob.clone()));
            assert_eq!(query.one(&adb).await.unwrap(), bob);
            assert!(query.exists(&adb).await.unwrap());
            assert_eq!(Book::query().count(&adb).await.unwrap(), 1000);

            let titles = Book::query().order_by(books::id).select(books::title);
            assert_eq!(titles.all::<String>(&adb).await.unwrap(), titles.all::<String>(db).unwrap());
            let page = Book::query().order_by(books::id).page(&adb, 3, 10).await.unwrap();
            assert_eq!((page.items[0].title.as_str(), page.total), ("b20", 1000));
            let first = Book::query().keyset(books::title).page(&adb, 5).await.unwrap();
            let next = Book::query().keyset(books::title).after(first.next.unwrap());
            assert_eq!(next.page(&adb, 5).await.unwrap().items.len(), 5);

            let loaded: Vec<(i64, String)> = adb
                .load(books::table.inner_join(authors::table).select((books::id, authors::name)))
                .await
                .unwrap();
            assert_eq!(loaded.len(), 1000);
            assert_eq!(adb.count(books::table).await.unwrap(), 1000);
            let changed = diesel::update(books::table).set(books::title.eq("same"));
            assert_eq!(adb.execute(changed).await.unwrap(), 1000);

            let (name, rows) = ("Bob".to_owned(), sql!("SELECT id, name FROM authors ORDER BY id"));
            assert_eq!(rows.all::<(i64, String)>(&adb).await.unwrap()[1], (bob.id, name.clone()));
            let count: i64 = sql!("SELECT count(*) FROM authors WHERE name = {name}").one(&adb).await.unwrap();
            assert_eq!(count, 1);

            let (carol, all) = adb
                .batch((batch::insert(new("Carol")), Author::query().batched().all()))
                .await
                .unwrap();
            assert_eq!((carol.name.as_str(), all.len()), ("Carol", 3));

            let counts = Author::books().counts(&adb, &[ada.clone(), bob.clone()]).await.unwrap();
            assert_eq!(counts, [500, 500]);
            let loaded = Author::books().limit(1).load_for(&adb, vec![ada.clone()]).await.unwrap();
            assert_eq!(loaded[0].books.len(), 1);

            let eve = Author { name: "Eve".into(), ..ada.clone() };
            adb.update(&eve).await.unwrap();
            assert_eq!(adb.update_returning(&eve).await.unwrap(), eve);
            adb.delete(&eve).await.unwrap();
            assert!(!adb.delete_by_key::<Author>(eve.id).await.unwrap());
            assert_eq!(Book::query().delete(&adb).await.unwrap(), 500);
            assert_eq!(adb.limits(), db.limits());
            adb.ping(Duration::from_secs(60)).await.unwrap();
        });
    }

    fn rows_of_an_iterator_may_be_errors_of_the_application(db: &Db) {
        db.create_all::<App>().unwrap();
        let adb = AsyncDb::from(db.clone());
        runtime(2).block_on(async {
            let rows = |fails: i64| {
                (0..300).map(move |number| match number {
                    number if number == fails => Err(Failed::Reading(number)),
                    number => Ok(new(&format!("a{number}"))),
                })
            };
            for fails in [0, 1, 299] {
                match adb.try_copy_in(rows(fails)).await.unwrap_err() {
                    Failed::Reading(number) => assert_eq!(number, fails),
                    Failed::Storing(error) => panic!("{error}"),
                }
            }
            assert_eq!(adb.count(authors::table).await.unwrap(), 0);
            assert_eq!(adb.try_copy_in(rows(-1)).await.unwrap(), 300);

            // In a transaction, which goes on.
            let tx = adb.begin().await.unwrap();
            assert!(matches!(tx.try_copy_in(rows(7)).await, Err(Failed::Reading(7))));
            assert_eq!(tx.try_copy_in(rows(-1)).await.unwrap(), 300);
            let twice = [Ok(new("b")), Ok(new("b"))].map(|row: Result<_, Failed>| row);
            assert_eq!(tx.try_copy_in(twice).await.unwrap(), 2);
            tx.commit().await.unwrap();
            assert_eq!(adb.count(authors::table).await.unwrap(), 602);

            db.execute_sql("DROP TABLE books; DROP TABLE authors").unwrap();
            match adb.try_copy_in(rows(-1)).await.unwrap_err() {
                Failed::Storing(error) => assert_eq!(error.code(), ErrorCode::SchemaError),
                Failed::Reading(number) => panic!("{number}"),
            }
        });
    }

    fn streams_return_all_rows_in_order(db: &Db) {
        db.create_all::<App>().unwrap();
        let ada = db.insert(new("Ada")).unwrap();
        let book = |n: i32| NewBook::builder().author_id(ada.id).title(format!("{n}")).build();
        db.insert_all((0..5000).map(book).collect::<Vec<_>>()).unwrap();
        let adb = AsyncDb::from(db.clone());
        runtime(2).block_on(async {
            let mut stream = Book::query().order_by(books::id).stream(&adb);
            for n in 0..5000 {
                assert_eq!(stream.next().await.unwrap().unwrap().title, format!("{n}"));
                if n % 1000 == 0 {
                    // Other calls have other connections.
                    assert_eq!(adb.count(authors::table).await.unwrap(), 1);
                }
            }
            assert!(stream.next().await.is_none());
            assert!(stream.next().await.is_none());
            let mut rows = sql!("SELECT title FROM books ORDER BY id").stream::<String>(&adb);
            assert_eq!(rows.next().await.unwrap().unwrap(), "0");
            drop(rows);
            let mut wrong = sql!("SELECT title FROM nowhere").stream::<String>(&adb);
            let next = std::future::poll_fn(|cx| std::pin::Pin::new(&mut wrong).poll_next(cx)).await;
            assert_eq!(next.unwrap().unwrap_err().code(), ErrorCode::SchemaError);
            assert!(wrong.next().await.is_none());
        });
        crate::wait_until("the pool is idle", || db.pool_status().in_use == 0);
    }

    fn many_tasks_share_the_pool(db: &Db) {
        db.create_all::<App>().unwrap();
        let adb = AsyncDb::from(db.clone());
        runtime(2).block_on(async {
            let tasks: Vec<_> = (0..200)
                .map(|task| {
                    let adb = adb.clone();
                    tokio::spawn(async move {
                        let author = adb.insert(new(&format!("{task}"))).await.unwrap();
                        let found = adb.get::<Author>(author.id).await.unwrap();
                        assert_eq!(found.name, format!("{task}"));
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(Author::query().count(&adb).await.unwrap(), 200);
        });
    }
}
