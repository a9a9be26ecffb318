//! `copy_in`: rows of an iterator, by COPY on PostgreSQL.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mizzle::prelude::*;
use mizzle::{Dialect, Error, ErrorCode, Result};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use test_support::log::Log;
use test_support::{each_url, on_each_database, skip_rows};

/// A word that is in no message.
const MARKER: &str = "s3cretvalue";

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "shops")]
pub struct Shop {
    #[column(primary_key)]
    pub id: i64,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "goods", check(cheap = "price < 1000"))]
pub struct Good {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(unique)]
    pub label: Option<String>,
    #[column(max_length = 12)]
    pub kind: String,
    #[column(default = 5)]
    pub price: i32,
    #[column(references(Shop))]
    pub shop: Option<i64>,
    #[column(default = "none")]
    pub note: Option<String>,
}

/// All of it may be left out.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "blanks")]
pub struct Blank {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(default = 7)]
    pub value: i64,
}

mizzle::schema!(pub Stock = [Shop, Good, Blank]);

fn stock(db: &Db) {
    db.create_all::<Stock>().expect("the tables");
    db.insert(NewShop { id: 1 }).expect("a shop");
}

fn good(number: i64) -> NewGood {
    NewGood::builder().label(format!("label {number}")).kind("a\tkind\\N".to_owned()).build()
}

fn goods(on: &impl Executor) -> Vec<Good> {
    Good::query().order_by(goods::id).all(on).expect("the goods")
}

/// How many COPYs are among the statements of `f`.
fn copies<R>(f: impl FnOnce() -> R) -> (R, usize) {
    let (result, events) = Log::of(f);
    let all = events.iter().filter_map(|event| event.field("sql"));
    (result, all.filter(|sql| sql.starts_with("COPY")).count())
}

