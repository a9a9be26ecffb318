//! Views: they have a SELECT for the database, and only what a view can have.

use crate::dialect::Dialect;
use crate::schema::{SchemaError, TableDef};

pub(super) fn check(table: &TableDef, dialect: Dialect) -> Result<(), SchemaError> {
    let Some(view) = &table.view else { return Ok(()) };
    let name = || table.name.as_str().into();
    if view.materialized && !dialect.capabilities().materialized_views {
        return Err(SchemaError::NoMaterializedViews { view: name(), dialect });
    }
    if table.select(dialect).is_none() {
        return Err(SchemaError::ViewWithoutSql { view: name(), dialect });
    }
    match table.indexes.first().filter(|_| !view.materialized) {
        Some(index) => {
            Err(SchemaError::IndexOfView { view: name(), index: index.name.as_str().into() })
        }
        None => Ok(()),
    }
}
