//! Files whose bytes were changed by a disk, a copy or another program, or that lack a part: never a panic, and an error
//! wherever SQLite itself finds the damage.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_int};
use std::fs;
use std::path::{Path, PathBuf};
use std::ptr;

use libsqlite3_sys as ffi;
use mizzle::prelude::*;
use mizzle::{Error, ErrorCode};
use test_support::random::Random;

use crate::files::{beside, url};
use crate::work::prepare;
use crate::{Letter, NewLetter, Writer, letters, writers};

/// The parts of a database.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// A database of several pages, with an index, whose last rows are in its log.
fn whole(folder: &Path) -> PathBuf {
    let path = folder.join("whole.db");
    prepare(&url(&path));
    let db = Db::connect(&url(&path)).unwrap();
    db.execute_sql("CREATE INDEX letters_text ON letters (text)").unwrap();
    let letter = |number: i64| {
        let text = format!("{number} ").repeat(60);
        NewLetter::builder().writer_id(1 + number % 4).text(text).build()
    };
    db.insert_all((100..400).map(letter).collect::<Vec<_>>()).unwrap();
    db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    db.insert(Writer { id: 5, name: "five".into() }).unwrap();
    db.insert_all((400..420).map(letter).collect::<Vec<_>>()).unwrap();
    let kept = folder.join("kept.db");
    // While it is open: closing would remove the log.
    copy(&path, &kept);
    kept
}

fn copy(from: &Path, to: &Path) {
    for end in PARTS {
        let _ = fs::remove_file(beside(to, end));
        if beside(from, end).exists() {
            fs::copy(beside(from, end), beside(to, end)).unwrap();
        }
    }
}

/// What SQLite reads without mizzle: each row as a text, or its error. A damaged file answers another plan otherwise, so
/// the statement must be mizzle's.
fn read_by_sqlite(path: &Path, sql: &str) -> Result<Vec<String>, c_int> {
    let (name, sql) = (CString::new(path.to_str().unwrap()).unwrap(), CString::new(sql).unwrap());
    let (mut database, mut statement) = (ptr::null_mut(), ptr::null_mut());
    let mut rows = Vec::new();
    // SAFETY: all pointers come from SQLite, and each is closed once.
    unsafe {
        let flags = ffi::SQLITE_OPEN_READWRITE;
        let mut code = ffi::sqlite3_open_v2(name.as_ptr(), &raw mut database, flags, ptr::null());
        if code == ffi::SQLITE_OK {
            let (text, none) = (sql.as_ptr(), ptr::null_mut());
            code = ffi::sqlite3_prepare_v2(database, text, -1, &raw mut statement, none);
        }
        if code == ffi::SQLITE_OK {
            loop {
                code = ffi::sqlite3_step(statement);
                if code != ffi::SQLITE_ROW {
                    break;
                }
                let columns: Vec<String> = (0..ffi::sqlite3_column_count(statement))
                    .map(|column| match ffi::sqlite3_column_text(statement, column) {
                        text if text.is_null() => String::new(),
                        text => CStr::from_ptr(text.cast()).to_string_lossy().into_owned(),
                    })
                    .collect();
                rows.push(columns.join(" "));
            }
        }
        ffi::sqlite3_finalize(statement);
        ffi::sqlite3_close(database);
        if code == ffi::SQLITE_DONE { Ok(rows) } else { Err(code) }
    }
}

/// Changes some bytes of one part, and says where.
fn damage(random: &mut Random, path: &Path) -> String {
    let end = if random.chance(30) { "-wal" } else { "" };
    let file = beside(path, end);
    let mut bytes = fs::read(&file).unwrap();
    // The header and the schema, which other places hardly meet; or anywhere.
    let (from, to) = *random.pick(&[(0, 100), (100, 4096), (0, bytes.len()), (0, bytes.len())]);
    let mut places = Vec::new();
    for _ in 0..*random.pick(&[1, 1, 4, 40]) {
        let place = from + random.below(to.min(bytes.len()) - from);
        bytes[place] = if random.chance(50) { random.next() as u8 } else { bytes[place] ^ 1 };
        places.push(place);
    }
    if random.chance(10) {
        bytes.truncate(bytes.len() - random.below(bytes.len()));
        places.push(bytes.len());
    }
    fs::write(&file, bytes).unwrap();
    format!("{end:?} at {places:?}")
}

/// An error that a damaged file may cause.
#[track_caller]
fn is_told(error: &Error, case: &str) {
    // A value that isn't of its column's type any more is told without advice: nothing says that the file is damaged.
    let is_value = error.code() == ErrorCode::ValueError;
    assert!(is_value || !error.troubleshooting().is_empty(), "{case}: {error:?}");
    assert!(!error.to_string().is_empty(), "{case}");
}

