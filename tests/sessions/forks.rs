//! Processes that fork, with the parent's connections open in both.

#[cfg(feature = "sqlite")]
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use diesel::sql_types::Text;
use mizzle::manager::{ConnectionManager, ConnectionState, HealthStatus, ManagerConfig};
use mizzle::prelude::*;
use mizzle::{ErrorCode, PoolStatus, TransactionRetry};

use crate::{Mood, Note, Notes};
use test_support::fork::{Side, fork, in_child};
use test_support::{FreshPostgres, SetAtEnd};

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
                    refused(inherited.ping(Duration::from_secs(1))),
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
    // A stream is the parent's, too.
    let mut stream = Note::query().order_by(crate::notes::id).stream(&db).unwrap();
    assert_eq!(stream.next().unwrap().unwrap().id, 1);
    let said = in_child(|| {
        let next = stream.next().is_some_and(refused);
        // SAFETY: the process ends by `exit`, so its copy of the stream is not dropped again.
        drop(unsafe { std::ptr::read(&stream) });
        next.to_string()
    });
    assert_eq!(said, "true");
    assert_eq!(stream.next().unwrap().unwrap().id, 2);
    assert!(stream.next().is_none());
    drop(stream);
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

/// Calls everything that a child may call on what it has inherited, and returns what went wrong.
fn use_inherited(db: &Db, manager: &ConnectionManager) -> Vec<&'static str> {
    let inherited = PoolStatus { size: SIZE, ..PoolStatus::default() };
    let second = Duration::from_secs(1);
    let status = manager.status();
    let health = manager.health();
    let all = [
        ("pool_status", db.pool_status() == inherited),
        ("Debug of Db", format!("{db:?}").contains("connections: 0")),
        ("find", refused(db.find::<Note>(1))),
        ("query", refused(Note::query().all(db))),
        ("insert", refused(db.insert(note(0)))),
        ("delete", refused(db.delete(&note(1)))),
        ("execute_sql", refused(db.execute_sql("DELETE FROM notes"))),
        ("sql!", refused(sql!("SELECT count(*) FROM notes").one::<i64>(db))),
        ("transaction", refused(db.transaction(|_| Ok(())))),
        ("builder", refused(db.transaction_builder().read_only().run(|_| Ok(())))),
        (
            "retry",
            refused(db.transaction_builder().retry(TransactionRetry::new(3)).run(|_| Ok(()))),
        ),
        ("with_connection", refused(db.with_connection(|_| Ok(())))),
        ("ping", refused(db.ping(second))),
        ("create_all", refused(db.create_all::<Notes>())),
        ("a clone", refused(db.clone().find::<Note>(1))),
        ("state", status.state == ConnectionState::Disconnected && !manager.is_connected()),
        ("status", status.last_error.is_some_and(|error| error.message.contains("forked"))),
        ("health", health.status == HealthStatus::Unhealthy && health.database.error.is_some()),
        ("Debug of the manager", format!("{manager:?}").contains("Disconnected")),
        ("manager.db", refused(manager.db())),
        ("test_connection", refused(manager.test_connection())),
        ("initialize", refused(manager.initialize())),
        (
            "initialize_with",
            refused(
                manager.initialize_with(ManagerConfig::new(Db::builder("postgres://localhost"))),
            ),
        ),
        ("reconnect", refused(manager.reconnect())),
        ("disconnect", manager.disconnect() == 0),
        ("global", ConnectionManager::global().status().state == ConnectionState::Disconnected),
    ];
    all.into_iter().filter(|(_, right)| !right).map(|(name, _)| name).collect()
}

fn note(id: i64) -> Note {
    Note { id, label: "parent".into(), mood: Mood::Sad }
}

const SIZE: u32 = 3;

