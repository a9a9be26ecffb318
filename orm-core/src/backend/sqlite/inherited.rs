//! Files that a forked process has inherited open.
//!
//! SQLite keeps the locks of a file for the process as a whole, and the system passes none of them to a child. Another
//! connection to such a file would rely on locks that nobody holds, and could lose its commits
//! (<https://sqlite.org/howtocorrupt.html>, "carrying an open database connection across a fork").

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::backend::process::Process;
use crate::error::{Error, ErrorKind, Result};

/// A file, whatever its path.
type File = (u64, u64);

/// The number of connections to each file, and their process.
static OPEN: Mutex<Option<HashMap<File, (Process, usize)>>> = Mutex::new(None);

/// Counts a connection to a file until it is dropped.
#[derive(Debug)]
pub(super) struct Opened(Option<File>);

impl Opened {
    /// Returns `None` for a database that isn't in a file.
    ///
    /// # Errors
    /// For a file that was open when this process was forked.
    pub(super) fn new(path: Option<&str>) -> Result<Self> {
        let Some(file) = path.and_then(identity) else {
            return Ok(Self(None));
        };
        let now = Process::current();
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let (process, count) = open.get_or_insert_default().entry(file).or_insert((now, 0));
        if *process != now {
            return Err(Error::new(
                ErrorKind::Config,
                "the database's file was open when this process was forked, so SQLite's locks don't protect it in this \
                 process",
            )
            .with_hint("fork before the first connection to the file, or run another program in the child"));
        }
        *count += 1;
        Ok(Self(Some(file)))
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let Some(file) = self.0 else { return };
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(files) = open.as_mut() else { return };
        if let Some((process, count)) = files.get_mut(&file)
            && process.is_current()
        {
            *count -= 1;
            if *count == 0 {
                files.remove(&file);
            }
        }
    }
}

#[cfg(unix)]
fn identity(path: &str) -> Option<File> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Other systems don't fork.
#[cfg(not(unix))]
fn identity(_: &str) -> Option<File> {
    None
}
