//! What the database contains: its tables, as the studio shows and reads them.

pub(super) mod kinds;
mod postgres;
pub(super) mod sizes;
mod sqlite;

use orm_core::Dialect;
use serde::{Deserialize, Serialize};

use super::failure::{Failure, Result};
use super::on::On;
use super::statement::Statement;
use super::value::ValueKind;

/// The name of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct TableName {
    /// Its schema; none on SQLite.
    #[serde(default)]
    pub(super) schema: Option<String>,
    pub(super) name: String,
}

impl TableName {
    pub(super) fn write(&self, statement: &mut Statement) {
        if let Some(schema) = &self.schema {
            statement.name(schema).push(".");
        }
        statement.name(&self.name);
    }
}

impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// A table or a view.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Table {
    #[serde(flatten)]
    pub(super) name: TableName,
    pub(super) kind: TableKind,
    pub(super) count: Option<Count>,
    pub(super) editable: bool,
    /// Whether rows can be inserted, even if they can't be found again.
    pub(super) insertable: bool,
    /// Why it can't be edited.
    pub(super) why: Option<String>,
    pub(super) columns: Vec<Column>,
    /// The columns that name a row.
    pub(super) key: Option<Vec<String>>,
    pub(super) key_kind: Option<KeyKind>,
    pub(super) uniques: Vec<Vec<String>>,
    pub(super) indexes: Vec<Index>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) sql: Option<String>,
    pub(super) comment: Option<String>,
    /// How its rows are found.
    #[serde(skip)]
    pub(super) locator: Locator,
    /// Whether its rows can be counted here, without asking another server.
    #[serde(skip)]
    pub(super) is_counted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum TableKind {
    #[serde(rename = "table")]
    Table,
    #[serde(rename = "view")]
    View,
    #[serde(rename = "materialized view")]
    Materialized,
    #[serde(rename = "virtual table")]
    Virtual,
}

/// A number of rows, which may be an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Count {
    pub(super) about: u64,
    pub(super) exact: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeyKind {
    Primary,
    Unique,
    Rowid,
}

/// How a row is found again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Locator {
    /// By these columns, none of which is NULL.
    Columns(Vec<String>),
    /// By the number of the row on SQLite, under a name that no column has.
    Rowid(&'static str),
    /// By its place on PostgreSQL: for pages only, because a change moves the row.
    Place,
    /// Only by counting.
    #[default]
    Nothing,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Column {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) ty: String,
    pub(super) kind: ValueKind,
    pub(super) nullable: bool,
    pub(super) default: Option<String>,
    pub(super) generated: bool,
    pub(super) identity: bool,
    /// The labels, if only they are allowed.
    pub(super) values: Option<Vec<String>>,
    pub(super) comment: Option<String>,
    /// What a text is cast to on PostgreSQL.
    #[serde(skip)]
    pub(super) cast: String,
    /// Whether its values may be long.
    #[serde(skip)]
    pub(super) is_long: bool,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Index {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) unique: bool,
    pub(super) sql: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ForeignKey {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) to: TableName,
    pub(super) to_columns: Vec<String>,
    pub(super) on_delete: String,
    pub(super) on_update: String,
}

impl Table {
    /// Returns a column.
    ///
    /// # Errors
    /// If there is none of the name.
    pub(super) fn column(&self, name: &str) -> Result<&Column> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            Failure::missing(format!("{} has no column {name:?}", self.name)).of_column(name)
        })
    }

    /// Returns the columns of these names.
    ///
    /// # Errors
    /// If one is missing.
    pub(super) fn columns_of(&self, names: &[String]) -> Result<Vec<&Column>> {
        names.iter().map(|name| self.column(name)).collect()
    }

    /// Checks that rows can be inserted.
    pub(super) fn check_insertable(&self) -> Result<()> {
        if self.insertable { Ok(()) } else { self.check_editable() }
    }

    /// Checks that rows of it can be changed.
    pub(super) fn check_editable(&self) -> Result<()> {
        match &self.why {
            None => Ok(()),
            Some(why) => Err(Failure::request(format!("{} can't be edited: {why}", self.name))),
        }
    }
}

/// The number of rows up to which they are counted one by one.
pub(super) const COUNTED: u64 = 10_000;

/// Returns all tables and views, without their number of rows.
pub(super) fn shapes(on: &mut On<'_>) -> Result<Vec<Table>> {
    read(on, None)
}

/// Returns one table or view.
///
/// # Errors
/// If it doesn't exist.
pub(super) fn table(on: &mut On<'_>, name: &TableName) -> Result<Table> {
    read(on, Some(name))?.pop().ok_or_else(|| {
        Failure::missing(format!("there is no table {name}")).advised("load the tables again")
    })
}

fn read(on: &mut On<'_>, name: Option<&TableName>) -> Result<Vec<Table>> {
    match on.dialect() {
        Dialect::Sqlite => sqlite::read(on, name),
        Dialect::Postgres => postgres::read(on, name),
        Dialect::D1 => Err(no_d1()),
    }
}

/// Returns the failure on a database without transactions.
pub(super) fn no_d1() -> Failure {
    Failure::request("the studio needs SQLite or PostgreSQL, and can't open D1 yet")
        .advised("export the database by `wrangler d1 export`, and open it as an SQLite file")
}

/// Why a table that the role may not read can't be edited.
const NOT_READABLE: &str = "the role may not read it";
