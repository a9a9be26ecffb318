//! The schema as plain data.

use serde::{Deserialize, Serialize};

use super::dialects::PerDialect;
use super::form::MomentForm;
use super::names;
use crate::dialect::Dialect;

/// What a column holds, independent of the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ColumnType {
    /// true or false; an integer 0 or 1 on SQLite.
    Bool,
    /// 16 bits, signed.
    SmallInt,
    /// 32 bits, signed.
    Integer,
    /// 64 bits, signed.
    BigInt,
    /// Binary floating point of 32 bits (of 64 bits on SQLite).
    Real,
    /// Binary floating point of 64 bits.
    Double,
    /// Text of any length.
    Text,
    /// Text of at most so many characters: `varchar` on PostgreSQL, text with a check on SQLite.
    Varchar(u32),
    /// Bytes of any length.
    Bytes,
    /// A day.
    Date,
    /// A time of day, in microseconds.
    Time,
    /// A day and time without a zone, in microseconds.
    Timestamp,
    /// A point in time, in microseconds.
    Timestamptz,
    /// 128 bits.
    Uuid,
    /// An exact decimal number; text with the `decimal` collation on SQLite.
    Decimal,
    /// A JSON document: `jsonb` on PostgreSQL, text on SQLite.
    Json,
    /// One of a fixed set of labels.
    Enum {
        /// The labels, in the enum's order.
        labels: Vec<String>,
        /// The type's name on PostgreSQL, where it is a native type; text with a check otherwise.
        native: Option<String>,
    },
}

/// The value of a column that an insert leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent, as written.
    Number(String),
    /// Text, without quotes.
    Text(String),
    /// The current date, time or point in time, in the form in which the column stores it.
    Now,
    /// An SQL expression, the same for both databases.
    Sql(String),
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDef {
    /// The name in the database.
    pub name: String,
    /// What it holds.
    pub ty: ColumnType,
    /// The form in which it stores moments, where that isn't mizzle's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<MomentForm>,
    /// The type by which a database declares it, such as `numeric(10,2)`, where that is not the one that follows from
    /// `ty`.
    #[serde(default, skip_serializing_if = "PerDialect::is_empty")]
    pub db_type: PerDialect,
    /// The name of its collation, where that is not the one that follows from the type.
    #[serde(default, skip_serializing_if = "PerDialect::is_empty")]
    pub collate: PerDialect,
    /// Whether it may be NULL.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nullable: bool,
    /// Whether the database counts it up: identity on PostgreSQL, AUTOINCREMENT on SQLite.
    #[serde(default, skip_serializing_if = "is_false")]
    pub auto: bool,
    /// The value of a row that doesn't give one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<DefaultValue>,
    /// The expression of a generated (stored) column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<String>,
    /// The name it had before, where the struct declares a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// The labels of its enum that have another name, each by its old and its new one, where the enum declares them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renamed_labels: Vec<(String, String)>,
}

/// A unique constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UniqueDef {
    /// The constraint's name.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<String>,
}

/// A check constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckDef {
    /// The constraint's name.
    pub name: String,
    /// The condition, in SQL.
    pub condition: String,
}

/// What happens to a row when the row that it refers to is deleted or its key changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The change is refused at the end of the statement. The default, as in SQL.
    #[default]
    NoAction,
    /// The change is refused at once.
    Restrict,
    /// The row is deleted, or its key is changed, as well.
    Cascade,
    /// The referring columns become NULL.
    SetNull,
    /// The referring columns take their default.
    SetDefault,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKeyDef {
    /// The constraint's name.
    pub name: String,
    /// The referring columns.
    pub columns: Vec<String>,
    /// The table that is referred to.
    pub table: String,
    /// The columns that are referred to, one for each of `columns`.
    pub references: Vec<String>,
    /// What a delete of the referred row does.
    #[serde(default)]
    pub on_delete: Action,
    /// What a change of the referred key does.
    #[serde(default)]
    pub on_update: Action,
}

/// What an index sorts by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexKey {
    /// A column.
    Column(String),
    /// An SQL expression.
    Expression(String),
}

