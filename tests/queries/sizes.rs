//! Very many conditions, values, savepoints and rows: right answers, or errors that say what is too much, and as many
//! statements as the rows need.
//!
//! `MIZZLE_TEST_CASES` makes them ten times as large.

use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};
use test_support::log::Log;
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "shelves", has_many(books = Book))]
pub struct Shelf {
    #[column(primary_key)]
    pub id: i64,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "books")]
pub struct Book {
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Shelf))]
    pub shelf_id: i64,
}

mizzle::schema!(pub Library = [Shelf, Book]);

/// More than by default, if the runs ask for more.
fn larger(count: i64) -> i64 {
    if std::env::var_os("MIZZLE_TEST_CASES").is_some() { count * 10 } else { count }
}

fn fill(db: &Db, count: i64) {
    db.create_all::<Library>().expect("the tables");
    let shelves: Vec<_> = (0..count).map(|id| Shelf { id }).collect();
    assert_eq!(db.insert_all(&shelves).expect("shelves"), count as u64);
    let books: Vec<_> = (0..count).map(|id| Book { id, shelf_id: id / 2 }).collect();
    assert_eq!(db.insert_all(&books).expect("books"), count as u64);
}

/// The right answer, or an error that says that it is too much; and the connection goes on.
#[track_caller]
fn is_right_or_too_much(db: &Db, result: mizzle::Result<u64>, right: u64) {
    match result {
        Ok(count) => assert_eq!(count, right),
        Err(error) => {
            let code = error.code();
            assert!(matches!(code, ErrorCode::QueryError | ErrorCode::ValueError), "{error}");
            assert!(
                !error.troubleshooting().is_empty() || error.to_string().contains("split it"),
                "{error}"
            );
            assert!(!error.is_connection_lost(), "{error}");
        }
    }
    assert_eq!(Shelf::query().count(db).expect("the count"), 50);
}

/// Runs `f` on a thread whose stack has room for calls of the test's own that are in each other.
fn deep(f: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(1 << 30);
        thread.spawn_scoped(scope, f).expect("a thread").join().expect("no panic");
    });
}

fn nest(executor: &impl Executor, levels: u32) -> mizzle::Result<u64> {
    if levels == 0 {
        return executor.count(shelves::table);
    }
    executor.transaction(|tx| nest_in(tx, levels - 1))
}

fn nest_in(tx: &Tx<'_>, levels: u32) -> mizzle::Result<u64> {
    if levels == 0 {
        return tx.count(shelves::table);
    }
    tx.transaction(|tx| nest_in(tx, levels - 1))
}

on_each_database! {
    fn conditions(db: &Db) {
        fill(db, 50);
        // More values than SQLite takes. PostgreSQL takes 32,000 too, but needs 6 s to plan them.
        let most = if db.dialect() == Dialect::Sqlite { 32_767 } else { 3_000 };
        for count in [larger(2_000), most] {
            let all = (0..count).fold(Shelf::query(), |query, id| query.filter(shelves::id.ne(id + 9)));
            is_right_or_too_much(db, all.count(db), 9);
            let any = (0..count).fold(Shelf::query(), |query, id| query.or_filter(shelves::id.eq(id + 9)));
            is_right_or_too_much(db, any.count(db), 41);
            let error = any.filter(diesel::dsl::sql::<diesel::sql_types::Bool>("nowhere")).count(db);
            assert!(error.is_err());
        }
        let few = (0..larger(3_000)).fold(Shelf::query(), |query, id| query.or_filter(shelves::id.eq(id + 9)));
        assert_eq!(few.count(db).expect("no more than a statement takes"), 41);
    }

    fn lists(db: &Db) {
        fill(db, 50);
        for count in [65_535_i64, 1_000_000] {
            let list: Vec<i64> = (9..count + 9).collect();
            let found = Shelf::query().filter(shelves::id.eq_any(list.clone())).count(db);
            assert_eq!(found.expect("a list of any length"), 41);
            let others = Shelf::query().filter(shelves::id.ne_all(list)).count(db);
            assert_eq!(others.expect("a list of any length"), 9);
        }
    }

    fn savepoints(db: &Db) {
        fill(db, 50);
        deep(|| assert_eq!(nest(db, larger(1_000) as u32).expect("savepoints in each other"), 50));
        let rows = db.transaction(|tx| {
            for id in 0..larger(1_000) {
                let failed = tx.transaction(|tx| {
                    tx.insert(Shelf { id: 1_000_000 + id })?;
                    tx.insert(Shelf { id: 1 })
                });
                assert_eq!(failed.expect_err("a second one").code(), ErrorCode::ConstraintError);
            }
            tx.count(shelves::table)
        });
        assert_eq!(rows.expect("savepoints after each other"), 50);
    }

    fn parents(db: &Db) {
        let most = larger(10_000);
        fill(db, most);
        let statements = |count: i64| {
            let (loaded, events) = Log::of(|| {
                Shelf::query()
                    .filter(shelves::id.lt(count))
                    .order_by(shelves::id)
                    .with(Shelf::books())
                    .all(db)
                    .expect("all of them")
            });
            assert_eq!(loaded.len() as i64, count);
            for (id, shelf) in loaded.iter().enumerate() {
                let books = if (id as i64) < most / 2 { 2 } else { 0 };
                assert_eq!((shelf.id, shelf.books.len()), (id as i64, books));
            }
            events.iter().filter(|event| event.target == "mizzle::query").count()
        };
        let (few, many) = (statements(most / 4), statements(most));
        assert!(few >= 2 && many <= 4 * few, "{few} statements become {many}");
    }

    fn documents(db: &Db) {
        use serde_json::Value;

        db.execute_sql("CREATE TABLE papers (id integer PRIMARY KEY, content text)").expect("a table");
        let text = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        deep(|| {
            for levels in [127, 128, 100_000] {
                let read: mizzle::Result<Value> = db.one(diesel::select(
                    diesel::dsl::sql::<diesel::sql_types::Json>(&match db.dialect() {
                        Dialect::Sqlite | Dialect::D1 => format!("'{}'", text(levels)),
                        _ => format!("'{}'::json", text(levels)),
                    }),
                ));
                match read {
                    Ok(_) => assert_eq!(levels, 127),
                    Err(error) => {
                        assert!(levels > 127 && !error.to_string().is_empty());
                        assert!(!error.is_connection_lost(), "{error}");
                    }
                }
                let value = (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
                let echo = diesel::select(
                    diesel::dsl::sql::<diesel::sql_types::Json>("").bind::<diesel::sql_types::Json, _>(value),
                );
                match db.one::<Value, _>(echo) {
                    Ok(_) => assert_eq!(levels, 127),
                    Err(error) => assert_eq!(error.code(), ErrorCode::ValueError, "{error}"),
                }
            }
        });
    }
}
