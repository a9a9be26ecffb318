//! Templates: filled databases, to be copied. They stay on the server, for other test programs and later runs.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::super::case::Case;
use super::names::lock_key;
use super::server::{Server, end_connections};
use crate::backend::AnyConnection;
use crate::error::Result;
use crate::handle::Db;

/// The most templates that are kept, without those in use.
const TEMPLATES: usize = 16;

/// The templates that this run has found or made, by the hash of their contents.
static FOUND: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// Returns the template's name. If there is none, it is made: once, also if several programs ask for it.
pub(super) fn find(server: &Server, hash: &str, case: &Case) -> Result<String> {
    let name = server.prefix.template(hash);
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let found = found.get_or_insert_default();
    if found.contains(&name) {
        return Ok(name);
    }
    // From here on nobody drops it.
    server.hold(&lock_key("template", &name))?;
    server.with(|connection| {
        let key = lock_key("make", &name);
        connection.ask("SELECT pg_advisory_lock($1::bigint)", &[&key])?;
        let made = match exists(connection, &name) {
            Ok(true) => Ok(()),
            Ok(false) => make(server, connection, &name, case),
            Err(error) => Err(error),
        };
        let unlocked = connection.ask("SELECT pg_advisory_unlock($1::bigint)", &[&key]);
        made.and(unlocked.map(drop))
    })?;
    found.insert(name.clone());
    Ok(name)
}

fn exists(connection: &mut AnyConnection, name: &str) -> Result<bool> {
    let found = connection.ask("SELECT 1 FROM pg_database WHERE datname = $1", &[name])?;
    Ok(!found.is_empty())
}

/// Fills a database, and gives it the template's name when it is complete.
fn make(server: &Server, connection: &mut AnyConnection, name: &str, case: &Case) -> Result<()> {
    drop_oldest(server, connection)?;
    let database = server.create_from(None)?;
    let filled = fill(server, &database, case)
        .and_then(|()| connection.batch(&format!("ALTER DATABASE {database} RENAME TO {name}")));
    if filled.is_err() {
        let _ = server.drop(&database);
    }
    filled
}

fn fill(server: &Server, database: &str, case: &Case) -> Result<()> {
    let db = Db::connect(&server.url_of(database))?;
    case.fill(&db)?;
    // The server needs a moment until it has noticed that the connections are closed. Nothing can be copied before.
    drop(db);
    server.with(|connection| end_connections(connection, database))
}

/// Drops the oldest templates that no run uses.
fn drop_oldest(server: &Server, connection: &mut AnyConnection) -> Result<()> {
    let sql = "SELECT datname FROM pg_database WHERE datname LIKE $1 ORDER BY oid DESC OFFSET $2::integer";
    let pattern = server.prefix.template_pattern();
    let old = connection.ask(sql, &[&pattern, &TEMPLATES.to_string()])?;
    for name in old.into_iter().flatten().flatten() {
        let key = lock_key("template", &name);
        let locked = connection.ask("SELECT pg_try_advisory_lock($1::bigint)", &[&key])?;
        if locked.first().and_then(|row| row.first()?.as_deref()) == Some("t") {
            // What can't be dropped stays.
            let _ = server.drop(&name);
            connection.ask("SELECT pg_advisory_unlock($1::bigint)", &[&key])?;
        }
    }
    Ok(())
}
