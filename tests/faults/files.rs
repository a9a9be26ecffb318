//! Files that are removed, replaced and cut while they are open.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use mizzle::prelude::*;
use mizzle::{Error, ErrorCategory};

use crate::work::prepare;
use crate::{Writer, writers};

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

fn opened(test: impl FnOnce(&Db, &Path)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("open.db");
    prepare(&url(&path));
    let db = Db::builder(&url(&path)).pool_size(2).connect().unwrap();
    assert_eq!(db.count(writers::table).unwrap(), 4);
    test(&db, &path);
}

fn beside(path: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", path.display()))
}

#[track_caller]
fn is_about_the_file(error: &Error) {
    let category = error.category();
    assert!(
        matches!(category, ErrorCategory::DatabaseNotFound | ErrorCategory::UnknownError),
        "{error:?}"
    );
    assert!(!error.troubleshooting().is_empty(), "{error:?}");
}

/// What is no database any more, or not all of it: never a wrong row.
#[test]
fn a_file_that_is_cut() {
    for length in [0, 1, 99, 512, 4096, 4097, 8192] {
        opened(|db, path| {
            File::options().write(true).open(path).unwrap().set_len(length).unwrap();
            let rows = || Writer::query().order_by(writers::id).all(db);
            for _ in 0..2 {
                match rows() {
                    // What was read before is in memory.
                    Ok(rows) => assert_eq!(rows.len(), 4, "{length}"),
                    Err(error) => is_about_the_file(&error),
                }
                if let Err(error) = db.insert(Writer { id: 9, name: "nine".into() }) {
                    let is_schema = error.category() == ErrorCategory::SchemaError;
                    assert!(
                        is_schema || {
                            is_about_the_file(&error);
                            true
                        }
                    );
                }
            }
        });
    }
}

/// Another file of the same name, as by a restored backup that is moved there: who has the old one open keeps to it, and
/// does no harm to the new one.
#[test]
fn a_file_that_is_replaced() {
    opened(|db, path| {
        let other = path.with_file_name("other.db");
        prepare(&url(&other));
        Db::connect(&url(&other)).unwrap().delete_by_key::<Writer>(1).unwrap();
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(beside(path, end));
        }
        fs::rename(&other, path).unwrap();
        for _ in 0..2 {
            match db.insert(Writer { id: 9, name: "nine".into() }) {
                Ok(_) => assert_eq!(db.count(writers::table).unwrap(), 5),
                Err(error) => is_about_the_file_or_done(&error),
            }
            let found = Db::connect(&url(path)).unwrap().count(writers::table).unwrap();
            assert_eq!(found, 3, "the new file");
        }
    });
}

fn is_about_the_file_or_done(error: &Error) {
    if !error.is_unique_violation() && !error.is_read_only() {
        is_about_the_file(error);
    }
}

#[test]
fn a_folder_that_is_removed() {
    opened(|db, path| {
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        assert_eq!(db.count(writers::table).unwrap(), 4);
        if let Err(error) = db.insert(Writer { id: 9, name: "nine".into() }) {
            is_about_the_file_or_done(&error);
        }
        // A new connection has nothing to open.
        is_about_the_file(&Db::connect(&url(path)).unwrap_err());
    });
}
