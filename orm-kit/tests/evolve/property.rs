//! What must hold of every two schemas.
//!
//! `MIZZLE_PAIRS=5000` draws that many pairs for each database instead of 200. A failure prints its
//! seed, with which `PROPTEST_RNG_SEED` draws the same pairs again.

use orm_core::Dialect;
use orm_core::schema::view::in_order;
use orm_core::schema::{SchemaError, TableDef};
use orm_kit::diff::{Diff, Hints, diff};
use orm_kit::render::{Script, render};
use proptest::prelude::*;

use crate::draw;
use crate::harness::Base;
use crate::kept::{changes_values, is_in_the_way, kept};
use crate::pairs::{Pair, pair};
use crate::rows::fill;

/// The variable with the number of pairs.
const PAIRS: &str = "MIZZLE_PAIRS";

fn is(base: &Base, tables: &[TableDef]) -> Result<(), TestCaseError> {
    let found = orm_kit::introspect::introspect_for(&base.db, tables).map_err(failed)?;
    let expected = orm_kit::introspect::normal_form(&base.db, tables).map_err(failed)?;
    let left = diff(&found.tables, &expected, &Hints::default());
    prop_assert!(
        left.as_ref().is_ok_and(Diff::is_empty),
        "{}\nfound {:#?}\nexpected {:#?}",
        left.map_or_else(|error| error.to_string(), |left| left.summary().join("\n")),
        found.tables,
        expected
    );
    Ok(())
}

fn failed(error: impl std::fmt::Debug) -> TestCaseError {
    TestCaseError::fail(format!("{error:?}"))
}

fn rendered(change: &Diff, dialect: Dialect) -> Result<Script, SchemaError> {
    render(change, dialect)
}

/// The rows of a query, sorted, with these columns.
fn rows(base: &Base, columns: &[orm_core::schema::ColumnDef], from: &str) -> Vec<Option<String>> {
    let dialect = base.dialect();
    let text = |column: &orm_core::schema::ColumnDef| {
        let name = dialect.quote_ident(&column.name);
        match dialect {
            Dialect::Sqlite | Dialect::D1 => format!("quote(q.{name})"),
            Dialect::Postgres => format!("coalesce(q.{name}::text, 'NULL')"),
        }
    };
    let row: Vec<String> = columns.iter().map(text).collect();
    base.texts(&format!("SELECT {} AS y FROM {from} AS q ORDER BY y", row.join(" || '|' || ")))
}

/// Stored rows are those of the last refresh.
fn refresh(base: &Base, views: &[TableDef]) {
    if base.dialect() == Dialect::Postgres {
        for view in in_order(views, base.dialect()).expect("no circle") {
            if view.view.as_ref().is_some_and(|view| view.materialized) {
                base.sql(&format!(
                    "REFRESH MATERIALIZED VIEW {}",
                    base.dialect().quote_ident(&view.name)
                ));
            }
        }
    }
}

/// The views are those that a new database would have, and show what their SELECTs return.
fn shows(base: &Base, views: &[TableDef], all: &[TableDef]) -> Result<(), TestCaseError> {
    let dialect = base.dialect();
    let found = orm_kit::introspect::introspect_for(&base.db, all).map_err(failed)?.views;
    let new = |fresh: &Base| {
        fresh.create(all);
        orm_kit::introspect::introspect_for(&fresh.db, all).map_err(failed)
    };
    let expected = match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite | Dialect::D1 => Base::sqlite(new)?.views,
        #[cfg(feature = "postgres")]
        Dialect::Postgres => Base::postgres(new)?.views,
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        _ => unreachable!("{dialect} isn't compiled in"),
    };
    // `*` stands for the columns in the order of the table, where new ones are last.
    let comparable = |views: &[TableDef]| -> Vec<TableDef> {
        let mut views = views.to_vec();
        for view in &mut views {
            let given = all.iter().find(|given| given.name == view.name);
            if given.and_then(|given| given.select(dialect)).is_some_and(|sql| sql.contains('*')) {
                view.columns.sort_by(|one, other| one.name.cmp(&other.name));
                view.view = None;
            }
        }
        views
    };
    prop_assert_eq!(comparable(&found), comparable(&expected));
    refresh(base, views);
    for view in views {
        let name = dialect.quote_ident(&view.name);
        let select = view.select(dialect).expect("a SELECT");
        prop_assert_eq!(
            rows(base, &view.columns, &name),
            rows(base, &view.columns, &format!("({select})")),
            "{}",
            select
        );
    }
    Ok(())
}

