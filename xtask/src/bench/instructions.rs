//! Instructions of each workload on SQLite in memory, counted by callgrind. Unlike times they hardly vary, so a change
//! of a few percent shows.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::Options;
use super::build::Programs;
use super::peer::Peer;
use super::plan::{self, Dataset, Target};
use super::results::Section;
use super::table;
use super::versions::{self, Versions};
use crate::process;

/// The peers that only run on the calling thread.
const PEERS: [&str; 5] = [plan::RAW, "mizzle", "diesel", "diesel-tuned", "drizzle"];

/// The function of the peers' program that does a workload: callgrind writes its count each time it ends.
const FUNCTION: &str = "peer::answer*";

const MEMORY: &str = "sqlite::memory:";

pub(crate) fn count(
    programs: &Programs,
    versions: &Versions,
    folder: &Path,
    options: &Options,
) -> Result<Section> {
    let title = "Instructions on SQLite in memory";
    println!("\n=== {title}");
    let is_here = |peer: &&str| *peer == plan::RAW || options.includes_peer(peer);
    let peers: Vec<&str> = PEERS.into_iter().filter(is_here).collect();
    let callgrind = Callgrind { programs, folder: folder.join("callgrind") };
    let mut rows = vec![vec!["workload".to_owned()]];
    rows[0].extend(peers.iter().map(|peer| (*peer).to_owned()));
    rows[0].push("mizzle / raw".to_owned());
    for dataset in [plan::PEOPLE, plan::NORTHWIND] {
        let workloads: Vec<&str> = dataset
            .workloads
            .iter()
            .copied()
            .filter(|workload| !plan::needs_pool(workload) && options.includes_workload(workload))
            .collect();
        // If one workload could affect the next, each gets a separate database. Northwind's tables don't change, and
        // filling them takes long under callgrind.
        let groups = if dataset.is_read_only { workloads.len().max(1) } else { 1 };
        for group in workloads.chunks(groups) {
            let counts: Vec<Vec<Option<f64>>> = peers
                .iter()
                .map(|peer| callgrind.count(peer, group, &dataset))
                .collect::<Result<_>>()?;
            for (place, workload) in group.iter().enumerate() {
                let counts: Vec<Option<f64>> = counts.iter().map(|counts| counts[place]).collect();
                let row = row(workload, &peers, &counts);
                println!("{}", row.join("  "));
                rows.push(row);
            }
        }
    }
    let versions = format!(
        "{}; {}",
        versions::of_sqlite(programs, Target::SqliteMemory, &peers)?,
        versions.of_peers(&peers, Target::SqliteMemory)?
    );
    Ok(Section::written(title, versions, table::markdown(&rows)))
}

fn row(workload: &str, peers: &[&str], counts: &[Option<f64>]) -> Vec<String> {
    let shown =
        |count: &Option<f64>| count.map_or_else(|| "–".to_owned(), |count| format!("{count:.0}"));
    let of = |name| counts[peers.iter().position(|peer| *peer == name)?];
    let ratio = of("mizzle").zip(of(plan::RAW)).map(|(mizzle, raw)| mizzle / raw);
    let mut row = vec![workload.to_owned()];
    row.extend(counts.iter().map(shown));
    row.push(ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}")));
    row
}

/// The two numbers of repetitions whose difference is counted.
fn repetitions(workload: &str) -> (u64, u64) {
    match workload {
        "load" | "stream" | "relations" | "insert-10000" | "copy-10000" => (1, 3),
        "insert-100"
        | "update-1000"
        | "upsert-1000"
        | "group-by"
        | "cte"
        | "view"
        | "wide"
        | "customers"
        | "employees"
        | "suppliers"
        | "products"
        | "search-customer"
        | "search-product"
        | "orders-with-details" => (5, 15),
        _ => (50, 250),
    }
}

struct Callgrind<'a> {
    programs: &'a Programs,
    folder: PathBuf,
}

impl Callgrind<'_> {
    /// Returns the instructions of one repetition of each workload; `None` if the peer has no code for it.
    fn count(
        &self,
        peer: &'static str,
        workloads: &[&str],
        dataset: &Dataset,
    ) -> Result<Vec<Option<f64>>> {
        let has_code = self.has_code(peer, workloads, dataset)?;
        let mut commands = String::new();
        for (workload, _) in workloads.iter().zip(&has_code).filter(|(_, has_code)| **has_code) {
            let (few, many) = repetitions(workload);
            // A first round prepares the statements.
            for times in [1, few, many] {
                commands.push_str(&format!("run {workload} {times}\n"));
            }
        }
        let mut counted = self.run(peer, &commands, dataset)?.into_iter();
        let mut counts = Vec::new();
        for (workload, has_code) in workloads.iter().zip(has_code) {
            if !has_code {
                counts.push(None);
                continue;
            }
            let mut next = || counted.next().context("callgrind has written too few counts");
            let (few, many) = repetitions(workload);
            let (_, of_few, of_many) = (next()?, next()?, next()?);
            counts.push(Some((of_many - of_few) / (many - few) as f64));
        }
        Ok(counts)
    }

    /// Finds out which workloads a peer has code for, without callgrind, because that is faster.
    fn has_code(
        &self,
        peer: &'static str,
        workloads: &[&str],
        dataset: &Dataset,
    ) -> Result<Vec<bool>> {
        let program = self.programs.of(Target::SqliteMemory, peer);
        let Some(mut peer) = Peer::start(peer, program, MEMORY, dataset.name, false, None)? else {
            return Ok(vec![false; workloads.len()]);
        };
        workloads.iter().map(|workload| Ok(peer.run(workload, 1)?.is_ok())).collect()
    }

    /// Returns the instructions of each of the commands.
    fn run(&self, peer: &str, commands: &str, dataset: &Dataset) -> Result<Vec<f64>> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        if process::interrupted() {
            bail!("interrupted");
        }
        let folder = &self.folder;
        if folder.exists() {
            fs::remove_dir_all(folder)
                .with_context(|| format!("can't remove {}", folder.display()))?;
        }
        fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))?;
        let mut valgrind = Command::new("valgrind");
        valgrind.arg("--tool=callgrind").arg(format!("--dump-after={FUNCTION}"));
        valgrind.arg(format!("--callgrind-out-file={}", folder.join("out").display()));
        valgrind.arg(self.programs.of(Target::SqliteMemory, peer)).args([
            peer,
            MEMORY,
            dataset.name,
        ]);
        valgrind.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = valgrind.spawn().context("valgrind could not be run; is it installed?")?;
        let mut input = child.stdin.take().context("the peer has no input")?;
        input.write_all(commands.as_bytes())?;
        drop(input);
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{peer} fails under valgrind in\n{commands}{said}");
        }
        (1..=commands.lines().count())
            .map(|number| total(&folder.join(format!("out.{number}"))))
            .collect()
    }
}

/// Returns the number of instructions in a callgrind file.
fn total(path: &Path) -> Result<f64> {
    let text =
        fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok());
    total.with_context(|| format!("{} has no total", path.display()))
}
