//! `diagram`: the tables of the structs, drawn.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

use super::args::{Diagram, DiagramFormat};
use super::failure::Failure;
use super::ui::{good, strong};
use super::{Exit, Outcome, Report, Session};
use crate::diagram::{Format, diagram, is_diagram};

impl Session {
    pub(super) fn diagram(&self, options: &Diagram) -> Outcome {
        let format = format(options)?;
        let text = diagram(&self.tables, format);
        let Some(path) = &options.out else {
            self.ui.line(text.trim_end());
            return Ok(Report::done(json!({ "out": null, "diagram": text })));
        };
        let found = read(path)?;
        let is_same = found.as_deref() == Some(&*text);
        let shown = strong(path.display());
        if is_same {
            self.ui.line(format_args!("{shown} is up to date"));
        } else if options.check {
            let state = if found.is_some() { "differs from the structs" } else { "is missing" };
            self.ui.line(format_args!("{shown} {state}; run `diagram --out` without `--check`"));
        } else {
            if found.is_some_and(|found| !is_diagram(&found)) && !options.force {
                let message =
                    format!("can't write {}: it exists, and is no diagram", path.display());
                return Err(
                    Failure::new("FILE_ERROR", message).with_hint("pass `--force` to overwrite it")
                );
            }
            fs::write(path, &text).map_err(|error| Failure::of_file("write", path, &error))?;
            self.ui.line(format_args!("{} {shown}", good("Wrote")));
        }
        let exit = if options.check && !is_same { Exit::Failed } else { Exit::Done };
        Ok(Report { exit, json: json!({ "out": path, "changed": !is_same, "diagram": text }) })
    }
}

/// Returns the text of a file, if there is one. A file that is no text is as one that is no diagram.
fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::of_file("read", path, &error)),
    }
}

fn format(options: &Diagram) -> Result<Format, Failure> {
    let format = match options.format {
        Some(DiagramFormat::Mermaid) => Format::Mermaid,
        Some(DiagramFormat::Dbml) => Format::Dbml,
        Some(DiagramFormat::Svg) => Format::Svg,
        None => match options.out.as_deref().map(Path::extension) {
            None => Format::Mermaid,
            Some(extension) => match extension.and_then(|extension| extension.to_str()) {
                Some("mmd" | "mermaid") => Format::Mermaid,
                Some("dbml") => Format::Dbml,
                Some("svg") => Format::Svg,
                _ => {
                    return Err(Failure::answer_needed(
                        "which language? Pass `--format mermaid`, `--format dbml` or `--format svg`, or end the \
                         file's name with .mmd, .dbml or .svg",
                    ));
                }
            },
        },
    };
    Ok(format)
}
