//! What a violated constraint was.

use std::fmt;

/// The kind of a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConstraintKind {
    /// A unique constraint, unique index or primary key.
    Unique,
    /// A foreign key.
    ForeignKey,
    /// NOT NULL.
    NotNull,
    /// A check.
    Check,
    /// An exclusion constraint (PostgreSQL only).
    Exclusion,
}

impl fmt::Display for ConstraintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unique => "unique constraint",
            Self::ForeignKey => "foreign key",
            Self::NotNull => "not-null constraint",
            Self::Check => "check constraint",
            Self::Exclusion => "exclusion constraint",
        })
    }
}

/// A violated constraint, told alike by both databases.
///
/// A name or a column is missing where the database doesn't tell it and it can't be found out: for
/// example for a table that was made without mizzle.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Constraint {
    /// What kind of constraint.
    pub kind: ConstraintKind,
    /// Its name; `None` for NOT NULL, which has none.
    pub name: Option<String>,
    /// The table that the constraint belongs to (for a foreign key, the one that refers).
    pub table: Option<String>,
    /// The constraint's columns in that table. Empty for a check over a whole row.
    pub columns: Vec<String>,
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if let Some(name) = &self.name {
            write!(f, " \"{name}\"")?;
        }
        match (&self.table, self.columns.as_slice()) {
            (Some(table), []) => write!(f, " of {table}"),
            (Some(table), columns) => write!(f, " on {table} ({})", columns.join(", ")),
            (None, []) => Ok(()),
            (None, columns) => write!(f, " on ({})", columns.join(", ")),
        }
    }
}
