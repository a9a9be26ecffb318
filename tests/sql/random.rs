//! Random values: what is bound comes back equal, and nothing of it becomes SQL.
//!
//! `MIZZLE_TEST_CASES=100000` runs that many cases.

use mizzle::Dialect;
use mizzle::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::schema::*;

/// Pieces of SQL, of Rust's formats and of quotes, which texts are made of besides anything else.
const PIECES: [&str; 16] = [
    "'",
    "''",
    "\"",
    "\\",
    "{",
    "}",
    "{{",
    "$1",
    "?",
    ":a",
    "--",
    "/*",
    "*/",
    ";",
    "$$",
    "DROP TABLE users;",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(PIECES.to_vec()).prop_map(str::to_owned),
        "[^\\x00]{0,4}".prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn cases() -> u32 {
    std::env::var("MIZZLE_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000)
}

fn check(db: &Db) {
    fill(db);
    let values = (
        text(),
        proptest::option::of(text()),
        any::<i64>(),
        any::<f64>().prop_filter("a number", |number| !number.is_nan()),
        proptest::collection::vec(any::<u8>(), 0..20),
        proptest::collection::vec(text(), 0..5),
        (any::<i64>(), 0_u32..30),
    );
    let mut runner =
        TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases()) });
    let done = runner.run(&values, |(text, maybe, number, real, bytes, texts, (digits, scale))| {
        let decimal: Decimal = format!("{digits}e-{scale}").parse().expect("a decimal");
        let row: (String, Option<String>, i64, f64, Vec<u8>, Decimal) =
            sql!("SELECT {text}, {maybe}, {number}, {real}, {bytes}, {decimal}")
                .one(db)
                .expect("a row");
        prop_assert_eq!((&row.0, &row.1, row.2, &row.4), (&text, &maybe, number, &bytes));
        // JSON, in which D1 answers, has no sign of zero.
        match db.dialect() {
            Dialect::D1 => prop_assert_eq!(row.3, real),
            _ => prop_assert_eq!(row.3.to_bits(), real.to_bits()),
        }
        prop_assert_eq!(row.5, decimal);
        let is_in: bool = sql!("SELECT {text} IN ({..texts})").one(db).expect("a row");
        prop_assert_eq!(is_in, texts.contains(&text));
        let same = sql!("{text} = {&text}");
        let users: i64 = sql!("SELECT count(*) FROM users WHERE {same}").one(db).expect("a row");
        prop_assert_eq!(users, 3);
        Ok(())
    });
    done.expect("what is bound comes back");
}

test_support::on_each_database! {
    fn values_come_back(db: &Db) {
        check(db);
    }
}
