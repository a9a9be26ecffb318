//! What a test's database contains, and how a test gets it.

use std::sync::atomic::{AtomicUsize, Ordering};

use mizzle::prelude::*;
use mizzle::{DbBuilder, Dialect, Migrations};

use crate::{Blog, User, emails, user, users};

#[mizzle::test]
fn nothing_by_default(db: Db) {
    assert!(db.count(users::table).is_err());
    db.create_all::<Blog>().unwrap();
    assert_eq!(db.count(users::table).unwrap(), 0);
}

#[mizzle::test(Blog)]
fn the_tables_of_a_schema(db: &Db) -> mizzle::Result<()> {
    db.insert(user("ada@example.com"))?;
    assert_eq!(emails(db), ["ada@example.com"]);
    Ok(())
}

/// Each row has the key 1, so the tests of this module would meet in one database.
#[mizzle::test(Blog)]
fn each_test_has_its_own_rows(db: Db) {
    let first = db.insert(user("bob@example.com")).unwrap();
    assert_eq!((first.id, emails(&db).len()), (1, 1));
}

#[mizzle::test(migrations = "tests/testing/migrations")]
fn a_folder_of_migrations(db: Db) {
    db.insert(user("ada@example.com")).unwrap();
    // They were applied, and the database knows.
    let migrations = Migrations::from_path("tests/testing/migrations").unwrap();
    assert_eq!(db.migrator(&migrations).pending().unwrap().len(), 0);
}

fn embedded() -> &'static Migrations {
    mizzle::migrations!("tests/testing/migrations")
}

#[mizzle::test(migrations = embedded(), fixtures = ["tests/testing/users.sql"])]
fn embedded_migrations_and_a_fixture(db: Db) {
    assert_eq!(emails(&db), ["ada@example.com", "bob@example.com"]);
    // Keys go on after those of the fixture.
    assert_eq!(db.insert(user("eve@example.com")).unwrap().id, 3);
}

static SETUPS: AtomicUsize = AtomicUsize::new(0);

fn filled(db: &Db) -> mizzle::Result<()> {
    SETUPS.fetch_add(1, Ordering::SeqCst);
    db.insert_all(["ada@example.com", "bob@example.com"].map(user)).map(drop)
}

#[mizzle::test(Blog, setup = filled)]
fn a_setup_runs_before_each_test(db: Db) {
    assert!(SETUPS.load(Ordering::SeqCst) > 0);
    assert_eq!(emails(&db).len(), 2);
}

/// In a module of the test's own name, as files of tests are.
mod names_are_those_of_the_place {
    use mizzle::prelude::*;

    #[mizzle::test(super::super::Blog, setup = super::filled)]
    fn names_are_those_of_the_place(db: Db) {
        let found: Option<super::User> = self::helper(&db);
        assert_eq!(found.unwrap().email, "ada@example.com");
    }

    fn helper(db: &Db) -> Option<super::User> {
        super::User::query().find(1).first(db).unwrap()
    }
}

#[mizzle::test(Blog)]
fn settings_connect_in_the_test(settings: DbBuilder) {
    let db = settings.pool_size(1).connect().unwrap();
    assert_eq!(db.pool_status().size, 1);
    db.insert(user("ada@example.com")).unwrap();
}

#[mizzle::test(Blog)]
fn several_connections_see_the_same_rows(db: Db) {
    let inside = db.transaction(|tx| {
        tx.insert(user("ada@example.com"))?;
        // Another connection, which doesn't see what isn't committed.
        std::thread::scope(|scope| scope.spawn(|| db.count(users::table)).join().unwrap())
    });
    assert_eq!(inside.unwrap(), 0);
    assert_eq!(db.count(users::table).unwrap(), 1);
}

#[mizzle::test(only = sqlite)]
fn on_one_database(db: Db) {
    assert_eq!(db.dialect(), Dialect::Sqlite);
}

#[mizzle::test(only = postgres)]
fn on_the_other_database(db: Db) {
    assert_eq!(db.dialect(), Dialect::Postgres);
}

#[mizzle::test(Blog)]
#[should_panic(expected = "the test returned an error")]
fn an_error_is_a_failure(db: Db) -> mizzle::Result<()> {
    db.insert(user("ada@example.com"))?;
    db.insert(user("ada@example.com")).map(drop)
}

#[mizzle::test]
#[cfg(any())]
fn conditions_leave_it_out(db: Db) {
    compile_error!("this is not compiled");
}

async fn filled_async(db: &AsyncDb) -> Result<(), Box<dyn std::error::Error>> {
    db.insert(user("ada@example.com")).await?;
    Ok(())
}

#[mizzle::test(Blog, setup = filled_async)]
async fn async_tests(db: AsyncDb) -> mizzle::Result<()> {
    let tx = db.begin().await?;
    tx.insert(user("bob@example.com")).await?;
    tx.commit().await?;
    assert_eq!(db.count(users::table).await?, 2);
    Ok(())
}

#[mizzle::test(Blog, worker_threads = 2)]
async fn async_tests_on_threads(db: &AsyncDb) {
    let other = db.clone();
    let inserted = tokio::spawn(async move { other.insert(user("ada@example.com")).await });
    let ada: User = inserted.await.unwrap().unwrap();
    assert_eq!(db.get::<User>(ada.id).await.unwrap(), ada);
    assert_eq!(tokio::runtime::Handle::current().metrics().num_workers(), 2);
}
