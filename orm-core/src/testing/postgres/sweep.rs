//! Removes what earlier runs left behind.

use std::collections::HashMap;

use super::names::{label_in, lock_key};
use super::server::Server;
use crate::error::Result;

/// Drops the databases of runs that have ended without dropping them, as those that crashed do. Those of failed tests stay,
/// and the server remembers them.
pub(super) fn sweep(server: &Server) -> Result<()> {
    let sql = "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database \
               WHERE datname LIKE $1 AND datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user)";
    let found = server.with(|connection| connection.ask(sql, &[&server.prefix.pattern()]))?;
    let mut runs: HashMap<&str, Vec<(&str, Option<&str>)>> = HashMap::new();
    for row in &found {
        let [Some(database), comment] = row.as_slice() else { continue };
        if let Some(run) = server.prefix.run(database).filter(|run| *run != server.run()) {
            runs.entry(run).or_default().push((database, comment.as_deref()));
        }
    }
    for (run, databases) in runs {
        let key = lock_key("run", run);
        // One connection from here to there: a lock belongs to a session.
        server.with(|connection| {
            let locked = connection.ask("SELECT pg_try_advisory_lock($1::bigint)", &[&key])?;
            if locked.first().and_then(|row| row.first()?.as_deref()) != Some("t") {
                return Ok(());
            }
            for (database, comment) in databases {
                match comment.and_then(label_in) {
                    Some(label) => server.remember(label, database),
                    // What can't be dropped stays for the next run.
                    None => drop(server.drop(database)),
                }
            }
            connection.ask("SELECT pg_advisory_unlock($1::bigint)", &[&key]).map(drop)
        })?;
    }
    Ok(())
}
