//! Instructions of each workload on SQLite in memory, counted by callgrind. Unlike times they hardly vary, so that a
//! change of a few percent shows.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::Options;
use super::build::Programs;
use super::plan::{self, Dataset};
use super::results::Section;
use super::table;
use crate::process;

/// The peers that run on the calling thread alone.
const PEERS: [&str; 4] = [plan::RAW, "mizzle", "diesel", "diesel-tuned"];

pub(crate) fn count(programs: &Programs, options: &Options) -> Result<Section> {
    let title = "Instructions on SQLite in memory";
    println!("\n=== {title}");
    let peers: Vec<&str> = PEERS.into_iter().filter(|peer| options.includes_peer(peer)).collect();
    let mut rows = vec![vec!["workload".to_owned()]];
    rows[0].extend(peers.iter().map(|peer| (*peer).to_owned()));
    rows[0].push("mizzle / raw".to_owned());
    for dataset in [plan::PEOPLE, plan::NORTHWIND] {
        // Filling Northwind's tables takes valgrind long, and its queries are of the same kinds.
        if dataset.is_read_only {
            continue;
        }
        for workload in dataset.workloads {
            if plan::needs_pool(workload) || !options.includes_workload(workload) {
                continue;
            }
            rows.push(row(workload, &peers, &dataset, programs)?);
            println!("{}", rows.last().map(|row| row.join("  ")).unwrap_or_default());
        }
    }
    Ok(Section::written(title, table::markdown(&rows)))
}

fn row(
    workload: &str,
    peers: &[&str],
    dataset: &Dataset,
    programs: &Programs,
) -> Result<Vec<String>> {
    let (few, many) = match workload {
        "load" | "relations" | "insert-10000" => (1, 3),
        "insert-100" | "group-by" | "wide" => (5, 15),
        _ => (50, 250),
    };
    let mut counts = Vec::new();
    for peer in peers {
        let difference = collected(peer, workload, many, dataset, programs)?
            .zip(collected(peer, workload, few, dataset, programs)?)
            .map(|(many, few)| many - few);
        counts.push(difference.map(|difference| difference / (many - few) as f64));
    }
    let shown =
        |count: &Option<f64>| count.map_or_else(|| "–".to_owned(), |count| format!("{count:.0}"));
    let of = |name| counts[peers.iter().position(|peer| *peer == name)?];
    let ratio = of("mizzle").zip(of(plan::RAW)).map(|(mizzle, raw)| mizzle / raw);
    let mut row = vec![workload.to_owned()];
    row.extend(counts.iter().map(shown));
    row.push(ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}")));
    Ok(row)
}

/// Instructions of the whole program that does a workload so often; `None` where the peer has no code for it.
fn collected(
    peer: &str,
    workload: &str,
    times: u64,
    dataset: &Dataset,
    programs: &Programs,
) -> Result<Option<f64>> {
    if process::interrupted() {
        bail!("interrupted");
    }
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(programs.of(peer));
    valgrind.args([peer, "sqlite::memory:", dataset.name]);
    valgrind.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = valgrind.spawn().context("valgrind could not be run; is it installed?")?;
    let mut commands = child.stdin.take().context("the peer has no input")?;
    // A first round prepares the statements.
    writeln!(commands, "run {workload} 1\nrun {workload} {times}")?;
    drop(commands);
    let output = child.wait_with_output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{peer} fails in {workload} under valgrind:\n{report}");
    }
    if String::from_utf8_lossy(&output.stdout).contains("unsupported") {
        return Ok(None);
    }
    let count =
        report.lines().find_map(|line| line.split("Collected : ").nth(1)?.trim().parse().ok());
    Ok(Some(count.with_context(|| format!("valgrind's report has no count:\n{report}"))?))
}
