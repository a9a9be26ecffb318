//! Fresh databases, one for each test.

#![allow(dead_code, reason = "no test file uses all of it")]

use orm_core::{Db, Executor};

/// Makes a test of each function for each database: `on_each_database! { fn works(db: &Db) { … } }`.
#[macro_export]
macro_rules! on_each_database {
    ($($(#[$attribute:meta])* fn $name:ident($db:ident: &Db) $body:block)*) => {
        $(mod $name {
            #[allow(unused_imports)]
            use super::*;

            fn body($db: &::orm_core::Db) $body

            #[cfg(feature = "sqlite")]
            #[test]
            $(#[$attribute])*
            fn on_sqlite() {
                $crate::database::with_sqlite(body);
            }

            #[cfg(feature = "postgres")]
            #[test]
            $(#[$attribute])*
            fn on_postgres() {
                $crate::database::with_postgres(body);
            }
        })*
    };
}

/// A database that is gone when this is dropped.
pub struct Fresh {
    /// The database.
    pub db: Db,
    _until_dropped: Box<dyn std::any::Any>,
}

impl Fresh {
    /// A file of SQLite's.
    #[cfg(feature = "sqlite")]
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let db = Db::connect(&url).expect("an SQLite database");
        Self { db, _until_dropped: Box::new(folder) }
    }

    /// A database of the server that `cargo xtask test` starts.
    #[cfg(feature = "postgres")]
    pub fn postgres() -> Self {
        let fresh = FreshPostgres::new();
        let db = Db::connect(&fresh.url).expect("a PostgreSQL database");
        Self { db, _until_dropped: Box::new(fresh) }
    }
}

/// Runs `body` with a fresh SQLite file.
#[cfg(feature = "sqlite")]
pub fn with_sqlite<R>(body: impl FnOnce(&Db) -> R) -> R {
    body(&Fresh::sqlite().db)
}

/// Runs `body` with a fresh database of the server's.
#[cfg(feature = "postgres")]
pub fn with_postgres<R>(body: impl FnOnce(&Db) -> R) -> R {
    body(&Fresh::postgres().db)
}

/// A database of the server's that is dropped at the end.
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
        let server_url = std::env::var("MIZZLE_TEST_POSTGRES_URL").expect(
            "MIZZLE_TEST_POSTGRES_URL must name a PostgreSQL server: run `cargo xtask test`, or \
             `cargo xtask postgres -- cargo test --features postgres`",
        );
        let server = Db::builder(&server_url).pool_size(1).connect().expect("the server");
        let name = format!("mizzle_{}", uuid::Uuid::new_v4().simple());
        server.execute_sql(&format!("CREATE DATABASE {name}")).expect("a fresh database");
        let (before, rest) = server_url.rsplit_once('/').expect("a URL with a database");
        let url = match rest.split_once('?') {
            Some((_, parameters)) => format!("{before}/{name}?{parameters}"),
            None => format!("{before}/{name}"),
        };
        Self { url, name, server }
    }
}

#[cfg(feature = "postgres")]
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
pub fn create(db: &Db, tables: &[orm_core::schema::TableDef]) {
    let statements = orm_core::schema::create_schema(tables, db.dialect()).expect("a schema");
    for statement in statements {
        db.execute_sql(&statement).unwrap_or_else(|error| panic!("{error}\n{statement}"));
    }
}
