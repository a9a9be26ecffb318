//! Compile times of generated programs of many tables.

mod generate;

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::Options;
use super::results::Section;
use super::table;
use crate::{process, root, steps};
use generate::Kind;

/// Measures debug builds of programs on mizzle, diesel and SeaORM.
pub(crate) fn measure(folder: &Path, options: &Options) -> Result<Section> {
    let title = "Compile times";
    println!("\n=== {title}");
    let (sizes, rounds): (&[usize], usize) =
        if options.quick { (&[10], 1) } else { (&[10, 50, 100], 3) };
    let folder = folder.join("compile");
    let mut rows = vec![
        ["debug build", "tables", "all, with dependencies", "the program alone", "after a change"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for kind in Kind::ALL {
        for (place, tables) in sizes.iter().enumerate() {
            let package = folder.join(format!("{}-{tables}", kind.name()));
            write(&package, kind, *tables)?;
            let target = folder.join(format!("target-{}", kind.name()));
            // The dependencies are the same for all sizes: they are built for the first one.
            if place == 0 && target.exists() {
                fs::remove_dir_all(&target)
                    .with_context(|| format!("can't remove {}", target.display()))?;
            }
            let all = build(&package, &target)?;
            let (mut alone, mut changed) = (Vec::new(), Vec::new());
            for round in 0..rounds {
                clean(&package, &target)?;
                alone.push(build(&package, &target)?);
                change(&package, round)?;
                changed.push(build(&package, &target)?);
            }
            let row = vec![
                kind.name().to_owned(),
                tables.to_string(),
                if place == 0 { seconds(all) } else { "–".to_owned() },
                seconds(median(alone)),
                seconds(median(changed)),
            ];
            println!("{}", row.join("  "));
            rows.push(row);
        }
    }
    Ok(Section::written(title, table::markdown(&rows)))
}

fn write(package: &Path, kind: Kind, tables: usize) -> Result<()> {
    let root = root()?;
    let source = package.join("src");
    fs::create_dir_all(&source).with_context(|| format!("can't create {}", source.display()))?;
    let lock = match kind {
        Kind::Mizzle | Kind::Diesel => root.join("benches/Cargo.lock"),
        Kind::SeaOrm => root.join("benches/sqlx/Cargo.lock"),
    };
    fs::copy(&lock, package.join("Cargo.lock"))
        .with_context(|| format!("can't copy {}", lock.display()))?;
    fs::write(package.join("Cargo.toml"), kind.manifest(&root))
        .context("can't write a manifest")?;
    fs::write(source.join("main.rs"), kind.program(tables)).context("can't write a program")
}

/// Changes what a function does.
fn change(package: &Path, round: usize) -> Result<()> {
    let path = package.join("src/main.rs");
    let program = fs::read_to_string(&path)?;
    let (before, after) = (generate::marker(round), generate::marker(round + 1));
    if !program.contains(&before) {
        bail!("{} has no {before:?}", path.display());
    }
    Ok(fs::write(&path, program.replace(&before, &after))?)
}

fn clean(package: &Path, target: &Path) -> Result<()> {
    let mut cargo = steps::cargo();
    cargo.args(["clean", "--package", generate::PACKAGE]).arg("--target-dir").arg(target);
    process::quiet(cargo.current_dir(package))?;
    // `cargo clean` leaves what the compiler keeps for the next build.
    let kept = target.join("debug/incremental");
    if kept.exists() {
        fs::remove_dir_all(&kept).with_context(|| format!("can't remove {}", kept.display()))?;
    }
    Ok(())
}

/// Builds a package, and tells how many seconds it took.
fn build(package: &Path, target: &Path) -> Result<f64> {
    let mut cargo = steps::cargo();
    cargo.args(["build", "--target-dir"]).arg(target).current_dir(package);
    cargo.env_remove("CARGO_INCREMENTAL");
    let start = Instant::now();
    process::quiet(&mut cargo)?;
    Ok(start.elapsed().as_secs_f64())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.1} s")
}
