//! Compile times of generated programs of many tables.

mod generate;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use super::Options;
use super::plan::Target;
use super::results::Section;
use super::statistics::median;
use super::table;
use super::versions::Versions;
use crate::{process, root, steps};
use generate::Kind;

/// Measures debug builds of programs on mizzle, diesel and SeaORM.
pub(crate) fn measure(versions: &Versions, folder: &Path, options: &Options) -> Result<Section> {
    let title = "Compile times";
    println!("\n=== {title}");
    let (sizes, rounds): (&[usize], usize) =
        if options.quick { (&[10], 1) } else { (&[10, 50, 100], 3) };
    let folder = folder.join("compile");
    let places: Vec<Place> = Kind::ALL
        .into_iter()
        .filter(|kind| options.includes_peer(kind.name()))
        .map(|kind| Place { kind, folder: folder.clone() })
        .collect();
    ensure!(!places.is_empty(), "compile times are those of mizzle, diesel and sea-orm");
    let mut rows = vec![vec!["debug build".to_owned()]];
    rows[0].extend(places.iter().map(|place| place.kind.name().to_owned()));
    let mut add = |name: String, times: Vec<f64>| {
        let row: Vec<String> =
            std::iter::once(name).chain(times.into_iter().map(seconds)).collect();
        println!("{}", row.join("  "));
        rows.push(row);
    };
    let dependencies = places.iter().map(Place::build_dependencies).collect::<Result<_>>()?;
    add("the dependencies, once".to_owned(), dependencies);
    for tables in sizes {
        let (mut clean, mut changed) =
            (vec![Vec::new(); places.len()], vec![Vec::new(); places.len()]);
        for place in &places {
            place.write(*tables, &place.kind.program(*tables))?;
        }
        // In turn, so that a machine that slows down slows all of them.
        for round in 0..rounds {
            for (number, place) in places.iter().enumerate() {
                place.clean(*tables)?;
                clean[number].push(place.build(*tables)?);
                place.change(*tables, round)?;
                changed[number].push(place.build(*tables)?);
            }
        }
        let medians = |times: Vec<Vec<f64>>| times.iter().map(|times| median(times)).collect();
        add(format!("{tables} tables, clean"), medians(clean));
        add(format!("{tables} tables, after a change"), medians(changed));
    }
    let names: Vec<&str> = places.iter().map(|place| place.kind.name()).collect();
    let text = format!("{}\n{}", table::markdown(&rows), explained(rounds));
    Ok(Section::written(title, versions.of_peers(&names, Target::SqliteMemory)?, text))
}

/// What is counted.
fn explained(rounds: usize) -> String {
    let jobs = thread::available_parallelism().map_or(0, usize::from);
    format!(
        "Medians of {rounds}, by `cargo build` with its default profile and {jobs} jobs. The dependencies, with the SQLite that all \
         of them bundle, are built once and are in no other line. *Clean* is the crate of the tables alone, with nothing \
         kept of an earlier build; *after a change* is the same with another text in one `println!`, with what cargo keeps \
         by itself. Each table has eight columns, refers to another, and comes with a function that inserts, updates, reads \
         by key and reads a page.\n"
    )
}

/// What is built of a kind, and where.
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

    /// Builds the dependencies from nothing, and tells how many seconds it took.
    fn build_dependencies(&self) -> Result<f64> {
        let target = self.target();
        if target.exists() {
            fs::remove_dir_all(&target)
                .with_context(|| format!("can't remove {}", target.display()))?;
        }
        self.write(0, "fn main() {}\n")?;
        self.fetch()?;
        self.build(0)
    }

    fn write(&self, tables: usize, program: &str) -> Result<()> {
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

    /// Downloads the dependencies, which is no part of a build.
    fn fetch(&self) -> Result<()> {
        process::quiet(steps::cargo().arg("fetch").current_dir(self.package(0)))
    }

    /// Changes what a function does.
    fn change(&self, tables: usize, round: usize) -> Result<()> {
        let path = self.package(tables).join("src/main.rs");
        let program = fs::read_to_string(&path)?;
        let (before, after) = (generate::marker(round), generate::marker(round + 1));
        if !program.contains(&before) {
            bail!("{} has no {before:?}", path.display());
        }
        Ok(fs::write(&path, program.replace(&before, &after))?)
    }

    /// Removes what was built of a program, but not of its dependencies.
    fn clean(&self, tables: usize) -> Result<()> {
        let target = self.target();
        let mut cargo = steps::cargo();
        cargo.args(["clean", "--package", generate::PACKAGE]).arg("--target-dir").arg(&target);
        process::quiet(cargo.current_dir(self.package(tables)))?;
        // `cargo clean` leaves what the compiler keeps for the next build.
        let kept = target.join("debug/incremental");
        if kept.exists() {
            fs::remove_dir_all(&kept)
                .with_context(|| format!("can't remove {}", kept.display()))?;
        }
        Ok(())
    }

    /// Builds a program, and tells how many seconds it took.
    fn build(&self, tables: usize) -> Result<f64> {
        let mut cargo = steps::cargo();
        cargo.args(["build", "--target-dir"]).arg(self.target());
        cargo.current_dir(self.package(tables)).env_remove("CARGO_INCREMENTAL");
        let start = Instant::now();
        process::quiet(&mut cargo)?;
        Ok(start.elapsed().as_secs_f64())
    }
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.1} s")
}