/// Forks again and again while other threads use the pool, the manager and the libraries below. A thread that holds a
/// lock at the fork doesn't exist in the child, which must not wait for it.
fn forks_beside_busy_threads(parent: &str, own: impl Fn(usize) -> String + Sync) {
    const FORKS: usize = 120;
    let opened = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&opened);
    let hook = move |_: &mut mizzle::backend::AnyConnection| {
        counting.fetch_add(1, Ordering::Relaxed);
        Ok(())
    };
    // Reads aren't retried, so a connection that the child harms is an error.
    let builder = Db::builder(parent)
        .pool_size(SIZE)
        .retry_reads(false)
        .checkout_timeout(Duration::from_secs(100))
        .on_connect(hook);
    let manager = ConnectionManager::with_config(ManagerConfig::new(builder));
    let db = manager.initialize().unwrap();
    db.create_all::<Notes>().unwrap();
    ConnectionManager::global().status();
    let (done, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    let busy = || !done.load(Ordering::Relaxed);
    thread::scope(|scope| {
        for thread in 0..5 {
            let (db, written, busy) = (&db, &written, &busy);
            scope.spawn(move || {
                for round in 0.. {
                    if !busy() {
                        break;
                    }
                    let value = format!("{thread} {round}");
                    assert_eq!(answer(db, &value).unwrap(), format!("answer {value}"));
                    if round % 10 == 0 {
                        let id = i64::try_from(written.fetch_add(1, Ordering::Relaxed)).unwrap();
                        db.transaction(|tx| tx.insert(note(id))).unwrap();
                        assert_eq!(db.find::<Note>(id).unwrap(), Some(note(id)));
                    }
                }
            });
        }
        scope.spawn(|| {
            while busy() {
                assert!(format!("{db:?} {manager:?}").contains("Connected"));
                assert!(manager.status().connected && db.pool_status().connections <= SIZE);
            }
        });
        scope.spawn(|| {
            for round in 0.. {
                if !busy() {
                    break;
                }
                let db = Db::connect(&own(round % 2)).unwrap();
                assert_eq!(answer(&db, "new").unwrap(), "answer new");
            }
        });
        let _end = SetAtEnd(&done);
        for round in 0..FORKS {
            let said = if round % 2 == 0 {
                match fork() {
                    Side::Child(process) => process.run(|| child_works(&db, &manager)),
                    Side::Parent(parent) => parent.report(),
                }
            } else {
                fork_in_a_transaction(&db, || child_works(&db, &manager))
            };
            assert_eq!(said.as_deref(), Some("[]"), "fork {round}");
        }
    });
    assert_eq!(db.count(crate::notes::table).unwrap(), written.load(Ordering::Relaxed) as u64);
    assert!(opened.load(Ordering::Relaxed) <= SIZE as usize, "{opened:?} connections were opened");
    assert_eq!(manager.disconnect(), 0);
}

fn child_works(db: &Db, manager: &ConnectionManager) -> String {
    let wrong = use_inherited(db, manager);
    // The last handles: the pools and what they hold are dropped.
    // SAFETY: the process ends by `exit`, so its copies of the parent's values are not dropped again.
    unsafe {
        drop(std::ptr::read(db));
        drop(std::ptr::read(manager));
    }
    format!("{wrong:?}")
}

/// Forks inside a transaction, which the child leaves by an error.
fn fork_in_a_transaction(db: &Db, work: impl FnOnce() -> String) -> Option<String> {
    let mut side = None;
    let result = db.transaction(|tx| {
        let is_child = matches!(side.insert(fork()), Side::Child(_));
        if is_child {
            return Err(tx.find::<Note>(1).expect_err("refused"));
        }
        assert_eq!(
            tx.one::<i32, _>(diesel::dsl::sql::<diesel::sql_types::Integer>("SELECT 7"))?,
            7
        );
        Ok(())
    });
    match side.expect("the transaction began") {
        Side::Child(process) => process.run(|| {
            if refused(result) { work() } else { "the transaction's error is another".into() }
        }),
        Side::Parent(parent) => {
            result.unwrap();
            parent.report()
        }
    }
}

#[test]
fn a_server_with_busy_threads() {
    let fresh = FreshPostgres::new();
    forks_beside_busy_threads(&fresh.url, |_| fresh.url.clone());
}

#[cfg(feature = "sqlite")]
#[test]
fn a_file_with_busy_threads() {
    let folder = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    forks_beside_busy_threads(&url("parent.db"), |number| url(&format!("{number}.db")));
}
