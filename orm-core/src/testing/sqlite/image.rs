//! Filled databases, to be copied. They stay in the temporary folder, for other test programs and later runs.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::super::case::Case;
use super::folder::{self, Run};
use super::{failed, settings};
use crate::error::{Error, ErrorKind, Result};

/// The images that this program has found or made, by the hash of their contents.
static FOUND: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);

/// Returns the image, made if there is none. Other tests wait meanwhile.
pub(super) fn find(run: &Run, hash: &str, case: &Case) -> Result<PathBuf> {
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let found = found.get_or_insert_default();
    if let Some(image) = found.get(hash) {
        return Ok(image.clone());
    }
    let image = run.image(hash);
    // Whoever opens it for writing shows that it is in use, so that it isn't among the oldest ones.
    let is_there = File::options().write(true).open(&image).map(|file| {
        let _ = file.set_modified(SystemTime::now());
    });
    if is_there.is_err() {
        make(run, &image, hash, case)?;
    }
    found.insert(hash.to_owned(), image.clone());
    Ok(image)
}

/// Forgets an image that is gone.
pub(super) fn forget(hash: &str) {
    if let Some(found) = &mut *FOUND.lock().unwrap_or_else(PoisonError::into_inner) {
        found.remove(hash);
    }
}

/// Waits until the last connection is closed, which puts everything into the one file. A thread of the pool may still have
/// been opening one.
fn is_closed(file: &Path) -> bool {
    const PATIENCE: Duration = Duration::from_secs(10);
    let start = Instant::now();
    while folder::is_in_use(file) {
        if start.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Fills a file, and gives it the image's name when it is complete. If two programs do so at once, either file will do.
fn make(run: &Run, image: &Path, hash: &str, case: &Case) -> Result<()> {
    let file = run.new_file("", &format!("image.{hash}"))?;
    let db = settings(&file)?.connect()?;
    let filled = case.fill(&db);
    drop(db);
    let made = filled.and_then(|()| {
        if !is_closed(&file) {
            let message = "a connection to the image of a test's database is still open";
            return Err(Error::new(ErrorKind::Config, message)
                .with_hint("what makes the tables must not keep a handle to the database"));
        }
        fs::rename(&file, image).map_err(|error| failed("rename", &file, &error))
    });
    folder::remove(&file).and(made)
}