/// One part of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexPart {
    /// What it sorts by.
    pub key: IndexKey,
    /// Whether it sorts from high to low.
    #[serde(default, skip_serializing_if = "is_false")]
    pub descending: bool,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexDef {
    /// The index's name.
    pub name: String,
    /// What it sorts by, in order.
    pub parts: Vec<IndexPart>,
    /// Whether two rows may not share a value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
    /// The condition of a partial index, in SQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDef {
    /// The name in the database.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<ColumnDef>,
    /// The primary key's columns, in order.
    pub primary_key: Vec<String>,
    /// The unique constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uniques: Vec<UniqueDef>,
    /// The check constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckDef>,
    /// The foreign keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKeyDef>,
    /// The indexes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<IndexDef>,
    /// The name it had before, where the struct declares a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
}

fn is_false(value: &bool) -> bool {
    !*value
}

impl ColumnDef {
    /// A column that is NOT NULL and has no default.
    pub fn new(name: &str, ty: ColumnType) -> Self {
        Self {
            name: name.into(),
            ty,
            stored: None,
            db_type: PerDialect::default(),
            collate: PerDialect::default(),
            nullable: false,
            auto: false,
            default: None,
            generated: None,
            renamed_from: None,
            renamed_labels: Vec::new(),
        }
    }

    /// May be NULL.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Text of at most `characters`. A column that holds no text keeps its type.
    #[must_use]
    pub fn max_length(mut self, characters: u32) -> Self {
        if self.ty == ColumnType::Text {
            self.ty = ColumnType::Varchar(characters);
        }
        self
    }

    /// Stores its moments in this form. A column that holds none keeps its own.
    #[must_use]
    pub fn stored(mut self, form: MomentForm) -> Self {
        if matches!(self.ty, ColumnType::Timestamp | ColumnType::Timestamptz) {
            self.stored = Some(form);
        }
        self
    }

    /// Is declared as `sql` on this database. What it holds stays.
    #[must_use]
    pub fn db_type(mut self, dialect: Dialect, sql: &str) -> Self {
        self.db_type.set(dialect, Some(sql.into()));
        self
    }

    /// Compares by the collation of this name on this database.
    #[must_use]
    pub fn collate(mut self, dialect: Dialect, name: &str) -> Self {
        self.collate.set(dialect, Some(name.into()));
        self
    }

    /// Is counted up by the database.
    #[must_use]
    pub fn auto(mut self) -> Self {
        self.auto = true;
        self
    }

    /// Takes `value` where an insert leaves it out.
    #[must_use]
    pub fn default(mut self, value: DefaultValue) -> Self {
        self.default = Some(value);
        self
    }

    /// Is computed by the database from `expression`, and stored.
    #[must_use]
    pub fn generated(mut self, expression: &str) -> Self {
        self.generated = Some(expression.into());
        self
    }

    /// Had the name `name` before.
    #[must_use]
    pub fn renamed_from(mut self, name: &str) -> Self {
        self.renamed_from = Some(name.into());
        self
    }

    /// Labels of its enum had other names before: each by its old and its new one.
    #[must_use]
    pub fn renamed_labels(mut self, renamed: &[(&str, &str)]) -> Self {
        self.renamed_labels =
            renamed.iter().map(|(old, new)| ((*old).into(), (*new).into())).collect();
        self
    }
}

impl IndexPart {
    /// A column, from low to high.
    pub fn column(name: &str) -> Self {
        Self { key: IndexKey::Column(name.into()), descending: false }
    }

    /// An SQL expression, from low to high.
    pub fn expression(sql: &str) -> Self {
        Self { key: IndexKey::Expression(sql.into()), descending: false }
    }

    /// The same from high to low.
    #[must_use]
    pub fn desc(mut self) -> Self {
        self.descending = true;
        self
    }
}

