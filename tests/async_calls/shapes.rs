//! What programs do with futures: send them to other threads, name their types, borrow in closures, hide them behind traits.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use mizzle::manager::ManagerConfig;
use mizzle::migration::Migrations;
use mizzle::prelude::*;
use mizzle::{
    AsyncConnectionManager, AsyncListener, AsyncSession, Isolation, Mode, Read, RowStream, Run,
    TransactionRetry, batch,
};
use test_support::on_each_database;

use crate::runtime;
use crate::schema::*;

fn is_send<T: Send>(_: T) {}

/// None of them is awaited.
fn all_futures_are_send(db: &AsyncDb, session: &AsyncSession, author: &Author, files: &Migrations) {
    is_send(AsyncDb::connect("sqlite::memory:"));
    is_send(AsyncDb::from_env());
    is_send(Db::builder("sqlite::memory:").connect_async());
    is_send(db.ping(Duration::ZERO));
    is_send(db.begin());
    is_send(db.transaction(async |tx| tx.insert(new(&author.name)).await));
    is_send(db.try_transaction(async |tx| tx.update(author).await));
    let owned = author.clone();
    is_send(db.retry_stale(3, async move |tx| tx.update(&owned).await));
    let serializable = db.transaction_builder().isolation(Isolation::Serializable);
    is_send(serializable.begin());
    is_send(serializable.run(async |tx| tx.find::<Author>(1).await));
    let retry = serializable.retry(TransactionRetry::new(3));
    is_send(retry.run(async |tx| tx.find::<Author>(1).await));
    is_send(db.interact(|db| db.count(authors::table)));
    is_send(db.listen("channel"));
    is_send(db.migrate(files));
    is_send(db.migrator(files).on_progress(|_| ()).run());
    is_send(db.migrator(files).status());
    is_send(session.bookmark());
    is_send(session.catch_up());
    is_send(session.transaction(async |tx| tx.update(author).await));
    is_send(session.find::<Author>(1));
    is_send(db.insert_all([new("a")]));
    is_send(db.copy_in([new("a")]));
    is_send(db.batch((batch::insert(new("a")), batch::count(books::table))));
    is_send(db.load::<(i64, String), _>(authors::table));
    is_send(Author::query().with(Author::books()).all(db));
    is_send(Author::query().with(Author::books()).stream(db));
    is_send(Author::query().order_by(authors::id).page(db, 1, 10));
    is_send(Author::query().keyset(authors::id).page(db, 10));
    is_send(Author::query().select(authors::name).all::<String>(db));
    is_send(Author::query().delete(db));
    is_send(Author::books().counts(db, std::slice::from_ref(author)));
    is_send(sql!("SELECT name FROM authors").all::<String>(db));
    is_send(sql!("SELECT name FROM authors").stream::<String>(db));
    is_send(db.create_all::<App>());
    is_send(async {
        let mut rows: RowStream<'_, Author> = Author::query().stream(db);
        let mut events: AsyncListener = db.listen("channel").await?;
        drop((rows.next().await, events.next().await));
        events.next_within(Duration::ZERO).await;
        let tx = db.begin().await?;
        tx.begin().await?.roll_back().await?;
        tx.commit().await
    });
    let manager = AsyncConnectionManager::new();
    is_send(manager.initialize());
    is_send(manager.initialize_with(ManagerConfig::new(Db::builder("sqlite::memory:"))));
    is_send(manager.reconnect());
    is_send(manager.test_connection());
    is_send(manager.health());
    is_send(manager.disconnect());
}

/// A helper for all handles.
async fn rename(on: &impl Executor<Async>, id: i64, name: &str) -> mizzle::Result<Author> {
    on.update_by_key::<Author>(id, AuthorChanges::default().name(name)).await
}

/// A helper that spawns a task for any handle.
fn spawned<E>(on: E, id: i64) -> tokio::task::JoinHandle<mizzle::Result<Author>>
where
    E: Executor<Async> + Send + Sync + 'static,
{
    tokio::spawn(async move { rename(&on, id, "spawned").await })
}

