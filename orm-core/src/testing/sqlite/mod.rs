//! Tests on SQLite: a file for each, copied from the image of a filled one.
//!
//! A file, not a database in memory: that would have one connection, so a test could not see what a program does with
//! several. The files are in the system's temporary folder, which is local and often in memory, and nothing waits until
//! they are on a disk. So a test costs hardly more than one in memory.

mod folder;
mod image;

use std::fs;
use std::io::ErrorKind as IoKind;
use std::path::{Path, PathBuf};

use self::folder::Run;
use super::case::Case;
use super::fresh::Fresh;
use super::run::{Copy, run};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::handle::{Db, DbBuilder};

/// Runs a test on SQLite.
///
/// # Panics
/// If the test panics, and if there is no database for it.
pub fn on_sqlite(case: &Case, name: &'static str, test: &mut dyn FnMut(&Fresh)) {
    run::<FileCopy>(case, name, test);
}

/// The file of a test.
struct FileCopy {
    file: PathBuf,
}

impl Copy for FileCopy {
    fn make(case: &Case, name: &'static str) -> Result<(Self, Fresh)> {
        let run = Run::get()?;
        let hash = case.hash(Dialect::Sqlite)?;
        let file = run.new_file(case.package, name)?;
        // What cleans the temporary folder may remove an image.
        for is_last in [false, true] {
            let image = image::find(run, &hash, case)?;
            match fs::copy(&image, &file) {
                Ok(_) => break,
                Err(error) if error.kind() == IoKind::NotFound && !is_last => image::forget(&hash),
                Err(error) => return Err(failed("copy", &image, &error)),
            }
        }
        let settings = settings(&file)?;
        let db = settings.clone().connect()?;
        Ok((Self { file }, Fresh { db, settings }))
    }

    fn remove(self) -> Result<()> {
        folder::remove(&self.file)
    }

    fn keep(self) -> Result<String> {
        folder::mark_as_kept(&self.file)?;
        url(&self.file).map(|url| crate::backend::sanitize_url(&url))
    }
}

/// Returns how to connect to a file that nobody needs after a power failure.
fn settings(file: &Path) -> Result<DbBuilder> {
    let settings = Db::builder(&url(file)?);
    Ok(settings.on_connect(|connection| connection.ask("PRAGMA synchronous = OFF", &[]).map(drop)))
}

fn url(file: &Path) -> Result<String> {
    match file.to_str() {
        // What follows would be parameters.
        Some(path) if !path.contains(['?', '#']) => Ok(format!("sqlite:{path}")),
        _ => Err(Error::new(
            ErrorKind::Config,
            format!("the path of the temporary folder, {}, can't be part of a URL", file.display()),
        )
        .with_hint("set the environment variable TMPDIR to a folder with a simple name")),
    }
}

/// Returns the error of a file that could not be used.
fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    let message = format!("can't {what} {}: {error}", path.display());
    Error::new(ErrorKind::Config, message).with_hint(
        "tests on SQLite need a writable temporary folder; the environment variable TMPDIR names one",
    )
}