on_each_database! {
    fn rows_of_an_iterator_are_stored(db: &Db) {
        stock(db);
        let none = db.copy_in(std::iter::empty::<NewGood>()).expect("nothing");
        assert_eq!(none, 0);
        // More than are sent at once, and of two kinds.
        let rows = (0..12_345).map(|number| match number % 1000 {
            0 => NewGood { price: Some(9), note: Some(Some(format!("{number}\r\n\\.\n"))), ..good(number) },
            _ => good(number),
        });
        let (stored, copies) = copies(|| db.copy_in(rows).expect("the rows"));
        assert_eq!(stored, 12_345);
        assert_eq!(copies, if db.dialect() == Dialect::Postgres { 4 } else { 0 });
        assert_eq!(db.count(goods::table).expect("the count"), 12_345);
        let read = |label: &str| Good::query().filter(goods::label.eq(label)).one(db).expect("a row");
        let Good { kind, price, note, .. } = read("label 12344");
        assert_eq!((&*kind, price, note.as_deref()), ("a\tkind\\N", 5, Some("none")));
        let Good { price, note, .. } = read("label 12000");
        assert_eq!((price, note.as_deref()), (9, Some("12000\r\n\\.\n")));
        // Nothing but defaults.
        let rows = (0..3).map(|value| NewBlank { id: None, value: (value == 1).then_some(1) });
        assert_eq!(db.copy_in(rows).expect("three rows"), 3);
        let values = Blank::query().order_by(blanks::value).all(db).expect("the rows");
        assert_eq!(values.iter().map(|row| row.value).collect::<Vec<_>>(), [1, 7, 7]);
    }

    fn all_rows_or_none(db: &Db) {
        stock(db);
        db.insert(good(-1)).expect("a row");
        let labelled = |label: &str| NewGood { label: Some(label.into()), ..good(0) };
        let wrong = [
            labelled("label -1"),
            // One of the first that were sent.
            labelled("label 3"),
            NewGood { price: Some(1000), ..labelled(MARKER) },
            NewGood { shop: Some(987_654), ..labelled(MARKER) },
            NewGood { kind: MARKER.repeat(2), ..labelled("long") },
            // A text on SQLite.
            labelled(&format!("{MARKER}\0")),
        ];
        let wrong = wrong.into_iter().take(if db.dialect() == Dialect::Postgres { 6 } else { 5 });
        for (place, wrong) in wrong.enumerate() {
            let rows = || (0..11_000).map(good).chain([wrong.clone()]).chain((20_000..20_010).map(good));
            let expected = db.insert_all(rows().collect::<Vec<_>>()).expect_err("it is wrong");
            let error = db.copy_in(rows()).expect_err("it is wrong");
            assert_eq!(error.code(), expected.code(), "{place}: {error}");
            assert_eq!(error.constraint(), expected.constraint(), "{place}: {error}");
            assert_eq!(error.database_code(), expected.database_code(), "{place}: {error}");
            assert_eq!(error.to_string(), expected.to_string(), "{place}");
            let (_, events) = Log::of(|| db.copy_in(rows()).expect_err("it is wrong"));
            let told = format!("{events:?} {error} {error:?}");
            assert!(!told.contains(MARKER) && !told.contains("987654"), "{place}: {told}");
            assert_eq!(goods(db).len(), 1, "{place}");
        }
        db.execute_sql("DROP TABLE goods").expect("no table");
        let error = db.copy_in([good(1)]).expect_err("no table");
        assert_eq!(error.code(), ErrorCode::SchemaError, "{error}");
    }

    fn is_a_part_of_a_transaction(db: &Db) {
        stock(db);
        let done = db.transaction(|tx| {
            assert_eq!(tx.copy_in((0..10).map(good))?, 10);
            let error = tx.copy_in((5..15).map(good)).expect_err("they are there");
            assert!(error.is_unique_violation(), "{error}");
            assert_eq!(goods(tx).len(), 10);
            assert_eq!(tx.copy_in((20..25).map(good))?, 5);
            Ok(goods(tx).len())
        });
        assert_eq!(done.expect("the transaction"), 15);
        let undone: Result<()> = db.transaction(|tx| {
            tx.copy_in((30..40).map(good))?;
            Err(Error::application("undone"))
        });
        undone.expect_err("it is undone");
        assert_eq!(goods(db).len(), 15);
    }

    fn what_is_stored_is_counted(db: &Db) {
        stock(db);
        skip_rows(db, "goods", "new.price % 2 = 1");
        let rows = (0..101).map(|number| NewGood { price: Some(number as i32), ..good(number) });
        assert_eq!(db.copy_in(rows).expect("the rows"), 51);
        assert_eq!(goods(db).len(), 51);
        assert_eq!(db.copy_in([NewGood { price: Some(1), ..good(200) }]).expect("no row"), 0);
    }

    /// What COPY can't do, INSERT can.
    fn a_view_takes_rows(db: &Db) {
        stock(db);
        db.execute_sql(match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => {
                "ALTER TABLE shops RENAME TO all_shops; CREATE VIEW shops AS SELECT * FROM all_shops;
                 CREATE TRIGGER add_shop INSTEAD OF INSERT ON shops
                 BEGIN INSERT INTO all_shops VALUES (new.id); END"
            }
            Dialect::Postgres => {
                "ALTER TABLE shops RENAME TO all_shops; CREATE VIEW shops AS SELECT * FROM all_shops"
            }
        })
        .expect("the view");
        db.copy_in((2..5).map(|id| NewShop { id })).expect("three rows");
        assert_eq!(Shop::query().count(db).expect("the count"), 4);
    }
}

/// An application's error.
#[derive(Debug)]
enum Failed {
    Reading(u32),
    Storing(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Storing(error)
    }
}

#[test]
fn an_iterator_that_fails_leaves_nothing_behind() {
    each_url!(|url| {
        let db = Db::builder(url).pool_size(1).connect().expect("a database");
        stock(&db);
        for end in [0, 1, 9_999, 10_000, 10_001] {
            let rows = (0..20_000).map(|number| match number {
                number if number == end => Err(Failed::Reading(17)),
                number => Ok(good(number)),
            });
            let failed = db.try_copy_in(rows).expect_err("it fails");
            assert!(matches!(failed, Failed::Reading(17)), "{failed:?}");
            let panics = (0..20_000).map(|number| match number {
                number if number == end => panic!("on purpose"),
                number => good(number),
            });
            let panicked = catch_unwind(AssertUnwindSafe(|| db.copy_in(panics)));
            assert!(panicked.is_err(), "{panicked:?}");
            assert_eq!(db.count(goods::table).expect("the count"), 0);
        }
        let rows = (0..10).map(|_| Ok::<_, Failed>(good(1)));
        match db.try_copy_in(rows).expect_err("they are the same") {
            Failed::Storing(error) => assert!(error.is_unique_violation(), "{error}"),
            other => panic!("{other:?}"),
        }
        // A handle with one connection can't read while it writes.
        let reads = (0..2).map(|number| db.count(goods::table).map(|_| good(number)));
        let error = db.try_copy_in(reads).expect_err("no other connection");
        assert_eq!(error.code(), ErrorCode::TransactionError, "{error}");
        assert_eq!(db.copy_in((0..10).map(good)).expect("the rows"), 10);
    });
}

