//! SQLite's troubles: many processes, files that can't be written, full disks, processes that die.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use mizzle::manager::{ConnectionState, ManagerConfig};
use mizzle::prelude::*;
use mizzle::{ConnectionManager, ErrorCategory, ErrorCode, TransactionRetry};

use crate::ticks::{Stopwatch, in_time};
use crate::{Entries, Entry, entries, entry, eventually};

/// Tells a process that this test has started what to do: a name and a file.
const PART: &str = "MIZZLE_TEST_PART";

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// Starts this program again, to play a part.
fn start(part: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sqlite::plays_a_part", "--nocapture"])
        .env(PART, format!("{part} {}", path.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Not a test itself: the work of a process that another test starts.
#[test]
fn plays_a_part() {
    let Ok(part) = std::env::var(PART) else { return };
    let (part, path) = part.split_once(' ').unwrap();
    let path = Path::new(path);
    match part {
        "count" => count_up(path),
        "hold" => hold(path),
        "die" => write_until_killed(path),
        "fill" => fill(path),
        _ => panic!("unknown part"),
    }
}

const PROCESSES: usize = 8;
const ROUNDS: usize = 200;

fn count_up(path: &Path) {
    let db = Db::builder(&url(path)).busy_timeout(Duration::from_secs(60)).connect().unwrap();
    for _ in 0..ROUNDS {
        db.transaction(|tx| {
            let row = tx.get::<Entry>(1)?;
            tx.update(&Entry { token: row.token + 1, ..row })
        })
        .unwrap();
    }
}

/// 8 processes, 200 transactions each that read and then write: 1,600 applied, no error.
#[test]
fn processes_that_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let db = Db::connect(&url(&path)).unwrap();
    db.create_all::<Entries>().unwrap();
    db.insert(entry(0)).unwrap();
    let processes: Vec<Child> = (0..PROCESSES).map(|_| start("count", &path)).collect();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(db.get::<Entry>(1).unwrap().token, (PROCESSES * ROUNDS) as i64);
}

/// A lock that somebody holds for longer than the busy timeout: run again by the policy, not without.
#[test]
fn a_lock_that_is_held_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("held.db");
    let db = Db::builder(&url(&path)).busy_timeout(Duration::from_millis(50)).connect().unwrap();
    db.create_all::<Entries>().unwrap();
    let mut holder = start("hold", &path);
    eventually("the lock", || db.transaction(|_| Ok(())).is_err());
    let error = db.transaction(|tx| tx.insert(entry(1))).unwrap_err();
    assert!(error.is_busy() && error.is_temporary(), "{error:?}");
    assert_eq!(error.category(), ErrorCategory::PoolExhausted);
    assert!(!error.troubleshooting().is_empty());
    let mut runs = 0;
    let retry = TransactionRetry::new(1_000_000);
    let release = holder.stdin.take();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(300));
            drop(release);
        });
        db.transaction_builder()
            .retry(retry)
            .run(|tx| {
                runs += 1;
                tx.insert(entry(2))
            })
            .unwrap();
    });
    // The lock was not free when it began: nothing of it ran before.
    assert_eq!(runs, 1);
    assert!(holder.wait_with_output().unwrap().status.success());
    assert_eq!(db.count(entries::table).unwrap(), 1);
}

fn hold(path: &Path) {
    let db = Db::builder(&url(path)).busy_timeout(Duration::from_secs(10)).connect().unwrap();
    db.transaction(|_| {
        // Until the test closes it.
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        Ok(())
    })
    .unwrap();
}

fn write_until_killed(path: &Path) {
    let db = Db::builder(&url(path)).busy_timeout(Duration::from_secs(10)).connect().unwrap();
    // Never moved from the write-ahead log to the file.
    db.execute_sql("PRAGMA wal_autocheckpoint = 0").unwrap();
    for token in 0.. {
        db.transaction(|tx| {
            tx.insert(entry(token))?;
            tx.insert(entry(token))
        })
        .unwrap();
    }
}

