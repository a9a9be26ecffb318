//! Builds descriptions of tables, part by part.

use super::column_type::ColumnType;
use super::form::MomentForm;
use super::model::{
    Action, CheckDef, ColumnDef, DefaultValue, ForeignKeyDef, FullTextDef, IndexDef, IndexKey,
    IndexPart, TableDef, UniqueDef, ViewDef, same_columns,
};
use super::names;
use crate::dialect::Dialect;
use crate::dialect::PerDialect;

impl ColumnDef {
    /// Returns a column that is NOT NULL and has no default.
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

    /// Allows NULL.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Limits text to `characters`. A column of any other type, or one that has a length already, keeps its type.
    #[must_use]
    pub fn max_length(mut self, characters: u32) -> Self {
        if self.ty == ColumnType::Text {
            self.ty = ColumnType::Varchar(characters);
        }
        self
    }

    /// Stores moments in this form. A column without moments keeps its type.
    #[must_use]
    pub fn stored(mut self, form: MomentForm) -> Self {
        if self.ty.is_date_and_time() {
            self.stored = Some(form);
        }
        self
    }

    /// Declares the column as `sql` on this database. The type of its values stays the same.
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

    /// Lets the database count the column up.
    #[must_use]
    pub fn auto(mut self) -> Self {
        self.auto = true;
        self
    }

    /// Gives the column `value` if an insert leaves it out.
    #[must_use]
    pub fn default(mut self, value: DefaultValue) -> Self {
        self.default = Some(value);
        self
    }

    /// Lets the database compute the column from `expression`, and store it.
    #[must_use]
    pub fn generated(mut self, expression: &str) -> Self {
        self.generated = Some(expression.into());
        self
    }

    /// Declares that the column was called `name` before.
    #[must_use]
    pub fn renamed_from(mut self, name: &str) -> Self {
        self.renamed_from = Some(name.into());
        self
    }

    /// Declares that labels of its enum had other names before: each by its old and its new one.
    #[must_use]
    pub fn renamed_labels(mut self, renamed: &[(&str, &str)]) -> Self {
        self.renamed_labels =
            renamed.iter().map(|(old, new)| ((*old).into(), (*new).into())).collect();
        self
    }
}

impl IndexPart {
    /// Returns a part that sorts a column from low to high.
    pub fn column(name: &str) -> Self {
        Self { key: IndexKey::Column(name.into()), descending: false, ops: None }
    }

    /// Returns a part that sorts an SQL expression from low to high.
    pub fn expression(sql: &str) -> Self {
        Self { key: IndexKey::Expression(sql.into()), descending: false, ops: None }
    }

    /// Sorts from high to low instead.
    #[must_use]
    pub fn desc(mut self) -> Self {
        self.descending = true;
        self
    }

    /// Compares its values by this operator class of PostgreSQL, such as `gin_trgm_ops`.
    #[must_use]
    pub fn ops(mut self, class: &str) -> Self {
        self.ops = Some(class.into());
        self
    }
}

/// If `name` is `None`, a constraint or an index gets its conventional name: PostgreSQL's, such as
/// `posts_author_id_fkey`, with a number after it if the table already uses that name.
impl TableDef {
    /// Returns a table without columns.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            uniques: Vec::new(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            indexes: Vec::new(),
            full_text: None,
            renamed_from: None,
            view: None,
        }
    }

    /// Makes it a view with this SELECT on a database.
    #[must_use]
    pub fn view(mut self, dialect: Dialect, sql: &str) -> Self {
        let view = self
            .view
            .get_or_insert_with(|| ViewDef { sql: PerDialect::default(), materialized: false });
        view.sql.set(dialect, Some(sql.into()));
        self
    }

    /// Makes a view store its rows. A table stays as it is.
    #[must_use]
    pub fn materialized(mut self) -> Self {
        if let Some(view) = &mut self.view {
            view.materialized = true;
        }
        self
    }

    /// Returns whether it is a view.
    pub fn is_view(&self) -> bool {
        self.view.is_some()
    }

    /// Returns the column of this name.
    pub fn find_column(&self, name: &str) -> Option<&ColumnDef> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Returns the name of the primary key's constraint.
    pub fn primary_key_name(&self) -> String {
        names::primary_key(&self.name)
    }

    /// Returns whether a constraint of the table, including its primary key, has this name.
    pub(super) fn has_constraint(&self, name: &str) -> bool {
        !self.primary_key.is_empty() && self.primary_key_name() == name
            || self.uniques.iter().any(|unique| unique.name == name)
            || self.checks.iter().any(|check| check.name == name)
            || self.foreign_keys.iter().any(|key| key.name == name)
    }

    /// Returns whether the primary key or a unique constraint has exactly these columns, in any order.
    pub(super) fn has_key(&self, columns: &[String]) -> bool {
        same_columns(&self.primary_key, columns)
            || self.uniques.iter().any(|unique| same_columns(&unique.columns, columns))
    }

    /// Returns whether a constraint or an index of the table has this name.
    fn has_name(&self, name: &str) -> bool {
        self.has_constraint(name) || self.indexes.iter().any(|index| index.name == name)
    }

    /// Returns `name`, with a number if another constraint or index of the table has it.
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

    /// Adds a check of one column, with its conventional name.
    ///
    /// A type with a check (an enum's labels, a text's length) keeps that name for it, so the name doesn't change if
    /// the column gets another check.
    #[must_use]
    pub fn column_check(mut self, column: &str, condition: &str) -> Self {
        let conventional = names::check(&self.name, column);
        let is_checked = self
            .find_column(column)
            .is_some_and(|column| column.ty.labels().is_some() || column.ty.max_length().is_some());
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
        let condition = condition.map(Into::into);
        self.indexes.push(IndexDef { name, method: None, parts, unique, condition });
        self
    }

    /// Makes the index that was added last one of this PostgreSQL method, such as `gin`.
    #[must_use]
    pub fn using(mut self, method: &str) -> Self {
        if let Some(index) = self.indexes.last_mut() {
            index.method = Some(method.into()).filter(|method| method != "btree");
        }
        self
    }

    /// Adds a full text index of these columns.
    #[must_use]
    pub fn full_text(mut self, columns: &[&str], language: &str) -> Self {
        self.full_text = Some(FullTextDef { columns: strings(columns), language: language.into() });
        self
    }

    /// Returns the name of what the database has for the full text index: `articles_fts`, a table on SQLite and a column
    /// on PostgreSQL.
    pub fn full_text_name(&self) -> String {
        names::full_text(&self.name)
    }

    /// Returns the name of PostgreSQL's index of the full text index's column: `articles_fts_index`.
    pub fn full_text_index_name(&self) -> String {
        names::full_text_index(&self.full_text_name())
    }

    /// Declares that the table was called `name` before.
    #[must_use]
    pub fn renamed_from(mut self, name: &str) -> Self {
        self.renamed_from = Some(name.into());
        self
    }
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
