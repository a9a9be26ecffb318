//! Counts the instructions of each workload, by callgrind: `cargo run --release --bin instructions`.
//!
//! Runs itself under valgrind with two numbers of repetitions; the difference is the cost of the repetitions
//! alone, without the preparation. With arguments (`find mizzle 100`) it is the program that is counted.

use std::process::{Command, ExitCode};

use mizzle_benches::workload::{Peer, Workload, run};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [workload, peer, times] => {
            let workload = Workload::ALL.into_iter().find(|known| known.name() == workload);
            let peer = Peer::ALL.into_iter().find(|known| known.name() == peer);
            let (Some(workload), Some(peer), Ok(times)) = (workload, peer, times.parse()) else {
                eprintln!("usage: instructions [<workload> <peer> <times>]");
                return ExitCode::FAILURE;
            };
            std::hint::black_box(run(peer, workload, times));
            ExitCode::SUCCESS
        }
        _ => match table(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("{problem}");
                ExitCode::FAILURE
            }
        },
    }
}

fn table(only: &[String]) -> Result<(), String> {
    println!("| instructions | rusqlite | diesel | mizzle | mizzle / rusqlite | mizzle / diesel |");
    println!("|---|---:|---:|---:|---:|---:|");
    for workload in Workload::ALL {
        if !only.is_empty() && !only.iter().any(|name| name == workload.name()) {
            continue;
        }
        let (few, many) = match workload {
            Workload::Load | Workload::Relations => (2, 6),
            Workload::Insert100 | Workload::Page => (20, 70),
            _ => (200, 1200),
        };
        let mut costs = Vec::new();
        for peer in Peer::ALL {
            let difference = count(workload, peer, many)? - count(workload, peer, few)?;
            costs.push(difference as f64 / (many - few) as f64);
        }
        let [raw, diesel, mizzle] = costs[..] else {
            return Err("there are three peers".into());
        };
        println!(
            "| {} | {raw:.0} | {diesel:.0} | {mizzle:.0} | {:.2} | {:.2} |",
            workload.name(),
            mizzle / raw,
            mizzle / diesel
        );
    }
    Ok(())
}

fn count(workload: Workload, peer: Peer, times: u64) -> Result<i64, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([workload.name(), peer.name(), &times.to_string()])
        .output()
        .map_err(|error| format!("valgrind could not be run, is it installed? {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{} of {} failed:\n{report}", workload.name(), peer.name()));
    }
    let collected = report.lines().find_map(|line| line.split("Collected : ").nth(1));
    collected
        .and_then(|count| count.trim().parse().ok())
        .ok_or_else(|| format!("valgrind's report has no count:\n{report}"))
}
