//! Wrong URLs, servers and files that are not as they should be, and limits: each a typed error that says
//! what to do, none a panic.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[cfg(feature = "postgres")]
mod connections;
mod queries;
#[cfg(feature = "postgres")]
mod servers;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt::Debug;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use test_support::{each_url, on_each_database};

use mizzle::prelude::*;

use mizzle::{Error, ErrorCode};
use test_support::ticks::Stopwatch;

/// Returns the error of `result`, which has `code` and says what to do.
#[track_caller]
fn refused<T: Debug>(result: mizzle::Result<T>, code: ErrorCode) -> Error {
    let error = result.expect_err("this can't work");
    assert_eq!(error.code(), code, "{error:?}");
    assert!(error.to_string().len() > 10, "{error:?}");
    assert!(!error.troubleshooting().is_empty(), "nothing to do about it: {error:?}");
    let shown = format!("{error:?}");
    assert!(shown.starts_with(code.as_str()) && shown.contains("\n  - "), "{shown}");
    error
}

#[test]
fn malformed_urls() {
    for url in [
        "",
        " ",
        ":",
        "://",
        "blog.db",
        "mysql://localhost/blog",
        "sqlite:",
        "sqlite://",
        "sqlite:a\0b",
        "postgres:blog",
        "postgres:/blog",
        "postgresql",
        "http://localhost",
    ] {
        let error = refused(Db::connect(url), ErrorCode::ConfigError);
        assert!(error.troubleshooting()[0].contains("sqlite::memory:"), "{url}: {error:?}");
    }
}

#[cfg(not(feature = "postgres"))]
#[test]
fn postgres_is_not_compiled_in() {
    for url in ["postgres://localhost/blog", "postgresql:///blog"] {
        let error = refused(Db::connect(url), ErrorCode::ConfigError);
        assert!(error.to_string().contains("feature `postgres`"), "{error}");
        assert_eq!(error.troubleshooting(), ["cargo add mizzle --features postgres"]);
    }
}

#[cfg(not(feature = "sqlite"))]
#[test]
fn sqlite_is_not_compiled_in() {
    for url in ["sqlite::memory:", "sqlite:blog.db", "file:blog.db"] {
        let error = refused(Db::connect(url), ErrorCode::ConfigError);
        assert!(error.to_string().contains("feature `sqlite`"), "{error}");
        assert_eq!(error.troubleshooting(), ["cargo add mizzle --features sqlite"]);
    }
}

#[test]
fn a_pool_of_none() {
    each_url!(|url| {
        refused(Db::builder(url).pool_size(0).connect(), ErrorCode::ConfigError);
    });
}

#[test]
fn an_exhausted_pool() {
    each_url!(|url| {
        let timeout = Duration::from_millis(300);
        let db = Db::builder(url).pool_size(1).checkout_timeout(timeout).connect().unwrap();
        let (holds, held) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let db = &db;
            scope.spawn(move || {
                db.transaction(|_| {
                    holds.send(()).expect("the test waits");
                    released.recv().expect("the test releases it");
                    Ok(())
                })
                .unwrap();
            });
            held.recv().unwrap();
            let start = Stopwatch::start();
            for _ in 0..2 {
                let error = refused(db.execute_sql("SELECT 1"), ErrorCode::PoolExhausted);
                assert!(error.is_temporary(), "{error:?}");
                assert!(error.to_string().contains("300 ms"), "{error}");
            }
            refused(db.transaction(|_| Ok(())), ErrorCode::PoolExhausted);
            refused(db.with_connection(|_| Ok(())), ErrorCode::PoolExhausted);
            assert!(
                start.elapsed() >= 4 * timeout && start.within(Duration::from_secs(5)),
                "{start:?}"
            );
            release.send(()).unwrap();
        });
        db.execute_sql("SELECT 1").unwrap();
    });
}

on_each_database! {
    fn more_values_than_a_statement_takes(db: &Db) {
        use diesel::sql_types::{BigInt, Bool};

        let many = db.limits().parameters + 1;
        let sql = |count: usize| {
            let mut sql = diesel::sql_query("SELECT 1 WHERE 1 IN (").into_boxed::<mizzle::backend::Any>();
            for number in 0..count {
                let placeholder = match db.dialect() {
                    mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => "?".to_owned(),
                    _ => format!("${}", number + 1),
                };
                sql = sql.sql(if number == 0 { "" } else { ", " }).sql(placeholder);
                sql = sql.bind::<BigInt, _>(number as i64);
            }
            sql.sql(")")
        };
        let error = db.execute(sql(many)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::QueryError, "{}", error);
        let (told, asked) = (error.to_string(), many.to_string());
        assert!(told.contains(&asked) || told.contains("too many"), "{told}");
        // The connection goes on.
        db.execute(sql(many - 1)).unwrap();
        let found: bool = db.one(diesel::dsl::sql::<Bool>("SELECT 1 = 1")).unwrap();
        assert!(found);
    }
}
