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
            let as_wanted = normal.iter().position(|other| is_same(other, view, dialect));
            let as_wanted = as_wanted
                .and_then(|place| to.iter().find(|wanted| wanted.name == normal[place].name));
            as_wanted.unwrap_or(view).clone()
        })
        .collect();
    Ok(Views { from, to })
}

/// Returns the views that a diff replaces although they are not what structs have said before: those that somebody changed
/// by hand. `former` are the schemas that the structs have had.
///
/// # Errors
/// A failing read.
pub(crate) fn changed_by_hand(
    db: &Db,
    diff: &Views,
    former: &[Vec<TableDef>],
) -> Result<Vec<String>> {
    let dialect = db.dialect();
    let mut changed: Vec<&TableDef> = diff
        .changed()
        .filter_map(|view| diff.from.iter().find(|found| found.name == view.name))
        .collect();
    for schema in former.iter().filter(|schema| schema.iter().any(TableDef::is_view)) {
        if changed.is_empty() {
            break;
        }
        let known = match normal_views(db, schema) {
            Ok(known) => known,
            Err(error) if error.is_connection_lost() || error.is_busy() => return Err(error),
            // The database no longer accepts what it had.
            Err(_) => continue,
        };
        changed.retain(|view| !known.iter().any(|other| is_same(other, view, dialect)));
    }
    Ok(changed.into_iter().map(|view| view.name.clone()).collect())
}

/// Whether two views that were read are the same. SQLite keeps white space and comments.
fn is_same(one: &TableDef, other: &TableDef, dialect: Dialect) -> bool {
    let is_materialized =
        |view: &TableDef| view.view.as_ref().is_some_and(|view| view.materialized);
    let text = |view: &TableDef| view.select(dialect).unwrap_or_default().to_owned();
    dialect.is_same_name(&one.name, &other.name)
        && is_materialized(one) == is_materialized(other)
        && one.indexes == other.indexes
        && select::is_same(&text(one), &text(other), dialect)
}
