//! Runs one test body on each database that is compiled in, each time on a fresh database.

#![allow(dead_code, reason = "no test file uses all of it")]

pub mod ticks;

use mizzle::Db;

/// Makes a test of each function for each database: `on_each_database! { fn works(db: &Db) { … } }`.
#[macro_export]
macro_rules! on_each_database {
    ($($(#[$attribute:meta])* fn $name:ident($db:ident: &Db) $body:block)*) => {
        $(mod $name {
            #[allow(unused_imports)]
            use super::*;

            fn body($db: &::mizzle::Db) $body

            #[cfg(feature = "sqlite")]
            #[test]
            $(#[$attribute])*
            fn on_sqlite() {
                $crate::support::with_sqlite(body);
            }

            #[cfg(feature = "postgres")]
            #[test]
            $(#[$attribute])*
            fn on_postgres() {
                $crate::support::with_postgres(body);
            }
        })*
    };
}

/// Runs `body` with a fresh SQLite file.
#[cfg(feature = "sqlite")]
pub fn with_sqlite(body: impl FnOnce(&Db)) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    body(&Db::connect(&url).expect("an SQLite database"));
}

/// Returns the URL of the server that `cargo xtask test` starts.
#[cfg(feature = "postgres")]
pub fn postgres_url() -> String {
    std::env::var("MIZZLE_TEST_POSTGRES_URL").expect(
        "MIZZLE_TEST_POSTGRES_URL must name a PostgreSQL server: run `cargo xtask test`, or \
         `cargo xtask postgres -- cargo test --features postgres`",
    )
}

/// Returns `url` with another database.
#[cfg(feature = "postgres")]
pub fn with_database(url: &str, database: &str) -> String {
    let (server, rest) = url.rsplit_once('/').expect("a URL with a database");
    match rest.split_once('?') {
        Some((_, parameters)) => format!("{server}/{database}?{parameters}"),
        None => format!("{server}/{database}"),
    }
}

/// A database of the server that is dropped at the end.
#[cfg(feature = "postgres")]
pub struct FreshPostgres {
    /// Its URL.
    pub url: String,
    name: String,
    server: Db,
}

#[cfg(feature = "postgres")]
impl FreshPostgres {
    /// Creates it.
    pub fn new() -> Self {
        use mizzle::prelude::*;
        let server_url = postgres_url();
        let server =
            Db::builder(&server_url).pool_size(1).connect().expect("the PostgreSQL server");
        let name = format!("mizzle_{}", Uuid::new_v4().simple());
        server.execute_sql(&format!("CREATE DATABASE {name}")).expect("a fresh database");
        Self { url: with_database(&server_url, &name), name, server }
    }
}

#[cfg(feature = "postgres")]
impl Drop for FreshPostgres {
    fn drop(&mut self) {
        use mizzle::prelude::*;
        let dropped = self.server.execute_sql(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        if let (Err(error), false) = (dropped, std::thread::panicking()) {
            panic!("the test's database could not be dropped: {error:?}");
        }
    }
}

/// Runs `body` with a fresh database of the server.
#[cfg(feature = "postgres")]
pub fn with_postgres(body: impl FnOnce(&Db)) {
    let fresh = FreshPostgres::new();
    let db = Db::connect(&fresh.url).expect("a PostgreSQL database");
    body(&db);
}

/// Runs `body` with the URL of a fresh database, for each database that is compiled in.
pub fn each_url(body: impl Fn(&str)) {
    #[cfg(feature = "sqlite")]
    {
        let folder = tempfile::tempdir().expect("a temporary folder");
        body(&format!("sqlite:{}", folder.path().join("test.db").display()));
    }
    #[cfg(feature = "postgres")]
    {
        body(&FreshPostgres::new().url);
    }
}
