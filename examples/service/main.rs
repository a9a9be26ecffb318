//! A service on mizzle's connection manager: `cargo run --example service`.

#[allow(dead_code, reason = "the same repository is tested in tests/service.rs")]
mod licences;

use std::error::Error;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clap::Parser;
use licences::{LicenceRepository, Licences};
use mizzle::ConnectionManager;
use mizzle::manager::{Health, ManagerConfig};
use mizzle::prelude::*;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Plays a service that keeps licences: connects with retries, works, reports its health, and ends in good order
/// when it gets a signal.
///
/// Without a URL it takes the one of DATABASE_URL, or else an SQLite file in a temporary folder:
///
///   cargo run --example service
///
/// On PostgreSQL, with the same output. The database must not have the example's table yet; it is dropped at the end:
///
///   cargo run --example service --features postgres -- postgres://user:password@localhost/database
#[derive(Parser)]
#[command(verbatim_doc_comment)]
struct Arguments {
    /// The database: `postgres://…`, `sqlite:path/to/file.db` or `sqlite::memory:`
    url: Option<String>,

    /// Work until Ctrl-C or SIGTERM comes, instead of for a moment
    #[arg(long)]
    serve: bool,
}

/// A temporary folder, removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let folder =
        Folder(std::env::temp_dir().join(format!("mizzle-service-{}", std::process::id())));
    let config = match (arguments.url, std::env::var_os("DATABASE_URL")) {
        (Some(url), _) => ManagerConfig::new(Db::builder(&url)),
        (None, Some(_)) => ManagerConfig::from_env()?,
        (None, None) => {
            std::fs::create_dir_all(&folder.0)?;
            let path = folder.0.join("service.db");
            ManagerConfig::new(Db::builder(&format!("sqlite:{}", path.display())))
        }
    };
    // Before anything else, so that no signal is missed.
    let mut signals = Signals::new([SIGINT, SIGTERM])?;

    let manager = ConnectionManager::global();
    let licences = LicenceRepository::new(manager);
    println!("Before the manager is initialized, a repository gives an error, and no panic");
    if let Err(error) = licences.find_active() {
        println!("  {}: {error}", error.code());
    }

    println!(
        "\nConnecting: an error that may pass is tried again, others end here and say what to do"
    );
    let db = manager.initialize_with(config)?;
    println!("  connected: {}", manager.is_connected());
    db.create_all::<Licences>()?;
    let played = play(&licences).and_then(|()| {
        Ok(work_until_a_signal(manager, &licences, &mut signals, !arguments.serve)?)
    });
    db.execute_sql("DROP TABLE licences")?;

    println!("\nDisconnecting, which waits for work that still runs, but never longer than 5 s");
    drop(db);
    let left = manager.disconnect();
    println!("  connections that still work: {left}; state: {:?}", manager.status().state);
    played
}

fn play(licences: &LicenceRepository) -> Result<(), Box<dyn Error>> {
    println!("\nCreate, and find by id and by a unique column");
    let now = mizzle::now();
    let ada = licences.create("AAAA-1", "Ada", now + 3 * DAY)?;
    licences.create("AAAA-2", "Ada", now + 30 * DAY)?;
    let bob = licences.create("BBBB-1", "Bob", now + 7 * DAY)?;
    println!("  by id: {}", licences.find_by_id(ada.id)?.is_some_and(|found| found == ada));
    println!("  by key: {}", licences.find_by_key("BBBB-1")?.is_some_and(|found| found == bob));
    println!("  no such key: {:?}", licences.find_by_key("nothing")?);
    if let Err(error) = licences.create("AAAA-1", "Eve", now) {
        println!("  a key that is taken: {error}");
    }

    println!("\nActive, and those that expire within a week and a day");
    print_keys(&licences.find_active()?);
    print_keys(&licences.find_expiring_within(8 * DAY)?);

    println!("\nUpdate one, extend all of Ada's at once, delete one");
    let bob = licences.update(&licences::Licence { active: false, ..bob })?;
    println!("  extended: {}", licences.extend_all_of("Ada", 10 * DAY)?);
    print_keys(&licences.find_expiring_within(8 * DAY)?);
    print_keys(&licences.find_active_of("Ada")?);
    println!("  deleted: {}, again: {}", licences.delete(bob.id)?, licences.delete(bob.id)?);
    Ok(())
}

fn print_keys(found: &[licences::Licence]) {
    let keys: Vec<&str> = found.iter().map(|licence| licence.key.as_str()).collect();
    println!("  [{}]", keys.join(", "));
}

/// Works on some threads until a signal comes, and then lets each finish what it has begun.
fn work_until_a_signal(
    manager: &ConnectionManager,
    licences: &LicenceRepository,
    signals: &mut Signals,
    ends_itself: bool,
) -> std::io::Result<()> {
    println!("\nWorking on three threads, until a signal comes");
    let stopping = AtomicBool::new(false);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    while !stopping.load(Ordering::SeqCst) {
                        // An outage is waited out: the next round may work.
                        if let Err(error) = licences.extend_all_of("Ada", DAY) {
                            eprintln!("{}: {error}", error.code());
                        }
                        thread::sleep(Duration::from_millis(20));
                    }
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(200));
        print_health(&manager.health());
        if ends_itself {
            println!("  (here the program sends itself the signal)");
            signal_hook::low_level::raise(SIGTERM)?;
        }
        if let Some(signal) = signals.forever().next() {
            println!("  a signal: {}", if signal == SIGTERM { "SIGTERM" } else { "SIGINT" });
        }
        stopping.store(true, Ordering::SeqCst);
        for worker in workers {
            worker.join().map_err(|_| std::io::Error::other("a worker panicked"))?;
        }
        println!("  all threads have finished what they had begun");
        Ok(())
    })
}

/// What a health check would answer with, by serde; here without what differs from run to run.
fn print_health(health: &Health) {
    let report = serde_json::to_value(health).unwrap_or_default();
    println!("  health: {}", report["status"]);
    println!(
        "  database: {}, after some milliseconds: {}",
        report["database"]["status"],
        report["database"]["latency_ms"].is_f64()
    );
    let connection = &report["database"]["connection"];
    println!(
        "  state: {}, retries: {}, pool size: {}",
        connection["state"], connection["retry_count"], connection["pool"]["size"]
    );
}
