//! Compile times of generated programs of many tables.

mod generate;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::Options;
use super::plan::Target;
use super::results::Section;
use super::statistics::median;
use super::table;
use super::versions::Versions;
use crate::{process, root, steps};
use generate::{Edition, Kind};

/// Measures debug builds of programs on mizzle, diesel and SeaORM.
pub(crate) fn measure(versions: &Versions, folder: &Path, options: &Options) -> Result<Section> {
    let title = "Compile times";
    println!("\n=== {title}");
    let sizes: &[usize] = if options.quick { &[10, 20] } else { &[10, 50, 100, 250, 500] };
    let rounds = |tables| if options.quick || tables > 100 { 1 } else { 3 };
    let folder = folder.join("compile");
    let places: Vec<Place> = Kind::ALL
        .into_iter()
        .filter(|kind| options.includes_peer(kind.name()))
        .map(|kind| Place { kind, folder: folder.clone() })
        .collect();
    ensure!(!places.is_empty(), "compile times are those of mizzle, diesel and sea-orm");
    let mut rows = vec![vec!["debug build".to_owned()]];
    rows[0].extend(places.iter().map(|place| place.kind.name().to_owned()));
    let mut add = |name: String, cells: Vec<String>| {
        let row: Vec<String> = std::iter::once(name).chain(cells).collect();
        println!("{}", row.join("  "));
        rows.push(row);
    };
    let dependencies = places.iter().map(Place::build_dependencies);
    let dependencies = dependencies.map(|built| Ok(built?.seconds())).collect::<Result<_>>()?;
    add("the dependencies, once".to_owned(), dependencies);
    let mut clean_of = Vec::new();
    for tables in sizes {
        let [mut clean, mut printed, mut renamed] =
            [(); 3].map(|()| vec![Vec::new(); places.len()]);
        let of_size = |kind: Kind| kind.most_tables() >= *tables;
        // In turn, so that a machine that slows down slows all of them.
        for round in 0..rounds(*tables) {
            for (number, place) in places.iter().enumerate().filter(|(_, at)| of_size(at.kind)) {
                let mut edition = Edition { print: 2 * round, column: round };
                place.write(*tables, edition)?;
                place.clean(*tables)?;
                clean[number].push(place.build(*tables)?);
                edition.print += 1;
                place.write(*tables, edition)?;
                printed[number].push(place.build(*tables)?);
                edition.column += 1;
                place.write(*tables, edition)?;
                renamed[number].push(place.build(*tables)?);
            }
        }
        let cells = |of: fn(&[Built]) -> String, built: &[Vec<Built>]| {
            built.iter().map(|built| of(built)).collect::<Vec<String>>()
        };
        add(format!("{tables} tables, clean"), cells(median_seconds, &clean));
        add(format!("{tables} tables, clean: memory"), cells(most_memory, &clean));
        add(format!("{tables} tables, after a change"), cells(median_seconds, &printed));
        add(format!("{tables} tables, another column"), cells(median_seconds, &renamed));
        clean_of.push((*tables, clean));
    }
    for (tables, clean) in clean_of.iter().filter(|(tables, _)| *tables > 50) {
        let Some((_, few)) = clean_of.iter().find(|(tables, _)| *tables == 50) else { break };
        let ratio = |(many, few): (&Vec<Built>, &Vec<Built>)| match many.is_empty() {
            true => NONE.to_owned(),
            false => format!("{:.1} ×", median_of(many) / median_of(few)),
        };
        let ratios = clean.iter().zip(few).map(ratio).collect();
        add(format!("{tables} tables beside 50, clean"), ratios);
    }
    let names: Vec<&str> = places.iter().map(|place| place.kind.name()).collect();
    let text = format!("{}\n{}", table::markdown(&rows), explained(rounds(0)));
    Ok(Section::written(title, versions.of_peers(&names, Target::SqliteMemory)?, text))
}

/// What is counted.
fn explained(rounds: usize) -> String {
    let jobs = thread::available_parallelism().map_or(0, usize::from);
    format!(
        "Medians of {rounds}, or one build where there are more than 100 tables, by `cargo build` with its default profile and {jobs} jobs. The dependencies, with the SQLite that all \
         of them bundle, are built once and are in no other line. *Clean* is the crate of the tables alone, with nothing \
         kept of an earlier build, and its memory the most that the compiler had; *after a change* is the same with another \
         text in one `println!`, and *another column* with a new name for a column of one table, with what cargo keeps by \
         itself. Each table has eight columns, refers to another, and comes with a function that inserts, updates, reads \
         by key and reads a page.\n"
    )
}

