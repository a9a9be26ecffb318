//! The layout of a folder of migrations. Only this crate reads it, for `migrations!`, which embeds the folder when a
//! program is built, and for `Migrations::from_path`, which reads it when the program runs.
//!
//! ```text
//! migrations/
//!   sqlite/
//!     20260131120000_add_posts/
//!       up.sql            applies it
//!       down.sql          rolls it back; optional
//!       metadata.toml     `run_in_transaction = false`, `baseline = true`; optional
//!   postgres/
//!     …
//!   d1/
//!     0001_add_posts.sql  applies it
//!     meta/
//!       0001_add_posts/
//!         down.sql        rolls it back; optional
//!         metadata.toml   `baseline = true`; optional
//! ```
//!
//! It is diesel's layout, once for each database, and that of Cloudflare's wrangler for D1: it applies the files of a folder,
//! and doesn't look into folders there.

#![warn(unreachable_pub)]

mod error;
mod kind;
mod layout;

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use self::kind::{Kind, kind};

pub use self::error::{FolderError, Problem};
pub use self::layout::Layout;

/// The folders of the databases, by their dialect's name, in the dialects' order.
pub const DIALECTS: [&str; 3] = ["sqlite", "postgres", "d1"];

/// The maximum number of characters of a version in diesel's table of versions.
pub const MAX_VERSION: usize = 50;

/// One migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, as its folder or its file without the extension has it: `20260131120000_add_posts`.
    pub directory: String,
    /// Its version, as diesel reads it: the part before the first `_`, without dashes.
    pub version: String,
    /// The statements that apply it.
    pub up: PathBuf,
    /// The statements that roll it back.
    pub down: Option<PathBuf>,
    /// Its settings.
    pub metadata: Option<PathBuf>,
    /// Whether the runner begins a transaction for it; `true` unless the settings say otherwise.
    pub run_in_transaction: bool,
    /// Whether it creates everything that older migrations do, so that the folder doesn't need them.
    pub baseline: bool,
}

/// Returns the version in a migration's name, if it has one: the digits before the first `_`. Dashes among them are
/// left out, as in `2026-01-31-120000_add_posts`.
pub fn version_of(directory: &str) -> Option<String> {
    let version = directory.split('_').next()?.replace('-', "");
    let readable = !version.is_empty()
        && version.len() <= MAX_VERSION
        && version.bytes().all(|byte| byte.is_ascii_digit());
    readable.then_some(version)
}

/// The settings in `metadata.toml`: diesel's, and one of mizzle's.
#[derive(Deserialize)]
struct Metadata {
    #[serde(default = "yes")]
    run_in_transaction: bool,
    #[serde(default)]
    baseline: bool,
}

fn yes() -> bool {
    true
}

/// Reads the migrations of one dialect below `root`, in the order of their versions; returns `None` if it has no folder
/// there.
///
/// # Errors
/// What is wrong with which file.
pub fn read(root: &Path, dialect: &str) -> Result<Option<Vec<Entry>>, FolderError> {
    let folder = root.join(dialect);
    match kind(&folder)? {
        Kind::Folder => {}
        Kind::File => return Err(FolderError::new(&folder, Problem::NoFolder)),
        Kind::Nothing => return Ok(None),
    }
    let layout = Layout::of(dialect);
    let mut entries: Vec<Entry> = Vec::new();
    for directory in layout.names(&folder)? {
        entries.push(entry(layout, &folder, directory)?);
    }
    entries.sort_by(|a, b| a.version.cmp(&b.version).then_with(|| a.directory.cmp(&b.directory)));
    for pair in entries.windows(2) {
        if pair[0].version == pair[1].version {
            return Err(FolderError::new(
                &layout.place(&folder, &pair[1].directory),
                Problem::SameVersion {
                    version: pair[1].version.clone(),
                    other: pair[0].directory.clone(),
                },
            ));
        }
    }
    Ok(Some(entries))
}

