//! The versions of what is measured: of the peers from the lock files, of the databases from themselves.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::build::Programs;
use super::plan::{self, Target};
use crate::{process, root, setup};

/// A package, the peers that use it, the databases that it is for, and the lock file with its version.
struct Package {
    name: &'static str,
    peers: &'static [&'static str],
    targets: &'static [Target],
    is_sqlx: bool,
}

const SQLITE: &[Target] = &[Target::SqliteMemory, Target::SqliteFile];
const POSTGRES: &[Target] = &[Target::Postgres, Target::Network];
const EVERY: &[Target] = &[
    Target::SqliteMemory,
    Target::SqliteFile,
    Target::Postgres,
    Target::Network,
    Target::TasksSqlite,
    Target::TasksPostgres,
    Target::TasksNetwork,
];

#[rustfmt::skip]
const PACKAGES: [Package; 10] = [
    Package { name: "rusqlite", peers: &[plan::RAW], targets: SQLITE, is_sqlx: false },
    Package { name: "postgres", peers: &[plan::RAW], targets: POSTGRES, is_sqlx: false },
    Package { name: "tokio-postgres", peers: &[plan::PIPELINED, plan::DEADPOOL], targets: EVERY, is_sqlx: false },
    Package { name: "deadpool-postgres", peers: &[plan::DEADPOOL], targets: EVERY, is_sqlx: false },
    Package { name: "diesel-async", peers: &["diesel-async"], targets: EVERY, is_sqlx: false },
    Package { name: "diesel", peers: &["diesel", "diesel-tuned"], targets: EVERY, is_sqlx: false },
    Package { name: "drizzle", peers: &["drizzle"], targets: EVERY, is_sqlx: false },
    Package { name: "sqlx", peers: &["sqlx"], targets: EVERY, is_sqlx: true },
    Package { name: "sea-orm", peers: &["sea-orm"], targets: EVERY, is_sqlx: true },
    Package { name: "toasty", peers: &["toasty"], targets: EVERY, is_sqlx: false },
];

/// The versions at the start, before a long run changes anything in the tree.
pub(crate) struct Versions {
    mizzle: String,
    native: Table,
    sqlx: Table,
}

impl Versions {
    pub(crate) fn read() -> Result<Self> {
        let native = read("benches/Cargo.lock")?;
        let sqlx = read("benches/sqlx/Cargo.lock")?;
        let version = locked(&native, "mizzle")?;
        let mut git = Command::new("git");
        let commit = process::stdout(git.args(["describe", "--always", "--dirty"]));
        let mizzle = match commit {
            Ok(commit) => format!("mizzle {version} ({})", commit.trim()),
            Err(_) => format!("mizzle {version}"),
        };
        Ok(Self { mizzle, native, sqlx })
    }

    /// mizzle and some of its peers: `mizzle 0.1.0 (1a2b3c4), rusqlite 0.40.2, …`.
    pub(crate) fn of_peers(&self, peers: &[&str], target: Target) -> Result<String> {
        let mut all = vec![self.mizzle.clone()];
        let packages = PACKAGES.iter().filter(|package| package.targets.contains(&target));
        for package in packages {
            if package.peers.iter().any(|peer| peers.contains(peer)) {
                let lock = if package.is_sqlx { &self.sqlx } else { &self.native };
                all.push(format!("{} {}", package.name, locked(lock, package.name)?));
            }
        }
        Ok(all.join(", "))
    }
}

/// Returns the versions of SQLite that the programs bundle, with the peers whose version differs from mizzle's: `SQLite
/// 3.51.1 (sqlx, sea-orm: 3.50.4)`.
pub(crate) fn of_sqlite(programs: &Programs, target: Target, peers: &[&str]) -> Result<String> {
    let said_by = |peer| {
        let said = process::stdout(Command::new(programs.of(target, peer)).arg("sqlite-version"))?;
        anyhow::Ok(said.trim().to_owned())
    };
    let own = said_by("mizzle")?;
    let mut others: Vec<(String, Vec<&str>)> = Vec::new();
    for peer in peers {
        let version = said_by(peer)?;
        match others.iter_mut().find(|(known, _)| *known == version) {
            _ if version == own => {}
            Some((_, peers)) => peers.push(peer),
            None => others.push((version, vec![peer])),
        }
    }
    let others: Vec<String> =
        others.iter().map(|(version, peers)| format!("{}: {version}", peers.join(", "))).collect();
    Ok(match others.as_slice() {
        [] => format!("SQLite {own}"),
        others => format!("SQLite {own} ({})", others.join("; ")),
    })
}

/// Returns the version of the server that [`crate::postgres::Server`] starts: `PostgreSQL 17.6`.
pub(crate) fn of_postgres() -> Result<String> {
    let programs = setup::postgres_programs().context("the PostgreSQL server is not installed")?;
    let said = process::stdout(Command::new(programs.join("postgres")).arg("--version"))?;
    // `postgres (PostgreSQL) 17.6 (Debian 17.6-0+deb13u1)`
    let version = said.split_whitespace().nth(2);
    Ok(format!("PostgreSQL {}", version.with_context(|| format!("a version is no {said:?}"))?))
}

fn read(lock: &str) -> Result<Table> {
    let path = root()?.join(lock);
    let text =
        fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    text.parse().with_context(|| format!("{} is not a lock file", path.display()))
}

/// Returns the version of a package that the program itself depends on.
fn locked(lock: &Table, name: &str) -> Result<String> {
    let packages = lock.get("package").and_then(Value::as_array).map(Vec::as_slice);
    let packages = packages.unwrap_or_default();
    let text = |package: &Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    // The entry is `name`, or `name version` if there are several versions.
    let depended = packages
        .iter()
        .filter(|package| {
            text(package, "name").is_some_and(|name| name.starts_with("mizzle-benches"))
        })
        .filter_map(|package| package.get("dependencies")?.as_array())
        .flatten()
        .filter_map(|entry| entry.as_str()?.strip_prefix(name)?.strip_prefix(' '))
        .find_map(|rest| rest.split(' ').next());
    let version = depended.map(str::to_owned).or_else(|| {
        packages
            .iter()
            .find(|package| text(package, "name").as_deref() == Some(name))
            .and_then(|package| text(package, "version"))
    });
    version.with_context(|| format!("the lock file has no {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_that_of_the_dependency() {
        let lock: Table = r#"
            [[package]]
            name = "mizzle-benches-sqlx"
            version = "0.0.0"
            dependencies = ["sqlx-core 2.0.0", "sqlx 0.9.1", "toasty"]

            [[package]]
            name = "sqlx"
            version = "0.8.0"

            [[package]]
            name = "sqlx"
            version = "0.9.1"

            [[package]]
            name = "toasty"
            version = "0.11.0"
        "#
        .parse()
        .unwrap();
        assert_eq!(locked(&lock, "sqlx").unwrap(), "0.9.1");
        assert_eq!(locked(&lock, "toasty").unwrap(), "0.11.0");
        assert!(locked(&lock, "diesel").is_err());
    }
}
