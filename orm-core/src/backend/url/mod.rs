//! Finds out which database a URL names.
//!
//! There is one parser of URLs: connecting refuses the same URLs as [`validate_url`], with the same messages.

mod d1;
mod file;
mod libraries;
mod parameters;
mod problem;
mod sanitize;
mod server;

use std::fmt;

use self::problem::Problems;
pub use self::problem::{UrlError, UrlPart, UrlProblem};
pub use self::sanitize::sanitize_url;
use super::Prepare;
use crate::dialect::Dialect;
use crate::error::Result;

/// Where to connect to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) dialect: Dialect,
    /// SQLite: the file, a `file:` URI or `:memory:`. PostgreSQL: libpq's settings, as text. D1: the account and the
    /// database.
    pub(crate) address: String,
    /// The URL's setting for prepared statements.
    pub(crate) prepare: Option<Prepare>,
    is_private_memory: bool,
}

/// Shows no password: the address is left out.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

impl Target {
    /// Reads `sqlite:path`, `sqlite://path`, `sqlite::memory:`, `:memory:`, `file:…`, `postgres://…` or
    /// `postgresql://…`.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        Ok(read(url)?)
    }

    /// Returns whether each connection has a separate database.
    pub(crate) fn is_private_memory(&self) -> bool {
        self.is_private_memory
    }
}

/// Checks a database's URL without connecting: scheme, user, host, port, database and parameters.
///
/// [`Db::connect`](crate::Db::connect) refuses the same URLs, with the same messages. A PostgreSQL URL must name a
/// database (otherwise the server would use the user's name), and a host if it names a user or a port. For a server on
/// this machine, use `?host=/run/postgresql` or the folder of its socket. It doesn't check whether the database exists.
///
/// ```
/// # use orm_core::validate_url;
/// let error = validate_url("postgres://app:pw@:99999/").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the database URL is not valid: host: it is empty; port: it is not a number from 1 to 65535; \
///      database: its name is missing after the host's `/`",
/// );
/// assert!(validate_url("sqlite:blog.db").is_ok());
/// ```
///
/// # Errors
/// Every problem at once. It quotes only names of parameters: no password, and no other part of the URL.
pub fn validate_url(url: &str) -> std::result::Result<(), UrlError> {
    read(url).map(|_| ())
}

fn read(url: &str) -> std::result::Result<Target, UrlError> {
    let mut problems = Problems::default();
    let target = read_any(url, &mut problems);
    problems.finish()?;
    // There is a target if there are no problems.
    target.ok_or_else(|| UrlError { problems: Vec::new() })
}

fn read_any(url: &str, problems: &mut Problems) -> Option<Target> {
    check_characters(url, problems);
    let sqlite = |file: file::File| {
        let file::File { address, is_private_memory } = file;
        Some(Target { dialect: Dialect::Sqlite, address, prepare: None, is_private_memory })
    };
    if url == ":memory:" {
        return sqlite(file::read(url, false, problems));
    }
    let Some((scheme, rest)) = url.split_once(':') else {
        let empty = url.trim().is_empty();
        let message = if empty { "the URL is empty" } else { "there is none" };
        problems.add(UrlPart::Scheme, format!("{message}; {FORMS}"));
        return None;
    };
    match scheme.to_ascii_lowercase().as_str() {
        "sqlite" | "sqlite3" => {
            sqlite(file::read(rest.strip_prefix("//").unwrap_or(rest), false, problems))
        }
        "file" => sqlite(file::read(rest, true, problems)),
        "d1" => {
            let address = d1::read(rest, problems);
            let dialect = Dialect::D1;
            Some(Target { dialect, address, prepare: None, is_private_memory: false })
        }
        "postgres" | "postgresql" => {
            let Some(rest) = rest.strip_prefix("//") else {
                problems.add(UrlPart::Scheme, "it is not followed by `//`");
                return None;
            };
            let server::Server { address, prepare } = server::read(rest, problems);
            let dialect = Dialect::Postgres;
            Some(Target { dialect, address, prepare, is_private_memory: false })
        }
        _ => {
            problems.add(UrlPart::Scheme, format!("it is not supported; {FORMS}"));
            // Other problems are found only if it looks like the URL of a server.
            if let Some(rest) = rest.strip_prefix("//") {
                server::read(rest, problems);
            }
            None
        }
    }
}

/// Spaces around a URL, and line breaks in it, come from files and shells, and aren't part of a name.
fn check_characters(url: &str, problems: &mut Problems) {
    if url.starts_with(char::is_whitespace) && !url.trim().is_empty() {
        problems.add(UrlPart::Scheme, "the URL begins with a space or a line break");
    }
    let last = if url.contains('?') { UrlPart::Parameters } else { UrlPart::Database };
    if url.ends_with(char::is_whitespace) && !url.trim().is_empty() {
        problems.add(last, "the URL ends with a space or a line break");
    }
    if url.trim().contains(|c: char| c.is_control() && c != '\0') {
        let message = "the URL contains a control character, such as a line break; write it as a `%` sequence if it \
                       belongs there (`%0A`)";
        problems.add(last, message);
    }
}

/// Says how to write a URL.
const FORMS: &str = "write `sqlite:path/to/file.db`, `sqlite::memory:` for a database in memory, or \
                     `postgres://user:password@host:5432/database` with special characters in the user and the \
                     password as `%` sequences, such as `%40` for `@`";

#[cfg(test)]
mod tests;
