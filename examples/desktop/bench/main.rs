//! What mizzle costs in this application: `cargo run --release --example desktop-bench`.
//!
//! Each call of the repository runs by hand-written SQL and by mizzle, in turns, on two files with the same rows.
//! `DESKTOP_REPOSITORY=sql` or `mizzle` runs one of the two.

#![allow(missing_docs, dead_code, reason = "not all of the repository is measured")]

mod by_hand;
#[path = "../database.rs"]
mod database;
#[path = "../queries.rs"]
mod queries;
#[path = "../repositories.rs"]
mod repositories;
#[path = "../schema.rs"]
mod schema;

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use mizzle::prelude::*;
use rusqlite::Connection;

use repositories::{Executions, Projects};
use schema::{Execution, Status};

const PROJECTS: i64 = 20;
const EXECUTIONS: i64 = 4000;
const ROUNDS: usize = 60;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The calls that are measured.
trait Repository {
    fn find(&self, id: i64) -> Result<Option<Execution>>;
    fn active(&self) -> Result<Vec<Execution>>;
    fn expiring_within(&self, now: DateTime<Utc>, hours: i64) -> Result<Vec<Execution>>;
    fn recent(&self, project: i64, page: i64, size: i64) -> Result<(Vec<Execution>, i64)>;
    fn queue(&self, project: i64, command: &str, now: DateTime<Utc>) -> Result<Execution>;
    fn start(&self, id: i64, now: DateTime<Utc>) -> Result<Execution>;
    fn finish(&self, id: i64, status: Status, now: DateTime<Utc>) -> Result<Execution>;
}

const TIME_OUT: TimeDelta = TimeDelta::hours(1);

impl Repository for by_hand::Executions {
    fn find(&self, id: i64) -> Result<Option<Execution>> {
        Ok(self.find(id)?)
    }
    fn active(&self) -> Result<Vec<Execution>> {
        Ok(self.active()?)
    }
    fn expiring_within(&self, now: DateTime<Utc>, hours: i64) -> Result<Vec<Execution>> {
        Ok(self.expiring_within(now, hours)?)
    }
    fn recent(&self, project: i64, page: i64, size: i64) -> Result<(Vec<Execution>, i64)> {
        Ok(self.recent(project, page, size)?)
    }
    fn queue(&self, project: i64, command: &str, now: DateTime<Utc>) -> Result<Execution> {
        Ok(self.queue(project, command, now, TIME_OUT)?)
    }
    fn start(&self, id: i64, now: DateTime<Utc>) -> Result<Execution> {
        Ok(self.start(id, now)?)
    }
    fn finish(&self, id: i64, status: Status, now: DateTime<Utc>) -> Result<Execution> {
        Ok(self.finish(id, status, now)?)
    }
}

impl Repository for Executions {
    fn find(&self, id: i64) -> Result<Option<Execution>> {
        Ok(self.find(id)?)
    }
    fn active(&self) -> Result<Vec<Execution>> {
        Ok(self.active()?)
    }
    fn expiring_within(&self, now: DateTime<Utc>, hours: i64) -> Result<Vec<Execution>> {
        Ok(self.expiring_within(now, hours)?)
    }
    fn recent(&self, project: i64, page: i64, size: i64) -> Result<(Vec<Execution>, i64)> {
        let page = self.recent(project, page.cast_unsigned(), size.cast_unsigned())?;
        Ok((page.items, page.total.cast_signed()))
    }
    fn queue(&self, project: i64, command: &str, now: DateTime<Utc>) -> Result<Execution> {
        Ok(self.queue(project, command, now, TIME_OUT)?)
    }
    fn start(&self, id: i64, now: DateTime<Utc>) -> Result<Execution> {
        Ok(self.start(id, now)?)
    }
    fn finish(&self, id: i64, status: Status, now: DateTime<Utc>) -> Result<Execution> {
        Ok(self.finish(id, status, now)?)
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_775_000_000 + seconds, 0).unwrap_or_default()
}

/// Fills a file: most executions have ended.
fn fill(db: &Db) -> Result<()> {
    let (projects, executions) = (Projects::new(db), Executions::new(db));
    for number in 1..=PROJECTS {
        projects.add(&format!("project {number}"), "/home/ada")?;
    }
    for number in 0..EXECUTIONS {
        let project = number % PROJECTS + 1;
        let queued = executions.queue(
            project,
            &format!("make {number}"),
            at(number),
            TimeDelta::minutes(number % 500),
        )?;
        if number % 50 != 0 {
            executions.start(queued.id, at(number))?;
            executions.finish(queued.id, Status::Succeeded, at(number + 9))?;
        }
    }
    Ok(())
}

/// Makes the compiler keep what nobody looks at.
fn used<T>(result: T) {
    black_box(result);
}