/// Stands for a missing figure.
const NONE: &str = "–";

/// The cost of one build.
#[derive(Debug, Clone, Copy)]
struct Built {
    seconds: f64,
    megabytes: f64,
}

impl Built {
    fn seconds(self) -> String {
        format!("{:.1} s", self.seconds)
    }
}

fn median_of(built: &[Built]) -> f64 {
    median(&built.iter().map(|built| built.seconds).collect::<Vec<_>>())
}

fn median_seconds(built: &[Built]) -> String {
    if built.is_empty() { NONE.to_owned() } else { format!("{:.1} s", median_of(built)) }
}

fn most_memory(built: &[Built]) -> String {
    let most = built.iter().map(|built| built.megabytes).reduce(f64::max);
    most.map_or_else(|| NONE.to_owned(), |most| format!("{most:.0} MB"))
}

/// The programs of a kind, and where they are built.
struct Place {
    kind: Kind,
    folder: PathBuf,
}

impl Place {
    fn package(&self, tables: usize) -> PathBuf {
        self.folder.join(format!("{}-{tables}", self.kind.name()))
    }

    /// One for all sizes, as the dependencies are the same.
    fn target(&self) -> PathBuf {
        self.folder.join(format!("target-{}", self.kind.name()))
    }

    /// Builds the dependencies from scratch, and returns how many seconds it took.
    fn build_dependencies(&self) -> Result<Built> {
        let target = self.target();
        if target.exists() {
            fs::remove_dir_all(&target)
                .with_context(|| format!("can't remove {}", target.display()))?;
        }
        self.write_source(0, "fn main() {}\n")?;
        self.fetch()?;
        self.build(0)
    }

    fn write(&self, tables: usize, edition: Edition) -> Result<()> {
        self.write_source(tables, &self.kind.program(tables, edition))
    }

    fn write_source(&self, tables: usize, program: &str) -> Result<()> {
        let root = root()?;
        let package = self.package(tables);
        let source = package.join("src");
        fs::create_dir_all(&source)
            .with_context(|| format!("can't create {}", source.display()))?;
        let lock = root.join(self.kind.lock());
        fs::copy(&lock, package.join("Cargo.lock"))
            .with_context(|| format!("can't copy {}", lock.display()))?;
        fs::write(package.join("Cargo.toml"), self.kind.manifest(&root))
            .context("can't write a manifest")?;
        fs::write(source.join("main.rs"), program).context("can't write a program")
    }

    /// Downloads the dependencies, which isn't part of a build.
    fn fetch(&self) -> Result<()> {
        process::quiet(steps::cargo().arg("fetch").current_dir(self.package(0)))
    }

    /// Removes the build of a program, but not of its dependencies.
    fn clean(&self, tables: usize) -> Result<()> {
        let target = self.target();
        let mut cargo = steps::cargo();
        cargo.args(["clean", "--package", generate::PACKAGE]).arg("--target-dir").arg(&target);
        process::quiet(cargo.current_dir(self.package(tables)))?;
        // `cargo clean` leaves the compiler's incremental data.
        let kept = target.join("debug/incremental");
        if kept.exists() {
            fs::remove_dir_all(&kept)
                .with_context(|| format!("can't remove {}", kept.display()))?;
        }
        Ok(())
    }

    /// Builds a program, and measures it by GNU time, which counts the memory of all processes that cargo starts.
    fn build(&self, tables: usize) -> Result<Built> {
        let report = self.folder.join("memory");
        let mut time = Command::new("/usr/bin/time");
        time.args(["--quiet", "-f", "%M", "-o"]).arg(&report);
        time.arg(steps::cargo().get_program());
        time.args(["build", "--target-dir"]).arg(self.target());
        time.current_dir(self.package(tables)).env_remove("CARGO_INCREMENTAL");
        let start = Instant::now();
        process::quiet(&mut time)
            .context("can't build; GNU time (the package `time`) must be installed")?;
        let seconds = start.elapsed().as_secs_f64();
        let kilobytes = fs::read_to_string(&report).context("can't read what time reports")?;
        let kilobytes: f64 = kilobytes.trim().parse().context("time reports no number")?;
        Ok(Built { seconds, megabytes: kilobytes / 1024.0 })
    }
}
