//! Dumps the statements that recreate a PostgreSQL schema.
//!
//! Names are written without their schema, so that they can be created in another. Types, functions, tables and views
//! come in the order of their dependencies. Defaults, keys and the rest, which may refer to anything, come after them.

mod objects;
mod order;
mod parts;
mod tables;

use diesel::dsl::sql;
use diesel::sql_types::Text;
use orm_core::{Executor, Result};

use super::Dump;
use crate::introspect::settle;

/// The schema's oid.
const SCHEMA: &str = "(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema())";

/// Whether the relation `c` belongs to the application.
const OWN: &str = "c.relnamespace = {schema} AND c.relname <> '__diesel_schema_migrations' \
     AND c.relname NOT LIKE '\\_\\_mizzle\\_%' \
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e \
       WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')";

/// An object whose position depends on others.
pub(super) struct Object {
    /// `r`, `t` or `p` for a relation, a type or a function, followed by its oid.
    pub(super) id: String,
    pub(super) sql: String,
    pub(super) is_view: bool,
}

pub(super) fn dump(tx: &impl Executor) -> Result<Dump> {
    settle(tx)?;
    let mut objects = objects::read(tx)?;
    objects.extend(tables::read(tx)?);
    let (first, views) = order::ordered(objects, &order::dependencies(tx)?);
    let mut statements = objects::extensions(tx)?;
    if first.iter().chain(&views).any(|object| object.id.starts_with('p')) {
        statements.push("SET LOCAL check_function_bodies = off".into());
    }
    statements.extend(first.into_iter().map(|object| object.sql));
    statements.extend(parts::before_views(tx)?);
    statements.extend(views.into_iter().map(|object| object.sql));
    statements.extend(parts::after_views(tx)?);
    Ok(Dump { statements, needs: order::needs(tx)? })
}

/// Returns the first column of a query after replacing `{own}` and `{schema}`.
fn texts(tx: &impl Executor, query: &str) -> Result<Vec<String>> {
    let query = query.replace("{own}", OWN).replace("{schema}", SCHEMA);
    tx.load(sql::<Text>(&query))
}

/// Returns the id and the statement of each row.
fn objects(tx: &impl Executor, query: &str, is_view: bool) -> Result<Vec<Object>> {
    let query = query.replace("{own}", OWN).replace("{schema}", SCHEMA);
    let rows: Vec<(String, String)> = tx.load(sql::<(Text, Text)>(&query))?;
    Ok(rows.into_iter().map(|(id, sql)| Object { id, sql, is_view }).collect())
}

/// Wraps a statement that contains semicolons, so that other programs can find its end.
fn wrapped(statement: &str) -> String {
    let tag = |stem: &str| {
        let mut tags = (0..).map(|n| format!("${stem}{n}$"));
        tags.find(|tag| !statement.contains(tag.as_str())).unwrap_or_default()
    };
    let (outer, inner) = (tag("mizzle"), tag("sql"));
    format!("DO {outer} BEGIN EXECUTE {inner}{statement}{inner}; END {outer}")
}