/// A call, how often it runs in a round, and how it is run.
type Call = (&'static str, i64, fn(&dyn Repository, i64) -> Result<()>);

const CALLS: [Call; 6] = [
    ("find", 400, |on, n| on.find(n * 7 % EXECUTIONS + 1).map(used)),
    ("active", 20, |on, _| on.active().map(used)),
    ("expiring_within", 50, |on, n| on.expiring_within(at(n % 4000), 2).map(used)),
    ("recent", 50, |on, n| on.recent(n % PROJECTS + 1, n % 5 + 1, 20).map(used)),
    ("queue", 50, |on, n| on.queue(n % PROJECTS + 1, "make", at(n)).map(used)),
    ("queue, start, finish", 20, |on, n| {
        let queued = on.queue(n % PROJECTS + 1, "make", at(n))?;
        on.start(queued.id, at(n))?;
        on.finish(queued.id, Status::Failed, at(n + 1)).map(used)
    }),
];

/// Checks that both do the same.
fn compare(one: &dyn Repository, other: &dyn Repository) -> Result<()> {
    for id in [1, 2, EXECUTIONS + 1] {
        assert_eq!(one.find(id)?, other.find(id)?);
    }
    assert_eq!(one.active()?, other.active()?);
    assert!(!one.active()?.is_empty());
    for n in 0..100 {
        assert_eq!(one.expiring_within(at(n * 40), 2)?, other.expiring_within(at(n * 40), 2)?);
        assert_eq!(one.recent(n % 25, n % 12 + 1, 20)?, other.recent(n % 25, n % 12 + 1, 20)?);
    }
    let (first, second) = (one.queue(1, "make", at(0))?, other.queue(1, "make", at(0))?);
    assert_eq!(first, second);
    assert_eq!(one.start(first.id, at(1))?, other.start(first.id, at(1))?);
    assert!(one.start(first.id, at(1)).is_err() && other.start(first.id, at(1)).is_err());
    let finish = |on: &dyn Repository| on.finish(first.id, Status::Failed, at(2));
    assert_eq!(finish(one)?, finish(other)?);
    Ok(())
}

fn round(on: &dyn Repository, (_, count, call): &Call, number: usize) -> Result<Duration> {
    let first = number as i64 * count;
    let start = Instant::now();
    for n in first..first + count {
        call(on, n)?;
    }
    Ok(start.elapsed())
}

/// Returns the time of the fastest round: what the others took longer is due to the rest of the machine.
fn fastest(times: Vec<Duration>) -> Duration {
    times.into_iter().min().unwrap_or_default()
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (by_hand, by_mizzle) = (folder.path().join("sql.db"), folder.path().join("mizzle.db"));
    fill(&database::open(&by_mizzle)?)?;
    std::fs::copy(&by_mizzle, &by_hand)?;
    let by_hand = by_hand::Executions::new(Connection::open(&by_hand)?)?;
    let by_mizzle = Executions::new(&database::open(&by_mizzle)?);

    let wanted = std::env::var("DESKTOP_REPOSITORY").ok();
    let only: Option<&dyn Repository> = match wanted.as_deref() {
        None => None,
        Some("sql") => Some(&by_hand),
        Some("mizzle") => Some(&by_mizzle),
        Some(_) => {
            return Err(
                "set DESKTOP_REPOSITORY to `sql` or `mizzle`, or leave it out for both".into()
            );
        }
    };
    if let Some(only) = only {
        for call in &CALLS {
            let times =
                (0..ROUNDS).map(|number| round(only, call, number)).collect::<Result<_>>()?;
            println!("{:22} {:9.2} µs", call.0, micros(fastest(times), call.1));
        }
        return Ok(());
    }
    compare(&by_hand, &by_mizzle)?;
    println!("{:22} {:>12} {:>12} {:>6}", "a call, at best", "SQL", "mizzle", "ratio");
    let mut product = 1.0;
    for call in &CALLS {
        let (mut hand, mut mizzle) = (Vec::new(), Vec::new());
        for number in 0..ROUNDS {
            hand.push(round(&by_hand, call, number)?);
            mizzle.push(round(&by_mizzle, call, number)?);
        }
        let (hand, mizzle) = (micros(fastest(hand), call.1), micros(fastest(mizzle), call.1));
        println!("{:22} {hand:9.2} µs {mizzle:9.2} µs {:6.2}", call.0, mizzle / hand);
        product *= mizzle / hand;
    }
    println!("the mean of the ratios is {:.3}", product.powf(1.0 / CALLS.len() as f64));
    Ok(())
}

fn micros(time: Duration, calls: i64) -> f64 {
    time.as_secs_f64() * 1e6 / calls as f64
}
