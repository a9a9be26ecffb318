//! Batches, and kill -9 at random moments: of the program that sends them, of the server, of one of its processes. Each
//! batch is there as a whole or not at all, and it is there if the program was told so.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use mizzle::batch;
use mizzle::prelude::*;
use test_support::random::Random;
#[cfg(feature = "postgres")]
use test_support::{FreshPostgres, SetAtEnd};

use crate::eventually;

/// The rows of a batch: parts, and one more batch in the head.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "parts", index(number))]
struct Part {
    #[column(primary_key, auto)]
    id: i64,
    number: i64,
    text: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "heads")]
struct Head {
    #[column(primary_key)]
    id: i64,
    batches: i64,
}

mizzle::schema!(Books = [Part, Head]);

/// More rounds: `MIZZLE_TEST_KILLS=1000`.
fn rounds() -> u64 {
    std::env::var("MIZZLE_TEST_KILLS")
        .map_or(60, |rounds| rounds.parse().expect("MIZZLE_TEST_KILLS is a number"))
}

fn part(number: i64, length: usize) -> NewPart {
    NewPart::builder().number(number).text("x".repeat(length)).build()
}

/// How many parts the batch has.
fn size(number: i64) -> i64 {
    match number % 4 {
        0 => 2,
        1 => 5,
        2 => 3,
        _ => 300,
    }
}

/// Runs a batch: a small one, one that is a list, one whose COMMIT waits for a row, or a large one.
fn write(db: &Db, number: i64) -> mizzle::Result<()> {
    let new = || batch::insert(part(number, 10));
    let count = || {
        batch::execute(
            diesel::update(heads::table.find(0)).set(heads::batches.eq(heads::batches + 1)),
        )
    };
    match number % 4 {
        0 => db.batch((new(), new(), count())).map(drop),
        1 => {
            let one = || batch::insert_all([part(number, 10)]);
            let counts = batch::execute(
                diesel::update(heads::table.find(0)).set(heads::batches.eq(heads::batches + 1)),
            );
            db.batch(vec![one(), one(), counts, one(), one(), one()]).map(drop)
        }
        2 => db.batch((new(), batch::get::<Head>(0), new(), count(), new())).map(drop),
        _ => {
            let many: Vec<NewPart> = (0..300).map(|_| part(number, 500)).collect();
            db.batch((count(), batch::insert_all(many))).map(drop)
        }
    }
}

fn prepare(db: &Db) {
    db.create_all::<Books>().unwrap();
    db.insert(Head { id: 0, batches: 0 }).unwrap();
}

/// Fails unless each batch is there as a whole or not at all, and all of `acknowledged` are. Returns how many more there
/// are, and begins again with none.
fn check(db: &Db, acknowledged: &BTreeSet<i64>) -> usize {
    let counts: Vec<(i64, i64)> =
        sql!("SELECT number, count(*) FROM parts GROUP BY number").all(db).unwrap();
    for (number, count) in &counts {
        assert_eq!(*count, size(*number), "a part of batch {number}");
    }
    let stored: BTreeSet<i64> = counts.iter().map(|(number, _)| *number).collect();
    let lost: Vec<&i64> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert_eq!(db.get::<Head>(0).unwrap().batches, stored.len() as i64);
    db.transaction(|tx| {
        tx.execute_sql("DELETE FROM parts")?;
        tx.update(&Head { id: 0, batches: 0 })
    })
    .unwrap();
    stored.len() - acknowledged.len()
}

/// Names the database to the process that is killed.
const URL: &str = "MIZZLE_TEST_BATCHES_URL";
const WRITERS: i64 = 2;

/// Not a test itself: the process that writes batches, and says which ones are stored.
#[test]
fn writes_batches_until_it_is_killed() {
    let Ok(url) = std::env::var(URL) else { return };
    let db =
        Db::builder(&url).pool_size(2).busy_timeout(Duration::from_secs(60)).connect().unwrap();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let db = &db;
            scope.spawn(move || {
                for number in 0.. {
                    let number = number * WRITERS + writer;
                    write(db, number).unwrap();
                    println!("stored {number}");
                }
            });
        }
    });
}

fn start(url: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "batches::writes_batches_until_it_is_killed", "--nocapture"])
        .env(URL, url)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Starts a process, kills it after so many batches and this time, and returns the batches of which it said that they
/// are stored.
fn killed(url: &str, after: usize, time: Duration) -> BTreeSet<i64> {
    let mut child = start(url);
    let output = BufReader::new(child.stdout.take().unwrap());
    let said = AtomicUsize::new(0);
    let acknowledged = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut acknowledged = BTreeSet::new();
            for line in output.lines() {
                // A line is written as a whole or not at all.
                if let Some(number) = line.unwrap().strip_prefix("stored ") {
                    acknowledged.insert(number.to_owned());
                    said.store(acknowledged.len(), Ordering::SeqCst);
                }
            }
            acknowledged
        });
        eventually("a batch", || said.load(Ordering::SeqCst) >= after || reader.is_finished());
        thread::sleep(time);
        child.kill().unwrap();
        reader.join().unwrap()
    });
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!told.contains("panicked"), "{told}");
    acknowledged.iter().map(|number| number.parse().unwrap()).collect()
}

