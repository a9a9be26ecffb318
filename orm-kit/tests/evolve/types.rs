//! Types: every change that can keep its values, and refusals of those that can't.

#[cfg(feature = "postgres")]
use std::slice::from_ref;

use orm_core::Dialect;
use orm_core::schema::ColumnType::{self, *};
use orm_core::schema::{ColumnDef, TableDef};

use crate::harness::{Base, none};
use crate::on_each_base;

fn of(ty: &ColumnType) -> TableDef {
    TableDef::new("things")
        .column(ColumnDef::new("id", BigInt).auto())
        .column(ColumnDef::new("it", ty.clone()).nullable())
        .primary_key(&["id"])
}

fn labels() -> ColumnType {
    Enum { labels: vec!["1".into(), "true".into()], native: None }
}

/// SQL of a value as each database stores it.
fn stored(ty: &ColumnType, value: &str, dialect: Dialect) -> String {
    match (ty, dialect) {
        (Bool, Dialect::Sqlite | Dialect::D1) => {
            if value == "true" {
                "1".into()
            } else {
                "0".into()
            }
        }
        (SmallInt | Integer | BigInt | Real | Double | Bool, _) => value.into(),
        (Decimal, Dialect::Postgres) => value.into(),
        (Uuid, Dialect::Sqlite | Dialect::D1) => format!("X'{}'", value.replace('-', "")),
        (Bytes, Dialect::Sqlite | Dialect::D1) => format!("X'{value}'"),
        (Bytes, Dialect::Postgres) => format!("'\\x{value}'"),
        _ => dialect.quote_literal(value),
    }
}

const ID: &str = "550e8400-e29b-41d4-a716-446655440000";
const ID_HEX: &str = "550e8400e29b41d4a716446655440000";
const MOMENT: &str = "2024-01-31 18:30:00.123456+00:00";
const LOCAL: &str = "2024-01-31 18:30:00.123456";
const MIDNIGHT: &str = "2024-01-31 00:00:00.000000";

/// Types, a value, and what it is in the other type.
fn kept() -> Vec<(ColumnType, ColumnType, &'static str, &'static str)> {
    vec![
        (SmallInt, BigInt, "-7", "-7"),
        (BigInt, SmallInt, "-7", "-7"),
        (BigInt, Integer, "2147483647", "2147483647"),
        (Integer, Double, "7", "7"),
        (BigInt, Decimal, "9223372036854775807", "9223372036854775807"),
        (Double, Decimal, "0.1", "0.1"),
        (Double, Integer, "7", "7"),
        (Decimal, BigInt, "9223372036854775807", "9223372036854775807"),
        (Decimal, Double, "0.25", "0.25"),
        (Real, Double, "0.5", "0.5"),
        (Bool, Integer, "true", "1"),
        (Integer, Bool, "1", "true"),
        (Bool, Text, "true", "true"),
        (Text, Bool, "true", "true"),
        (Text, SmallInt, "-12", "-12"),
        (Text, BigInt, "9223372036854775807", "9223372036854775807"),
        (Text, Double, "0.25", "0.25"),
        (Text, Decimal, "12345678901234567890.123456789", "12345678901234567890.123456789"),
        (BigInt, Text, "42", "42"),
        (Decimal, Text, "1.50", "1.50"),
        (Double, Text, "0.25", "0.25"),
        (Text, Uuid, ID, ID),
        (Uuid, Text, ID, ID),
        (Uuid, Bytes, ID, ID_HEX),
        (Bytes, Uuid, ID_HEX, ID),
        (Text, Bytes, "hi", "6869"),
        (Text, Json, "{\"a\": 1}", "{\"a\": 1}"),
        (Json, Text, "{\"a\": 1}", "{\"a\": 1}"),
        (BigInt, Json, "7", "7"),
        (Text, Varchar(5), "seven", "seven"),
        (Varchar(5), Varchar(9), "seven", "seven"),
        (Varchar(5), Text, "seven", "seven"),
        (Text, labels(), "1", "1"),
        (labels(), Text, "1", "1"),
        (labels(), Integer, "1", "1"),
        (BigInt, labels(), "1", "1"),
        (Bool, labels(), "true", "true"),
        (BigInt, Varchar(3), "123", "123"),
        (Text, Date, "2024-01-31", "2024-01-31"),
        (Text, Time, "18:30:00.123456", "18:30:00.123456"),
        (Text, Timestamp, LOCAL, LOCAL),
        (Text, Timestamptz, "2024-01-31T20:30:00.123456+02:00", MOMENT),
        (Text, Timestamptz, LOCAL, MOMENT),
        (Date, Text, "2024-01-31", "2024-01-31"),
        (Time, Text, "18:30:00.123456", "18:30:00.123456"),
        (Timestamp, Text, LOCAL, LOCAL),
        (Timestamptz, Text, MOMENT, MOMENT),
        (Date, Timestamp, "2024-01-31", MIDNIGHT),
        (Timestamp, Date, MIDNIGHT, "2024-01-31"),
        (Timestamp, Timestamptz, LOCAL, MOMENT),
        (Timestamptz, Timestamp, MOMENT, LOCAL),
    ]
}

