//! `cargo xtask bench`: mizzle compared with the raw drivers and its peers.

mod bars;
mod build;
mod compile;
mod facts;
mod html;
mod instructions;
mod measure;
mod network;
mod peer;
mod plan;
mod results;
mod scaling;
mod statistics;
mod table;
mod tasks;
mod versions;

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::postgres::{Purpose, Server};
use crate::{process, root};
use build::Programs;
use results::Section;
use versions::Versions;

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    /// Measure only this (may be given several times); everything by default.
    #[arg(value_enum)]
    what: Vec<What>,

    /// Run a few short rounds: enough to see that everything runs, not for figures to publish.
    #[arg(long)]
    quick: bool,

    /// Write the results to benches/RESULTS.md.
    #[arg(long, conflicts_with_all = ["quick", "only", "peer"])]
    save: bool,

    /// Measure only the workloads whose name contains this (may be given several times).
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,

    /// Measure only this peer and the one that it is compared with (may be given several times).
    #[arg(long, value_name = "PEER")]
    peer: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// All workloads on SQLite, in memory and in a file with WAL.
    Sqlite,
    /// All workloads on PostgreSQL, through its socket.
    Postgres,
    /// All workloads on PostgreSQL over a network that takes a millisecond there and back, and their round trips.
    Network,
    /// Async calls of 1, 64 and 1,000 tasks on PostgreSQL, through its socket and over a network, and on SQLite.
    Async,
    /// Instructions of the workloads on SQLite in memory, counted by callgrind.
    Instructions,
    /// Compile times of generated programs of 10, 50 and 100 tables.
    Compile,
}

impl Options {
    fn includes(&self, what: What) -> bool {
        self.what.is_empty() || self.what.contains(&what)
    }

    fn includes_workload(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|text| name.contains(text.as_str()))
    }

    fn includes_peer(&self, name: &str) -> bool {
        self.peer.is_empty() || self.peer.iter().any(|peer| peer == name)
    }

    /// Returns the peers of a target: the one that others are compared with first.
    fn peers(&self, target: plan::Target) -> Vec<&'static str> {
        let is_here = |name: &&str| {
            let name = *name;
            target.has_peer(name) && (name == target.reference() || self.includes_peer(name))
        };
        plan::PEERS.into_iter().filter(is_here).collect()
    }
}

pub(crate) fn bench(options: &Options) -> Result<ExitCode> {
    for name in &options.peer {
        anyhow::ensure!(
            plan::PEERS.contains(&name.as_str()),
            "there is no peer {name:?}; the peers are {}",
            plan::PEERS.join(", ")
        );
    }
    let folder = build::target()?.join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("can't create {}", folder.display()))?;
    let facts = facts::collect(options.quick);
    let versions = Versions::read()?;
    let mut sections: Vec<Section> = Vec::new();
    if options.what.iter().any(|what| *what != What::Compile) || options.what.is_empty() {
        let programs = Programs::build(options)?;
        for target in plan::targets(options) {
            sections.push(on_target(target, &programs, &versions, options)?);
        }
        if options.includes(What::Instructions) {
            sections.push(instructions::count(&programs, &versions, &folder, options)?);
        }
    }
    if options.includes(What::Compile) {
        sections.push(compile::measure(&versions, &folder, options)?);
    }
    let report = folder.join("report.html");
    fs::write(&report, html::page(&facts, &sections))
        .with_context(|| format!("can't write {}", report.display()))?;
    println!("\nthe report with plots: {}", report.display());
    if options.save {
        let page = root()?.join("benches/RESULTS.md");
        results::save(&page, &facts, &sections)?;
        println!("written: {}", page.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Measures all workloads on a target and prints them.
fn on_target(
    target: plan::Target,
    programs: &Programs,
    versions: &Versions,
    options: &Options,
) -> Result<Section> {
    println!("\n=== {}", target.title());
    let server = if target.has_server() { Some(Server::start(Purpose::Bench)?) } else { None };
    let measured = measure::target(target, programs, server.as_ref(), options)?;
    if process::interrupted() {
        anyhow::bail!("interrupted");
    }
    let peers = options.peers(target);
    let database = if target.has_server() {
        versions::of_postgres()?
    } else {
        versions::of_sqlite(programs, target, &peers)?
    };
    let versions = format!("{database}; {}", versions.of_peers(&peers, target)?);
    let section = Section::timed(target, versions, measured);
    println!("\n{}", section.text());
    Ok(section)
}