/// `settled` waits until nothing that the process has sent still runs.
fn kill_clients(url: &str, settled: impl Fn(&Db)) {
    let connect = || Db::builder(url).pool_size(1).connect().unwrap();
    prepare(&connect());
    let mut random = Random::new(13);
    let (mut stored, mut more) = (0, 0);
    for round in 0..rounds() {
        // In every other round somebody else has the database open.
        let beside = (round % 2 == 0).then(connect);
        let time = Duration::from_micros(random.below(4_000) as u64);
        let acknowledged = killed(url, random.below(12), time);
        let db = beside.unwrap_or_else(connect);
        settled(&db);
        stored += acknowledged.len();
        more += check(&db, &acknowledged);
        write(&db, round as i64).unwrap();
        assert_eq!(check(&db, &BTreeSet::from([round as i64])), 0);
    }
    println!("{} clients killed: {stored} batches, and {more} nobody knew of", rounds());
}

#[cfg(feature = "sqlite")]
#[test]
fn a_killed_client_leaves_whole_batches_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("batches.db").display());
    kill_clients(&url, |_| ());
}

#[cfg(feature = "postgres")]
#[test]
fn a_killed_client_leaves_whole_batches_on_postgres() {
    let fresh = FreshPostgres::new();
    kill_clients(&fresh.url, |db| {
        // The server goes on with what has arrived.
        eventually("the end of the sessions", || {
            let others = sql!(
                i64,
                "SELECT count(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()"
            );
            others.one(db).unwrap() == 0
        });
    });
}

/// All processes of the server, or one that serves a client, which ends the others as well.
#[cfg(feature = "postgres")]
#[test]
fn a_killed_server_keeps_whole_batches() {
    use std::sync::RwLock;
    use std::sync::atomic::{AtomicBool, AtomicI64};

    const THREADS: usize = 4;
    let Some(server) = crate::own_server("") else { return };
    server.up().unwrap();
    let connect = || Db::builder(&server.url()).connect_timeout(Duration::from_secs(5));
    let db = connect().pool_size(THREADS as u32).application_name("batches").connect().unwrap();
    prepare(&db);
    // Held by writers for each batch, and by the check.
    let gate = RwLock::new(());
    let (next, ends) = (AtomicI64::new(0), AtomicBool::new(false));
    let acknowledged = std::sync::Mutex::new(BTreeSet::new());
    let done = || acknowledged.lock().unwrap().len();
    let (mut stored, mut more) = (0, 0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while !ends.load(Ordering::SeqCst) {
                    let _open = gate.read().unwrap();
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    match write(&db, number) {
                        Ok(()) => drop(acknowledged.lock().unwrap().insert(number)),
                        Err(error) => is_of_a_kill(&error),
                    }
                }
            });
        }
        let _end = SetAtEnd(&ends);
        let mut random = Random::new(7);
        for round in 0..rounds() {
            let after = random.below(12);
            eventually("batches", || done() >= after);
            let time = Duration::from_micros(random.below(4_000) as u64);
            if round % 3 == 0 {
                thread::sleep(time);
                server.kill().unwrap();
                server.up().unwrap();
            } else {
                let killer = connect().pool_size(1).connect().unwrap();
                let pid = || sql!(i32, "SELECT pg_backend_pid()").one(&killer);
                let before = pid().unwrap();
                let one = sql!(
                    i32,
                    "SELECT pid FROM pg_stat_activity WHERE application_name = 'batches' \
                     ORDER BY random() LIMIT 1"
                );
                let Some(one) = one.first(&killer).unwrap() else { continue };
                thread::sleep(time);
                server.kill_process(one as u32).unwrap();
                // The server ends this one, too, and takes it back after it has recovered.
                eventually("the recovery", || pid().is_ok_and(|pid| pid != before));
            }
            let _closed = gate.write().unwrap();
            let known = std::mem::take(&mut *acknowledged.lock().unwrap());
            stored += known.len();
            // A write is not run again by itself, so the first one may find out that its connection is lost.
            let number = next.fetch_add(1, Ordering::SeqCst);
            if let Err(error) = write(&db, number) {
                is_of_a_kill(&error);
                write(&db, number).unwrap();
            }
            let mut known = known;
            known.insert(number);
            more += check(&db, &known);
        }
    });
    println!("{} kills: {stored} batches, and {more} that nobody knew of", rounds());
    assert!(stored > 0);
}

#[cfg(feature = "postgres")]
#[track_caller]
fn is_of_a_kill(error: &mizzle::Error) {
    assert!(error.is_connection_lost() || error.is_temporary(), "{error:?}");
}
