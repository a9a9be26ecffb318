//! The views that structs manage: those that they name, or have named. All others belong to somebody else.

use orm_core::schema::TableDef;
use orm_core::{Db, Result};

use crate::diff::Views;
use crate::introspect::{normal_views, views};

/// Returns the managed views of the database, and those of `wanted`, which the database accepts. A view of the database that
/// is as wanted is the same on both sides.
///
/// # Errors
/// A failing read.
pub(crate) fn managed_views(
    db: &Db,
    wanted: &[TableDef],
    remembered: &[TableDef],
) -> Result<Views> {
    let dialect = db.dialect();
    let is_view = |tables: &[TableDef], name: &str| {
        tables.iter().any(|table| table.is_view() && dialect.is_same_name(&table.name, name))
    };
    if !wanted.iter().chain(remembered).any(TableDef::is_view) {
        return Ok(Views::default());
    }
    let normal = normal_views(db, wanted)?;
    let to: Vec<TableDef> = wanted
        .iter()
        .filter(|table| table.is_view())
        .map(|view| view.of_dialect(dialect))
        .collect();
    let found = views(db)?
        .into_iter()
        .filter(|view| is_view(wanted, &view.name) || is_view(remembered, &view.name));
    let from = found
        .map(|view| {
            let is_same = |other: &TableDef| {
                dialect.is_same_name(&other.name, &view.name)
                    && other.view == view.view
                    && other.indexes == view.indexes
            };
            let as_wanted = normal.iter().position(is_same);
            let as_wanted = as_wanted
                .and_then(|place| to.iter().find(|wanted| wanted.name == normal[place].name));
            as_wanted.cloned().unwrap_or(view)
        })
        .collect();
    Ok(Views { from, to })
}
