//! Which database a URL names.

mod sanitize;
mod validate;

use std::fmt;

pub use self::sanitize::sanitize_url;
pub use self::validate::{UrlError, UrlPart, UrlProblem, validate_url};

use super::Prepare;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

/// Where to connect to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) dialect: Dialect,
    /// SQLite: the file, a `file:` URI or `:memory:`. PostgreSQL: the URL as given.
    pub(crate) address: String,
    /// What the URL says of prepared statements.
    pub(crate) prepare: Option<Prepare>,
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
        if url.contains('\0') {
            let message = "the database URL contains a NUL character";
            return Err(Error::new(ErrorKind::Config, message).with_hint(FORMS));
        }
        let sqlite = |address: String| Self { dialect: Dialect::Sqlite, address, prepare: None };
        if url == ":memory:" || url.starts_with("file:") {
            return Ok(sqlite(url.into()));
        }
        let Some((scheme, rest)) = url.split_once(':') else {
            return Err(unknown_scheme("it has no scheme"));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" | "sqlite3" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                match path {
                    "" => Err(Error::new(ErrorKind::Config, "the database URL names no file")
                        .with_hint(FORMS)),
                    ":memory:" => Ok(sqlite(path.into())),
                    // Parameters such as `?mode=ro` are SQLite's own, which reads them in URIs.
                    _ if path.contains('?') => Ok(sqlite(format!("file:{path}"))),
                    _ => Ok(sqlite(path.into())),
                }
            }
            "postgres" | "postgresql" if rest.starts_with("//") => {
                let (address, prepare) = without_prepare(url)?;
                Ok(Self { dialect: Dialect::Postgres, address, prepare })
            }
            "postgres" | "postgresql" => {
                let message = "the database URL is malformed: its scheme is not followed by `//`";
                Err(Error::new(ErrorKind::Config, message).with_hint(FORMS))
            }
            other => Err(unknown_scheme(&format!("its scheme is `{other}`"))),
        }
    }

    /// Whether each connection has a database of its own.
    pub(crate) fn is_private_memory(&self) -> bool {
        self.dialect == Dialect::Sqlite
            && (self.address == ":memory:"
                || self.address.contains("mode=memory") && !self.address.contains("cache=shared"))
    }
}

/// Takes the parameter `prepare` out of a server's URL: it is mizzle's own, and libpq would refuse it.
fn without_prepare(url: &str) -> Result<(String, Option<Prepare>)> {
    let mut prepare = None;
    let Some((server, parameters)) = url.rsplit_once('?') else {
        return Ok((url.into(), prepare));
    };
    let mut others = Vec::new();
    for parameter in parameters.split('&') {
        prepare = Some(match parameter.strip_prefix("prepare=") {
            None => {
                others.push(parameter);
                continue;
            }
            Some("auto") => Prepare::Auto,
            Some("always") => Prepare::Always,
            Some("never") => Prepare::Never,
            Some(_) => {
                return Err(Error::new(
                    ErrorKind::Config,
                    "the database URL's parameter `prepare` is none of auto, always, never",
                ));
            }
        });
    }
    let separator = if others.is_empty() { "" } else { "?" };
    Ok((format!("{server}{separator}{}", others.join("&")), prepare))
}

/// How to write a URL.
const FORMS: &str = "write `sqlite:path/to/file.db`, `sqlite::memory:` for a database in memory, or \
                     `postgres://user:password@host:5432/database`";

fn unknown_scheme(found: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!(
            "the database URL is not understood, {found}: it begins with `sqlite:` or `postgres://`"
        ),
    )
    .with_hint(FORMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_its_own_parameter_from_libpq() {
        for (url, address, prepare) in [
            ("postgres://h/d?prepare=never", "postgres://h/d", Some(Prepare::Never)),
            (
                "postgres://h/d?a=1&prepare=always&b=2",
                "postgres://h/d?a=1&b=2",
                Some(Prepare::Always),
            ),
            ("postgres://h/d?prepared=1", "postgres://h/d?prepared=1", None),
        ] {
            let target = Target::parse(url).expect(url);
            assert_eq!((target.address.as_str(), target.prepare), (address, prepare), "{url}");
        }
        let error = Target::parse("postgres://h/d?prepare=maybe").expect_err("is no such value");
        assert_eq!(error.code(), crate::ErrorCode::ConfigError);
    }

    #[test]
    fn names_the_database() {
        for (url, dialect, address) in [
            ("sqlite:blog.db", Dialect::Sqlite, "blog.db"),
            ("sqlite:///var/blog.db", Dialect::Sqlite, "/var/blog.db"),
            ("sqlite::memory:", Dialect::Sqlite, ":memory:"),
            (":memory:", Dialect::Sqlite, ":memory:"),
            ("SQLITE:a b.db", Dialect::Sqlite, "a b.db"),
            ("sqlite:blog.db?mode=ro", Dialect::Sqlite, "file:blog.db?mode=ro"),
            ("postgres://u@h/d", Dialect::Postgres, "postgres://u@h/d"),
            ("postgresql:///d", Dialect::Postgres, "postgresql:///d"),
        ] {
            let target = Target::parse(url).expect(url);
            assert_eq!((target.dialect, target.address.as_str()), (dialect, address), "{url}");
        }
        for url in ["", "blog.db", "mysql://h/d", "sqlite:", "postgres:d", "sqlite:a\0b"] {
            let error = Target::parse(url).expect_err(url);
            assert_eq!(error.code(), crate::ErrorCode::ConfigError, "{url}");
        }
    }
}