/// Checks that `root` is a folder with a folder for at least one dialect.
///
/// # Errors
/// `root` isn't such a folder. The error says what to do.
pub fn check_root(root: &Path) -> Result<(), FolderError> {
    match kind(root)? {
        Kind::Folder => {}
        Kind::File => return Err(FolderError::new(root, Problem::NoFolder)),
        Kind::Nothing => return Err(FolderError::new(root, Problem::Missing)),
    }
    for dialect in DIALECTS {
        if kind(&root.join(dialect))? != Kind::Nothing {
            return Ok(());
        }
    }
    // The layout of a program that knows only one database.
    let migration = layout::children(root, Kind::Folder)?
        .into_iter()
        .find(|name| root.join(name).join("up.sql").is_file());
    let problem = match migration {
        Some(name) => Problem::NotByDialect(name),
        None => Problem::NoDialect,
    };
    Err(FolderError::new(root, problem))
}

fn entry(layout: Layout, folder: &Path, directory: String) -> Result<Entry, FolderError> {
    let place = layout.place(folder, &directory);
    let Some(version) = version_of(&directory) else {
        return Err(FolderError::new(&place, layout.name_problem()));
    };
    let up = layout.up(folder, &directory);
    if kind(&up)? != Kind::File {
        return Err(FolderError::new(&place, Problem::NoUp));
    }
    let beside = layout.beside(folder, &directory);
    let existing = |name: &str| {
        let path = beside.join(name);
        Ok::<_, FolderError>((kind(&path)? == Kind::File).then_some(path))
    };
    let metadata = existing("metadata.toml")?;
    let Metadata { run_in_transaction, baseline } = match &metadata {
        Some(path) => settings(path)?,
        None => Metadata { run_in_transaction: true, baseline: false },
    };
    let down = existing("down.sql")?;
    Ok(Entry { up, down, version, directory, metadata, run_in_transaction, baseline })
}

fn settings(path: &Path) -> Result<Metadata, FolderError> {
    let text = text(path)?;
    toml::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| FolderError::new(path, Problem::Metadata(Box::new(error))))
}

