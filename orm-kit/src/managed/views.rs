//! The views that structs manage: those that they name, or have named. All others belong to somebody else.

use orm_core::schema::TableDef;
use orm_core::{Db, Dialect, Result};

use crate::diff::Views;
use crate::introspect::{normal_views, select};

/// Returns the managed ones of the database's views, and those of `wanted`, which the database accepts. A view of the database that
/// is as wanted is the same on both sides.
///
/// # Errors
/// A failing read.
pub fn managed_views(
    db: &Db,
    views: &[TableDef],
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
    let found =
        views.iter().filter(|view| is_view(wanted, &view.name) || is_view(remembered, &view.name));
    let from = found
        .map(|view| {
            let is_same = |other: &TableDef| {
                dialect.is_same_name(&other.name, &view.name) && is_same_view(other, view, dialect)
            };
            let as_wanted = normal.iter().position(is_same);
            let as_wanted = as_wanted
                .and_then(|place| to.iter().find(|wanted| wanted.name == normal[place].name));
            as_wanted.unwrap_or(view).clone()
        })
        .collect();
    Ok(Views { from, to })
}

/// Whether two views that were read are the same. SQLite keeps white space and comments.
fn is_same_view(one: &TableDef, other: &TableDef, dialect: Dialect) -> bool {
    let is_materialized =
        |view: &TableDef| view.view.as_ref().is_some_and(|view| view.materialized);
    let text = |view: &TableDef| view.select(dialect).unwrap_or_default().to_owned();
    is_materialized(one) == is_materialized(other)
        && one.indexes == other.indexes
        && select::is_same(&text(one), &text(other), dialect)
}
