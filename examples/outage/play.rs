//! The outage, and those who live through it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mizzle::manager::{ConnectionManager, ManagerConfig};
use mizzle::prelude::*;

use crate::server::Server;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What the threads write.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "visits")]
struct Visit {
    #[column(primary_key, auto)]
    id: i64,
    page: String,
}

mizzle::schema!(Visits = [Visit]);

const THREADS: usize = 4;

/// Prints with the time since the start.
struct Timeline(Instant);

impl Timeline {
    fn say(&self, line: &str) {
        println!("{:6.2} s  {line}", self.0.elapsed().as_secs_f64());
    }
}

/// What has happened so far.
#[derive(Default)]
struct Counts {
    written: AtomicUsize,
    failed: AtomicUsize,
    read: AtomicUsize,
    first_error: Mutex<Option<String>>,
}

/// With a server that is started, killed and started again here.
pub(crate) fn with_own_server() -> Result<()> {
    let timeline = Timeline(Instant::now());
    timeline.say("preparing a PostgreSQL server, without starting it");
    let server = Server::prepare("")?;
    let manager = manager(&server.url());
    thread::scope(|scope| -> Result<()> {
        scope.spawn(|| watch(&manager, &timeline));
        let played = play_with(&server, &manager, &timeline);
        manager.disconnect();
        ended().store(true, Ordering::SeqCst);
        played
    })?;
    timeline.say("disconnected; the server is removed");
    Ok(())
}

fn play_with(server: &Server, manager: &ConnectionManager, timeline: &Timeline) -> Result<()> {
    timeline.say("the program connects, before its server is up");
    let db = thread::scope(|scope| -> Result<Db> {
        let connecting = scope.spawn(|| manager.initialize());
        thread::sleep(Duration::from_millis(1500));
        timeline.say("starting the server");
        server.up()?;
        Ok(connecting.join().map_err(|_| "connecting panicked")??)
    })?;
    db.create_all::<Visits>()?;
    let counts = Counts::default();
    work(&db, &counts, timeline, || {
        thread::sleep(Duration::from_secs(1));
        timeline.say("killing the server, with kill -9");
        server.kill()?;
        thread::sleep(Duration::from_secs(2));
        timeline.say(&format!("health: {:?}", manager.health().status));
        timeline.say("starting the server again");
        server.up()?;
        thread::sleep(Duration::from_secs(2));
        timeline.say(&format!("health: {:?}", manager.health().status));
        Ok(())
    })?;
    finish(&db, &counts, timeline)
}

/// With a server that somebody else takes away.
pub(crate) fn with_url(url: &str, time: Duration) -> Result<()> {
    let timeline = Timeline(Instant::now());
    let manager = manager(url);
    thread::scope(|scope| -> Result<()> {
        scope.spawn(|| watch(&manager, &timeline));
        let played = (|| {
            let db = manager.initialize()?;
            db.create_all::<Visits>()?;
            let counts = Counts::default();
            timeline
                .say(&format!("stop the server and start it again; {} s are left", time.as_secs()));
            work(&db, &counts, &timeline, || {
                thread::sleep(time);
                Ok(())
            })?;
            finish(&db, &counts, &timeline)
        })();
        manager.disconnect();
        ended().store(true, Ordering::SeqCst);
        played
    })
}

fn manager(url: &str) -> ConnectionManager {
    let db = Db::builder(url).pool_size(THREADS as u32).application_name("outage");
    // Every 30 s by default, which is long for a reader.
    let config = ManagerConfig::new(db).reconnect_interval(Duration::from_secs(1));
    ConnectionManager::with_config(config)
}

fn ended() -> &'static AtomicBool {
    static ENDED: AtomicBool = AtomicBool::new(false);
    &ENDED
}

/// Prints what the manager says of itself, whenever it changes.
fn watch(manager: &ConnectionManager, timeline: &Timeline) {
    let mut before = None;
    while !ended().load(Ordering::SeqCst) {
        let status = manager.status();
        let error = status.last_error.map(|error| {
            let step = error.troubleshooting.into_iter().next().unwrap_or_default();
            (error.category, error.message, step)
        });
        let now = (status.state, status.retry_count, error);
        if before.as_ref() != Some(&now) {
            let (state, retries, error) = &now;
            timeline.say(&format!("manager: {state:?}, retries: {retries}"));
            let told = before.as_ref().is_some_and(|before: &(_, _, _)| before.2 == *error);
            if let (Some((category, message, step)), false) = (error, told) {
                println!("             {category}: {message}");
                println!("             -> {step}");
            }
            before = Some(now);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Lets threads read and write while `outage` happens.
fn work(
    db: &Db,
    counts: &Counts,
    timeline: &Timeline,
    outage: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let stopping = AtomicBool::new(false);
    timeline.say(&format!("{THREADS} threads write and read"));
    thread::scope(|scope| {
        for number in 0..THREADS {
            let stopping = &stopping;
            scope.spawn(move || {
                let page = format!("/{number}");
                while !stopping.load(Ordering::SeqCst) {
                    match db.insert(NewVisit::builder().page(page.as_str()).build()) {
                        Ok(_) => counts.written.fetch_add(1, Ordering::SeqCst),
                        Err(error) => {
                            let mut first = counts
                                .first_error
                                .lock()
                                .unwrap_or_else(|poisoned| poisoned.into_inner());
                            first.get_or_insert_with(|| format!("{}: {error}", error.code()));
                            counts.failed.fetch_add(1, Ordering::SeqCst)
                        }
                    };
                    if Visit::query().filter(visits::page.eq(page.as_str())).exists(db).is_ok() {
                        counts.read.fetch_add(1, Ordering::SeqCst);
                    }
                    thread::sleep(Duration::from_millis(5));
                }
            });
        }
        let result = outage();
        stopping.store(true, Ordering::SeqCst);
        result
    })
}

fn finish(db: &Db, counts: &Counts, timeline: &Timeline) -> Result<()> {
    let stored = Visit::query().count(db)?;
    let written = counts.written.load(Ordering::SeqCst);
    let failed = counts.failed.load(Ordering::SeqCst);
    timeline.say(&format!(
        "{written} writes were confirmed, {failed} failed; the table has {stored} rows"
    ));
    timeline.say(&format!(
        "{} reads, none failed that could be run again",
        counts.read.load(Ordering::SeqCst)
    ));
    let first = counts.first_error.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(error) = &*first {
        timeline.say(&format!("the first of the errors: {error}"));
    }
    db.execute_sql("DROP TABLE visits")?;
    let lost = u64::try_from(written)?.saturating_sub(stored);
    if lost > 0 {
        return Err(format!("{lost} confirmed writes are lost").into());
    }
    Ok(())
}
