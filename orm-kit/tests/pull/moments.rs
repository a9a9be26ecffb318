//! The forms in which the rows of an SQLite database store moments.

#![cfg(feature = "sqlite")]

use orm_core::{Dialect, Executor};
use orm_kit::introspect::{introspect, introspect_rows, normal_form};
use orm_kit::pull::{Pulled, pull};

use crate::database::Fresh;

/// What is pulled of a table with these columns and rows; its definition is what the database declares.
fn pulled(script: &str) -> Pulled {
    let fresh = Fresh::sqlite();
    fresh.db.execute_sql(script).expect("the rows");
    let found = introspect_rows(&fresh.db).expect("the schema");
    let pulled = pull(&found, Dialect::Sqlite);
    let declared = introspect(&fresh.db).expect("the schema").tables;
    assert_eq!(
        normal_form(&fresh.db, &pulled.tables).expect("normal"),
        declared,
        "{}",
        pulled.source
    );
    pulled
}

#[track_caller]
fn says(pulled: &Pulled, parts: &[&str]) {
    let source: Vec<&str> = pulled.source.split_whitespace().collect();
    let source = source.join(" ");
    for part in parts {
        assert!(source.contains(part), "{part}:\n{}", pulled.source);
    }
}

#[test]
fn a_form_is_told_by_the_rows() {
    let pulled = pulled(
        "CREATE TABLE moments (id INTEGER PRIMARY KEY, a DATETIME DEFAULT CURRENT_TIMESTAMP, made_at TEXT, \
           seen_at INTEGER, sent_at INTEGER, local DATETIME, born DATE, own TIMESTAMPTZ_TEXT, rails TIMESTAMP, \
           lost_at TEXT); \
         INSERT INTO moments VALUES (1, '2020-07-17 21:56:16', '2020-07-17T21:56:16.123Z', 1595022976, 1595022976123, \
           '2009-01-01 00:00:00', '1980-02-29', '2024-01-01 00:00:00.000000+00:00', '2024-01-01 00:00:00.000001', \
           'yesterday');",
    );
    says(
        &pulled,
        &[
            "stored = sqlite_datetime",
            "pub a: Option<DateTime<Utc>>",
            "#[column(stored = iso8601)] pub made_at: Option<DateTime<Utc>>",
            "stored = unix_seconds",
            "pub seen_at: Option<DateTime<Utc>>",
            "stored = unix_millis",
            "pub local: Option<NaiveDateTime>",
            "pub born: Option<NaiveDate>",
            "pub own: Option<DateTime<Utc>>",
            "pub rails: Option<NaiveDateTime>",
            "pub lost_at: Option<String>",
            "its rows are stored as unix_millis: 1 unix_millis",
        ],
    );
}

#[test]
fn several_forms_are_no_moment() {
    let pulled = pulled(
        "CREATE TABLE moments (id INTEGER PRIMARY KEY, a DATETIME, b TIMESTAMP, c DATE, seen_at INTEGER, d DATETIME, \
           e DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL); \
         CREATE TABLE empty (id INTEGER PRIMARY KEY, a DATETIME, b DATETIME DEFAULT CURRENT_TIMESTAMP); \
         INSERT INTO moments VALUES (1, '2020-07-17 21:56:16', 1595022976, 20200717, 7, NULL, '2020'), \
           (2, '2020-07-17T21:56:16.123Z', 1595022976123, 1, 1595022976, NULL, 5);",
    );
    says(
        &pulled,
        &[
            "pub a: Option<String>",
            "pub b: Option<i64>",
            "pub c: Option<i64>",
            "pub seen_at: Option<i64>",
            "pub e: i64",
            "1 iso8601, 1 sqlite_datetime",
            "it has no rows; by its default they are stored as sqlite_datetime",
            "it has no rows that tell in which form they are",
        ],
    );
}