/// A process that is killed leaves a write-ahead log: what it had committed is there, and nothing half done.
#[test]
fn a_log_left_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.db");
    let log = folder.path().join("killed.db-wal");
    Db::connect(&url(&path)).unwrap().create_all::<Entries>().unwrap();
    let mut before = 0;
    for _ in 0..5 {
        let mut writer = start("die", &path);
        eventually("a log", || std::fs::metadata(&log).is_ok_and(|log| log.len() > 100_000));
        writer.kill().unwrap();
        writer.wait().unwrap();
        assert!(std::fs::metadata(&log).unwrap().len() > 0);
        let db = Db::connect(&url(&path)).unwrap();
        let rows = Entry::query().order_by(entries::id).all(&db).unwrap();
        assert!(rows.len() > before && rows.len().is_multiple_of(2), "{before} {}", rows.len());
        assert!(rows.chunks(2).all(|pair| pair[0].token == pair[1].token), "half a transaction");
        let check: String = db
            .one(diesel::dsl::sql::<diesel::sql_types::Text>(
                "SELECT integrity_check FROM pragma_integrity_check",
            ))
            .unwrap();
        assert_eq!(check, "ok");
        db.insert_all([entry(-1), entry(-1)]).unwrap();
        before = rows.len() + 2;
        // The last to close removes the log, so the next one's log is a different one.
        drop(db);
        eventually("no log", || !log.exists());
    }
}

