//! Reads what a database contains, as a schema.

mod canonical;
#[cfg(feature = "sqlite")]
mod d1;
mod defaults;
mod fields;
mod normal;
pub(crate) mod others;
#[cfg(feature = "postgres")]
mod postgres;
mod refused;
pub(crate) mod select;
#[cfg(feature = "sqlite")]
mod sqlite;
mod views;

#[cfg(feature = "postgres")]
use orm_core::schema::ColumnType;
use orm_core::schema::TableDef;
use orm_core::{Db, Dialect, Isolation, Result};

pub use self::normal::normal_form;
pub(crate) use self::normal::on_scratch;
#[cfg(feature = "postgres")]
pub(crate) use self::postgres::settle;
pub use self::refused::{Part, Refused, accepted_form, without};
pub(crate) use self::views::normal_views;

/// The contents of a database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Introspected {
    /// The tables, sorted by name. Their constraints and indexes are sorted by name, their columns are in the order of
    /// the table.
    pub tables: Vec<TableDef>,
    /// The views, sorted by name, with their SELECT on one line.
    pub views: Vec<TableDef>,
    /// What a [`TableDef`] can't express, such as a column of a type that mizzle doesn't know. Sorted.
    pub notes: Vec<Note>,
}

/// Something in the database that a [`TableDef`] can't express.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The table.
    pub table: String,
    /// The column, if it is about one.
    pub column: Option<String>,
    /// What it is, as a sentence without a full stop.
    pub what: String,
}

impl Note {
    fn table(table: &str, what: String) -> Self {
        Self { table: table.into(), column: None, what }
    }

    fn column(table: &str, column: &str, what: String) -> Self {
        Self { table: table.into(), column: Some(column.into()), what }
    }
}

/// `table.column: what it is`
impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{}.{column}: {}", self.table, self.what),
            None => write!(f, "{}: {}", self.table, self.what),
        }
    }
}

/// Does the same as [`introspect`]. On SQLite, also reads from the rows what only they show: the form in which they
/// store moments, how large their integers are, and of what type the expressions of views are.
///
/// # Errors
/// A failing read.
pub fn introspect_rows(db: &Db) -> Result<Introspected> {
    read(db, true, &[])
}

/// Reads the schema of the database: the tables that belong to the application. Tables of extensions, of schemas other
/// than the first of the search path, and of the histories of migrations don't. Everything is read at one moment.
///
/// The result has the form of [`normal_form`], so the two can be compared:
///
/// - Expressions and defaults are as the database prints them; a default that is a literal or `now` becomes one.
/// - A text column with a check of its labels is an enum if the check has the name that mizzle gives it.
/// - On SQLite, each column has the type that mizzle declares by that name, or that other programs mean by it. An
///   unknown one has the type of its affinity, and a note. A column `INTEGER PRIMARY KEY` is `auto`.
/// - On PostgreSQL, a column whose type mizzle doesn't know is left out with everything that is over it. Each has a
///   note, and mizzle never touches them. The same applies to indexes that mizzle can't write, such as those with a
///   collation.
/// - A full text index is one if it is as mizzle writes it. Those of others are left alone.
/// - A constraint without a name, which SQLite allows, has its conventional name.
///
/// A column of a view may be NULL unless it comes from a column NOT NULL, through nothing that adds NULLs, or counts rows.
/// SQLite knows the type of a column that comes from a table. For an expression, its words decide.
///
/// # Errors
/// A failing read.
pub fn introspect(db: &Db) -> Result<Introspected> {
    read(db, false, &[])
}

/// Does the same as [`introspect`], and on PostgreSQL also knows the types that only the program knows: those that `tables`
/// use.
///
/// # Errors
/// A failing read.
pub fn introspect_for(db: &Db, tables: &[TableDef]) -> Result<Introspected> {
    read(db, false, tables)
}

/// Returns the types of the tables that only the program knows, by name.
#[cfg(feature = "postgres")]
fn other_types(tables: &[TableDef]) -> Vec<&str> {
    let columns = tables.iter().flat_map(|table| &table.columns);
    let mut names = Vec::new();
    for column in columns {
        if let ColumnType::Other(name) = column.ty.item() {
            names.push(name.as_str());
        }
    }
    names
}

#[cfg_attr(
    not(all(feature = "sqlite", feature = "postgres")),
    allow(
        unused_variables,
        reason = "only SQLite's rows are looked at, and only PostgreSQL has other types"
    )
)]
fn read(db: &Db, looks_at_rows: bool, tables: &[TableDef]) -> Result<Introspected> {
    let transaction = db.transaction_builder().read_only().isolation(Isolation::RepeatableRead);
    match db.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => transaction.run(|tx| sqlite::read_all(tx, looks_at_rows)),
        #[cfg(feature = "sqlite")]
        Dialect::D1 => d1::read(db, looks_at_rows),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => transaction.run(|tx| {
            postgres::settle(tx)?;
            let mut found = postgres::read(tx, postgres::Namespace::Current, &other_types(tables))?;
            postgres::views::nulls(tx, &mut found)?;
            Ok(found)
        }),
        // A database that isn't compiled in has no connection.
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        _ => Ok(Introspected::default()),
    }
}

/// Gives constraints of a table that was read the names that equal ones have in `expected`, if the database doesn't
/// settle their names and they aren't those of `wanted`.
#[cfg_attr(not(feature = "sqlite"), allow(unused_variables, reason = "only SQLite has them"))]
pub(crate) fn name_as(
    found: &mut TableDef,
    expected: &TableDef,
    wanted: Option<&TableDef>,
    dialect: Dialect,
) {
    #[cfg(feature = "sqlite")]
    if dialect.is_sqlite() {
        sqlite::expected::as_expected(found, expected, wanted);
    }
}
