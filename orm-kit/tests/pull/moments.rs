//! What only the rows of an SQLite database say: the forms of their moments, and the size of their integers.

#![cfg(feature = "sqlite")]

use orm_core::{Dialect, Executor};
use orm_kit::introspect::{introspect, introspect_rows, normal_form};
use orm_kit::pull::{Pulled, pull};

use test_support::Fresh;

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
            "it has no rows that show their form",
        ],
    );
}

#[test]
fn integers_are_as_wide_as_those_of_the_rows() {
    let pulled = pulled(
        "CREATE TABLE users (id INT PRIMARY KEY, small SMALLINT, large SMALLINT DEFAULT 5, mixed INT, \
           boss INT REFERENCES users, medium MEDIUMINT NOT NULL); \
         CREATE TABLE posts (id INTEGER PRIMARY KEY, author INT NOT NULL REFERENCES users(id), likes INT); \
         CREATE TABLE likes (a INT, b INT, PRIMARY KEY (a, b)) WITHOUT ROWID; \
         INSERT INTO users VALUES (9007199254740993, 32767, 32768, 'many', NULL, -2147483648), \
           (2, -32768, NULL, 1.5, 9007199254740993, 2147483647); \
         INSERT INTO posts VALUES (1, 2, 3); INSERT INTO likes VALUES (1, -2147483649);",
    );
    says(
        &pulled,
        &[
            "pub small: Option<i16>",
            "pub large: Option<i64>",
            "pub mixed: Option<i32>",
            "pub boss: Option<i64>",
            "pub medium: i32",
            "pub author: i64",
            "pub likes: Option<i32>",
            "pub a: i32",
            "pub b: i64",
            "1 of its rows hold integers that need 64 bits, so it is an i64",
            "2 of its rows contain no integer: reading them is an error",
        ],
    );
}

/// A scan of a large table takes long: all columns share one, or a few if they are many.
#[test]
fn a_table_is_read_once() {
    let fresh = Fresh::sqlite();
    let columns: Vec<String> =
        (0..60).map(|number| format!("c{number} INT, d{number} DATETIME")).collect();
    fresh
        .db
        .execute_sql(&format!(
            "CREATE TABLE small (id INTEGER PRIMARY KEY, a INT, b SMALLINT, \"c'{{}}\"\"d_at\" TEXT, e DATETIME); \
             CREATE TABLE wide (id INTEGER PRIMARY KEY, {}); \
             INSERT INTO small VALUES (1, 3000000000, 'x', '2020-07-17T21:56:16.123Z', 1595022976); \
             INSERT INTO wide (id, c59, d59) VALUES (1, 3000000000, '2020-07-17 21:56:16');",
            columns.join(", ")
        ))
        .expect("the rows");
    let (found, logged) = test_support::log::Log::of(|| introspect_rows(&fresh.db));
    let pulled = pull(&found.expect("the schema"), Dialect::Sqlite);
    says(&pulled, &["pub a: Option<i64>", "stored = unix_seconds", "pub c59: Option<i64>"]);
    says(&pulled, &["stored = iso8601", "pub d59: Option<NaiveDateTime>"]);
    let scans = |table: &str| {
        let reads = |text: &&str| text.contains(&format!("FROM \"{table}\""));
        logged.iter().filter_map(|event| event.field("sql")).filter(reads).count()
    };
    assert_eq!((scans("small"), scans("wide")), (1, 2));
}
