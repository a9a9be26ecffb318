//! Files that are removed, replaced and cut while they are open.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;

use mizzle::prelude::*;
use mizzle::{Error, ErrorCategory};

use crate::work::prepare;
use crate::{Writer, writers};

/// The URL of a file.
pub fn url(path: &Path) -> String {
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

/// The name of another part of a database.
pub fn beside(path: &Path, end: &str) -> PathBuf {
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

/// Another file of the same name, as by a restored backup that is moved there: nothing is written to the old file, which
/// nobody would find again, and then the new one is used.
#[test]
fn a_file_that_is_replaced() {
    fn nine() -> Writer {
        Writer { id: 9, name: "nine".into() }
    }
    type Write = fn(&Db) -> mizzle::Result<()>;
    let writes: [Write; 5] = [
        |db| db.insert(nine()).map(drop),
        |db| db.transaction(|tx| tx.insert(nine())).map(drop),
        |db| db.upsert(nine()).map(drop),
        |db| db.insert_all([nine()]).map(drop),
        |db| db.execute_sql("INSERT INTO writers (id, name) VALUES (9, 'nine')"),
    ];
    for write in writes {
        for removed in [&[][..], &["-wal", "-shm"]] {
            opened(|db, path| {
                let other = path.with_file_name("other.db");
                prepare(&url(&other));
                Db::connect(&url(&other)).unwrap().delete_by_key::<Writer>(1).unwrap();
                for end in removed {
                    let _ = fs::remove_file(beside(path, end));
                }
                fs::rename(&other, path).unwrap();
                is_moved(&write(db).unwrap_err());
                if removed.is_empty() {
                    // The new file is beside the log of the old one, which SQLite may take for its.
                    return;
                }
                let new = || Db::connect(&url(path)).unwrap().count(writers::table).unwrap();
                assert_eq!(new(), 3);
                // Each connection of the pool finds it.
                let count = |db: &Db| db.count(writers::table);
                db.transaction(|tx| {
                    let other = thread::scope(|scope| scope.spawn(|| count(db)).join().unwrap())?;
                    assert_eq!((tx.count(writers::table)?, other), (3, 3));
                    Ok(())
                })
                .unwrap();
                write(db).unwrap();
                assert_eq!(new(), 4);
                assert_eq!(db.count(writers::table).unwrap(), 4);
            });
        }
    }
}

#[test]
fn a_file_that_is_moved_or_deleted() {
    for moves in [true, false] {
        opened(|db, path| {
            let elsewhere = path.with_file_name("elsewhere.db");
            for end in ["", "-wal", "-shm"] {
                if moves {
                    let _ = fs::rename(beside(path, end), beside(&elsewhere, end));
                } else {
                    let _ = fs::remove_file(beside(path, end));
                }
            }
            assert_eq!(db.count(writers::table).unwrap(), 4);
            is_moved(&db.insert(Writer { id: 9, name: "nine".into() }).unwrap_err());
            if moves {
                assert_eq!(
                    Db::connect(&url(&elsewhere)).unwrap().count(writers::table).unwrap(),
                    4
                );
            }
        });
    }
}

#[track_caller]
fn is_moved(error: &Error) {
    assert_eq!(error.category(), ErrorCategory::DatabaseNotFound, "{error:?}");
    assert!(error.to_string().contains("moved"), "{error:?}");
    assert!(!error.troubleshooting().is_empty(), "{error:?}");
}

#[test]
fn a_folder_that_is_removed() {
    opened(|db, path| {
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        assert_eq!(db.count(writers::table).unwrap(), 4);
        is_moved(&db.insert(Writer { id: 9, name: "nine".into() }).unwrap_err());
        // A new connection has nothing to open.
        is_about_the_file(&Db::connect(&url(path)).unwrap_err());
    });
}