/// Returns the text of a file.
///
/// # Errors
/// The file can't be read.
pub fn text(path: &Path) -> Result<String, FolderError> {
    fs::read_to_string(path).map_err(|error| {
        let is_text = error.kind() != std::io::ErrorKind::InvalidData;
        let problem = if is_text { Problem::Unreadable(error) } else { Problem::NoText };
        FolderError::new(path, problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_diesel() {
        for (name, version) in [
            ("20260131120000_add_posts", Some("20260131120000")),
            ("2026-01-31-120000_add_posts", Some("20260131120000")),
            ("00000000000000_diesel_initial_setup", Some("00000000000000")),
            ("1", Some("1")),
            ("add_posts", None),
            ("_posts", None),
            ("v1_posts", None),
            ("", None),
        ] {
            assert_eq!(version_of(name).as_deref(), version, "{name}");
        }
        assert_eq!(version_of(&"1".repeat(51)), None);
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn reads_in_the_order_of_versions() {
        let root = folder(&[
            ("sqlite/20260202_b/up.sql", ""),
            ("sqlite/20260202_b/metadata.toml", "run_in_transaction = false\nother = 1"),
            ("sqlite/2026-01-01_a/up.sql", ""),
            ("sqlite/2026-01-01_a/down.sql", ""),
            ("sqlite/.git/x", ""),
            ("sqlite/README.md", ""),
        ]);
        check_root(root.path()).unwrap();
        let entries = read(root.path(), "sqlite").unwrap().unwrap();
        let shown: Vec<_> = entries
            .iter()
            .map(|entry| (&*entry.version, entry.down.is_some(), entry.run_in_transaction))
            .collect();
        assert_eq!(shown, [("20260101", true, true), ("20260202", false, false)]);
        assert_eq!(read(root.path(), "postgres").unwrap(), None);
    }

    #[test]
    fn says_what_is_wrong() {
        for (files, words) in [
            (&[("sqlite/add_posts/up.sql", "")][..], "add_posts"),
            (&[("sqlite/1_a/down.sql", "")], "up.sql"),
            (&[("sqlite/1_a/up.sql", ""), ("sqlite/1_b/up.sql", "")], "1_a"),
            (
                &[
                    ("sqlite/1_a/up.sql", ""),
                    ("sqlite/1_a/metadata.toml", "run_in_transaction = 1"),
                ],
                "run_in_transaction",
            ),
        ] {
            let root = folder(files);
            let message = read(root.path(), "sqlite").unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        }
        let root = folder(&[("sqlite", "")]);
        let message = read(root.path(), "sqlite").unwrap_err().to_string();
        assert!(message.contains("this is not a folder"), "{message}");
        let root = folder(&[("1_a/up.sql", "")]);
        let message = check_root(root.path()).unwrap_err().to_string();
        assert!(message.contains("1_a") && message.contains("postgres"), "{message}");
        let message = check_root(&root.path().join("none")).unwrap_err().to_string();
        assert!(message.contains("none"), "{message}");
    }

    #[test]
    fn files_of_wrangler_are_migrations() {
        let root = folder(&[
            ("d1/0001_b.sql", "SELECT 1;"),
            ("d1/0000_a.sql", "SELECT 1;"),
            ("d1/meta/0001_b/down.sql", ""),
            ("d1/meta/0001_b/metadata.toml", "baseline = true"),
            ("d1/meta/_journal.json", "{}"),
            ("d1/README.md", ""),
            ("d1/.0002_c.sql", ""),
        ]);
        check_root(root.path()).unwrap();
        let entries = read(root.path(), "d1").unwrap().unwrap();
        let shown: Vec<_> = entries
            .iter()
            .map(|entry| (&*entry.version, &*entry.directory, entry.down.is_some(), entry.baseline))
            .collect();
        assert_eq!(shown, [("0000", "0000_a", false, false), ("0001", "0001_b", true, true)]);
        fs::write(root.path().join("d1/seed.sql"), "").unwrap();
        let message = read(root.path(), "d1").unwrap_err().to_string();
        assert!(
            message.contains("seed.sql") && message.contains("0001_add_posts.sql"),
            "{message}"
        );
    }

    #[test]
    fn text_must_be_text() {
        let root = folder(&[
            ("sqlite/1_a/up.sql", ""),
            ("sqlite/1_a/metadata.toml", "\u{feff}run_in_transaction = false\r\n"),
        ]);
        let entries = read(root.path(), "sqlite").unwrap().unwrap();
        assert!(!entries[0].run_in_transaction);
        fs::write(&entries[0].up, b"\xff\xfeC\0R\0").unwrap();
        let message = text(&entries[0].up).unwrap_err().to_string();
        assert!(message.contains("save it as UTF-8"), "{message}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_broken_ones_told() {
        use std::os::unix::fs::symlink;
        let real = folder(&[("sqlite/1_a/up.sql", ""), ("sqlite/1_a/down.sql", "")]);
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("migrations");
        symlink(real.path(), &place).unwrap();
        check_root(&place).unwrap();
        assert_eq!(read(&place, "sqlite").unwrap().unwrap().len(), 1);
        // A migration, a file of one, and the whole folder.
        let links = ["sqlite/2_b", "sqlite/1_a/metadata.toml", "postgres"];
        for link in links {
            symlink("nowhere", place.join(link)).unwrap();
            let dialect = link.split('/').next().unwrap();
            let message = read(&place, dialect).unwrap_err().to_string();
            assert!(message.contains("a broken link"), "{message}");
            fs::remove_file(place.join(link)).unwrap();
        }
        fs::remove_file(&place).unwrap();
        symlink("nowhere", &place).unwrap();
        let message = check_root(&place).unwrap_err().to_string();
        assert!(message.contains("a broken link"), "{message}");
    }
}
