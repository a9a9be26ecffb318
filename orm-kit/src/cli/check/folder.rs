//! Checks the folder: whether it is complete and leads to the structs.

use super::super::Session;
use super::super::answers::difference;
use super::super::failure::Failure;
use super::{Finding, Findings, wrong};
use crate::folder::{Folder, FolderError};

impl Session {
    pub(super) fn check_folder(
        &self,
        folder: &Folder,
        findings: &mut Findings,
    ) -> Result<(), Failure> {
        let latest = match folder.latest() {
            Ok(latest) => latest,
            Err(error) => {
                let kind = match error {
                    FolderError::Branches { .. } => "branches",
                    _ => "folder",
                };
                findings.push(wrong(folder.dialect, kind, error.to_string()));
                return Ok(());
            }
        };
        let from = latest.map(|snapshot| snapshot.tables.as_slice()).unwrap_or_default();
        let missing = difference(from, &self.tables_of(folder.dialect))?;
        if !missing.is_empty() {
            findings.push(Finding {
                details: missing.summary(),
                ..wrong(
                    folder.dialect,
                    "missing_migration",
                    "the structs have changed since the last migration: run `generate`",
                )
            });
        }
        Ok(())
    }
}
