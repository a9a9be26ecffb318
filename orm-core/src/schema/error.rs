//! Errors in the description of a schema.

use crate::dialect::Dialect;

/// A schema that no database could create as it is described.
///
/// Every message names the table and says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// A name that is empty or contains NUL.
    #[error("{place}: the name {name:?} {problem}")]
    InvalidName {
        /// The kind and name of the object, such as `table "users"`.
        place: Box<str>,
        /// The name.
        name: Box<str>,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A table without columns.
    #[error("table {table:?} has no columns; give its struct at least one field")]
    NoColumns {
        /// The table.
        table: Box<str>,
    },
    /// Two tables of one name.
    #[error(
        "two tables are named {table:?}; list each struct once in `schema!`, and give one of them \
         another name by `#[table(name = \"…\")]`"
    )]
    DuplicateTable {
        /// The name, as the second table has it.
        table: Box<str>,
    },
    /// A view without a SELECT for a database.
    #[error(
        "view {view:?} has no SQL for {dialect}; add `{} = \"…\"` to its `#[view(…)]`",
        dialect.name()
    )]
    ViewWithoutSql {
        /// The view.
        view: Box<str>,
        /// The database.
        dialect: Dialect,
    },
    /// A materialized view for a database that has none.
    #[error(
        "view {view:?} is materialized, and {dialect} has no materialized views; leave \
         `materialized` out of its `#[view(…)]`"
    )]
    NoMaterializedViews {
        /// The view.
        view: Box<str>,
        /// The database.
        dialect: Dialect,
    },
    /// An index of a view that isn't materialized.
    #[error(
        "view {view:?} has the index {index:?}, and only a materialized view stores rows; index the \
         tables that it reads"
    )]
    IndexOfView {
        /// The view.
        view: Box<str>,
        /// The index.
        index: Box<str>,
    },
    /// Views that read each other.
    #[error(
        "the views {views} read each other, so none of them can be created first; change the SQL of \
         one of them"
    )]
    CircularViews {
        /// The views.
        views: Box<str>,
    },
    /// A foreign key to a view.
    #[error(
        "table {table:?}: foreign key {foreign_key:?} refers to {target:?}, which is a view, and a \
         database checks only keys of tables; declare the relation on the view, by `references(…)` \
         there, and use it from this struct by `has_one` or `has_many`"
    )]
    ReferenceToView {
        /// The referring table.
        table: Box<str>,
        /// The foreign key.
        foreign_key: Box<str>,
        /// The view.
        target: Box<str>,
    },
    /// A table with more columns than the database allows.
    #[error(
        "table {table:?} has {columns} columns, and {dialect} allows {most}; move some of them to another table, or into \
         one JSON column"
    )]
    TooManyColumns {
        /// The table.
        table: Box<str>,
        /// The database.
        dialect: Dialect,
        /// The number of columns.
        columns: usize,
        /// The most that it allows.
        most: usize,
    },
    /// A column with a collation that the database doesn't have.
    #[error(
        "table {table:?}: column {column:?} has the collation {collation:?}, and {dialect} has only BINARY, NOCASE and \
         RTRIM; name one of these, or leave `collate` out"
    )]
    NoCollation {
        /// The table.
        table: Box<str>,
        /// The column.
        column: Box<str>,
        /// The collation.
        collation: Box<str>,
        /// The database.
        dialect: Dialect,
    },
    /// A statement that is longer than the database allows.
    #[error(
        "a statement of the migration has {bytes} bytes, and {dialect} allows {most}: {statement:?}…; generate the change \
         in smaller steps"
    )]
    StatementTooLong {
        /// The database.
        dialect: Dialect,
        /// Its beginning.
        statement: Box<str>,
        /// Its length.
        bytes: usize,
        /// The most that the database allows.
        most: usize,
    },
    /// Two columns of one name.
    #[error(
        "table {table:?} has two columns named {column:?}; give one of the fields another name by \
         `#[column(name = \"…\")]`"
    )]
    DuplicateColumn {
        /// The table.
        table: Box<str>,
        /// The name, as the second column has it.
        column: Box<str>,
    },
    /// One name for two constraints, indexes, tables or types in the same namespace.
    #[error("{second} has the name {name:?} of {first}; give one of the two another name")]
    DuplicateName {
        /// The name.
        name: Box<str>,
        /// The first object with the name.
        first: Box<str>,
        /// The second object with the name.
        second: Box<str>,
    },
    /// A key or an index without columns.
    #[error("table {table:?}: {place} has no columns; name at least one")]
    EmptyKey {
        /// The table.
        table: Box<str>,
        /// The key or index.
        place: Box<str>,
    },
    /// A key or an index over a column that the table doesn't have.
    #[error(
        "table {table:?}: {place} names the column {column:?}, which the table doesn't have; its \
         columns are {columns}"
    )]
    UnknownColumn {
        /// The table.
        table: Box<str>,
        /// The key or index.
        place: Box<str>,
        /// The missing column.
        column: Box<str>,
        /// The columns of the table.
        columns: Box<str>,
    },
    /// A key that names a column twice.
    #[error("table {table:?}: {place} names the column {column:?} twice; name it once")]
    RepeatedColumn {
        /// The table.
        table: Box<str>,
        /// The key.
        place: Box<str>,
        /// The column.
        column: Box<str>,
    },
    /// A foreign key to a table that isn't in the schema.
    #[error(
        "table {table:?}: foreign key {foreign_key:?} refers to the table {target:?}, which isn't \
         in the schema; add its struct to the list in `schema!`, or remove `references(…)` from \
         the column {columns}"
    )]
    UnknownTable {
        /// The referring table.
        table: Box<str>,
        /// The foreign key.
        foreign_key: Box<str>,
        /// The missing table.
        target: Box<str>,
        /// The referring columns.
        columns: Box<str>,
    },
    /// A foreign key to a column that the other table doesn't have.
    #[error(
        "table {table:?}: foreign key {foreign_key:?} refers to the column {column:?} of \
         {target:?}, which doesn't have it; the columns of {target:?} are {columns}"
    )]
    UnknownReference {
        /// The referring table.
        table: Box<str>,
        /// The foreign key.
        foreign_key: Box<str>,
        /// The table that is referred to.
        target: Box<str>,
        /// The missing column.
        column: Box<str>,
        /// The columns of that table.
        columns: Box<str>,
    },
    /// A foreign key whose two sides have different numbers of columns.
    #[error(
        "table {table:?}: foreign key {foreign_key:?} has {columns} columns and refers to \
         {references}; name as many of {target:?} as of {table:?}"
    )]
    ReferenceCount {
        /// The referring table.
        table: Box<str>,
        /// The foreign key.
        foreign_key: Box<str>,
        /// The table that is referred to.
        target: Box<str>,
        /// The number of referring columns.
        columns: usize,
        /// The number of columns that are referred to.
        references: usize,
    },
    /// A foreign key to columns that don't identify a row.
    #[error(
        "table {table:?}: foreign key {foreign_key:?} refers to {columns} of {target:?}, which \
         may hold the same value in two rows; make it `unique`, or refer to the primary key"
    )]
    ReferenceNotUnique {
        /// The referring table.
        table: Box<str>,
        /// The foreign key.
        foreign_key: Box<str>,
        /// The table that is referred to.
        target: Box<str>,
        /// The columns that are referred to.
        columns: Box<str>,
    },
    /// A foreign key to a column of another type.
    #[error(
        "table {table:?}: column {column:?} is {ty} and refers to {reference:?} of {target:?}, \
         which is {reference_ty}; give both fields the same type"
    )]
    ReferenceType {
        /// The referring table.
        table: Box<str>,
        /// The referring column.
        column: Box<str>,
        /// Its type.
        ty: Box<str>,
        /// The table that is referred to.
        target: Box<str>,
        /// The column that is referred to.
        reference: Box<str>,
        /// Its type.
        reference_ty: Box<str>,
    },
    /// Two native enum types of one name with different labels.
    #[error(
        "the enum type {name:?} has the labels {first_labels} in {first} and {second_labels} in \
         {second}; give one of the two enums another type name"
    )]
    EnumConflict {
        /// The type's name.
        name: Box<str>,
        /// The first column that has it.
        first: Box<str>,
        /// The labels there.
        first_labels: Box<str>,
        /// A column with other labels.
        second: Box<str>,
        /// The labels there.
        second_labels: Box<str>,
    },
    /// An enum without labels, or with the same label twice.
    #[error("table {table:?}: the enum of column {column:?} {problem}")]
    EnumLabels {
        /// The table.
        table: Box<str>,
        /// The column.
        column: Box<str>,
        /// What is wrong with the labels.
        problem: Box<str>,
    },
    /// A text of a length that no database supports.
    #[error(
        "table {table:?}: column {column:?} has the length {length}; give it from 1 to 10485760 \
         characters, or leave `max_length` out"
    )]
    InvalidLength {
        /// The table.
        table: Box<str>,
        /// The column.
        column: Box<str>,
        /// The length.
        length: u32,
    },
    /// A column that the database can't count up.
    #[error("table {table:?}: column {column:?} can't be `auto`: {problem}")]
    InvalidAuto {
        /// The table.
        table: Box<str>,
        /// The column.
        column: Box<str>,
        /// Why not, and what to do.
        problem: Box<str>,
    },
    /// A default that the column can't hold.
    #[error("table {table:?}: the default of column {column:?} {problem}")]
    InvalidDefault {
        /// The table.
        table: Box<str>,
        /// The column.
        column: Box<str>,
        /// What is wrong, and what to write.
        problem: Box<str>,
    },
    /// An index that no database can have.
    #[error("table {table:?}: the index {index:?} {problem}")]
    InvalidIndex {
        /// The table.
        table: Box<str>,
        /// The index.
        index: Box<str>,
        /// What is wrong, and what to do.
        problem: Box<str>,
    },
    /// A full text index that no database can have.
    #[error("table {table:?}: the full text index {problem}")]
    InvalidFullText {
        /// The table.
        table: Box<str>,
        /// What is wrong, and what to do.
        problem: Box<str>,
    },
}
