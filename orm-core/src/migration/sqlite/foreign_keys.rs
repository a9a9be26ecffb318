//! Foreign keys in a migration of an SQLite database: rows that refer to nothing, and rows that DROP TABLE takes along.

use std::collections::BTreeMap;

use crate::backend::AnyConnection;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::migration::history::{scalar, tolerate};
use crate::migration::inspect::{self, Names};
use crate::migration::statement::Statement;

/// The number of rows of a table that refer to missing rows of another, by their names in lower case; `None` for a table whose foreign keys SQLite
/// can't check.
pub(super) type Orphans = BTreeMap<String, Option<BTreeMap<String, u64>>>;

/// Returns which rows refer to nothing that did not before. If foreign keys are off, SQLite doesn't check them at
/// COMMIT. Rows that referred to nothing before aren't the script's fault.
pub(super) fn check(
    before: &Orphans,
    names: &Names,
    connection: &mut AnyConnection,
) -> Result<Vec<String>> {
    if enforces_foreign_keys(connection)? {
        return Ok(Vec::new());
    }
    let mut losses = Vec::new();
    let mut lost = Vec::new();
    for (child, found) in orphans(connection)? {
        let known = before.get(&*names.before(&child));
        let Some(found) = found else {
            if known.is_none_or(Option::is_some) {
                losses.push(format!(
                    "a foreign key of \"{child}\" would refer to columns that are not a key: keep that key, or \
                     drop the foreign key in the migration"
                ));
            }
            continue;
        };
        for (parent, count) in found {
            let known = known.and_then(|known| {
                let known = known.as_ref()?;
                known.get(&*names.before(&parent)).copied()
            });
            let more = count.saturating_sub(known.unwrap_or_default());
            if more > 0 {
                lost.push(format!("{more} of \"{child}\" in \"{parent}\""));
            }
        }
    }
    if !lost.is_empty() {
        losses.push(format!(
            "rows would refer to missing rows: {}: delete or correct them in the migration",
            lost.join(", ")
        ));
    }
    Ok(losses)
}

pub(super) fn enforces_foreign_keys(connection: &mut AnyConnection) -> Result<bool> {
    Ok(scalar(connection, "PRAGMA foreign_keys", &[])?.as_deref() == Some("1"))
}

/// Returns the rows that refer to nothing.
pub(super) fn orphans(connection: &mut AnyConnection) -> Result<Orphans> {
    let sql = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND sql LIKE '%REFERENCES%' ORDER BY name";
    let tables = connection.ask(sql, &[])?;
    let mut orphans = Orphans::new();
    for table in tables.into_iter().flatten().flatten() {
        let sql = "SELECT parent, count(*) FROM pragma_foreign_key_check(?) GROUP BY 1";
        // It fails if a key refers to columns that aren't a key.
        let found =
            tolerate(connection, |connection| connection.ask(sql, &[&table]))?.map(|rows| {
                let count = |row: Vec<Option<String>>| {
                    let mut row = row.into_iter().flatten();
                    Some((row.next()?.to_lowercase(), row.next()?.parse().ok()?))
                };
                rows.into_iter().filter_map(count).collect()
            });
        orphans.insert(table.to_lowercase(), found);
    }
    Ok(orphans)
}

/// If foreign keys are on, DROP TABLE first deletes the rows, with all that these deletes cause in other tables. That
/// is hardly ever intended, and never by a script that rebuilds the table.
pub(in crate::migration) fn check_drop(
    connection: &mut AnyConnection,
    statement: &Statement<'_>,
    names: &Names,
) -> Result<Option<String>> {
    let Some(("table", table)) = inspect::drops(statement) else {
        return Ok(None);
    };
    if !enforces_foreign_keys(connection)? {
        return Ok(None);
    }
    let sql = "SELECT m.name, f.on_delete, \
                      group_concat('\"' || replace(f.\"from\", '\"', '\"\"') || '\" IS NOT NULL', ' AND ') \
               FROM main.sqlite_schema m JOIN pragma_foreign_key_list(m.name) f \
               WHERE m.type = 'table' AND lower(f.\"table\") = lower(?1) AND lower(m.name) <> lower(f.\"table\") \
                 AND f.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT') \
               GROUP BY m.name, f.id";
    let mut effects = Vec::new();
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
        if rows != "0" {
            let verb = if action == "CASCADE" { "delete" } else { "change" };
            effects.push(format!("{verb} {rows} rows of \"{child}\" (ON DELETE {action})"));
        }
    }
    Ok((!effects.is_empty()).then(|| {
        format!(
            "DROP TABLE \"{table}\" would {}: if the table is rebuilt, write `run_in_transaction = false` into \
             metadata.toml, `PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE;` before the statements, and `COMMIT; \
             PRAGMA foreign_keys = ON;` after them; to drop it, first delete those rows or drop their foreign \
             keys",
            effects.join(" and ")
        )
    }))
}
