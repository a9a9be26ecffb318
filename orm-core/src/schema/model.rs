//! The schema as plain data.

use serde::{Deserialize, Serialize};

use super::column_type::ColumnType;
use super::form::MomentForm;
use crate::dialect::PerDialect;

/// The value of a column if an insert leaves it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent, as written.
    Number(String),
    /// Text, without quotes.
    Text(String),
    /// The current date, time or point in time, in the form in which the column stores it.
    Now,
    /// An array without elements.
    EmptyArray,
    /// An SQL expression, the same for both databases.
    Sql(String),
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDef {
    /// The name in the database.
    pub name: String,
    /// The type of its values.
    pub ty: ColumnType,
    /// The form in which it stores moments, if it isn't mizzle's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<MomentForm>,
    /// The declared type on a database, such as `numeric(10,2)`, if it doesn't follow from `ty`.
    #[serde(default, skip_serializing_if = "PerDialect::is_empty")]
    pub db_type: PerDialect,
    /// The name of its collation, if it doesn't follow from the type.
    #[serde(default, skip_serializing_if = "PerDialect::is_empty")]
    pub collate: PerDialect,
    /// Whether it may be NULL.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nullable: bool,
    /// Whether the database counts it up: identity on PostgreSQL, AUTOINCREMENT on SQLite.
    #[serde(default, skip_serializing_if = "is_false")]
    pub auto: bool,
    /// Its value in a row that doesn't set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<DefaultValue>,
    /// The expression of a generated (stored) column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<String>,
    /// The name it had before, if the struct declares a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// The renamed labels of its enum, each by its old and its new name, if the enum declares them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renamed_labels: Vec<(String, String)>,
}

/// A unique constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UniqueDef {
    /// The constraint's name.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<String>,
}

/// A check constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckDef {
    /// The constraint's name.
    pub name: String,
    /// The condition, in SQL.
    pub condition: String,
}

/// What happens to a row if the row that it refers to is deleted or its key changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The change is refused at the end of the statement. The default, as in SQL.
    #[default]
    NoAction,
    /// The change is refused at once.
    Restrict,
    /// The row is deleted as well, or its key is changed as well.
    Cascade,
    /// The referring columns become NULL.
    SetNull,
    /// The referring columns take their default.
    SetDefault,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKeyDef {
    /// The constraint's name.
    pub name: String,
    /// The referring columns.
    pub columns: Vec<String>,
    /// The table that is referred to.
    pub table: String,
    /// The columns that are referred to, one for each of `columns`.
    pub references: Vec<String>,
    /// What happens if the row that is referred to is deleted.
    #[serde(default)]
    pub on_delete: Action,
    /// What happens if its key changes.
    #[serde(default)]
    pub on_update: Action,
}

/// What an index sorts by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexKey {
    /// A column.
    Column(String),
    /// An SQL expression.
    Expression(String),
}

/// One part of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexPart {
    /// What it sorts by.
    pub key: IndexKey,
    /// Whether it sorts from high to low.
    #[serde(default, skip_serializing_if = "is_false")]
    pub descending: bool,
    /// The name of its operator class on PostgreSQL, if it isn't the default one of the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ops: Option<String>,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexDef {
    /// The index's name.
    pub name: String,
    /// The name of its method on PostgreSQL, such as `gin`, if it isn't `btree`. Which of them SQLite has an ordinary index for:
    /// see [`of_dialect`](Self::of_dialect).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What it sorts by, in order.
    pub parts: Vec<IndexPart>,
    /// Whether no two rows may have the same value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
    /// The condition of a partial index, in SQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

/// The full text index of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullTextDef {
    /// The columns, in order.
    pub columns: Vec<String>,
    /// How words are compared: `simple`, or a language whose endings are ignored, such as `english`.
    pub language: String,
}

/// What makes a [`TableDef`] a view: its rows come from a SELECT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewDef {
    /// The SELECT, in the words of each database.
    pub sql: PerDialect,
    /// Whether the database stores the rows, until they are refreshed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub materialized: bool,
}

/// A table or a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDef {
    /// The name in the database.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<ColumnDef>,
    /// The primary key's columns, in order.
    pub primary_key: Vec<String>,
    /// The unique constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uniques: Vec<UniqueDef>,
    /// The check constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckDef>,
    /// The foreign keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKeyDef>,
    /// The indexes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<IndexDef>,
    /// The full text index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_text: Option<FullTextDef>,
    /// The name it had before, if the struct declares a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// The SELECT of a view. A view has no key, no constraints and, unless it is materialized, no indexes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<ViewDef>,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// Whether both lists have the same columns, in any order.
pub(super) fn same_columns(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|column| other.contains(column))
}
