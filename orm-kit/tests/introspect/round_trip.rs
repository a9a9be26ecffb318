//! What is created is read back, for schemas that nobody thought of.

use orm_core::schema::TableDef;
use orm_core::{Db, Executor};
use orm_kit::introspect::{introspect, normal_form};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::database;
use crate::schemas::schema;

/// How many schemas each database gets; `MIZZLE_SCHEMAS` overrides it.
fn cases() -> u32 {
    std::env::var("MIZZLE_SCHEMAS").ok().and_then(|cases| cases.parse().ok()).unwrap_or(100)
}

fn check(db: &Db, tables: &[TableDef]) -> Result<(), TestCaseError> {
    database::create(db, tables);
    let found = introspect(db).expect("the schema");
    prop_assert_eq!(&found.notes, &[]);
    let normal = normal_form(db, tables).expect("its normal form");
    prop_assert_eq!(&found.tables, &normal);
    let again = normal_form(db, &found.tables).expect("the normal form of what was found");
    prop_assert_eq!(&found.tables, &again);
    let after = introspect(db).expect("the schema after all");
    prop_assert_eq!(&found, &after);
    Ok(())
}

fn run(check: impl Fn(&[TableDef]) -> Result<(), TestCaseError>) {
    let config = ProptestConfig { cases: cases(), failure_persistence: None, ..Default::default() };
    let result = TestRunner::new(config).run(&schema(), |tables| check(&tables));
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn on_sqlite() {
    run(|tables| database::with_sqlite(|db| check(db, tables)));
}

#[cfg(feature = "postgres")]
#[test]
fn on_postgres() {
    database::with_postgres(|db| {
        run(|tables| {
            db.execute_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public").expect("cleaning");
            check(db, tables)
        });
    });
}
