//! A connection while migrations run on it.

use super::history::scalar;
use crate::backend::AnyConnection;
use crate::dialect::Migrating;
use crate::error::Result;

/// The connection's settings, as they must be between migrations and afterwards.
#[derive(Debug)]
pub(super) struct Session {
    settings: Vec<(&'static str, String)>,
}

impl Session {
    /// Prepares the connection, which is closed afterwards.
    pub(super) fn begin(connection: &mut AnyConnection) -> Result<Self> {
        let ways = ways(connection);
        connection.retire(String::new());
        connection.lift_time_limit()?;
        let mut settings = Vec::new();
        // A run that is cancelled can't restore anything by itself.
        let mut restore = String::from(ways.restore);
        for name in ways.settings {
            if let Some(value) = scalar(connection, &format!("PRAGMA {name}"), &[])? {
                restore.push_str(&format!("; PRAGMA {name} = {value}"));
                settings.push((*name, value));
            }
        }
        connection.retire(format!("{restore}; {}", ways.finish));
        if !ways.prepare.is_empty() {
            connection.batch(ways.prepare)?;
        }
        prepare_if_known(connection);
        Ok(Self { settings })
    }

    /// Undoes the settings of a script. Call it outside a transaction.
    pub(super) fn restore(&self, connection: &mut AnyConnection) -> Result<()> {
        // The session may belong to somebody else by now: see `leave`.
        if connection.is_pooled() {
            return Ok(());
        }
        for (name, value) in &self.settings {
            connection.batch(&format!("PRAGMA {name} = {value}"))?;
        }
        connection.renew()?;
        prepare_if_known(connection);
        Ok(())
    }

    /// Undoes the settings of a script at the end of its transaction, if somebody else gets the session next.
    pub(super) fn leave(connection: &mut AnyConnection) -> Result<()> {
        if connection.is_pooled() {
            connection.batch(ways(connection).restore)?;
            connection.batch(ways(connection).leave)?;
        }
        Ok(())
    }

    /// Restores the connection.
    pub(super) fn end(self, connection: &mut AnyConnection) -> Result<()> {
        self.restore(connection)?;
        let finish = ways(connection).finish;
        if finish.is_empty() { Ok(()) } else { connection.batch(finish) }
    }
}

fn ways(connection: &AnyConnection) -> &'static Migrating {
    &connection.dialect().capabilities().migrations
}

fn prepare_if_known(connection: &mut AnyConnection) {
    let sql = ways(connection).prepare_if_known;
    if !sql.is_empty() && !connection.is_pooled() {
        let _ = connection.batch(sql);
    }
}
