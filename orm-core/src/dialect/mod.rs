//! The SQL dialects, and how they quote names and text.

mod capabilities;
mod per_dialect;

use std::fmt;

use orm_lexer::Rules;
use serde::{Deserialize, Serialize};

pub(crate) use self::capabilities::Migrating;
pub use self::per_dialect::PerDialect;

/// A dialect of SQL.
///
/// All exist with any Cargo features: a program that runs on SQLite can still write the SQL that would create its
/// tables on PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// Cloudflare D1: SQLite behind HTTP, with other limits, and without functions of mizzle.
    D1,
}

impl From<Dialect> for Rules {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Sqlite | Dialect::D1 => Self::Sqlite,
            Dialect::Postgres => Self::Postgres,
        }
    }
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::D1];

    /// Those that a project has unless it says otherwise.
    pub const USUAL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// The dialect for SQL that is written before the database is known, such as a query that diesel shows.
    pub(crate) const UNKNOWN: Self = Self::Sqlite;

    /// The dialect for SQL that is the same in both.
    pub(crate) const EITHER: Self = Self::Postgres;

    /// Returns the name in paths, in configuration and in serialized form: `sqlite`, `postgres` or `d1`.
    ///
    /// [`Display`](fmt::Display) writes the name for prose: SQLite, PostgreSQL or D1.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::D1 => "d1",
        }
    }

    /// Returns whether the SQL is SQLite's.
    pub const fn is_sqlite(self) -> bool {
        matches!(self, Self::Sqlite | Self::D1)
    }

    /// Returns whether the database takes two names for the same one: SQLite ignores the case of ASCII letters.
    pub fn is_same_name(self, one: &str, other: &str) -> bool {
        if self.capabilities().distinguishes_case_of_names {
            one == other
        } else {
            one.eq_ignore_ascii_case(other)
        }
    }

    /// Returns whether enums can be types of the database (`native = "…"`). Otherwise they are texts with a check.
    pub const fn has_native_enums(self) -> bool {
        self.capabilities().native_types
    }

    /// Returns the dialect of a URL's database, by the URL's scheme, or `None` if no database has that scheme.
    ///
    /// ```
    /// # use orm_core::Dialect;
    /// assert_eq!(Dialect::of_url("postgres://localhost/blog"), Some(Dialect::Postgres));
    /// assert_eq!(Dialect::of_url(":memory:"), Some(Dialect::Sqlite));
    /// assert_eq!(Dialect::of_url("mysql://localhost/blog"), None);
    /// ```
    pub fn of_url(url: &str) -> Option<Self> {
        let (scheme, _) = url.split_once(':')?;
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" | "sqlite3" | "file" => Some(Self::Sqlite),
            "" if url == ":memory:" => Some(Self::Sqlite),
            "postgres" | "postgresql" => Some(Self::Postgres),
            "d1" => Some(Self::D1),
            _ => None,
        }
    }

    /// Returns `name` as an identifier, in double quotes.
    pub fn quote_ident(self, name: &str) -> String {
        quoted(name, '"')
    }

    /// Returns `text` as a string literal, in single quotes.
    ///
    /// The text must not contain NUL: PostgreSQL refuses it, and SQLite would end the statement
    /// there.
    pub fn quote_literal(self, text: &str) -> String {
        quoted(text, '\'')
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::D1 => "D1",
        })
    }
}

/// Quotes `text`. Both databases escape the quote by doubling it, and escape nothing else.
fn quoted(text: &str, quote: char) -> String {
    let mut sql = String::with_capacity(text.len() + 2);
    sql.push(quote);
    for character in text.chars() {
        if character == quote {
            sql.push(quote);
        }
        sql.push(character);
    }
    sql.push(quote);
    sql
}

#[cfg(test)]
mod tests {
    use super::Dialect;

    #[test]
    fn quotes_are_doubled() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.quote_ident(r#"a "b" 'c'"#), r#""a ""b"" 'c'""#);
            assert_eq!(dialect.quote_literal(r#"it's "so" \n"#), r#"'it''s "so" \n'"#);
        }
    }

    #[test]
    fn the_name_is_the_serialized_form() {
        for dialect in Dialect::ALL {
            let json = serde_json::to_string(&dialect).unwrap();
            assert_eq!(json, format!("\"{}\"", dialect.name()));
            assert_eq!(serde_json::from_str::<Dialect>(&json).unwrap(), dialect);
        }
    }
}
