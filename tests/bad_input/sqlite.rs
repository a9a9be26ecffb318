//! Files.

use std::fs;
use std::path::Path;
use std::time::Duration;

use mizzle::ErrorCode;
use mizzle::prelude::*;

use test_support::ticks::Stopwatch;

use crate::refused;

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Note {
    #[column(primary_key, auto)]
    pub id: i64,
    pub text: String,
}

mizzle::schema!(pub Notes = [Note]);

fn note(text: &str) -> NewNote {
    NewNote::builder().text(text).build()
}

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// A file with the tables and one row.
fn with_notes(path: &Path) {
    let db = Db::connect(&url(path)).unwrap();
    db.create_all::<Notes>().unwrap();
    db.insert(note("kept")).unwrap();
}

#[test]
fn paths_that_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing/blog.db");
    let error = refused(Db::connect(&url(&missing)), ErrorCode::DatabaseNotFound);
    assert!(error.troubleshooting()[0].contains("folder"), "{error:?}");
    assert!(!missing.exists());
    refused(Db::connect(&url(folder.path())), ErrorCode::DatabaseNotFound);
    let absent = folder.path().join("absent.db");
    let read_only = format!("{}?mode=ro", url(&absent));
    refused(Db::connect(&read_only), ErrorCode::DatabaseNotFound);
    assert!(!absent.exists());
    let no_create = format!("{}?mode=rw", url(&absent));
    refused(Db::connect(&no_create), ErrorCode::DatabaseNotFound);
    refused(Db::connect(&format!("{}?mode=nonsense", url(&absent))), ErrorCode::ConfigError);
}

#[test]
fn a_file_that_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    for content in ["s3cret, but no database".repeat(100), "x".repeat(10)] {
        fs::write(&path, &content).unwrap();
        let error = refused(Db::connect(&url(&path)), ErrorCode::DatabaseNotFound);
        assert!(error.troubleshooting().join(" ").contains("SQLite"), "{error:?}");
        assert!(!format!("{error:?}").contains("s3cret"));
        assert_eq!(fs::read_to_string(&path).unwrap(), content, "the file is left alone");
    }
    // An empty file is an empty database.
    fs::write(&path, "").unwrap();
    with_notes(&path);
}

#[test]
fn a_damaged_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.db");
    {
        let db = Db::connect(&url(&path)).unwrap();
        db.create_all::<Notes>().unwrap();
        db.insert_all((0..2000).map(|n| note(&n.to_string().repeat(50))).collect::<Vec<_>>())
            .unwrap();
        db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    }
    let mut bytes = fs::read(&path).unwrap();
    for byte in &mut bytes[8192..] {
        *byte = 0x5a;
    }
    fs::write(&path, bytes).unwrap();
    let db = Db::connect(&url(&path)).unwrap();
    let error = refused(Note::query().all(&db), ErrorCode::DatabaseNotFound);
    assert!(error.troubleshooting().join(" ").contains("backup"), "{error:?}");
}

#[test]
fn a_locked_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked.db");
    with_notes(&path);
    let holder = Db::connect(&url(&path)).unwrap();
    let timeout = Duration::from_millis(200);
    let db = Db::builder(&url(&path)).busy_timeout(timeout).connect().unwrap();
    holder
        .with_connection(|connection| {
            use diesel::connection::SimpleConnection;
            connection.batch_execute("BEGIN EXCLUSIVE")?;
            let start = Stopwatch::start();
            let error = refused(db.insert(note("x")), ErrorCode::InsertError);
            assert!(error.is_busy() && error.is_temporary(), "{error:?}");
            assert!(start.elapsed() >= timeout, "{start:?}");
            assert!(start.within(Duration::from_secs(3)), "{start:?}");
            let error = refused(db.transaction(|tx| tx.insert(note("x"))), ErrorCode::QueryError);
            assert!(error.is_busy(), "{error:?}");
            // The write-ahead log lets readers go on.
            assert_eq!(Note::query().count(&db)?, 1);
            connection.batch_execute("ROLLBACK")?;
            Ok(())
        })
        .unwrap();
    db.insert(note("x")).unwrap();
}

/// Without a write-ahead log, readers are locked out too, and so is whoever connects.
#[test]
fn a_file_that_is_locked_when_connecting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked.db");
    with_notes(&path);
    let holder = Db::builder(&url(&path)).pool_size(1).connect().unwrap();
    holder.execute_sql("PRAGMA journal_mode = DELETE").unwrap();
    holder
        .with_connection(|connection| {
            use diesel::connection::SimpleConnection;
            connection.batch_execute("BEGIN EXCLUSIVE")?;
            let builder = Db::builder(&url(&path)).busy_timeout(Duration::from_millis(100));
            let error = refused(builder.connect(), ErrorCode::QueryError);
            assert!(error.is_busy() && error.is_temporary(), "{error:?}");
            connection.batch_execute("ROLLBACK")?;
            Ok(())
        })
        .unwrap();
    assert_eq!(Note::query().count(&Db::connect(&url(&path)).unwrap()).unwrap(), 1);
}