#[test]
fn bytes_that_were_changed() {
    let cases = std::env::var("MIZZLE_TEST_CASES").map_or(200, |cases| cases.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let kept = whole(folder.path());
    // A pool closes its connections after its handle is gone: no name is used twice.
    let mut names = (0..).map(|number| folder.path().join(format!("{number}.db")));
    let mut name = || names.next().unwrap();
    let mut found: BTreeMap<String, u32> = BTreeMap::new();
    let (mut alike, mut refused) = (0, 0);
    for seed in 0..cases {
        let mut random = Random::new(seed);
        let own = name();
        copy(&kept, &own);
        let _ = fs::remove_file(beside(&own, "-shm"));
        let case = format!("seed {seed}, {}", damage(&mut random, &own));
        type Read = fn(&Db) -> mizzle::Result<Vec<String>>;
        let reads: [(&str, Read); 3] = [
            (
                r#"SELECT "writers"."id", "writers"."name" FROM "writers" ORDER BY "writers"."id""#,
                |db| {
                    let rows = Writer::query().order_by(writers::id).all(db)?;
                    Ok(rows.iter().map(|row| format!("{} {}", row.id, row.name)).collect())
                },
            ),
            (
                r#"SELECT "letters"."id", "letters"."writer_id", "letters"."text" FROM "letters" ORDER BY "letters"."id""#,
                |db| {
                    let rows = Letter::query().order_by(letters::id).all(db)?;
                    let text = |row: &Letter| format!("{} {} {}", row.id, row.writer_id, row.text);
                    Ok(rows.iter().map(text).collect())
                },
            ),
            // By the index.
            ("SELECT count(*) FROM letters WHERE text >= '2' AND text < '3'", |db| {
                let some = Letter::query().filter(letters::text.ge("2"));
                Ok(vec![some.filter(letters::text.lt("3")).count(db)?.to_string()])
            }),
        ];
        for (sql, read) in reads {
            let (theirs, ours) = (name(), name());
            copy(&own, &theirs);
            copy(&own, &ours);
            let by_sqlite = read_by_sqlite(&theirs, sql);
            let db = Db::builder(&url(&ours)).pool_size(1).connect();
            let by_mizzle = db.and_then(|db| read(&db));
            for path in [theirs, ours] {
                let _ = fs::remove_file(path);
            }
            match (by_sqlite, by_mizzle) {
                (Ok(theirs), Ok(ours)) => {
                    assert_eq!(theirs, ours, "{case}");
                    alike += 1;
                }
                (Err(code), Ok(ours)) => panic!("{case}: SQLite fails with {code}, not {ours:?}"),
                (_, Err(error)) => {
                    is_told(&error, &case);
                    refused += 1;
                    *found.entry(format!("{:?}: {error}", error.code())).or_default() += 1;
                }
            }
        }
        // Writes are done or not done.
        let Ok(db) = Db::builder(&url(&own)).pool_size(1).connect() else { continue };
        let written = db.transaction(|tx| {
            tx.insert(Writer { id: 77, name: "new".into() })?;
            tx.delete_by_key::<Writer>(77)?;
            Letter::query().filter(letters::id.eq(3)).delete(tx)
        });
        if let Err(error) = written {
            is_told(&error, &case);
        }
    }
    println!("{alike} reads alike, {refused} refused");
    for (error, count) in &found {
        println!("{count:5} {error}");
    }
    assert!(alike > 0 && found.keys().any(|error| error.contains("malformed")), "{found:?}");
}

/// Without its log a file is as SQLite finds it; without the index of the log nothing is lost.
#[test]
fn parts_that_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let kept = whole(folder.path());
    let own = folder.path().join("own.db");
    for (missing, rows) in [("-shm", 5), ("-wal", 4)] {
        copy(&kept, &own);
        fs::remove_file(beside(&own, missing)).unwrap();
        let db = Db::connect(&url(&own)).unwrap();
        assert_eq!(db.count(writers::table).unwrap(), rows, "{missing}");
        db.insert(Writer { id: 9, name: "nine".into() }).unwrap();
    }
}

/// VACUUM gives each page another place, between two statements of this program's and below a statement that it keeps.
#[test]
fn another_program_vacuums() {
    let folder = tempfile::tempdir().unwrap();
    let path = whole(folder.path());
    let db = Db::builder(&url(&path)).pool_size(1).connect().unwrap();
    for round in 0..10 {
        let first = Letter::query().order_by(letters::id).first(&db).unwrap().unwrap();
        db.delete(&first).unwrap();
        assert_eq!(read_by_sqlite(&path, "VACUUM"), Ok(Vec::new()));
        let next = Letter::query().order_by(letters::id).first(&db).unwrap().unwrap();
        assert!(next.id > first.id, "{round}");
        let changed = Letter { text: format!("round {round}"), ..next };
        db.update(&changed).unwrap();
        assert_eq!(db.find::<Letter>(changed.id).unwrap(), Some(changed));
    }
    // In a transaction of this program's, the other one waits, and gives up.
    db.transaction(|tx| {
        tx.insert(Writer { id: 9, name: "nine".into() })?;
        assert_eq!(read_by_sqlite(&path, "VACUUM"), Err(ffi::SQLITE_BUSY));
        tx.find::<Writer>(9)
    })
    .unwrap();
    let whole = read_by_sqlite(&path, "SELECT integrity_check FROM pragma_integrity_check");
    assert_eq!(whole, Ok(vec!["ok".into()]));
}

/// A system that lets a file grow no further is a full disk.
#[test]
fn a_limit_on_the_size_of_files() {
    const CHILD: &str = "MIZZLE_TEST_SMALL_FILES";
    if let Some(path) = std::env::var_os(CHILD) {
        let db = Db::builder(&url(Path::new(&path))).pool_size(1).connect().unwrap();
        // SAFETY: ignores the signal, so that writing fails; the limit holds for this process.
        unsafe {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            let limit = libc::rlimit { rlim_cur: 64 << 10, rlim_max: 64 << 10 };
            assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
        }
        let before = db.count(letters::table).unwrap();
        let letter = |number: usize| {
            NewLetter::builder().writer_id(1).text(format!("{number} ").repeat(200)).build()
        };
        let error = db.insert_all((0..900).map(letter).collect::<Vec<_>>()).unwrap_err();
        assert!(error.to_string().contains("full"), "{error:?}");
        assert!(!error.troubleshooting().is_empty(), "{error:?}");
        assert_eq!(db.count(letters::table).unwrap(), before);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.db");
    prepare(&url(&path));
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "bytes::a_limit_on_the_size_of_files", "--nocapture"])
        .env(CHILD, &path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let db = Db::connect(&url(&path)).unwrap();
    assert_eq!(db.count(letters::table).unwrap(), 40);
}
