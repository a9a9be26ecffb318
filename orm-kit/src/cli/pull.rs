//! `pull`: writes structs for a database.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::args::Pull;
use super::failure::Failure;
use super::ui::{counted, good, strong};
use super::{Outcome, Report, Session};
use crate::introspect::introspect_rows;
use crate::pull::pull;

impl Session {
    pub(super) fn pull(&self, options: &Pull) -> Outcome {
        let db = self.connect_to_existing()?;
        let pulled = pull(&introspect_rows(&db)?, db.dialect());
        if pulled.tables.is_empty() {
            // They say why.
            for warning in &pulled.warnings {
                self.ui.warning(warning);
            }
            let message =
                format!("{} has no table that a struct could describe", self.database_name());
            return Err(Failure::new("NOTHING_TO_PULL", message)
                .with_hint("check that the URL names the right database"));
        }
        let baseline = match options.baseline {
            true => Some(self.plan_baseline(&db, options.dialect.unwrap_or(db.dialect()))?),
            false => None,
        };
        match &options.out {
            Some(path) => {
                write(path, &pulled.source, options.force)?;
                let views = pulled.tables.iter().filter(|table| table.is_view()).count();
                let mut what = counted(pulled.tables.len() - views, "table");
                if views > 0 {
                    what.push_str(&format!(" and {}", counted(views, "view")));
                }
                let shown = strong(path.display());
                self.ui.line(format_args!("{} {shown}, with {what}", good("Wrote")));
            }
            None => self.ui.line(pulled.source.trim_end()),
        }
        for warning in &pulled.warnings {
            self.ui.warning(warning);
        }
        let migration = match &baseline {
            Some(folder) => Some(self.baseline(&db, folder, &pulled.tables)?),
            None => None,
        };
        let warnings: Vec<Value> = pulled
            .warnings
            .iter()
            .map(|note| json!({ "table": note.table, "column": note.column, "what": note.what }))
            .collect();
        Ok(Report::done(json!({
            "out": options.out,
            "source": pulled.source,
            "warnings": warnings,
            "migration": migration,
        })))
    }
}

/// Writes the file, and refuses to overwrite it unless `force` is set.
fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let file = match force {
        true => File::create(path),
        false => OpenOptions::new().write(true).create_new(true).open(path),
    };
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let failure = Failure::of_file("write", path, &error);
        match error.kind() {
            io::ErrorKind::AlreadyExists => failure.with_hint("pass `--force` to overwrite it"),
            _ => failure,
        }
    })
}