/// One way of the pair: `true` if it was gone, `false` if it was refused and all is as before.
fn go(base: &Base, change: &Diff) -> Result<bool, TestCaseError> {
    let script = rendered(change, base.dialect()).map_err(failed)?;
    let before = kept(base, change, false);
    let in_the_way = is_in_the_way(base, change).map_err(failed)?;
    let text = script.text();
    match base.run(&script) {
        Ok(()) => {
            prop_assert!(!in_the_way, "rows were in the way of\n{text}");
            is(base, &change.to)
                .map_err(|error| TestCaseError::fail(format!("{error}\nafter\n{text}")))?;
            prop_assert_eq!(before, kept(base, change, true), "rows after\n{}", text);
            let (views, all) = (&change.views.to, [&change.to[..], &change.views.to].concat());
            shows(base, views, &all)
                .map_err(|error| TestCaseError::fail(format!("{error}\nafter\n{text}")))?;
            Ok(true)
        }
        Err(error) => {
            // Values that are computed are known when that happens; then it is the database that refuses.
            let is_new = [
                "CONSTRAINT_ERROR",
                "is violated",
                "refer to a row that doesn't exist",
                "not in the form of its type (json)",
            ]
            .iter()
            .any(|known| error.contains(known))
                && changes_values(change);
            prop_assert!(in_the_way || is_new, "no row was in the way: {error}");
            is(base, &change.from)?;
            prop_assert_eq!(before, kept(base, change, false));
            let (views, all) =
                (&change.views.from, [&change.from[..], &change.views.from].concat());
            shows(base, views, &all)?;
            Ok(false)
        }
    }
}

/// Migrated, the database is as if created; and it comes back; rows survive; a second diff is empty.
fn holds(base: &Base, pair: &Pair) -> Result<bool, TestCaseError> {
    let pair = pair.of_dialect(base.dialect());
    let change = diff(&pair.from, &pair.to, &pair.hints).map_err(failed)?;
    let all = [&change.to[..], &change.views.to].concat();
    prop_assert!(diff(&all, &pair.to, &Hints::default()).map_err(failed)?.is_empty());
    base.create(&pair.from);
    is(base, &change.from)?;
    fill(base, &change.from);
    refresh(base, &change.views.from);
    if !go(base, &change)? {
        // Without the rows in the way there is a way.
        for table in &change.from {
            let name = base.dialect().quote_ident(&table.name);
            let _ = orm_core::Executor::execute_sql(&base.db, &format!("DELETE FROM {name}"));
        }
        if !go(base, &change)? {
            return Ok(false);
        }
    }
    go(base, &change.inverse())
}

fn check(
    usual_cases: u32,
    run: impl Fn(&dyn Fn(&Base) -> Result<bool, TestCaseError>) -> Result<bool, TestCaseError>,
) {
    let ended = std::cell::Cell::new((0, 0));
    draw::check((PAIRS, usual_cases), &pair(), |pair| {
        let back = run(&|base| holds(base, pair))?;
        let (all, returned) = ended.get();
        ended.set((all + 1, returned + u32::from(back)));
        Ok(())
    });
    // Refusals are right, and must not be all that is tested.
    let (all, returned) = ended.get();
    assert!(returned * 2 > all, "only {returned} of {all} pairs went both ways");
}

#[cfg(feature = "sqlite")]
#[test]
fn every_pair_on_sqlite() {
    check(200, |holds| Base::sqlite(|base| holds(base)));
}

#[cfg(feature = "postgres")]
#[test]
fn every_pair_on_postgres() {
    // A pair with views takes seconds on a server.
    check(40, |holds| Base::postgres(|base| holds(base)));
}

#[test]
fn the_same_schemas_give_the_same_bytes() {
    draw::check((PAIRS, 200), &pair(), |pair| {
        for dialect in Dialect::ALL {
            let pair = pair.of_dialect(dialect);
            let write = |pair: &Pair| {
                let change = diff(&pair.from, &pair.to, &pair.hints).map_err(failed)?;
                Ok::<_, TestCaseError>(render(&change, dialect).map_err(failed)?.text())
            };
            let again = pair.clone();
            prop_assert_eq!(write(&pair)?, write(&again)?);
        }
        Ok(())
    });
}
