//! What is created is read back, for schemas that nobody thought of.

use orm_core::schema::{ColumnType, DefaultValue, IndexKey, TableDef};
use orm_core::{Db, Dialect};
use orm_kit::introspect::{introspect, normal_form};
use proptest::prelude::*;

use crate::draw;
use crate::schemas::schema;

fn check(db: &Db, tables: &[TableDef]) -> Result<(), TestCaseError> {
    test_support::create(db, tables);
    let found = introspect(db).expect("the schema");
    prop_assert_eq!(&found.notes, &[]);
    prop_assert_eq!(told(&found.tables), told(&expected(tables, db.dialect())));
    let normal = normal_form(db, tables).expect("its normal form");
    prop_assert_eq!(&found.tables, &normal);
    let again = normal_form(db, &found.tables).expect("the normal form of what was found");
    prop_assert_eq!(&found.tables, &again);
    let after = introspect(db).expect("the schema after all");
    prop_assert_eq!(&found, &after);
    Ok(())
}

/// The tables as a database of this dialect can report them.
fn expected(tables: &[TableDef], dialect: Dialect) -> Vec<TableDef> {
    let mut tables: Vec<TableDef> = tables.iter().map(|table| table.of_dialect(dialect)).collect();
    tables.sort_by(|one, other| one.name.cmp(&other.name));
    for table in &mut tables {
        for column in &mut table.columns {
            column.nullable &= !table.primary_key.contains(&column.name);
            if dialect == Dialect::Sqlite {
                if column.auto {
                    column.ty = ColumnType::BigInt;
                }
                // Its floats have 64 bits.
                if column.ty == ColumnType::Real {
                    column.ty = ColumnType::Double;
                }
                if let ColumnType::Enum { native, .. } = &mut column.ty {
                    *native = None;
                }
                // No check can look into an array.
                if column.ty.element().is_some_and(|element| element.labels().is_some()) {
                    column.ty = ColumnType::Text.array();
                }
            }
        }
        table.uniques.sort_by(|one, other| one.name.cmp(&other.name));
        table.checks.sort_by(|one, other| one.name.cmp(&other.name));
        table.foreign_keys.sort_by(|one, other| one.name.cmp(&other.name));
        table.indexes.sort_by(|one, other| one.name.cmp(&other.name));
    }
    tables
}

/// The tables without the expressions and literals that each database writes in its own way.
fn told(tables: &[TableDef]) -> Vec<TableDef> {
    let mut tables = tables.to_vec();
    for table in &mut tables {
        for column in &mut table.columns {
            column.default = column.default.take().map(|default| match default {
                DefaultValue::Now | DefaultValue::Bool(_) => default,
                _ => DefaultValue::Sql("…".into()),
            });
            if column.ty == ColumnType::Json && column.default.is_some() {
                column.default = Some(DefaultValue::Sql("…".into()));
            }
            column.generated = column.generated.take().map(|_| "…".into());
        }
        for check in &mut table.checks {
            check.condition.clear();
        }
        for index in &mut table.indexes {
            index.condition = index.condition.take().map(|_| "…".into());
            for part in &mut index.parts {
                if let IndexKey::Expression(sql) = &mut part.key {
                    sql.clear();
                }
            }
        }
    }
    tables
}

/// Checks 100 schemas, or as many as MIZZLE_SCHEMAS says.
fn run(check: impl Fn(&[TableDef]) -> Result<(), TestCaseError>) {
    draw::check(("MIZZLE_SCHEMAS", 100), &schema(), |tables| check(tables));
}

#[cfg(feature = "sqlite")]
#[test]
fn on_sqlite() {
    run(|tables| test_support::with_sqlite(|db| check(db, tables)));
}

#[cfg(feature = "postgres")]
#[test]
fn on_postgres() {
    use orm_core::Executor as _;

    test_support::with_postgres(|db| {
        run(|tables| {
            db.execute_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public").expect("cleaning");
            check(db, tables)
        });
    });
}
