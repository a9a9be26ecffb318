//! What must hold of every two schemas.
//!
//! `MIZZLE_D1_PAIRS=1000` draws that many pairs instead of 60.

use std::cell::Cell;

use orm_core::Dialect;
use orm_core::schema::TableDef;
use orm_kit::diff::{Diff, TableChange, diff};
use orm_kit::render::render;
use proptest::prelude::*;

use crate::database::D1;
use crate::draw;
use crate::harness::Base;
use crate::kept::{Asks as _, changes_values, is_in_the_way, kept};
use crate::pairs::{Pair, pair};
use crate::rows::fill;

/// The variable with the number of pairs.
const PAIRS: &str = "MIZZLE_D1_PAIRS";

fn failed(error: impl std::fmt::Debug) -> TestCaseError {
    TestCaseError::fail(format!("{error:?}"))
}

/// Returns statements that insert some rows into each table: those that SQLite takes.
fn inserts(tables: &[TableDef], all: &[TableDef]) -> Vec<String> {
    let quoted = |name: &str| Dialect::D1.quote_ident(name);
    Base::sqlite(|base| {
        base.create(all);
        fill(base, tables);
        let mut statements = Vec::new();
        for table in tables {
            let columns = table.columns.iter().filter(|column| column.generated.is_none());
            let columns: Vec<String> = columns.map(|column| quoted(&column.name)).collect();
            let values: Vec<String> =
                columns.iter().map(|column| format!("quote({column})")).collect();
            let start =
                format!("INSERT INTO {} ({}) VALUES (", quoted(&table.name), columns.join(", "));
            let rows = base.texts(&format!(
                "SELECT {} FROM {}",
                values.join(" || ', ' || "),
                quoted(&table.name)
            ));
            statements.extend(rows.into_iter().flatten().map(|row| format!("{start}{row})")));
        }
        statements
    })
}

/// The names before and after of the tables that count all along.
fn counting(change: &Diff) -> Vec<(&str, &str)> {
    let counts = |table: &TableDef| table.columns.iter().any(|column| column.auto);
    let mut names = Vec::new();
    for before in change.from.iter().filter(|table| counts(table)) {
        let altered = change.tables.iter().find_map(|change| match change {
            TableChange::Alter(altered) if altered.from.name == before.name => Some(altered),
            _ => None,
        });
        let is_dropped = change
            .tables
            .iter()
            .any(|change| matches!(change, TableChange::Drop(table) if table.name == before.name));
        let after = altered.map_or(before, |altered| &altered.to);
        if !is_dropped && counts(after) {
            names.push((before.name.as_str(), after.name.as_str()));
        }
    }
    names
}

fn is(d1: &D1, tables: &[TableDef], views: &[TableDef]) -> Result<(), TestCaseError> {
    let all = [tables, views].concat();
    match d1.differs_from(&all) {
        Some(difference) => Err(TestCaseError::fail(difference)),
        None => Ok(()),
    }
}

/// One way of the pair: `true` if it was gone, `false` if it was refused and all is as before.
fn go(d1: &D1, change: &Diff) -> Result<bool, TestCaseError> {
    let text = render(change, Dialect::D1).map_err(failed)?.text();
    let counting = counting(change);
    let (rows, statements) = (kept(d1, change, false), d1.statements());
    // A table that has never counted has none, or 0.
    let mark = |table: &str| d1.mark(table).unwrap_or(0);
    let marks: Vec<i64> = counting.iter().map(|(before, _)| mark(before)).collect();
    let in_the_way = is_in_the_way(d1, change).map_err(failed)?;
    match d1.apply(&text) {
        Ok(()) => {
            prop_assert!(!in_the_way, "rows were in the way of\n{text}");
            is(d1, &change.to, &change.views.to)
                .map_err(|error| TestCaseError::fail(format!("{error}\nafter\n{text}")))?;
            prop_assert_eq!(rows, kept(d1, change, true), "rows after\n{}", text);
            let after: Vec<i64> = counting.iter().map(|(_, after)| mark(after)).collect();
            prop_assert_eq!(marks, after, "marks after\n{}", text);
            for view in &change.views.to {
                d1.texts(&format!("SELECT count(*) FROM {}", Dialect::D1.quote_ident(&view.name)));
            }
            Ok(true)
        }
        Err(error) => {
            // Values that are computed are known when that happens; then it is the database that refuses.
            let is_new = error.contains("constraint failed") && changes_values(change);
            let is_told = in_the_way && error.contains("mizzle: ");
            prop_assert!(is_told || is_new, "no row was in the way: {error}\n{text}");
            prop_assert_eq!(statements, d1.statements());
            prop_assert_eq!(rows, kept(d1, change, false));
            Ok(false)
        }
    }
}

/// Migrated, the database is as if created; and it comes back; rows and marks survive.
fn holds(pair: &Pair) -> Result<bool, TestCaseError> {
    let Some(d1) = D1::fresh() else { return Ok(true) };
    let pair = pair.of_dialect(Dialect::D1);
    let change = diff(&pair.from, &pair.to, &pair.hints).map_err(failed)?;
    d1.create(&pair.from);
    let defer = "PRAGMA defer_foreign_keys = ON".to_owned();
    let inserts = inserts(&change.from, &pair.from);
    let rows: Vec<String> = [defer].into_iter().chain(inserts).collect();
    d1.batch(&rows).map_err(failed)?;
    if !counting(&change).is_empty() {
        // Rows that were there once.
        d1.batch(&["UPDATE sqlite_sequence SET seq = seq + 7".to_owned()]).map_err(failed)?;
    }
    if !go(&d1, &change)? {
        // Without the rows in the way there is a way.
        let names = change.from.iter().map(|table| Dialect::D1.quote_ident(&table.name));
        for name in names {
            let _ = d1.batch(&[format!("DELETE FROM {name}")]);
        }
        if !go(&d1, &change)? {
            return Ok(false);
        }
    }
    go(&d1, &change.inverse())
}

#[test]
fn every_pair() {
    if crate::server::server().is_none() {
        return;
    }
    let ended = Cell::new((0, 0));
    draw::check((PAIRS, 60), &pair(), |pair| {
        let back = holds(pair)?;
        let (all, returned) = ended.get();
        ended.set((all + 1, returned + u32::from(back)));
        Ok(())
    });
    // Refusals are right, and must not be all that is tested.
    let (all, returned) = ended.get();
    assert!(returned * 2 > all, "only {returned} of {all} pairs went both ways");
}
