//! Indexes, from their statements.

use orm_core::schema::{IndexDef, IndexKey, IndexPart, TableDef};

use super::RawTable;
use super::names::same;
use super::statement;

pub(super) fn build(raw: &RawTable, def: &mut TableDef) {
    for index in &raw.indexes {
        let read = statement::index(&index.sql);
        let parts = read.parts.into_iter().map(|part| {
            let column = part
                .name
                .and_then(|name| def.columns.iter().find(|column| same(&column.name, &name)));
            let key = match column {
                Some(column) => IndexKey::Column(column.name.clone()),
                None => IndexKey::Expression(part.expression),
            };
            IndexPart { key, descending: part.descending, ops: None }
        });
        let index = IndexDef {
            name: index.name.clone(),
            method: None,
            parts: parts.collect(),
            unique: index.unique,
            condition: read.condition,
        };
        def.indexes.push(index);
    }
}
