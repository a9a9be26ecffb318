//! Checks the database: whether it matches the folder's migrations and the schema that they lead to.

use orm_core::Db;
use orm_core::migration::{MigrationState, MigrationStatus};

use super::super::Session;
use super::super::answers::difference;
use super::super::failure::Failure;
use super::{About, Finding, Findings, Severity, wrong};
use crate::folder::Folder;
use crate::introspect::{Introspected, accepted_form, introspect_for, without};
use crate::managed::{Asked, Managed, managed_views};

impl Session {
    pub(super) fn check_with_database(&self, findings: &mut Findings) -> Result<(), Failure> {
        let db = self.connect()?;
        let folder = Folder::read(&self.dir, db.dialect())?;
        if folder.migrations.is_empty() {
            // The database was updated by `push`, or is still to be updated.
            return self.check_drift(&db, None, findings);
        }
        self.check_folder(&folder, findings)?;
        let migrations = self.migrations()?;
        let status = db.migrator(&migrations).status()?;
        for one in &status {
            findings.extend(history(&db, one));
        }
        let is_pending = |version: &str| {
            status.iter().any(|one| one.version == version && one.state == MigrationState::Pending)
        };
        let (pending, applied): (Vec<usize>, Vec<usize>) = (0..folder.migrations.len())
            .partition(|position| is_pending(folder.migrations[*position].sql.version()));
        self.check_pending(&folder, pending, findings);
        let applied = applied.last().map_or(0, |last| last + 1);
        self.check_drift(&db, Some((&folder, applied)), findings)
    }

    /// Compares the database with its expected schema: the one after its applied migrations, or the one of the
    /// structs.
    fn check_drift(
        &self,
        db: &Db,
        applied: Option<(&Folder, usize)>,
        findings: &mut Findings,
    ) -> Result<(), Failure> {
        let (wanted, name) = match applied {
            None => (self.tables.as_slice(), "the structs"),
            Some((folder, count)) => {
                let snapshot = folder.snapshot_after(count);
                (
                    snapshot.map(|snapshot| &*snapshot.tables).unwrap_or_default(),
                    "the migrations that it has had",
                )
            }
        };
        let declared = wanted;
        let (wanted, refused) = accepted_form(db, declared)?;
        let remembered = self.remembered(db)?;
        let known = [wanted.as_slice(), remembered.as_slice()].concat();
        let Introspected { tables, views, .. } = introspect_for(db, &known)?;
        let found = without(&tables, &refused);
        findings.extend(refused.iter().map(|one| Finding {
            details: vec![
                "it can't be compared: give the database what it needs, or change it".to_owned(),
            ],
            ..wrong(db.dialect(), "refused", one.to_string())
        }));
        let asked = Asked::default();
        let managed = Managed::new(&found, &wanted, &remembered, &asked, db.dialect());
        let mut differences = managed.carry(difference(&managed.tables, &wanted)?);
        differences.views = managed_views(db, &views, &without(declared, &refused), &remembered)?;
        let differences = differences.inverse();
        if !differences.is_empty() {
            findings.push(Finding {
                details: differences.summary(),
                ..wrong(
                    db.dialect(),
                    "drift",
                    format!("the database is not what {name} say: it differs by"),
                )
            });
        }
        findings.extend(managed.others().into_iter().map(|note| Finding {
            severity: Severity::Note,
            kind: "unmanaged",
            dialect: db.dialect(),
            about: About::All,
            message: note.to_string(),
            details: Vec::new(),
        }));
        Ok(())
    }
}

/// Returns what is wrong with a migration in the history, if anything.
fn history(db: &Db, one: &MigrationStatus) -> Option<Finding> {
    let (severity, kind, message) = match one.state {
        MigrationState::Edited => (
            Severity::Error,
            "edited",
            "its files were edited after it was applied: undo the edit, and write a new migration instead",
        ),
        MigrationState::Missing => (
            Severity::Error,
            "missing",
            "it is applied, but not in the folder: restore it from version control",
        ),
        MigrationState::Pending if one.out_of_order => (
            Severity::Warning,
            "out_of_order",
            "it is older than an applied one; `migrate` applies it anyway",
        ),
        _ => return None,
    };
    Some(Finding {
        severity,
        kind,
        dialect: db.dialect(),
        about: About::Migration(one.directory.clone()),
        message: message.into(),
        details: Vec::new(),
    })
}
