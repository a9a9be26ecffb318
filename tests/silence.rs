//! A server that falls silent after each message of the protocol, and in the middle of each, and leaves its connections
//! open: each call ends by its limit, with an error that says what to do, and nothing stays behind.
//!
//! One test in its own process, because it looks for leftover threads and sockets.

#![cfg(all(target_os = "linux", feature = "postgres"))]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::collections::HashSet;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use mizzle::manager::{ConnectionManager, ManagerConfig};
use mizzle::prelude::*;
use mizzle::{DbBuilder, ErrorCode, batch};

use test_support::proxy::{Mode, Proxy};
use test_support::{FreshPostgres, pgbouncer::PgBouncer};

/// Of each call. If a busy machine doesn't come to the place where the silence begins, it is tried again with a longer one.
const LIMIT: Duration = Duration::from_secs(1);

/// What nothing may take, however busy the machine is.
const NEVER: Duration = Duration::from_secs(240);

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "notes", has_many(marks = Mark), has_many(answers = Answer))]
struct Note {
    #[column(primary_key, auto)]
    id: i64,
    text: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "marks")]
struct Mark {
    #[column(primary_key, auto)]
    id: i64,
    #[column(references(Note, on_delete = cascade))]
    note_id: i64,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "answers")]
struct Answer {
    #[column(primary_key, auto)]
    id: i64,
    #[column(references(Note, on_delete = cascade))]
    note_id: i64,
}

mizzle::schema!(Notes = [Note, Mark, Answer]);

fn note(text: &str) -> NewNote {
    NewNote::builder().text(text.to_owned()).build()
}

fn port(url: &str) -> u16 {
    let (server, _) = url.rsplit_once('/').unwrap();
    server.rsplit_once(':').unwrap().1.parse().unwrap()
}

fn through(url: &str, proxy: &Proxy, limit: Duration) -> DbBuilder {
    let url = url.replace(&format!(":{}/", port(url)), &format!(":{}/", proxy.port()));
    Db::builder(&format!("{url}?sslmode=disable&gssencmode=disable"))
        .pool_size(2)
        .connect_timeout(limit)
        .checkout_timeout(limit)
        .statement_timeout(Some(limit))
}

/// Every step of the protocol that mizzle has.
fn work(builder: DbBuilder, limit: Duration) -> mizzle::Result<()> {
    let config = ManagerConfig::new(builder).max_retries(0).reconnect_interval(limit);
    let manager = ConnectionManager::with_config(config);
    let worked = (|| {
        let db = manager.initialize()?;
        let first = db.insert(note("first"))?;
        db.insert_all([note("second"), note("third")])?;
        Note::query().order_by(notes::id).all(&db)?;
        db.batch((batch::insert(note("fourth")), Note::query().batched().all()))?;
        Note::query().with(Note::marks()).with(Note::answers()).all(&db)?;
        // As the server sends the rows, through a cursor, and left in the middle.
        Note::query().stream(&db)?.collect::<mizzle::Result<Vec<_>>>()?;
        db.transaction(|tx| Note::query().stream(tx)?.collect::<mizzle::Result<Vec<_>>>())?;
        Note::query().stream(&db)?.take(1).collect::<mizzle::Result<Vec<_>>>()?;
        db.transaction(|tx| {
            tx.update(&Note { text: "changed".into(), ..first.clone() })?;
            tx.transaction(|inner| inner.delete_by_key::<Note>(first.id))?;
            tx.find::<Note>(first.id)
        })?;
        for sql in ["COPY notes TO STDOUT", "COPY notes FROM STDIN"] {
            let refused = db.execute_sql(sql).unwrap_err();
            if refused.code() != ErrorCode::QueryError {
                return Err(refused);
            }
        }
        db.ping(limit)?;
        manager.test_connection().map(drop)
    })();
    let health = manager.health();
    assert!(worked.is_err() || health.database.error.is_none(), "{health:?}");
    manager.disconnect();
    worked
}

/// The threads of mizzle's.
fn threads() -> HashSet<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let of_mizzle = tasks.filter(|task| {
        let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        name.starts_with("mizzle")
    });
    of_mizzle.map(|task| task.file_name().to_string_lossy().into_owned()).collect()
}

/// The open sockets of this process whose other end is one of these ports.
fn sockets(ports: &HashSet<u16>) -> usize {
    let table = fs::read_to_string("/proc/self/net/tcp").unwrap();
    let theirs: HashSet<String> = table
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let port = u16::from_str_radix(fields.get(2)?.split_once(':')?.1, 16).ok()?;
            ports.contains(&port).then(|| format!("socket:[{}]", fields[9]))
        })
        .collect();
    let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
    open.filter(|open| {
        let what = fs::read_link(open.path()).unwrap_or_default();
        theirs.contains(&*what.to_string_lossy())
    })
    .count()
}

#[track_caller]
fn eventually(what: &str, condition: impl Fn() -> bool) {
    const STEP: Duration = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    while !condition() {
        assert!(waited < NEVER, "{what} never comes");
        thread::sleep(STEP);
        waited += STEP;
    }
}

/// A place to fall silent at: after so many messages, and so many bytes of the next one.
type Place = (usize, usize);

