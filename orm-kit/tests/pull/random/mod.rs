//! SQLite files that anybody may have made: random statements, with rows of every form.
//!
//! `MIZZLE_FOREIGN_SCHEMAS` says how many are looked at, `MIZZLE_FOREIGN_COMPILED` how many of them are compiled too, and
//! `MIZZLE_FOREIGN_SEED` with which one it begins.

mod check;
mod ddl;

use std::collections::BTreeMap;

use self::check::Foreign;
use crate::compiled::definitions;

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn seeds(count: u64) -> std::ops::Range<u64> {
    let first = number("MIZZLE_FOREIGN_SEED", 0);
    first..first + count
}

/// Pull, push, check, a baseline elsewhere, and a change there and back.
#[test]
fn nothing_is_lost_or_proposed() {
    let mut wrong = Vec::new();
    for seed in seeds(number("MIZZLE_FOREIGN_SCHEMAS", 150)) {
        let foreign = Foreign::new(seed);
        if let Err(what) = foreign.check() {
            eprintln!("seed {seed}: {what}\n{}", foreign.script());
            wrong.push(seed);
        }
    }
    assert_eq!(wrong, [0_u64; 0], "seeds");
}

/// What is pulled compiles, and says what was read.
#[test]
fn what_is_pulled_compiles() {
    let mut all = BTreeMap::new();
    for seed in seeds(number("MIZZLE_FOREIGN_COMPILED", 16)) {
        let foreign = Foreign::new(seed);
        let tables = foreign.pulled().tables;
        // Wider ones need another feature of diesel's, and so another build of it.
        if !tables.is_empty() && tables.iter().all(|table| table.columns.len() <= 32) {
            all.insert(format!("seed_{seed}"), foreign);
        }
    }
    let sources =
        all.iter().map(|(name, foreign)| (name.clone(), foreign.pulled().source)).collect();
    for (name, tables) in definitions(&sources) {
        let differences = all[&name].differences(&tables);
        assert_eq!(differences, [""; 0], "{name}\n{}\n{}", all[&name].script(), sources[&name]);
    }
}

/// Schemas in a folder that `MIZZLE_TEST_SQLITE_SCHEMAS` names, which can't be in the repository, without the compiler or,
/// with `MIZZLE_FOREIGN_COMPILED`, with it.
#[test]
fn of_a_folder() {
    let Ok(folder) = std::env::var("MIZZLE_TEST_SQLITE_SCHEMAS") else { return };
    let mut wrong = Vec::new();
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let script = std::fs::read_to_string(&path).expect("a script");
        let foreign = Foreign::of(&script);
        let pulled = foreign.pulled();
        eprintln!(
            "{}: {} tables, {} notes",
            path.display(),
            pulled.tables.len(),
            pulled.warnings.len()
        );
        if let Err(what) = foreign.check() {
            wrong.push(format!("{}: {what}", path.display()));
        }
        let name = path.file_stem().expect("a name").to_string_lossy().replace(['-', '.'], "_");
        all.insert(name, foreign);
    }
    assert_eq!(wrong, [""; 0], "{}", wrong.join("\n"));
    if std::env::var("MIZZLE_FOREIGN_COMPILED").is_ok() {
        let sources =
            all.iter().map(|(name, foreign)| (name.clone(), foreign.pulled().source)).collect();
        for (name, tables) in definitions(&sources) {
            assert_eq!(all[&name].differences(&tables), [""; 0], "{name}");
        }
    }
}
