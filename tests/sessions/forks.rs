//! Processes that fork, with the parent's connections open in both.

use std::io::{Read, Write};
use std::os::fd::FromRawFd;
#[cfg(feature = "sqlite")]
use std::path::Path;

use diesel::sql_types::Text;
use mizzle::ErrorCode;
use mizzle::prelude::*;

use crate::{Mood, Note, Notes};
use test_support::FreshPostgres;

/// Runs `child` in a forked process, and returns what it returns.
///
/// Only the forking thread exists there: `child` must not use what the others may hold. Another thread can be in the
/// middle of a change to the table of waiting threads that the pool's locks (parking_lot's) share. The child has that
/// table for good as it was then, and may wait for ever. So a child that doesn't end is ended, and forked again.
fn in_child(child: impl FnOnce() -> String) -> String {
    const MOST_FORKS: usize = 5;
    let mut child = Some(child);
    (0..MOST_FORKS).find_map(|_| fork(&mut child)).expect("each child was ended")
}

/// Returns `None` if the child was ended.
fn fork(child: &mut Option<impl FnOnce() -> String>) -> Option<String> {
    /// In seconds; far more than the work takes beside many busy threads.
    const LIMIT: u32 = 180;
    let mut pipe = [0; 2];
    // SAFETY: the list has room for both ends.
    assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
    // SAFETY: the child ends by `_exit`, before anything of this process is torn down twice.
    let process = unsafe { libc::fork() };
    assert!(process >= 0);
    if process == 0 {
        // SAFETY: ends the process after the limit.
        unsafe { libc::alarm(LIMIT) };
        // This is the child's copy; the parent keeps its own.
        let child = child.take().expect("each process takes it once");
        let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child))
            .unwrap_or_else(|_| "panicked".into());
        // SAFETY: this end of the pipe belongs to this process alone.
        let mut end = unsafe { std::fs::File::from_raw_fd(pipe[1]) };
        let _ = end.write_all(said.as_bytes());
        // SAFETY: ends the process.
        unsafe { libc::_exit(0) };
    }
    // SAFETY: this end is not used by this process.
    unsafe { libc::close(pipe[1]) };
    let mut said = String::new();
    // SAFETY: this end of the pipe belongs to this process alone.
    unsafe { std::fs::File::from_raw_fd(pipe[0]) }.read_to_string(&mut said).unwrap();
    let mut status = 0;
    // SAFETY: waits for the child.
    unsafe { libc::waitpid(process, &raw mut status, 0) };
    libc::WIFEXITED(status).then_some(said)
}

fn answer(db: &Db, value: &str) -> mizzle::Result<String> {
    db.one(diesel::dsl::sql::<Text>("SELECT 'answer ' || ").bind::<Text, _>(value.to_owned()))
}

fn refused<T>(result: mizzle::Result<T>) -> bool {
    result.is_err_and(|error| {
        error.code() == ErrorCode::ConfigError
            && error.to_string().contains("forked")
            && !error.troubleshooting().is_empty()
    })
}

/// `own` is a database that the child may open for itself.
fn check(db: Db, own: &str) {
    db.create_all::<Notes>().unwrap();
    let note = |id| Note { id, label: "parent".into(), mood: Mood::Sad };
    db.insert(note(1)).unwrap();
    let inherited = db.clone();
    let said = db
        .transaction(|tx| {
            tx.insert(note(2))?;
            Ok(in_child(move || {
                let tx_refused = refused(tx.find::<Note>(1));
                let all = [
                    tx_refused,
                    refused(inherited.find::<Note>(1)),
                    refused(inherited.transaction(|_| Ok(()))),
                    refused(inherited.ping(std::time::Duration::from_secs(1))),
                ];
                drop(inherited);
                let db = match Db::connect(own) {
                    Ok(db) => db,
                    Err(error) => return format!("{error:?}"),
                };
                // More than one connection: the pool's threads are the child's own.
                let both = db.transaction(|tx| {
                    let other = std::thread::scope(|scope| {
                        scope.spawn(|| answer(&db, "other")).join().expect("the other thread")
                    })?;
                    let own: String =
                        tx.one(diesel::dsl::sql::<Text>("SELECT 'own ' || ").bind::<Text, _>("x"))?;
                    Ok((own, other))
                });
                format!("{all:?} {both:?}")
            }))
        })
        .unwrap();
    assert_eq!(said, "[true, true, true, true] Ok((\"own x\", \"answer other\"))");
    // The parent goes on with the same connection, and its transaction.
    assert_eq!(answer(&db, "parent").unwrap(), "answer parent");
    assert_eq!(db.count(crate::notes::table).unwrap(), 2);
    let before = db.pool_status().connections;
    assert_eq!(in_child(|| "nothing".into()), "nothing");
    assert_eq!(db.pool_status().connections, before);
}

#[test]
fn a_server() {
    let fresh = FreshPostgres::new();
    check(Db::builder(&fresh.url).pool_size(2).connect().unwrap(), &fresh.url);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_file() {
    let folder = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("sqlite:{}", Path::new(folder.path()).join(name).display());
    let db = Db::builder(&url("parent.db")).pool_size(2).connect().unwrap();
    check(db.clone(), &url("child.db"));
    // The file that was open: SQLite's locks would not hold.
    let same = url("parent.db");
    assert_eq!(in_child(|| refused(Db::connect(&same)).to_string()), "true");
    drop(db);
    // Where nobody has it open, it is like any other.
    let opened = in_child(|| {
        format!("{:?}", Db::connect(&same).and_then(|db| db.count(crate::notes::table)))
    });
    assert_eq!(opened, "Ok(2)");
}
