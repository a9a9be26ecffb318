//! What only the rows of a database show.

use orm_core::schema::{ColumnDef, TableDef};
use orm_core::{Dialect, Executor, Result};

use super::scan::{COLUMNS, Kind, count};
use super::{integers, moments};
use crate::introspect::Introspected;

/// Reads the rows of each table once, and sets the types of its columns by them.
pub(in crate::introspect) fn look(tx: &impl Executor, found: &mut Introspected) -> Result<()> {
    let mut wide = integers::Wide::default();
    for table in &mut found.tables {
        let (of_moments, of_integers) = (moments::columns(table), integers::columns(table));
        let mut all = with_kinds(table, &of_moments, moments::kinds);
        all.extend(with_kinds(table, &of_integers, integers::kinds));
        let mut counts = Vec::new();
        for some in all.chunks(COLUMNS) {
            counts.extend(count(tx, table, some)?);
        }
        let (first, second) = counts.split_at(of_moments.len());
        moments::apply(tx, table, &of_moments, first, &mut found.notes)?;
        integers::collect(table, &of_integers, second, &mut wide, &mut found.notes);
    }
    integers::widen(tx, &mut found.tables, wide)?;
    found.notes.sort();
    Ok(())
}

/// The columns at these places, as SQL, with the kinds of their values.
fn with_kinds(
    table: &TableDef,
    places: &[usize],
    kinds: impl Fn(&ColumnDef) -> Vec<Kind>,
) -> Vec<(String, Vec<Kind>)> {
    let columns = places.iter().map(|place| &table.columns[*place]);
    columns.map(|column| (Dialect::Sqlite.quote_ident(&column.name), kinds(column))).collect()
}
