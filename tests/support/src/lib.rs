//! What mizzle's tests share: fresh databases, poolers, proxies, forks, the log, random numbers.
//!
//! Not for programs. It depends on `orm-core` alone, so that all packages can use it in their tests.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[cfg(feature = "d1")]
pub mod d1;
#[cfg(unix)]
pub mod fork;
#[cfg(feature = "d1")]
mod left_out;
pub mod log;
#[cfg(unix)]
pub mod pgbouncer;
pub mod proxy;
pub mod random;
#[cfg(unix)]
#[path = "../../../examples/outage/server.rs"]
pub mod server;
pub mod ticks;

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};

pub use orm_core::Db;
use orm_core::schema::{TableDef, create_schema};
use orm_core::{Dialect, Executor as _};

/// Sets a flag when it is dropped: also by a panic, so that the threads of a scope end, and the test with them.
pub struct SetAtEnd<'f>(pub &'f AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Makes a test of each function for each database: `on_each_database! { fn works(db: &Db) { … } }`.
///
/// The features of the test's package decide which databases these are.
#[macro_export]
macro_rules! on_each_database {
    ($($(#[$attribute:meta])* fn $name:ident($db:ident: &Db) $body:block)*) => {
        $(mod $name {
            #[allow(unused_imports)]
            use super::*;

            fn body($db: &$crate::Db) $body

            #[cfg(feature = "sqlite")]
            #[test]
            $(#[$attribute])*
            fn on_sqlite() {
                $crate::with_sqlite_or_d1(module_path!(), body);
            }

            #[cfg(feature = "postgres")]
            #[test]
            $(#[$attribute])*
            fn on_postgres() {
                if $crate::is_d1() {
                    return;
                }
                $crate::with_postgres(body);
            }
        })*
    };
}

/// Runs a function with the URL of a fresh database, for each database: `each_url!(|url| …)`.
///
/// The features of the test's package decide which databases these are.
#[macro_export]
macro_rules! each_url {
    ($body:expr) => {
        $crate::each_url_of(cfg!(feature = "sqlite"), cfg!(feature = "postgres"), $body)
    };
}

/// Runs `body` with the URL of a fresh database, for each database that is asked for.
pub fn each_url_of(sqlite: bool, postgres: bool, body: impl Fn(&str)) {
    if sqlite {
        let folder = tempfile::tempdir().expect("a temporary folder");
        body(&sqlite_url(&folder));
    }
    if postgres {
        body(&FreshPostgres::new().url);
    }
}

fn sqlite_url(folder: &tempfile::TempDir) -> String {
    format!("sqlite:{}", folder.path().join("test.db").display())
}

/// A database that is removed on drop.
pub struct Fresh {
    /// The database.
    pub db: Db,
    _until_dropped: Box<dyn Any>,
}

impl Fresh {
    /// Creates an SQLite file.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let db = Db::connect(&sqlite_url(&folder)).expect("an SQLite database");
        Self { db, _until_dropped: Box::new(folder) }
    }

    /// Takes a database of the D1 that this program serves.
    #[cfg(feature = "d1")]
    pub fn d1() -> Self {
        let db = d1::builder(&d1::fresh_url()).connect().expect("a D1 database");
        Self { db, _until_dropped: Box::new(()) }
    }

    /// Creates a database on the server that `cargo xtask test` starts.
    pub fn postgres() -> Self {
        let fresh = FreshPostgres::new();
        let db = Db::connect(&fresh.url).expect("a PostgreSQL database");
        Self { db, _until_dropped: Box::new(fresh) }
    }
}

/// Runs `body` with a fresh SQLite file.
pub fn with_sqlite<R>(body: impl FnOnce(&Db) -> R) -> R {
    in_either_way(&Fresh::sqlite().db, body)
}

/// Runs `body` with a fresh SQLite file, or, if the tests run on D1, with a fresh database there, unless the body is left
/// out. `name` is that of the body's module.
pub fn with_sqlite_or_d1(name: &str, body: impl FnOnce(&Db)) {
    if !is_d1() {
        return with_sqlite(body);
    }
    #[cfg(feature = "d1")]
    match d1::left_out(name) {
        None => in_either_way(&Fresh::d1().db, body),
        Some(reason) => println!("left out on D1: {reason}"),
    }
    #[cfg(not(feature = "d1"))]
    panic!("`MIZZLE_TEST_D1` needs the feature `d1` of test-support, for {name}");
}

/// Runs `body` with a fresh database of the server.
pub fn with_postgres<R>(body: impl FnOnce(&Db) -> R) -> R {
    in_either_way(&Fresh::postgres().db, body)
}

/// Returns whether the bodies of tests run on D1: whether the environment variable `MIZZLE_TEST_D1` is set.
pub fn is_d1() -> bool {
    std::env::var_os("MIZZLE_TEST_D1").is_some()
}

/// Returns whether the bodies of tests run as async calls.
pub fn is_async() -> bool {
    std::env::var_os("MIZZLE_TEST_ASYNC").is_some()
}

/// Runs `body`, as one async call if the environment variable `MIZZLE_TEST_ASYNC` is set: whatever it waits for is then waited
/// for as in async programs, by the same code.
fn in_either_way<R>(db: &Db, body: impl FnOnce(&Db) -> R) -> R {
    if !is_async() {
        return body(db);
    }
    #[cfg(feature = "tokio")]
    return tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(orm_core::in_fiber(|| body(db)));
    #[cfg(not(feature = "tokio"))]
    panic!("`MIZZLE_TEST_ASYNC` needs the feature `tokio` of test-support");
}

/// Makes a table skip the inserted rows for which `condition` is true: `new.id % 2 = 1`.
pub fn skip_rows(db: &Db, table: &str, condition: &str) {
    let script = match db.dialect() {
        Dialect::Sqlite | Dialect::D1 => format!(
            "CREATE TRIGGER skips BEFORE INSERT ON {table} WHEN {condition} BEGIN SELECT RAISE(IGNORE); END"
        ),
        Dialect::Postgres => format!(
            "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; \
             CREATE TRIGGER skips BEFORE INSERT ON {table} FOR EACH ROW WHEN ({condition}) \
             EXECUTE FUNCTION skip()"
        ),
    };
    db.execute_sql(&script).expect("a trigger");
}

/// Returns the URL of the server that `cargo xtask test` starts.
pub fn postgres_url() -> String {
    std::env::var("MIZZLE_TEST_POSTGRES_URL").expect(
        "MIZZLE_TEST_POSTGRES_URL must name a PostgreSQL server: run `cargo xtask test`, or \
         `cargo xtask postgres -- cargo test --features postgres`",
    )
}

/// Returns `url` with another database.
pub fn with_database(url: &str, database: &str) -> String {
    let (server, rest) = url.rsplit_once('/').expect("a URL with a database");
    match rest.split_once('?') {
        Some((_, parameters)) => format!("{server}/{database}?{parameters}"),
        None => format!("{server}/{database}"),
    }
}

/// A database of the server that is dropped at the end.
pub struct FreshPostgres {
    /// Its URL.
    pub url: String,
    name: String,
    server: Db,
}

impl FreshPostgres {
    /// Creates it.
    #[allow(clippy::new_without_default, reason = "it creates a database")]
    pub fn new() -> Self {
        let server_url = postgres_url();
        let server =
            Db::builder(&server_url).pool_size(1).connect().expect("the PostgreSQL server");
        let name = format!("mizzle_{}", uuid::Uuid::new_v4().simple());
        server.execute_sql(&format!("CREATE DATABASE {name}")).expect("a fresh database");
        Self { url: with_database(&server_url, &name), name, server }
    }
}

impl Drop for FreshPostgres {
    fn drop(&mut self) {
        let dropped = self.server.execute_sql(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        if let (Err(error), false) = (dropped, std::thread::panicking()) {
            panic!("the test's database could not be dropped: {error:?}");
        }
    }
}

/// Creates tables.
#[track_caller]
pub fn create(db: &Db, tables: &[TableDef]) {
    let statements = create_schema(tables, db.dialect()).expect("a schema");
    for statement in statements {
        db.execute_sql(&statement).unwrap_or_else(|error| panic!("{error}\n{statement}"));
    }
}
