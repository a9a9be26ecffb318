//! Interleaved rounds of every workload.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use super::Options;
use super::build::{self, Programs};
use super::network::Network;
use super::peer::{Done, Latency, Peer};
use super::plan::{self, Dataset, Target};
use super::statistics::Summary;
use crate::postgres::Server;
use crate::process;

/// What the peers need for a workload.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// Each peer's figures, or why it has none.
    pub(crate) peers: Vec<(&'static str, Result<Summary, String>)>,
    /// How often each peer waits for the server in one operation, if it was counted.
    pub(crate) trips: Vec<Option<f64>>,
}

/// How long each peer works in a round, and the number of rounds.
struct Pace {
    nanoseconds: u64,
    rounds: usize,
}

impl Pace {
    fn of(options: &Options) -> Self {
        if options.quick {
            Self { nanoseconds: 5_000_000, rounds: 5 }
        } else {
            Self { nanoseconds: 20_000_000, rounds: 21 }
        }
    }

    /// Threads need longer to show their mean: the system lets each run for milliseconds at a time.
    fn nanoseconds(&self, workload: &str) -> u64 {
        let factor = match workload {
            // A percentile of few calls would be that of the slowest one.
            _ if plan::tasks(workload).is_some() => 20,
            _ if plan::needs_pool(workload) => 4,
            _ => 1,
        };
        self.nanoseconds * factor
    }
}

/// Measures all workloads on a target.
pub(crate) fn target(
    target: Target,
    programs: &Programs,
    server: Option<&Server>,
    options: &Options,
) -> Result<Vec<Workload>> {
    let mut measured = Vec::new();
    for dataset in target.datasets() {
        let workloads: Vec<&'static str> = dataset
            .workloads
            .iter()
            .copied()
            .filter(|name| options.includes_workload(name))
            .filter(|name| target.is_shared() || !plan::needs_pool(name))
            .filter(|name| target.has_server() || !plan::needs_server(name))
            .collect();
        if workloads.is_empty() {
            continue;
        }
        let folder = DatabaseFolder::new()?;
        let mut peers = start(target, dataset, programs, server, &folder, options)?;
        for name in workloads {
            let workload = rounds(name, target, &mut peers, &Pace::of(options))?;
            progress(&workload);
            measured.push(workload);
        }
    }
    ensure!(!measured.is_empty(), "--only matches no workload");
    Ok(measured)
}

/// Starts every peer on a separate database, or on a shared one if nobody writes.
fn start(
    target: Target,
    dataset: &Dataset,
    programs: &Programs,
    server: Option<&Server>,
    folder: &DatabaseFolder,
    options: &Options,
) -> Result<Vec<Peer>> {
    let mut peers = Vec::new();
    // The database that all peers use, once it is filled.
    let mut shared: Option<String> = None;
    for name in options.peers(target) {
        let is_filled = shared.is_some();
        let mut network = None;
        let url = match target {
            Target::SqliteMemory => "sqlite::memory:".to_owned(),
            Target::SqliteFile | Target::TasksSqlite => {
                format!("sqlite:{}", folder.0.join(format!("{}-{name}.db", dataset.name)).display())
            }
            Target::Postgres | Target::Network | Target::TasksPostgres | Target::TasksNetwork => {
                let server = server.context("the server doesn't run")?;
                let database = match &shared {
                    Some(database) => database.clone(),
                    None => {
                        let database = format!("{}_{}", dataset.name, name.replace('-', "_"));
                        server.create_database(&database)?;
                        database
                    }
                };
                if dataset.is_read_only {
                    shared = Some(database.clone());
                }
                if target.has_network() {
                    let between = network.insert(Network::to(server.port())?);
                    server.url_through(between.port(), &database)
                } else {
                    server.socket_url(&database)
                }
            }
        };
        let program = programs.of(target, name);
        peers.extend(Peer::start(name, program, &url, dataset.name, is_filled, network)?);
    }
    Ok(peers)
}

