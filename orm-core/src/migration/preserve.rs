//! What a migration of an SQLite database must not lose on the way.
//!
//! SQLite changes most tables by building them anew, and with the old one go its indexes, its triggers and the mark of
//! AUTOINCREMENT; a view stays, and may not work any more. So the runner looks before a script and before its COMMIT:
//! what is gone though the script didn't drop it comes back, and where it can't, the script fails.

use std::collections::HashSet;

use super::history::scalar;
use super::inspect::{self, Names};
use super::statement::Statement;
use crate::backend::AnyConnection;
use crate::dialect::Dialect;
use crate::error::{Error, Result};

/// What stood before a script.
#[derive(Debug)]
pub(super) struct Before {
    objects: Vec<Object>,
    /// The AUTOINCREMENT marks.
    marks: Vec<(String, i64)>,
    /// The views and the tables' triggers that worked.
    working: HashSet<Check>,
}

/// An index, trigger or view.
#[derive(Debug, Clone)]
struct Object {
    kind: String,
    name: String,
    table: String,
    sql: String,
}

impl Object {
    fn is(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name.eq_ignore_ascii_case(&other.name)
    }
}

/// Something that SQLite can be asked whether it works, without doing it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Check {
    View(String),
    /// A kind of write to a table that has triggers.
    Write(&'static str, String),
}

/// Why a script can't be committed, or the database's error while finding out.
#[derive(Debug)]
pub(super) enum Loss {
    Object(String),
    Database(Error),
}

impl From<Error> for Loss {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl Before {
    pub(super) fn of(connection: &mut AnyConnection) -> Result<Self> {
        let objects = objects(connection)?;
        let mut working = HashSet::new();
        for check in checks(&objects) {
            if check.run(connection).is_ok() {
                working.insert(check);
            }
        }
        Ok(Self { marks: marks(connection)?, objects, working })
    }

    /// Restores what the script took along.
    pub(super) fn restore(
        &self,
        connection: &mut AnyConnection,
        names: &Names,
    ) -> Result<(), Loss> {
        self.restore_objects(connection, names)?;
        self.restore_marks(connection, names)?;
        check_foreign_keys(connection, names)?;
        self.check_working(connection)
    }

    fn restore_objects(&self, connection: &mut AnyConnection, names: &Names) -> Result<(), Loss> {
        let after = objects(connection)?;
        for object in &self.objects {
            let Object { kind, name, table, sql } = object;
            let dropped = names
                .dropped
                .iter()
                .any(|(dropped, given)| kind == dropped && *given == name.to_lowercase());
            if dropped || after.iter().any(|there| there.is(object)) {
                continue;
            }
            let owner = "SELECT 1 FROM main.sqlite_schema WHERE type IN ('table', 'view') \
                         AND lower(name) = lower(?)";
            if kind != "view" && scalar(connection, owner, &[table])?.is_none() {
                // It went with its table, which the script drops.
                continue;
            }
            connection.batch(sql).map_err(|error| {
                Loss::Object(format!(
                    "the {kind} \"{name}\" of \"{table}\" would be lost, as it does not fit the new table ({error}); \
                     drop it in the migration (`DROP {} \"{name}\"`) and create it as it is to be",
                    kind.to_uppercase(),
                ))
            })?;
        }
        Ok(())
    }

    /// The marks of tables that the script built anew.
    fn restore_marks(&self, connection: &mut AnyConnection, names: &Names) -> Result<()> {
        if self.marks.is_empty() || names.dropped_tables.is_empty() {
            return Ok(());
        }
        let after = marks(connection)?;
        for (table, mark) in &self.marks {
            if !names.dropped_tables.contains(&table.to_lowercase()) {
                continue;
            }
            let sql = "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?";
            let counts = scalar(connection, sql, &[table])?
                .is_some_and(|sql| sql.to_uppercase().contains("AUTOINCREMENT"));
            let reached = after.iter().find(|(name, _)| name == table).map(|(_, mark)| *mark);
            if !counts || reached.is_some_and(|reached| reached >= *mark) {
                continue;
            }
            let name = Dialect::Sqlite.quote_literal(table);
            connection.batch(&format!(
                "DELETE FROM main.sqlite_sequence WHERE name = {name}; \
                 INSERT INTO main.sqlite_sequence (name, seq) VALUES ({name}, {mark})"
            ))?;
        }
        Ok(())
    }