/// A small file system, if the system lets this program mount one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "mizzle-test"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// A full disk: a typed error, nothing half done, and all is well once there is room again.
#[cfg(unix)]
#[test]
fn a_full_disk() {
    if let Some(disk) = SmallDisk::new() {
        let path = disk.0.path().join("full.db");
        let ballast = disk.0.path().join("ballast");
        std::fs::write(&ballast, vec![0; 300 << 10]).unwrap();
        let db = Db::connect(&url(&path)).unwrap();
        fills_up(&db, &|error| {
            assert!(error.troubleshooting()[0].contains("disk"), "{error:?}");
            assert_eq!(error.category(), ErrorCategory::UnknownError);
        });
        // Neither can another database be made, nor this one be opened by a program that needs room for it.
        let other = disk.0.path().join("other.db");
        for _ in 0..2 {
            let opened = Db::connect(&url(&other)).and_then(|db| db.create_all::<Entries>());
            let error = opened.unwrap_err();
            assert!(error.is_temporary(), "{error:?}");
            assert!(error.troubleshooting()[0].contains("disk"), "{error:?}");
        }
        std::fs::remove_file(&ballast).unwrap();
        db.insert(entry(-2)).unwrap();
        let db = Db::connect(&url(&path)).unwrap();
        assert_eq!(Entry::query().filter(entries::token.eq(-2)).count(&db).unwrap(), 1);
        return;
    }
    eprintln!("no small file system can be mounted here: a limit on the size of files stands in");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("full.db");
    // The shell's blocks are of 512 bytes, or of 1024.
    let script =
        "trap '' XFSZ; ulimit -f 600; exec \"$0\" --exact sqlite::plays_a_part --nocapture";
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .env(PART, format!("fill {}", path.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let db = Db::connect(&url(&path)).unwrap();
    db.insert(entry(-2)).unwrap();
}

/// In a process that may write no larger files.
fn fill(path: &Path) {
    fills_up(&Db::connect(&url(path)).unwrap(), &|error| {
        assert!(!error.troubleshooting().is_empty(), "{error:?}");
    });
}

/// Writes until the disk is full.
fn fills_up(db: &Db, check: &dyn Fn(&mizzle::Error)) {
    db.create_all::<Entries>().unwrap();
    let rows: Vec<_> = (0..2000).map(entry).collect();
    let mut batches = 0;
    let error = loop {
        match db.insert_all(&rows) {
            Ok(_) => batches += 1,
            Err(error) => break error,
        }
        assert!(batches < 1000, "the disk is not full");
    };
    assert!(error.is_temporary(), "{error:?}");
    check(&error);
    // All of a batch or none, and reading goes on.
    assert_eq!(db.count(entries::table).unwrap(), batches * 2000);
    let error = db.transaction(|tx| {
        tx.insert_all(&rows)?;
        tx.insert_all(&rows)
    });
    check(&error.unwrap_err());
    assert_eq!(db.count(entries::table).unwrap(), batches * 2000);
}

/// What stands in the way is said as it is.
#[cfg(unix)]
#[test]
fn a_link_and_a_folder() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let advice = |name: &str| {
        let error = Db::connect(&url(&folder.path().join(name))).unwrap_err();
        assert_eq!(error.code(), ErrorCode::DatabaseNotFound, "{error:?}");
        error.troubleshooting()[0].to_owned()
    };
    symlink(folder.path().join("missing/file.db"), folder.path().join("nowhere.db")).unwrap();
    assert!(advice("nowhere.db").contains("link to a missing file"));
    symlink("round.db", folder.path().join("round.db")).unwrap();
    assert!(advice("round.db").contains("link"));
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    assert!(advice("folder").contains("folder: add the name of a file"));
    assert!(advice("missing/file.db").contains("check that the folder of the file exists"));
    // A link to a file, which may not be there yet, is that file.
    symlink(folder.path().join("file.db"), folder.path().join("link.db")).unwrap();
    let db = Db::connect(&url(&folder.path().join("link.db"))).unwrap();
    db.create_all::<Entries>().unwrap();
    db.insert(entry(1)).unwrap();
    let direct = Db::connect(&url(&folder.path().join("file.db"))).unwrap();
    assert_eq!(direct.count(entries::table).unwrap(), 1);
}

/// A file that becomes read-only while it is in use, and writable again: an error for each write, and reading
/// goes on. The superuser may write all the same, and so plays somebody else.
#[cfg(unix)]
#[test]
fn a_file_made_read_only() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/read.db");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    let id = Command::new("id").arg("-u").output();
    let is_root = id.is_ok_and(|output| output.stdout == b"0\n");
    if is_root && std::env::var_os(PART).is_none() {
        // As a user without rights, in a folder of that user's, by a copy of this program that it may run.
        let program = folder.path().join("program");
        std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        for path in [folder.path(), &program] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        std::os::unix::fs::chown(path.parent().unwrap(), Some(65534), Some(65534)).unwrap();
        let mut command = Command::new(&program);
        command
            .args(["--exact", "sqlite::a_file_made_read_only", "--nocapture"])
            .env(PART, "read-only")
            .env("TMPDIR", path.parent().unwrap())
            .current_dir("/")
            .uid(65534)
            .gid(65534);
        let output = loop {
            match command.output() {
                // A process that another test has just started still has the copy open for writing.
                Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                output => break output.unwrap(),
            }
        };
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}");
        return;
    }

    let manager = ConnectionManager::with_config(ManagerConfig::new(Db::builder(&url(&path))));
    let db = manager.initialize().unwrap();
    db.create_all::<Entries>().unwrap();
    db.insert(entry(1)).unwrap();
    db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    manager.disconnect();

    // The files beside it are made with its permissions.
    let set = |mode| {
        for entry in std::fs::read_dir(path.parent().unwrap()).unwrap() {
            let path = entry.unwrap().path();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    set(0o444);
    let db = manager.reconnect().unwrap();
    for error in [
        db.insert(entry(2)).unwrap_err(),
        db.transaction(|tx| tx.insert(entry(2))).unwrap_err(),
        db.execute_sql("DELETE FROM entries").unwrap_err(),
    ] {
        assert!(error.is_read_only() && !error.is_temporary(), "{error:?}");
        assert_eq!(error.category(), ErrorCategory::AuthFailed);
        assert!(error.troubleshooting()[0].contains("writable"), "{error:?}");
    }
    assert_eq!(db.count(entries::table).unwrap(), 1);
    manager.test_connection().unwrap();

    set(0o644);
    manager.disconnect();
    let db = manager.reconnect().unwrap();
    db.insert(entry(2)).unwrap();
    assert_eq!(db.count(entries::table).unwrap(), 2);

    set(0o000);
    manager.disconnect();
    let error = manager.reconnect().unwrap_err();
    assert_eq!(error.code(), ErrorCode::DatabaseNotFound, "{error:?}");
    assert_eq!(manager.status().state, ConnectionState::Reconnecting);
    manager.disconnect();
    set(0o644);
}

/// A statement that takes too long is ended; the connection goes on.
#[test]
fn a_statement_time_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slow.db");
    let limit = Duration::from_millis(200);
    Db::connect(&url(&path)).unwrap().create_all::<Entries>().unwrap();
    let limited = || Db::builder(&url(&path)).statement_timeout(Some(limit));
    let db = in_time(|| limited().pool_size(1).connect());
    let endless =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    for _ in 0..3 {
        let start = Stopwatch::start();
        let error = db.execute_sql(endless).unwrap_err();
        assert!(error.is_timeout() && error.is_temporary(), "{error:?}");
        assert_eq!(error.category(), ErrorCategory::StatementTimeout);
        assert!(start.elapsed() >= limit && start.within(Duration::from_secs(3)));
        in_time(|| db.insert(entry(1)));
    }
    // In a transaction, the rest of it goes on.
    in_time(|| {
        db.transaction(|tx| {
            tx.insert(entry(2))?;
            assert!(tx.execute_sql(endless).unwrap_err().is_timeout());
            tx.insert(entry(3))
        })
    });
    assert_eq!(in_time(|| db.count(entries::table)), 5);
    // Waiting for a lock is a part of it.
    let other = in_time(|| limited().connect());
    db.transaction(|_| {
        let start = Stopwatch::start();
        let error = other.insert(entry(4)).unwrap_err();
        assert!(error.is_busy(), "{error:?}");
        assert!(start.within(Duration::from_secs(3)));
        Ok(())
    })
    .unwrap();
}