#[cfg(feature = "postgres")]
#[test]
fn a_timeout_ends_it_on_postgres() {
    let fresh = test_support::FreshPostgres::new();
    let limit = std::time::Duration::from_millis(300);
    let db = Db::builder(&fresh.url)
        .pool_size(1)
        .statement_timeout(Some(limit))
        .connect()
        .expect("a database");
    stock(&db);
    db.execute_sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN IF new.price = 9 THEN PERFORM pg_sleep(60); END IF; RETURN new; END $$;
         CREATE TRIGGER wait BEFORE INSERT ON goods FOR EACH ROW EXECUTE FUNCTION wait()",
    )
    .expect("the trigger");
    let rows =
        (0..100).map(|number| NewGood { price: (number == 50).then_some(9), ..good(number) });
    let (error, copies) = copies(|| db.copy_in(rows).expect_err("it takes too long"));
    assert!(error.is_timeout(), "{error}");
    assert_eq!(copies, 2);
    assert_eq!(db.count(goods::table).expect("the count"), 0);
    assert_eq!(db.copy_in((0..100).map(good)).expect("the rows"), 100);
}

/// The time that an iterator takes is not the statement's, also while rows before are being stored.
#[cfg(feature = "postgres")]
#[test]
fn a_slow_iterator_is_no_slow_statement_on_postgres() {
    let fresh = test_support::FreshPostgres::new();
    let limit = std::time::Duration::from_secs(2);
    let db = Db::builder(&fresh.url).statement_timeout(Some(limit)).connect().expect("a database");
    stock(&db);
    let rows = (0..10_010).map(|number| {
        if number == 10_005 {
            std::thread::sleep(limit + limit / 4);
        }
        good(number)
    });
    assert_eq!(db.copy_in(rows).expect("the rows"), 10_010);
}

fn any_good() -> impl Strategy<Value = NewGood> {
    use proptest::option::{of, weighted};
    let label = of(prop_oneof![9 => "\\PC{0,12}", 1 => "[a-c]"]);
    let kind = prop_oneof![30 => "[\\\\\\t\\n\\r,;{}\"'NÄ€]{0,12}", 1 => "[a-z]{13}"];
    let price = weighted(
        0.7,
        prop_oneof![30 => any::<i16>().prop_map(i32::from).prop_map(|price| price % 1000), 1 => Just(1000)],
    );
    let shop = weighted(0.2, prop_oneof![20 => Just(1_i64), 1 => Just(2)]);
    (label, kind, price, shop, of(of("\\PC{0,5}"))).prop_map(|(label, kind, price, shop, note)| {
        NewGood { id: None, label, kind, price, shop, note }
    })
}

on_each_database! {
    fn copying_is_inserting(db: &Db) {
        stock(db);
        let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
        let run = |write: &dyn Fn(&Tx<'_>) -> Result<u64>| {
            let mut kept = None;
            let undone: Result<()> = db.transaction(|tx| {
                let written = tx.transaction(|inner| write(inner));
                let mut rows = goods(tx);
                rows.sort_by(|one, other| {
                    (&one.label, &one.kind, one.price, &one.note).cmp(&(&other.label, &other.kind, other.price, &other.note))
                });
                rows.iter_mut().for_each(|row| row.id = 0);
                kept = Some((written, rows));
                Err(Error::application("undone"))
            });
            undone.expect_err("it is undone");
            kept.expect("what was kept")
        };
        TestRunner::new(config)
            .run(&proptest::collection::vec(any_good(), 0..12), |rows| {
                let (inserted, expected) = run(&|tx| tx.insert_all(&rows));
                let (copied, stored) = run(&|tx| tx.copy_in(rows.clone()));
                prop_assert_eq!(stored, expected);
                match (inserted, copied) {
                    (Ok(inserted), Ok(copied)) => prop_assert_eq!(inserted, copied),
                    (Err(inserted), Err(copied)) => {
                        prop_assert_eq!(inserted.code(), copied.code());
                        prop_assert_eq!(inserted.constraint(), copied.constraint());
                    }
                    (inserted, copied) => prop_assert!(false, "{:?} {:?}", inserted, copied),
                }
                Ok(())
            })
            .expect("they are the same");
    }
}
