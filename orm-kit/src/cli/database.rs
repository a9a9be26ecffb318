//! The database that a command uses.

use std::path::Path;
use std::time::Duration;

use orm_core::migration::MigrationState;
use orm_core::schema::TableDef;
use orm_core::{Db, DbBuilder, Dialect};

use super::Session;
use super::failure::Failure;
use crate::folder::Folder;
use crate::managed::{Memory, add};

/// How long a database may take to answer a question whose answer is not needed.
const BRIEFLY: Duration = Duration::from_secs(3);

impl Session {
    /// Connects to the named database.
    pub(super) fn connect(&self) -> Result<Db, Failure> {
        Ok(self.settings()?.connect()?)
    }

    /// Connects to a database for reading only: doesn't create a missing SQLite file.
    pub(super) fn connect_to_existing(&self) -> Result<Db, Failure> {
        self.check_exists()?;
        self.connect()
    }

    /// Connects for a question whose answer is not needed, so nobody waits long for it.
    pub(super) fn connect_briefly(&self) -> Result<Db, Failure> {
        self.check_exists()?;
        let settings = self.settings()?.connect_timeout(BRIEFLY).statement_timeout(Some(BRIEFLY));
        Ok(settings.connect()?)
    }

    pub(super) fn settings(&self) -> Result<DbBuilder, Failure> {
        let url = self.url.as_deref().ok_or_else(|| {
            Failure::new("CONFIG_ERROR", "no database is set").with_hint(
                "pass `--url`, or set DATABASE_URL: `sqlite:path/to/file.db` or `postgres://…`",
            )
        })?;
        Ok(Db::builder(url).renew_sessions())
    }

    pub(super) fn check_exists(&self) -> Result<(), Failure> {
        if let Some(path) = self.url.as_deref().and_then(plain_path)
            && !Path::new(path).exists()
        {
            return Err(Failure::new("FILE_ERROR", format!("the file {path:?} does not exist"))
                .with_hint("check the path in the URL"));
        }
        Ok(())
    }

    /// Returns what the structs said when the database was last updated to them, by `push` or by migrations.
    pub(super) fn remembered(&self, db: &Db) -> Result<Vec<TableDef>, Failure> {
        let mut former = self.former(db)?.into_iter();
        let mut tables = former.next().unwrap_or_default();
        former.for_each(|other| add(&mut tables, &other));
        Ok(tables)
    }

    /// Returns the schemas that the structs had when the database was last updated to them: by `push`, and by migrations.
    pub(super) fn former(&self, db: &Db) -> Result<Vec<Vec<TableDef>>, Failure> {
        let mut former = vec![Memory::read(db)?];
        // An unreadable folder says nothing about the database. The commands that need the folder report it.
        let Ok(folder) = Folder::read(&self.dir, db.dialect()) else { return Ok(former) };
        if folder.migrations.is_empty() {
            return Ok(former);
        }
        let migrations = self.migrations()?;
        let status = db.migrator(&migrations).status()?;
        let is_applied = |migration: &crate::folder::Migration| {
            status.iter().any(|one| {
                one.version == migration.sql.version() && one.state != MigrationState::Pending
            })
        };
        let last = folder.migrations.iter().rposition(is_applied);
        if let Some(snapshot) = last.and_then(|last| folder.snapshot_after(last + 1)) {
            former.push(snapshot.tables.clone());
        }
        Ok(former)
    }

    /// Returns the database's name for people, without secrets.
    pub(super) fn database_name(&self) -> String {
        self.url.as_deref().map(shown).unwrap_or_default()
    }
}

/// Returns the file that an SQLite URL names, if it is only a path.
pub(super) fn plain_path(url: &str) -> Option<&str> {
    let (scheme, path) = url.split_once(':')?;
    let is_plain = scheme.eq_ignore_ascii_case("sqlite")
        && !path.is_empty()
        && !path.starts_with(':')
        && !path.starts_with("//")
        && !path.contains('?');
    is_plain.then_some(path)
}

/// Returns a URL without user, password and parameters. Hides a URL that can't be split safely.
fn shown(url: &str) -> String {
    match Dialect::of_url(url) {
        Some(Dialect::Sqlite | Dialect::D1) => url.split('?').next().unwrap_or_default().into(),
        Some(Dialect::Postgres) => postgres_place(url)
            .map_or_else(|| Dialect::Postgres.to_string(), |place| format!("postgres://{place}")),
        None => "the database".into(),
    }
}

/// Returns the host and the database.
fn postgres_place(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    // A password with an unescaped `/`, `?` or `#` would be split in two.
    let cut = rest[end..].contains('@');
    let has_password = |host: &str| {
        host.rsplit_once(':').is_some_and(|(_, port)| {
            !port.ends_with(']') && !port.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    (!cut && !has_password(host)).then(|| format!("{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn no_secret_is_shown() {
        for (url, name) in [
            ("sqlite:blog.db", "sqlite:blog.db"),
            ("sqlite:blog.db?key=secret", "sqlite:blog.db"),
            (":memory:", ":memory:"),
            ("postgres://localhost/blog", "postgres://localhost/blog"),
            (
                "postgres://ada:secret@db.example.com:5432/blog?x=1",
                "postgres://db.example.com:5432/blog",
            ),
            ("postgresql:///blog?host=/tmp&password=secret", "postgres:///blog"),
            ("postgres://ada:se@cret@[::1]:5432/blog", "postgres://[::1]:5432/blog"),
            ("postgres://ada:se/cret@localhost/blog", "PostgreSQL"),
            ("postgres://ada:se?cret@localhost/blog", "PostgreSQL"),
            ("postgres://localhost/blog?password=se@cret", "PostgreSQL"),
            ("postgres://ada:secret", "PostgreSQL"),
            ("mysql://ada:secret@localhost/blog", "the database"),
        ] {
            assert_eq!(shown(url), name);
        }
    }
}
