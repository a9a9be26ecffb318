//! Finds the parts of a schema that a database refuses, so that the rest can be compared all the same.

use std::fmt;

use orm_core::schema::TableDef;
use orm_core::{Db, Error, Result};

use super::normal_form;

/// A part of a schema that the database refuses, such as a check that calls a function that isn't there.
#[derive(Debug)]
pub struct Refused {
    /// The table.
    pub table: String,
    /// The part of it.
    pub part: Part,
    /// What the database says.
    pub error: Error,
}

/// A part of a table that a database may refuse on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The table without its other parts: the type of a column, a collation.
    Table,
    /// The default of a column.
    Default(String),
    /// The expression of a computed column.
    Generated(String),
    /// A check.
    Check(String),
    /// An index.
    Index(String),
    /// All of it, which is a view.
    View,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, part, error } = self;
        match part {
            Part::Table => write!(f, "the table {table:?}")?,
            Part::View => write!(f, "the view {table:?}")?,
            Part::Default(column) => write!(f, "the default of {table:?}.{column:?}")?,
            Part::Generated(column) => write!(f, "the expression of {table:?}.{column:?}")?,
            Part::Check(name) => write!(f, "the check {name:?} of {table:?}")?,
            Part::Index(name) => write!(f, "the index {name:?} of {table:?}")?,
        }
        write!(f, " is refused by the database: {error}")
    }
}

/// Returns the [normal form](normal_form) of what the database accepts of `tables`, and what it refuses.
///
/// # Errors
/// As for [`normal_form`], if no part is to blame.
pub fn accepted_form(db: &Db, tables: &[TableDef]) -> Result<(Vec<TableDef>, Vec<Refused>)> {
    let error = match normal_form(db, tables) {
        Ok(normal) => return Ok((normal, Vec::new())),
        Err(error) => error,
    };
    let mut refused = Vec::new();
    for table in tables.iter().filter(|table| !table.is_view()) {
        refused.extend(refused_parts(db, table)?);
    }
    refused.extend(refused_views(db, &without(tables, &refused))?);
    if refused.is_empty() {
        return Err(error);
    }
    let rest = without(tables, &refused);
    Ok((normal_form(db, &rest)?, refused))
}

/// Returns `tables` without the refused parts, and without foreign keys to refused tables.
pub fn without(tables: &[TableDef], refused: &[Refused]) -> Vec<TableDef> {
    let is_refused = |table: &TableDef, part: &Part| {
        refused.iter().any(|one| one.table == table.name && one.part == *part)
    };
    let mut tables = tables.to_vec();
    tables.retain(|table| !is_refused(table, &Part::Table) && !is_refused(table, &Part::View));
    for table in &mut tables {
        for one in refused {
            if one.part == Part::Table {
                table.foreign_keys.retain(|key| key.table != one.table);
            } else if one.table == table.name {
                remove(table, &one.part);
            }
        }
    }
    tables
}

/// Returns what the database refuses of a table: nothing, or all that it refuses part by part.
fn refused_parts(db: &Db, table: &TableDef) -> Result<Vec<Refused>> {
    let alone = TableDef { foreign_keys: Vec::new(), ..table.clone() };
    let Some(error) = attempt(db, std::slice::from_ref(&alone))? else { return Ok(Vec::new()) };
    let parts = parts(table);
    let mut plain = alone.clone();
    for part in &parts {
        remove(&mut plain, part);
    }
    let refused =
        |part: &Part, error| Refused { table: table.name.clone(), part: part.clone(), error };
    if let Some(error) = attempt(db, std::slice::from_ref(&plain))? {
        return Ok(vec![refused(&Part::Table, error)]);
    }
    let mut found = Vec::new();
    for part in &parts {
        let mut only = alone.clone();
        for other in parts.iter().filter(|other| *other != part) {
            remove(&mut only, other);
        }
        found.extend(attempt(db, std::slice::from_ref(&only))?.map(|error| refused(part, error)));
    }
    // Parts may contradict one another, as a generated column and what is over it.
    if found.is_empty() {
        found.push(refused(&Part::Table, error));
    }
    Ok(found)
}

/// Returns the views that the database refuses beside the tables, or because it refuses those that they read.
fn refused_views(db: &Db, tables: &[TableDef]) -> Result<Vec<Refused>> {
    let mut refused = Vec::new();
    let mut accepted: Vec<TableDef> =
        tables.iter().filter(|table| !table.is_view()).cloned().collect();
    let views = tables.iter().filter(|table| table.is_view());
    for view in orm_core::schema::view::in_order(views, db.dialect())? {
        accepted.push(view.clone());
        if let Some(error) = attempt(db, &accepted)? {
            accepted.pop();
            refused.push(Refused { table: view.name.clone(), part: Part::View, error });
        }
    }
    Ok(refused)
}

/// Returns the database's error for tables, if it refuses it.
fn attempt(db: &Db, tables: &[TableDef]) -> Result<Option<Error>> {
    match normal_form(db, tables) {
        Ok(_) => Ok(None),
        Err(error) if error.is_connection_lost() || error.is_busy() => Err(error),
        Err(error) => Ok(Some(error)),
    }
}

fn parts(table: &TableDef) -> Vec<Part> {
    let columns = table.columns.iter();
    let defaults = columns.clone().filter(|column| column.default.is_some());
    let generated = columns.filter(|column| column.generated.is_some());
    let mut parts: Vec<Part> = Vec::new();
    parts.extend(defaults.map(|column| Part::Default(column.name.clone())));
    parts.extend(generated.map(|column| Part::Generated(column.name.clone())));
    parts.extend(table.checks.iter().map(|check| Part::Check(check.name.clone())));
    parts.extend(table.indexes.iter().map(|index| Part::Index(index.name.clone())));
    parts
}

fn remove(table: &mut TableDef, part: &Part) {
    match part {
        Part::Table | Part::View => {}
        Part::Default(name) => {
            let of = table.columns.iter_mut().filter(|column| column.name == *name);
            of.for_each(|column| column.default = None);
        }
        Part::Generated(name) => {
            let of = table.columns.iter_mut().filter(|column| column.name == *name);
            of.for_each(|column| column.generated = None);
        }
        Part::Check(name) => table.checks.retain(|check| check.name != *name),
        Part::Index(name) => table.indexes.retain(|index| index.name != *name),
    }
}