fn takes_no_writes(db: &Db) {
    let row = Note::query().one(db).unwrap();
    assert_eq!(row.text, "kept");
    for error in [
        refused(db.insert(note("x")), ErrorCode::InsertError),
        refused(db.update(&row), ErrorCode::UpdateError),
        refused(db.delete(&row), ErrorCode::DeleteError),
        refused(db.execute_sql("CREATE TABLE more (id INT)"), ErrorCode::QueryError),
    ] {
        assert!(error.is_read_only() && !error.is_temporary(), "{error:?}");
    }
    assert!(db.transaction(|tx| tx.insert(note("x"))).unwrap_err().is_read_only());
    db.transaction_builder().read_only().run(|tx| Note::query().one(tx)).unwrap();
    assert_eq!(Note::query().count(db).unwrap(), 1);
}

#[test]
fn a_file_opened_for_reading() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("read.db");
    with_notes(&path);
    // A connection that a pool closes late keeps the log, which nobody reads who takes the file for immutable.
    Db::connect(&url(&path)).unwrap().execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    takes_no_writes(&Db::connect(&format!("{}?mode=ro", url(&path))).unwrap());
    takes_no_writes(&Db::connect(&format!("file:{}?mode=ro", path.display())).unwrap());
    takes_no_writes(&Db::connect(&format!("{}?immutable=1", url(&path))).unwrap());
    Db::connect(&url(&path)).unwrap().insert(note("again")).unwrap();
}

#[cfg(unix)]
mod permissions {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// The superuser may do what the permission bits forbid.
    fn are_ignored(folder: &Path) -> bool {
        let path = folder.join("probe");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        let ignored = fs::OpenOptions::new().write(true).open(&path).is_ok();
        fs::remove_file(&path).unwrap();
        if ignored {
            eprintln!("skipped: this user may write to read-only files");
        }
        ignored
    }

    #[test]
    fn a_read_only_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("read.db");
        with_notes(&path);
        if are_ignored(folder.path()) {
            return;
        }
        fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        takes_no_writes(&Db::connect(&url(&path)).unwrap());
        fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
        refused(Db::connect(&url(&path)), ErrorCode::DatabaseNotFound);
    }

    #[test]
    fn a_read_only_folder() {
        let folder = tempfile::tempdir().unwrap();
        if are_ignored(folder.path()) {
            return;
        }
        fs::set_permissions(folder.path(), Permissions::from_mode(0o500)).unwrap();
        refused(Db::connect(&url(&folder.path().join("new.db"))), ErrorCode::DatabaseNotFound);
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    }
}

#[test]
fn a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("full.db");
    with_notes(&path);
    let db = Db::builder(&url(&path)).pool_size(1).connect().unwrap();
    db.execute_sql("PRAGMA max_page_count = 12").unwrap();
    let rows: Vec<_> = (0..1000).map(|n| note(&n.to_string().repeat(100))).collect();
    let error = refused(db.insert_all(&rows), ErrorCode::InsertError);
    assert!(error.troubleshooting()[0].contains("disk"), "{error:?}");
    assert_eq!(Note::query().count(&db).unwrap(), 1);
    let result = db.transaction(|tx| {
        tx.insert(note("small"))?;
        tx.insert_all(&rows)
    });
    refused(result, ErrorCode::InsertError);
    assert_eq!(Note::query().count(&db).unwrap(), 1);
    db.insert(note("small")).unwrap();
}

/// What can be seen of a file that SQLite can't read is said.
#[test]
fn what_is_wrong_with_a_file_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.db");
    let made = folder.path().join("made.db");
    with_notes(&made);
    let database = fs::read(&made).unwrap();
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = database.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let noise: Vec<u8> =
        (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (bytes, says) in [
        (noise, "encrypted"),
        (b"id,name\n1,Ada\n".repeat(50), "text, not a database"),
        (with(18, &[9, 9]), "version 9 of the format"),
        (with(44, &[0, 0, 0, 9]), "version 9 of the schema's format"),
    ] {
        fs::write(&path, bytes).unwrap();
        let error = Db::connect(&url(&path)).unwrap_err();
        let hints = error.troubleshooting().join("; ");
        assert!(hints.contains(says), "{says}: {error:?}");
    }
}
