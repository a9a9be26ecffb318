//! The migrations that a new one would follow although no database may have had them.

use orm_core::Dialect;
use orm_core::migration::MigrationState;
use orm_core::schema::TableDef;

use super::Session;
use super::failure::Failure;
use crate::folder::Folder;

/// The newest migrations of a folder, if they may be applied nowhere.
pub(super) struct Unapplied {
    /// Their folders' names, in order.
    pub(super) migrations: Vec<String>,
    /// The database that hasn't had them, or `None` if none could be asked.
    database: Option<String>,
}

impl Session {
    /// Returns the newest migrations if the database hasn't had them. If no database can be asked, returns the newest
    /// one if the structs take back some of what it does, as after a refusal.
    pub(super) fn unapplied(&self, folders: &[Folder]) -> Option<Unapplied> {
        let asked = self.url.as_ref().and_then(|_| self.pending(folders).ok());
        let (migrations, database) = match asked {
            Some(pending) => (pending, Some(self.database_name())),
            None => {
                let corrected =
                    folders.iter().find(|folder| corrects(folder, &self.tables_of(folder.dialect)));
                let newest = corrected.and_then(|folder| folder.migrations.last())?;
                (vec![newest.sql.directory().to_owned()], None)
            }
        };
        (!migrations.is_empty()).then_some(Unapplied { migrations, database })
    }

    /// Returns the migrations after the last one that the database has had; none if it has had none, as a database that
    /// is still to be set up.
    fn pending(&self, folders: &[Folder]) -> Result<Vec<String>, Failure> {
        let dialect = self.url.as_deref().and_then(Dialect::of_url);
        let Some(folder) = folders.iter().find(|folder| Some(folder.dialect) == dialect) else {
            return Err(Failure::new("CONFIG_ERROR", "the database is of another dialect"));
        };
        let db = self.connect_briefly()?;
        let status = db.migrator(&self.migrations()?).status()?;
        let is_pending = |version: &str| {
            status.iter().any(|one| one.version == version && one.state == MigrationState::Pending)
        };
        if status.iter().all(|one| one.state == MigrationState::Pending) {
            return Ok(Vec::new());
        }
        let pending =
            folder.migrations.iter().rev().take_while(|one| is_pending(one.sql.version()));
        let mut names: Vec<String> = pending.map(|one| one.sql.directory().to_owned()).collect();
        names.reverse();
        Ok(names)
    }
}

impl Unapplied {
    /// Returns what to do about them, for people, once another one follows.
    pub(super) fn line(&self) -> String {
        let names = self.migrations.join(", ");
        let (is, it, they) = match self.migrations.len() {
            1 => ("is", "it", "both"),
            _ => ("are", "one of them", "all"),
        };
        let times = self.migrations.len() + 1;
        let undo = format!(
            "run `undo` {times} times, which removes the files of {they}, and then `generate`, which writes one \
             migration instead"
        );
        match &self.database {
            Some(database) => format!(
                "{names} {is} not applied in {database}, and `migrate` runs {} before the new one; if {it} was \
                 refused, {undo}",
                if times == 2 { "it" } else { "them" }
            ),
            None => format!(
                "the new migration changes again what {names} changes, and no database can be asked whether that is \
                 applied; if it was refused, {undo}"
            ),
        }
    }
}

/// Returns whether the tables differ in something that the newest migration has changed in a table that had been there
/// before, where rows could have been in the way.
fn corrects(folder: &Folder, tables: &[TableDef]) -> bool {
    let newest = folder.migrations.last().and_then(|newest| newest.snapshot.as_ref());
    let Some(after) = newest else { return false };
    let Some(before) = folder.parent_of(after) else { return false };
    after.tables.iter().any(|after| {
        let is_same = |table: &&TableDef| table.name == after.name;
        let Some(before) = before.tables.iter().find(is_same) else { return false };
        let now = tables.iter().find(is_same);
        macro_rules! any_corrected {
            ($($parts:ident),*) => {
                $(after.$parts.iter().any(|part| {
                    !before.$parts.contains(part)
                        && now.is_none_or(|now| !now.$parts.contains(part))
                }))||*
            };
        }
        any_corrected!(columns, uniques, checks, foreign_keys, indexes)
    })
}
