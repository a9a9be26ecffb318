//! Collations that a program registers with SQLite.

use std::cmp::Ordering;

use mizzle::prelude::*;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "tunes")]
pub struct Tune {
    #[column(primary_key)]
    pub id: i64,
    #[column(unique, collate(sqlite = "picky"))]
    pub title: String,
}

mizzle::schema!(pub Tunes = [Tune]);

/// Ignores case, and takes no exclamation marks.
fn picky(a: &str, b: &str) -> Ordering {
    assert!(!a.contains('!') && !b.contains('!'), "no exclamation marks");
    a.to_lowercase().cmp(&b.to_lowercase())
}

#[test]
fn a_statement_whose_collation_panics_fails() {
    let db = Db::builder("sqlite::memory:")
        .on_connect(|connection| connection.create_collation("picky", picky))
        .connect()
        .expect("a database");
    db.create_all::<Tunes>().expect("the table");
    let tune = |id, title: &str| Tune { id, title: title.into() };
    db.insert_all([tune(1, "b"), tune(2, "A"), tune(3, "c")]).expect("three rows");
    let failed = |error: mizzle::Error| {
        assert!(error.to_string().contains("collation"), "{error}");
    };
    failed(db.insert(tune(4, "d!")).expect_err("the index can't be sorted"));
    failed(db.update(&tune(1, "!")).expect_err("the index can't be sorted"));
    let found = Tune::query().filter(tunes::title.gt("a!")).all(&db);
    failed(found.expect_err("the rows can't be compared"));
    let inside = db.transaction(|tx| tx.insert(tune(5, "e!")));
    failed(inside.expect_err("the index can't be sorted"));
    failed(db.count(tunes::table.filter(tunes::title.eq("!"))).expect_err("not compared"));
    let titles: Vec<String> =
        db.load(tunes::table.select(tunes::title).order_by(tunes::title)).expect("the rows");
    assert_eq!(titles, ["A", "b", "c"]);
    assert_eq!(db.insert(tune(6, "D")).expect("a row").id, 6);
}