/// A helper for both kinds of programs.
fn names<'a, M: Mode>(on: &'a impl Executor<M>) -> M::Output<'a, Vec<String>> {
    on.load(authors::table.order(authors::id).select(authors::name))
}

/// A part of a program that another part doesn't know. The futures of calls have a name; others go into a box.
trait Authors: Send + Sync {
    fn find(&self, id: i64) -> Run<'_, Option<Author>>;

    fn add<'a>(
        &'a self,
        names: &'a [&'a str],
    ) -> Pin<Box<dyn Future<Output = mizzle::Result<u64>> + Send + 'a>>;
}

struct Stored(AsyncDb);

impl Authors for Stored {
    fn find(&self, id: i64) -> Run<'_, Option<Author>> {
        self.0.find(id)
    }

    fn add<'a>(
        &'a self,
        names: &'a [&'a str],
    ) -> Pin<Box<dyn Future<Output = mizzle::Result<u64>> + Send + 'a>> {
        Box::pin(self.0.transaction(async move |tx| {
            for name in names {
                tx.insert(new(name)).await?;
            }
            tx.count(authors::table).await
        }))
    }
}

on_each_database! {
    fn futures_go_wherever_programs_send_them(db: &Db) {
        db.create_all::<App>().unwrap();
        let adb = AsyncDb::from(db.clone());
        let ada = db.insert(new("Ada")).unwrap();
        let files = tempfile::tempdir().unwrap();
        std::fs::create_dir(files.path().join(db.dialect().name())).unwrap();
        let files = Migrations::from_path(files.path()).unwrap();
        runtime(2).block_on(async {
            all_futures_are_send(&adb, &adb.session(Read::Any), &ada, &files);
            assert_eq!(rename(&adb, ada.id, "a").await.unwrap().name, "a");
            assert_eq!(rename(&adb.session(Read::Any), ada.id, "b").await.unwrap().name, "b");
            let tx = adb.begin().await.unwrap();
            assert_eq!(rename(&tx, ada.id, "c").await.unwrap().name, "c");
            drop(tx);
            assert_eq!(names(&adb).await.unwrap(), ["b"]);
            let renamed = spawned(adb.clone(), ada.id).await.unwrap().unwrap();
            assert_eq!(renamed.name, "spawned");
            let renamed = spawned(adb.session(Read::Any), ada.id).await.unwrap();
            assert_eq!(renamed.unwrap().name, "spawned");

            // A closure that borrows what its task has.
            let of_task = adb.clone();
            let task = tokio::spawn(async move {
                let (name, mut seen) = ("borrowed".to_owned(), BTreeMap::new());
                let author = of_task
                    .transaction(async |tx| {
                        let author = rename(tx, 1, &name).await?;
                        seen.insert(author.id, author.name.clone());
                        Ok(author)
                    })
                    .await?;
                assert_eq!(seen[&1], name);
                Ok::<_, mizzle::Error>(author)
            });
            assert_eq!(task.await.unwrap().unwrap().name, "borrowed");
            // One that may run again has what it uses.
            let of_task = adb.clone();
            let task = tokio::spawn(async move {
                let name = "again".to_owned();
                of_task.retry_stale(3, async move |tx| rename(tx, 1, &name).await).await
            });
            assert_eq!(task.await.unwrap().unwrap().name, "again");

            let authors: Arc<dyn Authors> = Arc::new(Stored(adb.clone()));
            let shared = Arc::clone(&authors);
            let added = tokio::spawn(async move { shared.add(&["Bob", "Carol"]).await });
            assert_eq!(added.await.unwrap().unwrap(), 3);
            assert_eq!(authors.find(2).await.unwrap().unwrap().name, "Bob");
            let boxed: Vec<Pin<Box<dyn Future<Output = _> + Send>>> =
                vec![Box::pin(authors.find(1)), Box::pin(adb.find(2))];
            for found in boxed {
                assert!(found.await.unwrap().is_some());
            }
        });
        assert_eq!(names(db).unwrap(), ["again", "Bob", "Carol"]);
    }
}
