//! The memory of streams doesn't depend on the number of rows. One test, because it looks at the whole process.
//!
//! `MIZZLE_TEST_ROWS=5000000` reads more rows.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use mizzle::prelude::*;
use mizzle::{Dialect, Result};

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(notes = Note))]
struct Item {
    #[column(primary_key)]
    id: i64,
    name: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
struct Note {
    #[column(primary_key)]
    id: i64,
    #[column(references(Item), index)]
    item_id: i64,
}

mizzle::schema!(Store = [Item, Note]);

/// Enough that the rows are many times larger than [`MOST`].
fn rows() -> i64 {
    std::env::var("MIZZLE_TEST_ROWS").map_or(200_000, |rows| rows.parse().unwrap())
}

/// The most kilobytes that a stream may take.
const MOST: i64 = 20 * 1024;

/// Returns the memory of the process that isn't a file's, in kilobytes.
fn memory() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn check<T>(what: &str, stream: Result<mizzle::Stream<'_, T>>) {
    let (mut count, mut first, mut most) = (0, 0, 0);
    for row in stream.unwrap() {
        row.unwrap();
        count += 1;
        if count == 2000 {
            first = memory();
        }
        if count % 10_000 == 0 {
            most = most.max(memory());
        }
    }
    assert_eq!(count, rows(), "{what}");
    let grown = most - first;
    println!("{what}: {count} rows, {grown} kB more than after 2,000 rows");
    assert!(grown < MOST, "{what}: {grown} kB");
}

fn fill(db: &Db) {
    db.create_all::<Store>().unwrap();
    let count = rows();
    let numbers = match db.dialect() {
        Dialect::Postgres => format!("SELECT generate_series(1, {count})"),
        _ => format!("SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}"),
    };
    let with = format!("WITH RECURSIVE numbers(n) AS ({numbers})");
    let filler = "x".repeat(200);
    db.execute_sql(&format!(
        "INSERT INTO items {with} SELECT n, '{filler}' || n FROM numbers;
         INSERT INTO notes {with} SELECT n, n FROM numbers;"
    ))
    .or_else(|_| {
        db.execute_sql(&format!(
            "{with} INSERT INTO items SELECT n, '{filler}' || n FROM numbers"
        ))?;
        db.execute_sql(&format!("{with} INSERT INTO notes SELECT n, n FROM numbers"))
    })
    .unwrap();
}

fn streams(db: &Db) {
    fill(db);
    let name = db.dialect().name();
    check(&format!("{name}: a query"), Item::query().order_by(items::id).stream(db));
    check(&format!("{name}: diesel's query"), db.stream::<Item, _>(items::table));
    check(&format!("{name}: SQL"), sql!("SELECT id, name FROM items").stream::<(i64, String)>(db));
    check(&format!("{name}: with a relation"), Item::query().with(Item::notes()).stream(db));
    db.transaction(|tx| {
        check(&format!("{name}: in a transaction"), Item::query().stream(tx));
        Ok(())
    })
    .unwrap();
}

#[test]
fn memory_stays_flat() {
    #[cfg(feature = "sqlite")]
    test_support::with_sqlite(streams);
    #[cfg(feature = "postgres")]
    test_support::with_postgres(streams);
}