    fn check_working(&self, connection: &mut AnyConnection) -> Result<(), Loss> {
        let after = objects(connection)?;
        for check in checks(&after) {
            if !self.working.contains(&check) {
                continue;
            }
            let Err(error) = check.run(connection) else {
                continue;
            };
            return Err(Loss::Object(match check {
                Check::View(view) => format!(
                    "the view \"{view}\" would not work any more ({error}); drop it in the migration and create \
                     it as it is to be"
                ),
                Check::Write(verb, table) => {
                    let triggers: Vec<String> = after
                        .iter()
                        .filter(|object| object.kind == "trigger" && object.table == table)
                        .map(|object| format!("\"{}\"", object.name))
                        .collect();
                    format!(
                        "{verb} of \"{table}\" would fail ({error}) because of a trigger ({}); drop it in the \
                         migration and create it as it is to be",
                        triggers.join(", ")
                    )
                }
            }));
        }
        Ok(())
    }
}

impl Check {
    fn run(&self, connection: &mut AnyConnection) -> Result<()> {
        let quote = |name: &str| Dialect::Sqlite.quote_ident(name);
        let sql = match self {
            Self::View(view) => format!("SELECT * FROM main.{}", quote(view)),
            Self::Write("DELETE", table) => format!("DELETE FROM main.{}", quote(table)),
            Self::Write("INSERT", table) => {
                format!("INSERT INTO main.{} DEFAULT VALUES", quote(table))
            }
            Self::Write(_, table) => {
                let sql = "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0";
                let columns = connection.ask(sql, &[table])?;
                let set: Vec<String> = columns
                    .into_iter()
                    .filter_map(|row| row.into_iter().next().flatten())
                    .map(|column| format!("{0} = {0}", quote(&column)))
                    .collect();
                format!("UPDATE main.{} SET {}", quote(table), set.join(", "))
            }
        };
        connection.ask(&format!("EXPLAIN {sql}"), &[]).map(drop)
    }
}

fn checks(objects: &[Object]) -> Vec<Check> {
    let mut checks = Vec::new();
    for object in objects {
        match object.kind.as_str() {
            "view" => checks.push(Check::View(object.name.clone())),
            "trigger" => {
                for verb in ["INSERT", "UPDATE", "DELETE"] {
                    let check = Check::Write(verb, object.table.clone());
                    if !checks.contains(&check) {
                        checks.push(check);
                    }
                }
            }
            _ => {}
        }
    }
    checks
}

/// The indexes, views and triggers, in an order in which they can be created. Indexes of constraints have no SQL.
fn objects(connection: &mut AnyConnection) -> Result<Vec<Object>> {
    let sql = "SELECT type, name, tbl_name, sql FROM main.sqlite_schema \
               WHERE sql IS NOT NULL AND type IN ('index', 'view', 'trigger') \
               ORDER BY type = 'trigger', type = 'view', rowid";
    let object = |row: Vec<Option<String>>| {
        let mut row = row.into_iter().flatten();
        let mut next = || row.next();
        Some(Object { kind: next()?, name: next()?, table: next()?, sql: next()? })
    };
    Ok(connection.ask(sql, &[])?.into_iter().filter_map(object).collect())
}

fn marks(connection: &mut AnyConnection) -> Result<Vec<(String, i64)>> {
    let exists = "SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'";
    if scalar(connection, exists, &[])?.is_none() {
        return Ok(Vec::new());
    }
    let rows = connection.ask("SELECT name, seq FROM main.sqlite_sequence", &[])?;
    let mark = |row: Vec<Option<String>>| {
        let mut row = row.into_iter().flatten();
        Some((row.next()?, row.next()?.parse().ok()?))
    };
    Ok(rows.into_iter().filter_map(mark).collect())
}

fn enforces_foreign_keys(connection: &mut AnyConnection) -> Result<bool> {
    Ok(scalar(connection, "PRAGMA foreign_keys", &[])?.as_deref() == Some("1"))
}

/// Where they are off, SQLite checks none at COMMIT.
fn check_foreign_keys(connection: &mut AnyConnection, names: &Names) -> Result<(), Loss> {
    if names.checks_foreign_keys || enforces_foreign_keys(connection)? {
        return Ok(());
    }
    let sql = "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2";
    let found: Vec<String> = connection
        .ask(sql, &[])?
        .into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter().flatten();
            let (child, parent, count) = (row.next()?, row.next()?, row.next()?);
            Some(format!("{count} of \"{child}\" in \"{parent}\""))
        })
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(Loss::Object(format!(
        "rows would refer to rows that are not there: {}; delete or correct them in the migration",
        found.join(", ")
    )))
}

/// Where foreign keys are on, DROP TABLE first deletes the rows, with all that the deletes lead to in other tables. That
/// is hardly ever meant, and never by a script that builds the table anew.
pub(super) fn check_drop(
    connection: &mut AnyConnection,
    statement: &Statement<'_>,
    names: &Names,
) -> Result<(), Loss> {
    let Some(("table", table)) = inspect::drops(statement) else {
        return Ok(());
    };
    if !enforces_foreign_keys(connection)? {
        return Ok(());
    }
    let sql = "SELECT m.name, f.on_delete, \
                      group_concat('\"' || replace(f.\"from\", '\"', '\"\"') || '\" IS NOT NULL', ' AND ') \
               FROM main.sqlite_schema m JOIN pragma_foreign_key_list(m.name) f \
               WHERE m.type = 'table' AND lower(f.\"table\") = lower(?1) AND lower(m.name) <> lower(f.\"table\") \
                 AND f.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT') \
               GROUP BY m.name, f.id";
    for row in connection.ask(sql, &[&table])? {
        let [Some(child), Some(action), Some(refers)] = row.as_slice() else {
            continue;
        };
        if names.gone.contains(&child.to_lowercase()) {
            continue;
        }
        let quoted = Dialect::Sqlite.quote_ident(child);
        let count = format!("SELECT count(*) FROM main.{quoted} WHERE {refers}");
        let rows = scalar(connection, &count, &[])?.unwrap_or_default();
        if rows == "0" {
            continue;
        }
        let effect = if action == "CASCADE" { "delete" } else { "change" };
        return Err(Loss::Object(format!(
            "DROP TABLE \"{table}\" would {effect} {rows} rows of \"{child}\", which refer to it ON DELETE {action}; \
             if the table is built anew, set `run_in_transaction = false` in metadata.toml and write \
             `PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE;` before and `COMMIT; PRAGMA foreign_keys = ON;` behind; \
             if it is to go, first delete the rows of \"{child}\" or drop their foreign key"
        )));
    }
    Ok(())
}