/// Types, and a value that can't be carried over.
fn refused() -> Vec<(ColumnType, ColumnType, &'static str)> {
    vec![
        (BigInt, SmallInt, "32768"),
        (BigInt, Double, "9007199254740993"),
        (Double, BigInt, "1.5"),
        (Decimal, Integer, "1.5"),
        (Decimal, BigInt, "99999999999999999999"),
        (Integer, Bool, "2"),
        (Text, Integer, "seven"),
        (Text, Integer, "007"),
        (Text, SmallInt, "99999"),
        (Text, Double, "1,5"),
        (Text, Decimal, ""),
        (Text, Bool, "perhaps"),
        (Text, Uuid, "not-one"),
        (Text, Varchar(3), "four"),
        (Varchar(9), Varchar(3), "four"),
        (BigInt, Varchar(3), "1234"),
        (Text, labels(), "2"),
        (Bytes, Uuid, "00ff"),
        (Timestamp, Date, LOCAL),
        (Bytes, Date, "00ff"),
        (Uuid, Json, ID),
    ]
}

fn insert(base: &Base, ty: &ColumnType, value: &str) {
    let value = stored(ty, value, base.dialect());
    base.sql(&format!("INSERT INTO things (it) VALUES ({value}), (NULL)"));
}

on_each_base! {
    fn values_are_kept(base: &Base) {
        for (from, to, value, expected) in kept() {
            base.create(&[of(&from)]);
            insert(base, &from, value);
            base.evolve(&[of(&from)], &[of(&to)], &none());
            let expected = stored(&to, expected, base.dialect());
            let same = base.either("it IS ", "it IS NOT DISTINCT FROM ");
            base.holds(
                &format!("SELECT id FROM things WHERE {same} {expected}"),
                &["1"],
            );
            base.holds("SELECT count(*) FROM things WHERE it IS NULL", &["1"]);
            base.evolve(&[of(&to)], &[], &none());
        }
    }

    fn what_cannot_be_carried_over_is_refused(base: &Base) {
        for (from, to, value) in refused() {
            base.create(&[of(&from)]);
            insert(base, &from, value);
            base.refuses(&[of(&from)], &[of(&to)], &none(), 1, &["things", "it", "{rows}"]);
            base.holds("SELECT count(*) FROM things WHERE it IS NOT NULL", &["1"]);
            base.sql("DELETE FROM things WHERE it IS NOT NULL");
            // NULL can be anything.
            base.evolve(&[of(&from)], &[of(&to)], &none());
            base.evolve(&[of(&to)], &[], &none());
        }
    }
}

/// A declared type changes as well, and takes no digit with it unseen.
#[cfg(feature = "postgres")]
#[test]
fn declared_types_change_on_postgres() {
    let declared = |sql: &str, ty: ColumnType| {
        let column = ColumnDef::new("it", ty).nullable().db_type(Dialect::Postgres, sql);
        TableDef { columns: vec![of(&Bool).columns[0].clone(), column], ..of(&Bool) }
    };
    Base::postgres(|base| {
        for (usual, ty, sql, fits, lost) in [
            (of(&Decimal), Decimal, "numeric(10,2)", "1.50", "1.555"),
            (of(&Text), Text, "character(3)", "'abc'", "'abcd'"),
            (
                of(&Timestamptz),
                Timestamptz,
                "timestamp(0) with time zone",
                "'2024-01-31 18:30:00+00'",
                "'2024-01-31 18:30:00.5+00'",
            ),
        ] {
            let narrow = declared(sql, ty);
            base.create(std::slice::from_ref(&usual));
            base.sql(&format!("INSERT INTO things (it) VALUES ({lost})"));
            base.refuses(
                from_ref(&usual),
                from_ref(&narrow),
                &none(),
                1,
                &["things", "it", "{rows}"],
            );
            base.sql(&format!("UPDATE things SET it = {fits}"));
            base.evolve(from_ref(&usual), from_ref(&narrow), &none());
            base.holds(&format!("SELECT id FROM things WHERE it = {fits}"), &["1"]);
            base.evolve(&[narrow], from_ref(&usual), &none());
            base.holds(&format!("SELECT id FROM things WHERE it = {fits}"), &["1"]);
            base.evolve(&[usual], &[], &none());
        }
        let json = declared("json", Json);
        base.create(std::slice::from_ref(&json));
        base.sql("INSERT INTO things (it) VALUES ('{\"a\":  1}')");
        base.evolve(from_ref(&json), &[of(&Json)], &none());
        base.evolve(&[of(&Json)], &[json], &none());
        let plain = of(&Text);
        let mut sorted = plain.clone();
        sorted.columns[1].collate.set(Dialect::Postgres, Some("C".into()));
        base.sql("DROP TABLE things");
        base.create(std::slice::from_ref(&plain));
        base.evolve(from_ref(&plain), from_ref(&sorted), &none());
        base.evolve(&[sorted], &[plain], &none());
    });
}

/// Between any two types there is either a way for values, or a refusal that says so; and without values always one.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod any_two {
    use super::*;

    on_each_base! {
        fn without_values(base: &Base) {
            let all = [
                Bool, SmallInt, Integer, BigInt, Real, Double, Decimal, Text, Varchar(5), labels(),
                Enum { labels: vec!["a".into()], native: Some("a_type".into()) }, Bytes, Date, Time, Timestamp,
                Timestamptz, Uuid, Json,
            ];
            let mut before = of(&Bool);
            base.create(std::slice::from_ref(&before));
            base.sql("INSERT INTO things (it) VALUES (NULL)");
            for from in &all {
                for to in &all {
                    for after in [of(from), of(to)] {
                        let change = orm_kit::diff::diff(std::slice::from_ref(&before), std::slice::from_ref(&after), &none()).expect("it is possible");
                        let script = orm_kit::render::render(&change, base.dialect()).expect("it is possible");
                        base.run(&script).unwrap_or_else(|error| panic!("{from:?} -> {to:?}: {error}"));
                        before = after;
                    }
                }
            }
            base.holds("SELECT count(*) FROM things WHERE it IS NULL", &["1"]);
        }
    }
}
