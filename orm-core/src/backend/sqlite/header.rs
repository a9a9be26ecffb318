//! What the first bytes of a file say about why SQLite can't read it.

use std::ffi::CStr;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

use libsqlite3_sys as ffi;

use crate::error::Error;

/// The text that each database begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// The highest version of the format that SQLite 3 reads.
const VERSION: u8 = 2;
/// The highest version of the schema's format.
const SCHEMA: u32 = 4;
/// The version of the write-ahead log.
const WAL: u32 = 3_007_000;

/// Adds to an error of the first read what is wrong with the file, so far as it can be seen.
pub(super) fn explain(database: NonNull<ffi::sqlite3>, error: Error) -> Error {
    match path(database).and_then(|path| problem(&path)) {
        Some(problem) => error.with_hint(problem),
        None => error,
    }
}

/// Returns the path of the file that the connection has opened.
fn path(database: NonNull<ffi::sqlite3>) -> Option<PathBuf> {
    // SAFETY: the connection is open; the text is valid as long as it is, and is copied.
    let name = unsafe { ffi::sqlite3_db_filename(database.as_ptr(), c"main".as_ptr()) };
    if name.is_null() {
        return None;
    }
    // SAFETY: it isn't NULL, and ends with a NUL.
    let name = unsafe { CStr::from_ptr(name) }.to_str().ok()?;
    (!name.is_empty()).then(|| name.into())
}

fn problem(path: &Path) -> Option<String> {
    let start = start(path)?;
    if start.is_empty() {
        return None;
    }
    if !start.starts_with(MAGIC) {
        let is_text = start.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'));
        let what = if is_text {
            "the file is text, not a database: check the path"
        } else {
            "the file doesn't begin like a database: it is another file, or it is encrypted, as by SQLCipher, which this SQLite \
             can't read: decrypt it with the program that made it (in SQLCipher by `sqlcipher_export`)"
        };
        return Some(what.into());
    }
    let byte = |at: usize| start.get(at).copied();
    let number = |bytes: &[u8], at: usize| {
        bytes.get(at..at + 4).and_then(|four| Some(u32::from_be_bytes(four.try_into().ok()?)))
    };
    let newer = "a newer SQLite or another program made it: open it with that, and copy it with `VACUUM INTO` or `.dump`";
    match (byte(18), byte(19), number(&start, 44)) {
        (Some(write), Some(read), _) if write.max(read) > VERSION => {
            return Some(format!(
                "the file has version {} of the format, and this SQLite reads up to {VERSION}: {newer}",
                write.max(read)
            ));
        }
        (_, _, Some(schema)) if schema > SCHEMA => {
            return Some(format!(
                "the file has version {schema} of the schema's format, and this SQLite reads up to {SCHEMA}: {newer}"
            ));
        }
        _ => {}
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let version = self::start(Path::new(&log)).and_then(|start| number(&start, 4))?;
    (version != WAL).then(|| {
        format!(
            "the write-ahead log beside the file has version {version}, and this SQLite reads {WAL}: close the database with the \
             program that wrote it, which removes the log"
        )
    })
}

/// Returns the first bytes of a file.
fn start(path: &Path) -> Option<Vec<u8>> {
    let mut start = Vec::new();
    File::open(path).ok()?.take(100).read_to_end(&mut start).ok()?;
    Some(start)
}
