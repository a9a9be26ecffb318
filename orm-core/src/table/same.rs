//! Whether rows are the same, by their primary keys.

use std::collections::HashSet;

use super::key::{KeyColumns, Keys};
use super::{BindAt, TableFacts};
use crate::dialect::Dialect;
use crate::error::Result;

/// Returns whether a row of the table occurs several times. If `owners` contains the row that each one belongs to, only several
/// times for the same owner counts.
pub(crate) fn is_doubled(
    table: &'static TableFacts,
    rows: Vec<&dyn BindAt>,
    owners: Option<&[usize]>,
) -> Result<bool> {
    if rows.len() < 2 {
        return Ok(false);
    }
    let keys = KeyColumns { table, rows, columns: table.key };
    let same = Keys::of(&keys, Dialect::EITHER)?.same();
    let mut seen = HashSet::with_capacity(same.len());
    let owner = |place: usize| owners.map_or(0, |owners| owners[place]);
    Ok(same.iter().enumerate().any(|(place, &first)| !seen.insert((first, owner(place)))))
}

/// Returns whether there is one row, and it has this very key. A database may also find it by a key in another form, and its
/// related rows have the form of the row.
pub(crate) fn is_only(
    table: &'static TableFacts,
    rows: Vec<&dyn BindAt>,
    key: &dyn BindAt,
    dialect: Dialect,
) -> Result<bool> {
    if rows.len() != 1 {
        return Ok(false);
    }
    let of = |rows| KeyColumns { table, rows, columns: table.key };
    let (own, sought) = (of(rows), of(vec![key]));
    Ok(Keys::of(&own, dialect)?.is_within(&Keys::of(&sought, dialect)?, 1))
}
