//! The tables as the program's structs have them.

use orm_core::Dialect;
use orm_core::schema::fragments::{create_index, default, type_name};
use orm_core::schema::{Action, ColumnDef, IndexKey, TableDef};

use super::super::catalog::{
    Column, ForeignKey, Index, KeyKind, Locator, Table, TableKind, TableName, kinds,
};
use super::super::value::ValueKind;

/// Returns the tables and views in the words of this database.
pub(super) fn tables(structs: &[TableDef], dialect: Dialect) -> Vec<Table> {
    structs.iter().map(|table| of(&table.of_dialect(dialect), dialect)).collect()
}

fn of(table: &TableDef, dialect: Dialect) -> Table {
    let kind = match &table.view {
        Some(view) if view.materialized => TableKind::Materialized,
        Some(_) => TableKind::View,
        None => TableKind::Table,
    };
    let key = (!table.primary_key.is_empty()).then(|| table.primary_key.clone());
    let index = |index: &orm_core::schema::IndexDef| Index {
        name: index.name.clone(),
        columns: index
            .parts
            .iter()
            .map(|part| match &part.key {
                IndexKey::Column(name) => name.clone(),
                IndexKey::Expression(_) => String::new(),
            })
            .collect(),
        unique: index.unique,
        sql: Some(create_index(&table.name, index, dialect)),
    };
    Table {
        name: TableName { schema: None, name: table.name.clone() },
        kind,
        count: None,
        editable: false,
        insertable: false,
        why: None,
        columns: table.columns.iter().map(|column| column_of(table, column, dialect)).collect(),
        key_kind: key.as_ref().map(|_| KeyKind::Primary),
        key,
        uniques: table.uniques.iter().map(|unique| unique.columns.clone()).collect(),
        indexes: table.indexes.iter().map(index).collect(),
        foreign_keys: table
            .foreign_keys
            .iter()
            .map(|key| ForeignKey {
                name: key.name.clone(),
                columns: key.columns.clone(),
                to: TableName { schema: None, name: key.table.clone() },
                to_columns: key.references.clone(),
                on_delete: action(key.on_delete).into(),
                on_update: action(key.on_update).into(),
            })
            .collect(),
        sql: table.view.as_ref().and_then(|_| table.select(dialect)).map(str::to_owned),
        comment: None,
        locator: Locator::Nothing,
        is_counted: false,
    }
}

fn column_of(table: &TableDef, column: &ColumnDef, dialect: Dialect) -> Column {
    let ty = type_name(column, dialect);
    let labels = column.ty.labels().map(<[String]>::to_vec);
    let kind = match (&labels, dialect.is_sqlite()) {
        (Some(_), _) => ValueKind::Enum,
        (None, true) => kinds::of_sqlite(&ty),
        (None, false) => kinds::of_postgres_words(&ty),
    };
    Column {
        name: column.name.clone(),
        kind,
        ty,
        nullable: column.nullable,
        default: default(table, column, dialect).ok().flatten(),
        generated: column.generated.is_some(),
        identity: column.auto,
        values: labels,
        comment: None,
        cast: String::new(),
        is_long: false,
    }
}

fn action(action: Action) -> &'static str {
    match action {
        Action::NoAction => "NO ACTION",
        Action::Restrict => "RESTRICT",
        Action::Cascade => "CASCADE",
        Action::SetNull => "SET NULL",
        Action::SetDefault => "SET DEFAULT",
    }
}

/// Gives columns of the database the labels that structs allow in them: on SQLite an enum is a text.
pub(in super::super) fn add_labels(tables: &mut [Table], structs: &[TableDef]) {
    for table in tables {
        let Some(known) = structs.iter().find(|known| known.name == table.name.name) else {
            continue;
        };
        for column in table.columns.iter_mut().filter(|column| column.kind == ValueKind::Text) {
            let labels = known.find_column(&column.name).and_then(|known| known.ty.labels());
            if let Some(labels) = labels {
                column.kind = ValueKind::Enum;
                column.values = Some(labels.to_vec());
            }
        }
    }
}
