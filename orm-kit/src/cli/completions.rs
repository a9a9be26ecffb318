//! `completions`: what a shell needs to complete the arguments.

use std::env;
use std::path::Path;

use clap::CommandFactory;
use serde_json::json;

use super::args::{Arguments, Completions};
use super::{Outcome, Report, Session};

impl Session {
    pub(super) fn completions(&self, options: &Completions) -> Outcome {
        let program = env::args_os().next();
        let name = program.as_deref().map(Path::new).and_then(Path::file_stem);
        let name = name.map_or_else(|| "db".into(), |name| name.to_string_lossy().into_owned());
        let mut script = Vec::new();
        clap_complete::generate(options.shell, &mut Arguments::command(), name, &mut script);
        let script = String::from_utf8_lossy(&script);
        self.ui.line(script.trim_end());
        Ok(Report::done(json!({ "shell": options.shell.to_string(), "script": script })))
    }
}
