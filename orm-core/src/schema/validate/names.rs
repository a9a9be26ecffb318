//! Names: each is valid, and no two in one namespace are equal.

use std::collections::HashMap;

use crate::dialect::Dialect;
use crate::schema::names::truncated;
use crate::schema::{SchemaError, TableDef};

/// Checks that a database accepts every name of the table.
pub(super) fn valid(table: &TableDef) -> Result<(), SchemaError> {
    let of_table = shown(table);
    let kind = if table.is_view() { "a view" } else { "a table" };
    check(&table.name, || kind.into())?;
    for column in &table.columns {
        check(&column.name, || format!("a column of {of_table}"))?;
        if let Some(name) = column.ty.item().native() {
            check(name, || format!("the enum type of {of_table}, column {:?}", column.name))?;
        }
    }
    for (name, what) in constraints(table) {
        check(&name, || format!("{what} of {of_table}"))?;
    }
    table.indexes.iter().try_for_each(|index| {
        check(&index.name, || format!("an index of {of_table}"))?;
        let classes = index.parts.iter().filter_map(|part| part.ops.as_ref());
        let mut words = index.method.iter().chain(classes);
        words.try_for_each(|word| {
            check(word, || {
                format!(
                    "the method or an operator class of the index {:?} of {of_table}",
                    index.name
                )
            })
        })
    })
}

fn check(name: &str, place: impl FnOnce() -> String) -> Result<(), SchemaError> {
    let problem = if name.is_empty() {
        "is empty"
    } else if name.contains('\0') {
        "contains NUL, which no database accepts"
    } else {
        return Ok(());
    };
    Err(SchemaError::InvalidName { place: place().into(), name: name.into(), problem })
}

/// Checks that no two tables have the same name, and no two objects of one namespace.
///
/// The namespaces are PostgreSQL's, on SQLite too, so that a schema for one database works on the other. Names of
/// constraints are unique within their table. Names of tables, of indexes and of the indexes behind keys are unique in
/// the schema, and a table is also a type.
pub(super) fn distinct(tables: &[TableDef], dialect: Dialect) -> Result<(), SchemaError> {
    let longest = dialect.capabilities().longest_name;
    let mut relations = Names::new(dialect);
    for table in tables {
        let added = relations.add(&table.name, || shown(table));
        let are_tables = tables.iter().all(|table| !table.is_view());
        match added {
            Err(_) if are_tables => {
                return Err(SchemaError::DuplicateTable { table: table.name.as_str().into() });
            }
            added => added?,
        }
    }
    let mut types = relations.clone();
    for table in tables {
        let mut in_table = Names::new(dialect);
        for (name, what) in constraints(table) {
            in_table.add(&name, || format!("{what} of table {:?}", table.name))?;
        }
        if !table.primary_key.is_empty() {
            relations.add(&table.primary_key_name(), || {
                format!("the primary key of table {:?}", table.name)
            })?;
        }
        for unique in &table.uniques {
            relations
                .add(&unique.name, || format!("a unique constraint of table {:?}", table.name))?;
        }
        for index in &table.indexes {
            relations.add(&index.name, || format!("an index of {}", shown(table)))?;
        }
        if table.full_text.is_some() {
            let what = || format!("the full text index of {}", shown(table));
            relations.add(&table.full_text_index_name(), what)?;
            for name in FTS5.map(|end| format!("{}{end}", table.full_text_name())) {
                // These tables are SQLite's. A name that PostgreSQL would cut names nothing there.
                if longest.is_none_or(|longest| name.len() <= longest) {
                    relations.add(&name, what)?;
                }
            }
        }
    }
    let mut enums = Vec::new();
    for column in tables.iter().flat_map(|table| &table.columns) {
        if let Some(name) = column.ty.item().native()
            && !enums.contains(&name)
        {
            types.add(name, || format!("the enum type {name:?}"))?;
            enums.push(name);
        }
    }
    Ok(())
}

/// The ends of the names of the tables that a table of SQLite's FTS5 consists of.
const FTS5: [&str; 6] = ["", "_data", "_idx", "_content", "_docsize", "_config"];

/// `table "users"`
fn shown(table: &TableDef) -> String {
    let kind = if table.is_view() { "view" } else { "table" };
    format!("{kind} {:?}", table.name)
}

/// Returns the constraints of a table, each by its name and kind.
fn constraints(table: &TableDef) -> Vec<(String, &'static str)> {
    let mut names = Vec::new();
    if !table.primary_key.is_empty() {
        names.push((table.primary_key_name(), "the primary key"));
    }
    names.extend(table.uniques.iter().map(|unique| (unique.name.clone(), "a unique constraint")));
    names.extend(table.checks.iter().map(|check| (check.name.clone(), "a check")));
    names.extend(table.foreign_keys.iter().map(|key| (key.name.clone(), "a foreign key")));
    names
}

/// One namespace.
#[derive(Clone)]
pub(super) struct Names {
    dialect: Dialect,
    taken: HashMap<String, String>,
}

impl Names {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, taken: HashMap::new() }
    }

    /// Takes `name` for `what`.
    pub(super) fn add(&mut self, name: &str, what: impl Fn() -> String) -> Result<(), SchemaError> {
        match self.taken.insert(self.key(name), what()) {
            None => Ok(()),
            Some(first) => Err(SchemaError::DuplicateName {
                name: name.into(),
                first: first.into(),
                second: what().into(),
            }),
        }
    }

    /// Returns the name as the database compares it: SQLite ignores the case of ASCII letters, PostgreSQL everything
    /// beyond its longest name.
    fn key(&self, name: &str) -> String {
        let capabilities = self.dialect.capabilities();
        let name = capabilities.longest_name.map_or(name, |longest| truncated(name, longest));
        if capabilities.distinguishes_case_of_names {
            name.into()
        } else {
            name.to_ascii_lowercase()
        }
    }
}
