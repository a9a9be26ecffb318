//! Violated constraints.

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

/// A violated constraint, described in the same way for both databases.
///
/// A name or a column is missing if the database doesn't report it and it can't be found out, for example for a table
/// that was created without mizzle.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Constraint {
    /// The kind of the constraint.
    pub kind: ConstraintKind,
    /// The constraint's name; `None` for NOT NULL, which has no name.
    pub name: Option<String>,
    /// The table of the constraint; for a foreign key, the referring table.
    pub table: Option<String>,
    /// The constraint's columns in that table. Empty for a check of a whole row.
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
