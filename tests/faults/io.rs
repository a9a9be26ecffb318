//! Each call of SQLite's to the disk fails once, or from then on.

use std::fs;
use std::time::Duration;

use mizzle::prelude::*;
use mizzle::{Error, ErrorCategory};

use crate::disk::{Disk, Fault};
use crate::work::{WORK, Work, contents, prepare};

/// Whether all calls are tried: by default many of those that come late are left out.
fn all() -> bool {
    std::env::var_os("MIZZLE_TEST_FAULTS").is_some()
}

/// The call after `calls`.
fn next(calls: i64) -> i64 {
    if all() || calls < 40 { calls + 1 } else { calls + calls / 10 }
}

/// How long to wait for locks. What was connected before may still be closing, which takes one for a moment.
const PATIENT: Duration = Duration::from_secs(60);

fn busy_timeout(fault: Fault) -> Duration {
    if fault == Fault::Busy { Duration::from_millis(1) } else { PATIENT }
}

#[track_caller]
fn check_category(fault: Fault, error: &Error, case: &str) {
    let category = error.category();
    let fits = match fault {
        Fault::Full => {
            category == ErrorCategory::UnknownError && error.troubleshooting()[0].contains("disk")
        }
        Fault::Busy => error.is_busy(),
        // Opening a file that is needed may fail, too.
        Fault::Io | Fault::Kill => {
            matches!(category, ErrorCategory::UnknownError | ErrorCategory::DatabaseNotFound)
        }
    };
    assert!(fits && !error.troubleshooting().is_empty(), "{case}: {error:?}");
}

fn each_call_fails(fault: Fault, lasts: bool) {
    let disk = Disk::new(&format!("{fault:?}-{lasts}"));
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("template.db");
    prepare(&format!("sqlite:{}", template.display()));
    let before = contents(&template);
    let mut cases = 0;
    for Work { name, run } in &WORK {
        let done = folder.path().join("done.db");
        fs::copy(&template, &done).unwrap();
        run(&Db::connect(&format!("sqlite:{}", done.display())).unwrap()).unwrap();
        let after = contents(&done);
        assert_ne!(before, after, "{name}");
        let mut calls = 0;
        loop {
            let case = format!("{name} with {fault:?} after {calls} calls, lasting: {lasts}");
            let path = folder.path().join(format!("{cases}.db"));
            fs::copy(&template, &path).unwrap();
            let limit = busy_timeout(fault);
            let db =
                Db::builder(&disk.url(&path)).pool_size(1).busy_timeout(limit).connect().unwrap();
            disk.fail(fault, calls, lasts);
            let result = run(&db);
            let happened = disk.mend();
            let found = contents(&path);
            match &result {
                Ok(()) => assert!(found == after, "{case}: it says that it is done"),
                Err(error) => {
                    check_category(fault, error, &case);
                    assert!(happened, "{case}: {error:?}");
                    assert!(found == before, "{case}: it says {error}");
                    // The same connection goes on, or another takes its place.
                    run(&db).unwrap_or_else(|error| panic!("{case}, and again: {error:?}"));
                    assert!(contents(&path) == after, "{case}, and again");
                }
            }
            drop(db);
            fs::remove_file(&path).unwrap();
            cases += 1;
            if !happened {
                break;
            }
            calls = next(calls);
        }
        fs::remove_file(&done).unwrap();
    }
    println!("{cases} cases of {fault:?}, lasting: {lasts}");
}

#[test]
fn a_call_that_fails_once() {
    each_call_fails(Fault::Io, false);
}

#[test]
fn a_disk_that_fails() {
    each_call_fails(Fault::Io, true);
}

#[test]
fn a_disk_without_room() {
    each_call_fails(Fault::Full, true);
}

#[test]
fn a_disk_without_room_for_once() {
    each_call_fails(Fault::Full, false);
}

#[test]
fn locks_that_others_have() {
    each_call_fails(Fault::Busy, true);
}

/// Opening a database, and reading it.
#[test]
fn connecting_and_reading() {
    for (fault, lasts) in [(Fault::Io, false), (Fault::Io, true), (Fault::Busy, true)] {
        let disk = Disk::new(&format!("read-{fault:?}-{lasts}"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        prepare(&format!("sqlite:{}", path.display()));
        let read = |limit| {
            let db = Db::builder(&disk.url(&path)).pool_size(1).busy_timeout(limit).connect()?;
            let letters = crate::Letter::query().order_by(crate::letters::id).all(&db)?;
            assert_eq!(db.count(crate::letters::table)?, letters.len() as u64);
            db.transaction(|tx| tx.find::<crate::Writer>(2)).map(|writer| (letters, writer))
        };
        let expected = read(PATIENT).unwrap();
        let mut calls = 0;
        loop {
            disk.fail(fault, calls, lasts);
            let result = read(busy_timeout(fault));
            let happened = disk.mend();
            match result {
                Ok(found) => assert!(found == expected, "{fault:?} after {calls} calls"),
                Err(error) => {
                    check_category(fault, &error, &format!("{fault:?} after {calls} calls"))
                }
            }
            let found = read(PATIENT).unwrap_or_else(|error| {
                panic!("{fault:?} after {calls} calls, and again: {error:?}")
            });
            assert!(found == expected);
            if !happened {
                break;
            }
            calls = next(calls);
        }
    }
}