/// Runs a workload by every peer in turn, again and again. Each works for the same time in a round.
fn rounds(name: &'static str, target: Target, peers: &mut [Peer], pace: &Pace) -> Result<Workload> {
    check_same(name, peers)?;
    let mut figures: Vec<Result<(u64, Vec<f64>), String>> = Vec::new();
    let mut latencies: Vec<Vec<Latency>> = vec![Vec::new(); peers.len()];
    for peer in &mut *peers {
        figures.push(calibrate(name, peer, pace)?.map(|times| (times, Vec::new())));
    }
    for round in 0..pace.rounds {
        for place in order(round, peers.len()) {
            if process::interrupted() {
                bail!("interrupted");
            }
            if let Ok((times, figures)) = &mut figures[place] {
                let done = peers[place].run(name, *times)?.map_err(anyhow::Error::msg)?;
                figures.push(done.nanoseconds as f64 / *times as f64);
                latencies[place].extend(done.latency);
            }
        }
    }
    let figures: Vec<Result<Vec<f64>, String>> =
        figures.into_iter().map(|figures| figures.map(|(_, rounds)| rounds)).collect();
    let reference = target.reference();
    let place = peers.iter().position(|peer| peer.name == reference);
    let raw = match place.map(|place| &figures[place]) {
        Some(Ok(raw)) => raw.clone(),
        _ => bail!("{reference} has no code for {name}"),
    };
    let summarize = |(rounds, latencies): (Result<Vec<f64>, String>, Vec<Latency>)| {
        rounds.map(|rounds| Summary::of(&rounds, &raw).with_latencies(&latencies))
    };
    let mut trips = Vec::new();
    for (peer, figures) in peers.iter_mut().zip(&figures) {
        trips.push(if figures.is_ok() { count_trips(name, peer)? } else { None });
    }
    let summaries = figures.into_iter().zip(latencies).map(summarize);
    let peers = peers.iter().map(|peer| peer.name).zip(summaries).collect();
    Ok(Workload { name, peers, trips })
}

/// Counts the round trips of one operation that a peer has done before, if there is a network. The difference between
/// two runs leaves out what each of them does once. Readers have none: a writer's would be counted with them.
fn count_trips(name: &str, peer: &mut Peer) -> Result<Option<f64>> {
    if name.starts_with(plan::READERS) {
        return Ok(None);
    }
    let least = least(name);
    let mut counts = [0; 2];
    for (count, times) in counts.iter_mut().zip([least, least * 2]) {
        let Some(before) = peer.network.as_ref().map(Network::trips) else { return Ok(None) };
        peer.run(name, times)?.map_err(anyhow::Error::msg)?;
        *count = peer.network.as_ref().map_or(before, Network::trips) - before;
    }
    let [one, two] = counts.map(|count| count as f64);
    Ok(Some((two - one) / least as f64))
}

/// Returns the order of the peers in a round: each is first in some rounds, and every other round is reversed, so no
/// peer always follows the same one.
fn order(round: usize, peers: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..peers).map(|step| (step + round) % peers).collect();
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

/// Fails unless all peers do the same.
fn check_same(name: &str, peers: &mut [Peer]) -> Result<()> {
    let mut expected = None;
    for peer in peers {
        let Ok(Done { checksum, .. }) = peer.run(name, least(name))? else { continue };
        let expected = *expected.get_or_insert(checksum);
        ensure!(
            checksum == expected,
            "{} has not done the same as the others in {name}: {checksum} instead of {expected}",
            peer.name
        );
    }
    Ok(())
}

/// The minimum number of repetitions of a workload: each of 16 threads and each task needs something to do, and every
/// kind of operation comes once in ten. A thousand tasks have much to do together.
fn least(name: &str) -> u64 {
    match plan::tasks(name) {
        Some(tasks) => (tasks * 2).max(10),
        None if plan::needs_pool(name) => 320,
        None => 2,
    }
}

/// Returns how often a peer does a workload in the time of a round; also warms it up.
fn calibrate(name: &str, peer: &mut Peer, pace: &Pace) -> Result<Result<u64, String>> {
    let nanoseconds = pace.nanoseconds(name);
    let mut times = least(name);
    loop {
        let done = match peer.run(name, times)? {
            Ok(done) => done,
            Err(why) => return Ok(Err(why)),
        };
        if done.nanoseconds > nanoseconds / 4 {
            let one = (done.nanoseconds / times).max(1);
            let has_least = plan::needs_pool(name) || plan::tasks(name).is_some();
            let least = if has_least { least(name) } else { 1 };
            return Ok(Ok((nanoseconds / one).max(least)));
        }
        times *= 4;
    }
}

fn progress(workload: &Workload) {
    let ratios: Vec<String> = workload
        .peers
        .iter()
        .filter_map(|(name, summary)| Some(format!("{name} {:.2}", summary.as_ref().ok()?.ratio)))
        .collect();
    println!("{:32} {}", workload.name, ratios.join("  "));
}

/// A folder for database files, which is removed at the end.
struct DatabaseFolder(PathBuf);

impl DatabaseFolder {
    fn new() -> Result<Self> {
        let folder = build::target()?.join("bench/databases");
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("can't remove {}", folder.display()))?;
        }
        fs::create_dir_all(&folder)
            .with_context(|| format!("can't create {}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for DatabaseFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("can't remove {}: {error}", self.0.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_always_comes_after_the_same_peer() {
        assert_eq!(order(0, 4), [0, 1, 2, 3]);
        assert_eq!(order(1, 4), [0, 3, 2, 1]);
        assert_eq!(order(2, 4), [2, 3, 0, 1]);
        assert_eq!(order(3, 4), [2, 1, 0, 3]);
    }
}
