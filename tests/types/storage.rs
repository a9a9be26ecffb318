//! SQLite is typed by value: whatever a stranger's rows hold in a column is read as it is, found by itself and written back
//! bit for bit, or it is an error that names the column.

#![cfg(feature = "sqlite")]

use diesel::dsl::sql;
use diesel::sql_types::Text;
use mizzle::prelude::*;
use proptest::prelude::*;
use proptest::sample::select;

use test_support::with_sqlite;

/// How a stranger may declare a column: one for each way in which SQLite stores values, and mizzle's own in front.
const DECLARED: [&str; 6] = ["", "TEXT", "NUMERIC", "INTEGER", "REAL", "BLOB"];

const VALUES: [&str; 46] = [
    "0",
    "1",
    "2",
    "-1",
    "32768",
    "2147483648",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "1595022976",
    "0.0",
    "1.0",
    "1.5",
    "0.1",
    "-0.0",
    "1e300",
    "5e-324",
    "0.30000000000000004",
    "1e-7",
    "''",
    "'t'",
    "'true'",
    "'1'",
    "'1.50'",
    "'007'",
    "'abc'",
    "' 5'",
    "'1e5'",
    "'2024-01-31'",
    "'2024-01-31 18:30:00'",
    "'2024-01-31T18:30:00.123Z'",
    "'2024-01-31 18:30:00.123456'",
    "'2024-01-31 18:30:00.123456+00:00'",
    "'18:30:00.123456'",
    "'18:30'",
    "'550e8400-e29b-41d4-a716-446655440000'",
    "'550e8400e29b41d4a716446655440000'",
    "x'550e8400e29b41d4a716446655440000'",
    "x''",
    "x'31'",
    "'{\"a\": [1, 1.0]}'",
    "'null'",
    "jsonb('{\"a\":1}')",
    "'Hard'",
    "CAST(x'ff' AS TEXT)",
    "char(97, 0, 98)",
];

/// A value's type, and the value to its last bit.
const STORED: &str =
    "typeof(it) || ' ' || CASE WHEN typeof(it) IN ('text', 'blob') THEN hex(it) ELSE quote(it) END";

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    Hard,
    Soft,
}

#[derive(Newtype, Debug, Clone, PartialEq)]
pub struct Name(String);

/// What one value does in a column of one type: an error with its place, or it is found by itself and stays as it is.
macro_rules! cells {
    ($($module:ident: $type:ty, $own:literal;)*) => {
        $(mod $module {
            use super::*;

            #[derive(Table, Debug, Clone, PartialEq)]
            #[table(name = "cells")]
            pub struct Cell {
                #[column(primary_key)]
                pub id: i64,
                pub it: $type,
                pub other: i64,
            }

            pub fn check(db: &Db, declared: &str, value: &str) -> bool {
                let declared = if declared == "own" { $own } else { declared };
                db.execute_sql(&format!(
                    "DROP TABLE IF EXISTS cells; \
                     CREATE TABLE cells (id BIGINT PRIMARY KEY, it {declared} NOT NULL, other BIGINT NOT NULL); \
                     INSERT INTO cells VALUES (1, {value}, 7)"
                ))
                .expect("a row");
                let stored = || -> String {
                    let found: Vec<String> = db
                        .load(cells::table.select(sql::<Text>(STORED)))
                        .expect("the stored value");
                    found.into_iter().next().unwrap_or_default()
                };
                let before = stored();
                let case = || format!("{} in {declared:?}: {before}", stringify!($type));
                let row = match db.find::<Cell>(1) {
                    Ok(row) => row.expect("the row"),
                    Err(error) => {
                        assert_eq!(error.code(), mizzle::ErrorCode::ValueError, "{}: {error}", case());
                        assert!(error.to_string().contains("cells.it"), "{}: {error}", case());
                        return false;
                    }
                };
                let found = Cell::query().filter(cells::it.eq(&row.it)).count(db).expect("a count");
                assert_eq!(found, 1, "{} is not found by {:?}", case(), row.it);
                let found = Cell::query().filter(cells::it.eq_any([&row.it])).count(db).expect("a count");
                assert_eq!(found, 1, "{} is not among {:?}", case(), row.it);
                let less = Cell::query().filter(cells::it.lt(&row.it)).count(db).expect("a count");
                assert_eq!(less, 0, "{} is less than {:?}", case(), row.it);
                db.update(&Cell { other: 8, ..row.clone() }).expect("an update");
                // A column that converts nothing has 5 become 5.0, which is equal.
                let may_change = stringify!($module) == "doubles" && matches!(declared, "" | "BLOB");
                let after = stored();
                assert!(
                    after == before || may_change && before.starts_with("integer"),
                    "{} is written back as {after}",
                    case()
                );
                true
            }
        })*

        fn check_all(db: &Db, declared: &str, value: &str) -> usize {
            let read = [$($module::check(db, declared, value)),*];
            read.iter().filter(|read| **read).count()
        }
    };
}

cells! {
    booleans: bool, "BOOLEAN";
    small: i16, "SMALLINT";
    integers: i32, "INT";
    large: i64, "BIGINT";
    doubles: f64, "DOUBLE";
    texts: String, "TEXT";
    bytes: Vec<u8>, "BLOB";
    dates: NaiveDate, "DATE_TEXT";
    times: NaiveTime, "TIME_TEXT";
    locals: NaiveDateTime, "TIMESTAMP_TEXT";
    moments: DateTime<Utc>, "TIMESTAMPTZ_TEXT";
    uuids: Uuid, "UUID_BLOB";
    covers: Cover, "TEXT";
    names: Name, "TEXT";
}

#[test]
fn every_value_in_every_column() {
    with_sqlite(|db| {
        let mut read = 0;
        for declared in DECLARED.iter().chain(&["own", "DATETIME", "VARCHAR(9)"]) {
            for value in VALUES {
                read += check_all(db, declared, value);
            }
        }
        assert!(read > 500, "{read} values were read");
    });
}

#[test]
fn random_values_in_random_columns() {
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("a number", |number| number.is_finite())
            .prop_map(|number| format!("{number:e}")),
    ];
    let text = prop_oneof![
        any::<i32>().prop_map(|number| number.to_string()),
        "[0-9a-fA-F:. T+-]{0,12}",
        "\\PC{0,6}",
    ];
    let value =
        prop_oneof![number, text.prop_map(|text| format!("'{}'", text.replace('\'', "''")))];
    with_sqlite(|db| {
        crate::check((select(&DECLARED[..]), value), |(declared, value)| {
            check_all(db, declared, &value);
        });
    });
}