/// The parts of a constraint or an index take their conventional name (that of PostgreSQL, such as
/// `posts_author_id_fkey`) where `name` is `None`, with a number behind it where the table uses
/// that name already.
impl TableDef {
    /// A table without columns.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            uniques: Vec::new(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            indexes: Vec::new(),
            renamed_from: None,
        }
    }

    /// The column of this name.
    pub fn find_column(&self, name: &str) -> Option<&ColumnDef> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The name of the primary key's constraint.
    pub fn primary_key_name(&self) -> String {
        names::primary_key(&self.name)
    }

    /// Whether a constraint of the table, its primary key included, has this name.
    pub(super) fn has_constraint(&self, name: &str) -> bool {
        !self.primary_key.is_empty() && self.primary_key_name() == name
            || self.uniques.iter().any(|unique| unique.name == name)
            || self.checks.iter().any(|check| check.name == name)
            || self.foreign_keys.iter().any(|key| key.name == name)
    }

    /// Whether the primary key or a unique constraint is over these columns, in any order.
    pub(super) fn has_key(&self, columns: &[String]) -> bool {
        same_columns(&self.primary_key, columns)
            || self.uniques.iter().any(|unique| same_columns(&unique.columns, columns))
    }

    /// Whether a constraint or an index of the table has this name.
    fn has_name(&self, name: &str) -> bool {
        self.has_constraint(name) || self.indexes.iter().any(|index| index.name == name)
    }

    /// `name`, with a number where another constraint or index of the table has it.
    fn free_name(&self, name: String) -> String {
        names::free(name, |name| self.has_name(name))
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, column: ColumnDef) -> Self {
        self.columns.push(column);
        self
    }

    /// Sets the primary key.
    #[must_use]
    pub fn primary_key(mut self, columns: &[&str]) -> Self {
        self.primary_key = strings(columns);
        self
    }

    /// Adds a unique constraint.
    #[must_use]
    pub fn unique(mut self, name: Option<&str>, columns: &[&str]) -> Self {
        let conventional = || self.free_name(names::unique(&self.name, columns));
        let name = name.map_or_else(conventional, Into::into);
        self.uniques.push(UniqueDef { name, columns: strings(columns) });
        self
    }

    /// Adds a check of the table.
    #[must_use]
    pub fn check(mut self, name: &str, condition: &str) -> Self {
        self.checks.push(CheckDef { name: name.into(), condition: condition.into() });
        self
    }

    /// Adds a check of one column, with the conventional name.
    ///
    /// A type that has a check (an enum's labels, a text's length) keeps that name for it, so that it
    /// stays when the column gets a check of its own.
    #[must_use]
    pub fn column_check(mut self, column: &str, condition: &str) -> Self {
        let conventional = names::check(&self.name, column);
        let is_checked = self.find_column(column).is_some_and(|column| {
            matches!(column.ty, ColumnType::Enum { .. } | ColumnType::Varchar(_))
        });
        let name = names::free(conventional.clone(), |name| {
            is_checked && name == conventional || self.has_name(name)
        });
        self.checks.push(CheckDef { name, condition: condition.into() });
        self
    }

    /// Adds a foreign key.
    #[must_use]
    pub fn foreign_key(
        mut self,
        name: Option<&str>,
        columns: &[&str],
        table: &str,
        references: &[&str],
        on_delete: Action,
        on_update: Action,
    ) -> Self {
        let conventional = || self.free_name(names::foreign_key(&self.name, columns));
        let name = name.map_or_else(conventional, Into::into);
        self.foreign_keys.push(ForeignKeyDef {
            name,
            columns: strings(columns),
            table: table.into(),
            references: strings(references),
            on_delete,
            on_update,
        });
        self
    }

    /// Adds an index.
    #[must_use]
    pub fn index(
        mut self,
        name: Option<&str>,
        parts: Vec<IndexPart>,
        unique: bool,
        condition: Option<&str>,
    ) -> Self {
        let conventional = || self.free_name(names::index(&self.name, &parts));
        let name = name.map_or_else(conventional, Into::into);
        self.indexes.push(IndexDef { name, parts, unique, condition: condition.map(Into::into) });
        self
    }

    /// Had the name `name` before.
    #[must_use]
    pub fn renamed_from(mut self, name: &str) -> Self {
        self.renamed_from = Some(name.into());
        self
    }
}

/// Whether the two name the same columns, in any order.
pub(super) fn same_columns(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|column| other.contains(column))
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