/// Does the work once for each place, some at the same time. Returns the proxies, which stay silent.
fn fall_silent(url: &str, places: &[Place], healthy: &Db) -> Vec<Proxy> {
    const AT_ONCE: usize = 24;
    let next = AtomicUsize::new(0);
    let (ended, ends) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let (next, ended) = (&next, ended.clone());
            scope.spawn(move || {
                while let Some(&(messages, bytes)) =
                    places.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let mut limit = LIMIT;
                    let (proxy, result) = loop {
                        let proxy = Proxy::counting(port(url));
                        proxy.fall_silent_after(messages, bytes);
                        let result = work(through(url, &proxy, limit), limit);
                        if proxy.is_silent() || limit > NEVER / 8 {
                            break (proxy, result);
                        }
                        limit *= 4;
                    };
                    ended.send(((messages, bytes), proxy, result)).unwrap();
                }
            });
        }
        let mut proxies = Vec::new();
        for _ in places {
            let (place, proxy, result) = ends.recv_timeout(NEVER).unwrap_or_else(|_| {
                // Waiting for the others would hide where it is.
                eprintln!("a call hangs: {} of {} places are done", proxies.len(), places.len());
                std::process::abort();
            });
            assert!(proxy.is_silent(), "{place:?} is never reached: {} {result:?}", proxy.seen());
            let seen = proxy.seen();
            let error = result.expect_err(&seen);
            assert_eq!(error.code(), ErrorCode::NetworkError, "{place:?} after {seen}: {error:?}");
            assert!(!error.troubleshooting().is_empty(), "{place:?} after {seen}: {error:?}");
            healthy.count(notes::table).unwrap();
            proxies.push(proxy);
        }
        proxies
    })
}

/// Requests to end a statement go to a pooler that is silent by then.
fn cancel_in_silence(url: &str, healthy: &Db) -> Option<(PgBouncer, Proxy)> {
    const STATEMENTS: u32 = 24;
    let (_, database) = url.rsplit_once('/').unwrap();
    let pooler = PgBouncer::start(url, STATEMENTS)?;
    let pooled = pooler.url(database);
    let proxy = Proxy::to(port(&pooled));
    let db = through(&pooled, &proxy, LIMIT)
        .pool_size(STATEMENTS)
        .checkout_timeout(NEVER)
        .connect_timeout(NEVER)
        .connect()
        .unwrap();
    let ready = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..STATEMENTS {
            scope.spawn(|| {
                let error = db
                    .transaction(|tx| {
                        ready.fetch_add(1, Ordering::SeqCst);
                        eventually("the silence", || proxy.is_silent());
                        tx.execute_sql("SELECT pg_sleep(600)")
                    })
                    .unwrap_err();
                assert_eq!(error.code(), ErrorCode::NetworkError, "{error:?}");
                assert!(!error.troubleshooting().is_empty(), "{error:?}");
            });
        }
        eventually("the transactions", || ready.load(Ordering::SeqCst) == STATEMENTS as usize);
        proxy.set(Mode::Drop);
    });
    healthy.count(notes::table).unwrap();
    Some((pooler, proxy))
}

#[test]
fn after_each_message() {
    let fresh = FreshPostgres::new();
    let healthy = Db::builder(&fresh.url).pool_size(4).checkout_timeout(NEVER).connect().unwrap();
    healthy.create_all::<Notes>().unwrap();
    healthy.count(notes::table).unwrap();
    let proxy = Proxy::counting(port(&fresh.url));
    work(through(&fresh.url, &proxy, NEVER), NEVER).unwrap();
    let seen = proxy.seen();
    println!("{} messages: {seen}", seen.len());
    // Authentication, rows, a transaction, both copies: whatever the work leaves out would not be tried.
    for types in ["R", "K", "Z", "1", "2", "T", "D", "C", "H", "d", "G", "E"] {
        assert!(seen.contains(types), "{types} is not in {seen}");
    }
    let before = threads();
    let all = std::env::var_os("MIZZLE_TEST_CASES").is_some();
    let places: Vec<Place> = (0..seen.len())
        .flat_map(|messages| {
            // Whole messages; in a header; in a body.
            let bytes = [0, 3, 6];
            let some = if all { bytes.to_vec() } else { vec![bytes[messages % bytes.len()]] };
            some.into_iter().map(move |bytes| (messages, bytes))
        })
        .collect();
    let proxies = fall_silent(&fresh.url, &places, &healthy);
    let ports = proxies.iter().map(Proxy::port).collect();
    eventually("the end of all sockets", || sockets(&ports) == 0);
    eventually("the end of all threads", || threads().is_subset(&before));

    let left = cancel_in_silence(&fresh.url, &healthy);
    if let Some((_, proxy)) = &left {
        // libpq waits for an answer to such a request without a limit. Their number has one.
        const MOST: usize = 8;
        let ports = HashSet::from([proxy.port()]);
        let requests = || threads().difference(&before).count();
        eventually("an end of most requests", || requests() <= MOST && sockets(&ports) <= MOST);
        proxy.reset();
        eventually("the end of all requests", || requests() == 0 && sockets(&ports) == 0);
    }
}
