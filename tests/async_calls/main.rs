//! Async calls.
#![cfg(feature = "tokio")]

use mizzle::prelude::*;
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(books = Book))]
struct Author {
    #[column(primary_key, auto)]
    id: i64,
    name: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
struct Book {
    #[column(primary_key, auto)]
    id: i64,
    #[column(references(Author))]
    author_id: i64,
    title: String,
}

mizzle::schema!(AppSchema = [Author, Book]);

on_each_database! {
    fn calls_return_what_those_that_wait_return(db: &Db) {
        db.create_all::<AppSchema>().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let adb = AsyncDb::from(db.clone());
        runtime.block_on(async {
            let ada = adb.insert(NewAuthor::builder().name("Ada").build()).await.unwrap();
            let bob = adb.insert(NewAuthor::builder().name("Bob").build()).await.unwrap();
            assert_eq!(adb.find::<Author>(ada.id).await.unwrap(), Some(ada.clone()));
            let books: Vec<NewBook> = (0..500).map(|n| NewBook::builder().author_id(if n % 2 == 0 { ada.id } else { bob.id }).title(format!("b{n}")).build()).collect();
            assert_eq!(adb.insert_all(&books).await.unwrap(), 500);
            let all = Author::query().with(Author::books()).order_by(authors::id).all(&adb).await.unwrap();
            assert_eq!(all, Author::query().with(Author::books()).order_by(authors::id).all(db).unwrap());
            let tx = adb.begin().await.unwrap();
            tx.update(&Author { name: "Eve".into(), ..ada.clone() }).await.unwrap();
            let (a, b) = tokio::join!(tx.get::<Author>(1), tx.get::<Author>(2));
            println!("{a:?} {b:?}");
            drop(tx);
            let n = adb.transaction(async |tx| {
                let inner = tx.transaction(async |tx| { tx.delete_by_key::<Book>(1).await?; Err::<(), _>(mizzle::Error::application("no")) }).await;
                assert!(inner.is_err());
                tx.count(books::table).await
            }).await.unwrap();
            assert_eq!(n, 500);
            assert_eq!(adb.get::<Author>(1).await.unwrap().name, "Ada");
            let mut stream = Book::query().order_by(books::id).stream(&adb);
            let mut seen = 0;
            while let Some(row) = stream.next().await { row.unwrap(); seen += 1; }
            assert_eq!(seen, 500);
            let task = { let adb = adb.clone(); tokio::spawn(async move { Book::query().count(&adb).await }) };
            assert_eq!(task.await.unwrap().unwrap(), 500);
            let one: i64 = sql!("SELECT 1").one(&adb).await.unwrap();
            assert_eq!(one, 1);
            let start = std::time::Instant::now();
            let mut tasks = Vec::new();
            for _ in 0..64 { let adb = adb.clone(); tasks.push(tokio::spawn(async move { for i in 1..100 { adb.find::<Book>(i).await.unwrap(); } })); }
            for task in tasks { task.await.unwrap(); }
            println!("6400 finds {:?} {:?}", start.elapsed(), adb.pool_status());
        });
    }
}
