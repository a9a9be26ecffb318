//! What leads from one schema to another, as data.

use orm_core::schema::TableDef;

/// Answers to what two schemas alone can't tell: what is the same under a new name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// Tables that got a new name: the old and the new one.
    pub tables: Vec<(String, String)>,
    /// Columns that got a new name: the table (its new name), the old and the new name.
    pub columns: Vec<(String, String, String)>,
    /// What is dropped for certain, though something that could be its new name was added: `table` or
    /// `table.column`, by the old names.
    pub drops: Vec<String>,
}

/// What leads from one schema to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// The schema before.
    pub from: Vec<TableDef>,
    /// The schema after.
    pub to: Vec<TableDef>,
    /// What happens to native enum types.
    pub enums: Vec<EnumChange>,
    /// What happens to tables, in the order of `to`, what is dropped at the end.
    pub tables: Vec<TableChange>,
}

/// What happens to a native enum type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnumChange {
    /// It is new.
    Create {
        /// Its name.
        name: String,
        /// Its labels.
        labels: Vec<String>,
    },
    /// It is used no more.
    Drop {
        /// Its name.
        name: String,
        /// Its labels.
        labels: Vec<String>,
    },
    /// Its labels change.
    Alter {
        /// Its name.
        name: String,
        /// The labels before.
        from: Vec<String>,
        /// The labels after.
        to: Vec<String>,
    },
}

/// What happens to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableChange {
    /// It is new.
    Create(TableDef),
    /// It goes, with its rows.
    Drop(TableDef),
    /// It changes.
    Alter(Box<Alteration>),
}

/// How a table that stays changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alteration {
    /// The table before.
    pub from: TableDef,
    /// The table after.
    pub to: TableDef,
    /// The columns that stay, each by its name before and after, in the order after.
    pub columns: Vec<(String, String)>,
}

/// Why there is no diff.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiffError {
    /// Something may have been renamed, and nobody said so.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Ambiguous(Vec<Question>),
    /// A hint names what neither schema has.
    #[error("{0}")]
    UnknownHint(String),
}

/// Something may have been renamed: one thing is gone, and some that could be it are new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The table of the column, by its new name; `None` where tables are asked about.
    pub table: Option<String>,
    /// The name that is gone.
    pub gone: String,
    /// The new names that it could have, the likeliest first.
    pub candidates: Vec<String>,
}

/// Asks and tells how to answer by flag: `--rename users.nick=users.nickname`.
impl std::fmt::Display for Question {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}

/// Compares two schemas.
///
/// # Errors
/// What only a person can tell, or a hint that fits nothing.
pub fn diff(_from: &[TableDef], _to: &[TableDef], _hints: &Hints) -> Result<Diff, DiffError> {
    todo!()
}

/// What a change may do that a person should know before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// What kind.
    pub kind: HazardKind,
    /// The table, by the name that it has before the change.
    pub table: String,
    /// The column, if it is about one.
    pub column: Option<String>,
    /// What happens, as a sentence without a full stop, such as "drops the column with its values".
    pub what: String,
    /// A query that counts the rows concerned, on the schema before; `None` where no row is concerned.
    pub count: Option<String>,
}

/// A kind of hazard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HazardKind {
    /// Values are lost: the rows that `count` finds.
    Destructive,
    /// It fails where `count` finds rows.
    MayFail,
    /// Others wait while it runs, in proportion to the rows.
    Locking,
    /// The way back can't restore what was there.
    Irreversible,
}

impl Diff {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.enums.is_empty() && self.tables.is_empty()
    }

    /// The way back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        todo!()
    }

    /// What changes, a line each, for a person: `+ table posts`, `~ users.email: unique`.
    pub fn summary(&self) -> Vec<String> {
        todo!()
    }

    /// What a person should know before it runs on this database.
    pub fn hazards(&self, _dialect: orm_core::Dialect) -> Vec<Hazard> {
        todo!()
    }
}
