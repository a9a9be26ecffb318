//! One peer on one database: it reads commands from standard input and answers on standard output.
//!
//! `peer <peer> <url> <dataset> [filled]` connects, fills the database unless that is done, and prints `ready`, or
//! `unsupported <why>`. Then:
//! - `run <workload> <times>` does the workload that often and answers `done <nanoseconds> <checksum>`, or
//!   `unsupported <why>`; if tasks call, the nanoseconds follow within which 50 % and 99 % of the calls ended;
//! - the end of the input ends the program.
//!
//! `peer sqlite-version` prints the version of SQLite in this program.

use std::io::BufRead;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use mizzle_benches::Unsupported;
use mizzle_benches::data::{self, Dataset, Dialect};
use mizzle_benches::peer::{self, Session};
use mizzle_benches::tasks::{Load, Tasks};
use mizzle_benches::workload::Workload;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if arguments == ["sqlite-version"] {
        println!("{}", peer::sqlite_version()?);
        return Ok(());
    }
    let [peer, url, dataset, filled @ ..] = arguments.as_slice() else {
        bail!("usage: peer <peer> <url> <people|northwind> [filled]")
    };
    let dataset = match *dataset {
        "people" => Dataset::People,
        "northwind" => Dataset::Northwind,
        other => bail!("there is no dataset {other:?}"),
    };
    let dialect = Dialect::of_url(url);
    be_one_of_several_threads();
    let mut session = match peer::connect(peer, url) {
        Ok(session) => session,
        Err(error) if error.is::<Unsupported>() => {
            println!("unsupported {error}");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if filled.is_empty() {
        for sql in data::fill(dataset, dialect) {
            session.execute(&sql).with_context(|| format!("can't fill the database by {sql}"))?;
        }
    }
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["run", workload, times] = words[..] else { bail!("there is no command {line:?}") };
        let times = times.parse()?;
        match Tasks::named(workload) {
            Some(tasks) => answer_tasks(&mut *session, tasks, times, dialect),
            None => answer(&mut *session, Workload::named(workload)?, times, dialect),
        }
        .with_context(|| format!("{peer}: {workload} fails"))?;
    }
    Ok(())
}

/// glibc's allocator takes no locks in a process that never had a second thread. A program with a pool, a server or a
/// runtime has several threads, and so has every peer.
fn be_one_of_several_threads() {
    std::thread::spawn(|| {
        loop {
            std::thread::park();
        }
    });
}

/// A separate function: callgrind writes a count at its end.
#[inline(never)]
fn answer(
    session: &mut dyn Session,
    workload: Workload,
    times: u64,
    dialect: Dialect,
) -> Result<()> {
    let start = Instant::now();
    let result = session.run(workload, times);
    let time = start.elapsed();
    let answer = match result {
        Ok(checksum) => format!("done {} {checksum}", time.as_nanos()),
        Err(error) if error.is::<Unsupported>() => format!("unsupported {error}"),
        Err(error) => return Err(error),
    };
    if workload.leaves_rows() {
        for sql in data::clean_up(dialect) {
            session.execute(&sql)?;
        }
    }
    // Last: until the next command, nothing more is sent to the server.
    println!("{answer}");
    Ok(())
}

fn answer_tasks(
    session: &mut dyn Session,
    tasks: Tasks,
    times: u64,
    dialect: Dialect,
) -> Result<()> {
    let start = Instant::now();
    let result = session.run_tasks(tasks, times);
    let time = start.elapsed();
    let answer = match result {
        Ok(mut measured) => {
            let (middle, slow) = (measured.latency(0.5), measured.latency(0.99));
            format!("done {} {} {middle} {slow}", time.as_nanos(), measured.checksum)
        }
        Err(error) if error.is::<Unsupported>() => format!("unsupported {error}"),
        Err(error) => return Err(error),
    };
    if tasks.load == Load::Mixed {
        for sql in data::clean_up(dialect) {
            session.execute(&sql)?;
        }
    }
    println!("{answer}");
    Ok(())
}
