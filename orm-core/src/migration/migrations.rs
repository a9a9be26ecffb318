//! Migrations as they were written.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use orm_folder::{Entry, FolderError, Layout};
use sha2::{Digest, Sha256};

use super::error::MigrationError;
use super::statement::{Statement, split};
use crate::dialect::Dialect;
use crate::error::Result;

/// One migration, for one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    dialect: Dialect,
    directory: Cow<'static, str>,
    version: Cow<'static, str>,
    up: Cow<'static, str>,
    down: Option<Cow<'static, str>>,
    run_in_transaction: bool,
    is_baseline: bool,
}

impl Migration {
    /// SQL that runs like a migration but isn't one.
    pub(super) fn unrecorded(
        dialect: Dialect,
        name: &'static str,
        up: &str,
        run_in_transaction: bool,
    ) -> Self {
        Self {
            dialect,
            directory: name.into(),
            version: Cow::Borrowed(""),
            up: up.to_owned().into(),
            down: None,
            run_in_transaction,
            is_baseline: false,
        }
    }

    /// Returns its version: the digits at the beginning of its folder's name. Migrations run in the order of their
    /// versions, compared as text.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the part of its folder's name after the version: `add_posts` of `20260131120000_add_posts`.
    pub fn name(&self) -> &str {
        self.directory.split_once('_').map_or("", |(_, name)| name)
    }

    /// Returns the name of its folder, or of its file without `.sql`: `20260131120000_add_posts`.
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// Returns where the files of the database's migrations are.
    pub fn layout(dialect: Dialect) -> Layout {
        Layout::of(dialect.name())
    }

    /// Returns the database that it is written for.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the text of `up.sql`.
    pub fn up(&self) -> &str {
        &self.up
    }

    /// Returns the text of `down.sql`; `None` if there is no such file, or no statement in it.
    pub fn down(&self) -> Option<&str> {
        self.down.as_deref().filter(|down| !split(down, self.dialect).is_empty())
    }

    /// Returns the statements of `up.sql`.
    pub fn up_statements(&self) -> Vec<Statement<'_>> {
        split(&self.up, self.dialect)
    }

    /// Returns the statements of `down.sql`.
    pub fn down_statements(&self) -> Vec<Statement<'_>> {
        split(self.down.as_deref().unwrap_or_default(), self.dialect)
    }

    /// Whether it creates everything that older migrations do: a database that has had it doesn't need them. `baseline
    /// = true` in `metadata.toml` sets it; `pull --baseline` writes it.
    pub fn is_baseline(&self) -> bool {
        self.is_baseline
    }

    /// Whether the runner begins a transaction for it. `run_in_transaction` in `metadata.toml` sets it; `true` by
    /// default.
    pub fn runs_in_transaction(&self) -> bool {
        self.run_in_transaction
    }

    /// Returns the SHA-256 of the two files, in hexadecimal digits. It ignores line ends and a byte order mark, as
    /// version control and editors change them.
    pub fn checksum(&self) -> String {
        let mut hash = Sha256::new();
        for text in [&*self.up, "\0", self.down.as_deref().unwrap_or_default()] {
            hash.update(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"));
        }
        hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// The migrations of a program, either embedded by `migrations!` or read from a folder at run time.
///
/// The folder contains one folder for each database, `sqlite`, `postgres` and `d1`. Each contains one folder for each
/// migration, with the files `up.sql`, `down.sql` (optional) and `metadata.toml` (optional). It is diesel's layout, so
/// diesel's own tools can run the migrations of one database. The folder `d1` has a file for each migration instead, such
/// as `0001_add_posts.sql`, as Cloudflare's wrangler applies them; its other files are in `meta/0001_add_posts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrations {
    /// The migrations of each dialect, in its dialect's place; `None` if there is no folder for the database.
    lists: [Option<Vec<Migration>>; Dialect::ALL.len()],
    /// The folder that they were embedded from, in a development build.
    source: Option<PathBuf>,
}

/// A migration as `migrations!` writes it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    pub directory: &'static str,
    pub version: &'static str,
    pub up: &'static str,
    pub down: Option<&'static str>,
    pub run_in_transaction: bool,
    pub baseline: bool,
}

impl Migrations {
    /// Reads the migrations of all databases from a folder.
    ///
    /// # Errors
    /// `MIGRATION_ERROR` for a missing folder, a folder without one for a database, a migration whose name doesn't
    /// begin with a version, two migrations of one version, a migration without `up.sql`, and files that can't be read.
    /// The message names the file, and says what to do.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        let read = |root: &Path| {
            orm_folder::check_root(root)?;
            let mut lists = Dialect::ALL.map(|_| None);
            for (list, dialect) in lists.iter_mut().zip(Dialect::ALL) {
                *list = read(root, dialect)?;
            }
            Ok::<_, FolderError>(Self { lists, source: None })
        };
        Ok(read(path.as_ref()).map_err(MigrationError::Folder)?)
    }

    /// Called by `migrations!`.
    #[doc(hidden)]
    pub fn embedded(
        given: [Option<&'static [Embedded]>; Dialect::ALL.len()],
        source: Option<&'static str>,
    ) -> Self {
        let lists = Dialect::ALL.map(|dialect| {
            let list = given[dialect as usize]?;
            Some(list.iter().map(|embedded| embedded.to_migration(dialect)).collect())
        });
        Self { lists, source: source.map(PathBuf::from) }
    }

    /// Returns the migrations for one database, in the order of their versions; `None` if the folder has none for it.
    pub fn of(&self, dialect: Dialect) -> Option<&[Migration]> {
        self.lists[dialect as usize].as_deref()
    }

    /// Returns the migrations that the folder has now, but that the program lacks or has with other files: cargo
    /// doesn't notice new files there. Empty if there is nothing to compare with.
    pub(crate) fn left_out(&self, dialect: Dialect) -> Vec<String> {
        let Some(source) = &self.source else {
            return Vec::new();
        };
        let Ok(Some(entries)) = orm_folder::read(source, dialect.name()) else {
            return Vec::new();
        };
        let held = self.of(dialect).unwrap_or_default();
        let is_new = |entry: &Entry| {
            !held.iter().any(|held| {
                held.version == entry.version
                    && held.down.is_some() == entry.down.is_some()
                    && held.run_in_transaction == entry.run_in_transaction
                    && held.is_baseline == entry.baseline
            })
        };
        entries.into_iter().filter(is_new).map(|entry| entry.directory).collect()
    }
}

impl Embedded {
    fn to_migration(self, dialect: Dialect) -> Migration {
        Migration {
            dialect,
            directory: self.directory.into(),
            version: self.version.into(),
            up: self.up.into(),
            down: self.down.map(Into::into),
            run_in_transaction: self.run_in_transaction,
            is_baseline: self.baseline,
        }
    }
}

fn read(root: &Path, dialect: Dialect) -> Result<Option<Vec<Migration>>, FolderError> {
    let Some(entries) = orm_folder::read(root, dialect.name())? else {
        return Ok(None);
    };
    let migration = |entry: Entry| {
        Ok(Migration {
            dialect,
            up: orm_folder::text(&entry.up)?.into(),
            down: entry.down.as_deref().map(orm_folder::text).transpose()?.map(Into::into),
            directory: entry.directory.into(),
            version: entry.version.into(),
            run_in_transaction: entry.run_in_transaction,
            is_baseline: entry.baseline,
        })
    };
    entries.into_iter().map(migration).collect::<Result<_, _>>().map(Some)
}
