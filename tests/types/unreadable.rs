//! Values in the database that the Rust type can't hold: each an error that names table and column.

use mizzle::prelude::*;
use serde::{Deserialize, Serialize};

use crate::assert_value_error;

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    Red,
    Green,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[db(native = "size")]
pub enum Size {
    Small,
    Large,
}

#[derive(Newtype, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Points(pub i16);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Address {
    city: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Thing {
    #[column(primary_key)]
    pub id: i32,
    pub flag: Option<bool>,
    pub small: Option<i16>,
    pub integer: Option<i32>,
    pub big: Option<i64>,
    pub float: Option<f32>,
    pub text: Option<String>,
    pub bytes: Option<Vec<u8>>,
    pub date: Option<NaiveDate>,
    pub time: Option<NaiveTime>,
    pub timestamp: Option<NaiveDateTime>,
    pub moment: Option<DateTime<Utc>>,
    pub token: Option<Uuid>,
    pub decimal: Option<Decimal>,
    pub document: Option<serde_json::Value>,
    pub address: Option<Json<Address>>,
    pub color: Option<Color>,
    pub size: Option<Size>,
    pub points: Option<Points>,
}

mizzle::schema!(pub Things = [Thing]);

/// Reads the row with id 1 in every way there is.
fn is_refused(db: &Db, column: &str, secret: &str) {
    let place = format!("things.{column}");
    assert_value_error(db.find::<Thing>(1), &place, secret);
    assert_value_error(Thing::query().all(db), &place, secret);
    assert_value_error(Thing::query().first(db), &place, secret);
    assert_value_error(Thing::query().page(db, 1, 5), &place, secret);
    assert_value_error(db.load(things::table.select(Thing::as_select())), &place, secret);
    assert_value_error(db.first::<Thing, _>(things::table), &place, secret);
    let changes = ThingChanges::default();
    assert_value_error(db.update_by_key::<Thing>(1, changes), &place, secret);
    let error = db.find::<Thing>(1).unwrap_err();
    assert!(error.sql().is_some_and(|sql| sql.starts_with("SELECT")), "{error:?}");
    // The connection goes on.
    assert_eq!(db.count(things::table).unwrap(), 1);
}

#[cfg(feature = "sqlite")]
#[test]
fn on_sqlite() {
    let db = Db::connect("sqlite::memory:").unwrap();
    db.create_all::<Things>().unwrap();
    let cases = [
        ("flag", "7001", "7001"),
        ("flag", "'s3cret'", "s3cret"),
        ("small", "32768", "32768"),
        ("small", "-70001", "-70001"),
        ("integer", "2147483648", "2147483648"),
        ("integer", "'s3cret'", "s3cret"),
        ("integer", "x'733363726574'", "s3cret"),
        ("big", "9223372036854775808", "922337203685477"),
        ("big", "1.5", "1.5"),
        ("float", "1e300", "1e300"),
        ("float", "'s3cret'", "s3cret"),
        ("text", "x'733363726574'", "s3cret"),
        ("text", "CAST(x'73336372ff6574' AS TEXT)", "s3cr"),
        ("bytes", "'s3cret'", "s3cret"),
        ("date", "'10000-01-01'", "10000"),
        ("date", "'2023-02-29'", "2023"),
        ("date", "'s3cret'", "s3cret"),
        ("date", "20240101", "2024"),
        ("time", "'24:00:00'", "24:00"),
        ("time", "'s3cret'", "s3cret"),
        ("timestamp", "'10000-01-01 00:00:00.000000'", "10000"),
        ("timestamp", "'2024-01-01 00:00:00+02:00'", "2024"),
        ("timestamp", "'é024-01-01 00:00:00'", "é024"),
        ("moment", "'10000-01-01 00:00:00.000000+00:00'", "10000"),
        ("moment", "'0000-01-01 00:00:00.s3cret'", "s3cret"),
        ("moment", "1700000000", "17000"),
        ("token", "x'01020304'", "01020304"),
        ("token", "'s3cret'", "s3cret"),
        ("decimal", "'s3cret'", "s3cret"),
        ("decimal", "'1e5'", "1e5"),
        ("decimal", "x'3132'", "12"),
        ("document", "'s3cret'", "s3cret"),
        ("document", "'{\"s3cret\": '", "s3cret"),
        ("document", "x'7b7d'", "{}"),
        ("address", "'\"s3cret\"'", "s3cret"),
        ("address", "'{\"s3cret\": 1}'", "s3cret"),
        ("address", "'{\"city\": [\"s3cret\"]}'", "s3cret"),
        ("color", "'s3cret'", "s3cret"),
        ("size", "'s3cret'", "s3cret"),
        ("points", "40000", "40000"),
    ];
    for (column, value, secret) in cases {
        db.execute_sql(&format!(
            "PRAGMA ignore_check_constraints = ON; DELETE FROM things; \
             INSERT INTO things (id, {column}) VALUES (1, {value}); \
             PRAGMA ignore_check_constraints = OFF"
        ))
        .unwrap();
        is_refused(&db, column, secret);
    }
}

#[cfg(feature = "postgres")]
#[test]
fn on_postgres() {
    test_support::with_postgres(|db| {
        db.create_all::<Things>().unwrap();
        db.execute_sql(
            "ALTER TABLE things DROP CONSTRAINT things_color_check; ALTER TYPE size ADD VALUE 's3cret'",
        )
        .unwrap();
        // The type that the column gets, if another one, and the value.
        let cases = [
            ("date", "", "'infinity'", "infinity"),
            ("date", "", "'-infinity'", "infinity"),
            ("date", "", "'300000-01-01'", "300000"),
            ("time", "", "'24:00:00'", "24:00"),
            ("timestamp", "", "'infinity'", "infinity"),
            ("timestamp", "", "'-infinity'", "infinity"),
            ("timestamp", "", "'290000-01-01'", "290000"),
            ("moment", "", "'infinity'", "infinity"),
            ("moment", "", "'-infinity'", "infinity"),
            ("decimal", "", "'NaN'", "NaN"),
            ("address", "", "'\"s3cret\"'", "s3cret"),
            ("address", "", "'{\"s3cret\": 1}'", "s3cret"),
            ("color", "", "'s3cret'", "s3cret"),
            ("size", "", "'s3cret'", "s3cret"),
            ("small", "integer", "32768", "32768"),
            ("integer", "bigint", "2147483648", "2147483648"),
            ("big", "numeric", "9223372036854775808", "922337"),
            ("float", "double precision", "1e300", "1e300"),
            ("points", "bigint", "40000", "40000"),
            ("flag", "text", "'s3cret'", "s3cret"),
            ("text", "bytea", "'s3cret'", "s3cret"),
            ("bytes", "text", "'s3cret'", "s3cret"),
            ("token", "text", "'s3cret'", "s3cret"),
            ("document", "text", "'s3cret'", "s3cret"),
            ("decimal", "money", "12", "12"),
        ];
        for (column, ty, value, secret) in cases {
            db.execute_sql("DELETE FROM things").unwrap();
            if !ty.is_empty() {
                db.execute_sql(&format!(
                    "ALTER TABLE things DROP COLUMN {column}; ALTER TABLE things ADD COLUMN {column} {ty}"
                ))
                .unwrap();
            }
            db.execute_sql(&format!("INSERT INTO things (id, {column}) VALUES (1, {value})"))
                .unwrap();
            is_refused(db, column, secret);
        }
    });
}
