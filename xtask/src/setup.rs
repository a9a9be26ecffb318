//! Finds or installs what the checks need on this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;

/// Installs what is missing of the PostgreSQL server, of PgBouncer, the pooler that tests put in front of it, and of
/// libpq, the library that the feature `postgres` links.
pub(crate) fn postgres() -> Result<()> {
    let mut packages = Vec::new();
    if postgres_programs().is_none() {
        packages.push("postgresql");
    }
    if pgbouncer().is_none() {
        packages.push("pgbouncer");
    }
    if !has_libpq() {
        packages.extend(["libpq-dev", "pkg-config"]);
    }
    if packages.is_empty() { Ok(()) } else { install(&packages) }
}

/// Installs rustfmt and clippy if the Rust toolchain lacks them.
pub(crate) fn components() -> Result<()> {
    for (program, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        if succeeds(Command::new(program).arg("--version")) {
            continue;
        }
        println!("installing {component}");
        let mut rustup = Command::new("rustup");
        process::quiet(rustup.args(["component", "add", component])).with_context(|| {
            format!("{component} is missing; install it with your Rust toolchain")
        })?;
    }
    Ok(())
}

/// Returns the folder of `initdb`, `pg_ctl` and `postgres`.
pub(crate) fn postgres_programs() -> Option<PathBuf> {
    let asked = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output();
    let configured = asked
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map(|folder| PathBuf::from(folder.trim()));
    // Debian has a separate folder for each version, outside PATH.
    let mut installed: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    installed.sort();
    configured
        .into_iter()
        .chain(installed.into_iter().rev().map(|(_, folder)| folder))
        .chain(env::var_os("PATH").iter().flat_map(env::split_paths))
        .find(|folder| {
            ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).exists())
        })
}

/// Returns the pooler's program.
pub(crate) fn pgbouncer() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian installs it in a folder that PATH may lack.
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join("pgbouncer"))
        .find(|program| program.exists())
}

/// Returns the browser that drives the studio's page, and installs it if it is missing and can be installed.
pub(crate) fn chromium() -> Result<Option<PathBuf>> {
    let find = || {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        ["chromium", "chromium-browser", "google-chrome"]
            .iter()
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
            .find(|program| program.exists())
    };
    if let Some(program) = find() {
        return Ok(Some(program));
    }
    let can_install = succeeds(Command::new("apt-get").arg("--version"))
        && (user_id("")? == 0 || succeeds(Command::new("sudo").arg("--version")));
    if !can_install {
        return Ok(None);
    }
    install(&["chromium"])?;
    Ok(find())
}

fn has_libpq() -> bool {
    succeeds(Command::new("pkg-config").args(["--exists", "libpq"]))
        || ["/usr/include/postgresql/libpq-fe.h", "/usr/include/libpq-fe.h"]
            .iter()
            .any(|header| Path::new(header).exists())
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn install(packages: &[&str]) -> Result<()> {
    let wanted = packages.join(" ");
    if !succeeds(Command::new("apt-get").arg("--version")) {
        bail!(
            "PostgreSQL's server, PgBouncer or libpq's headers are missing, and this system has no apt-get; \
             install what your system calls {wanted} and run this again"
        );
    }
    let prefix: &[&str] = if user_id("")? == 0 {
        &[]
    } else if succeeds(Command::new("sudo").arg("--version")) {
        &["sudo"]
    } else {
        bail!(
            "PostgreSQL's server, PgBouncer or libpq's headers are missing, and there is no sudo to install \
             them with; run as root: apt-get update && apt-get install -y {wanted}"
        );
    };
    println!("installing {wanted}");
    apt(prefix, &["update"])?;
    apt(prefix, &[&["install", "-y", "--no-install-recommends"], packages].concat())
}

fn apt(prefix: &[&str], args: &[&str]) -> Result<()> {
    let words =
        [prefix, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"], args].concat();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    let status = process::interactive(&mut command)?;
    if !status.success() {
        bail!("`{}` failed: {status}", process::shown(&command));
    }
    Ok(())
}

/// Returns the number of a user, or of this program's user if `name` is empty.
pub(crate) fn user_id(name: &str) -> Result<u32> {
    id("-u", name)
}

/// Returns the number of a user's group.
pub(crate) fn group_id(name: &str) -> Result<u32> {
    id("-g", name)
}

fn id(what: &str, name: &str) -> Result<u32> {
    let mut command = Command::new("id");
    command.arg(what).args(Some(name).filter(|name| !name.is_empty())).stderr(Stdio::null());
    let number = process::stdout(&mut command)?;
    number
        .trim()
        .parse()
        .with_context(|| format!("`{}` gives {number:?}", process::shown(&command)))
}
