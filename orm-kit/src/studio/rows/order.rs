//! The order of rows, and the condition for those after a row.

use std::collections::HashSet;

use orm_core::Dialect;
use serde::Deserialize;

use super::super::catalog::{Column, Locator, Table};
use super::super::failure::Result;
use super::super::statement::Statement;
use super::super::value::{Value, ValueKind};

/// A column by which rows are sorted.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Sort {
    pub(in super::super) column: String,
    #[serde(default)]
    pub(in super::super) desc: bool,
    #[serde(default)]
    pub(in super::super) nulls_first: Option<bool>,
}

/// A part of the order.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) column: Column,
    desc: bool,
    nulls_first: bool,
    /// Whether its values may be NULL.
    may_be_null: bool,
    /// Whether it belongs to what names a row.
    pub(super) is_key: bool,
}

impl Term {
    /// Returns what distinguishes it from other terms.
    pub(super) fn signature(&self) -> (&str, bool, bool) {
        (&self.column.name, self.desc, self.nulls_first)
    }
}

/// A value of a row, by which it has its place.
#[derive(Clone, PartialEq)]
pub(super) enum Place {
    Value(Value),
    /// Too long to be kept: the row has it.
    OfRow,
}

/// The order of a table's rows, in which no two are equal if the table has a key.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) terms: Vec<Term>,
    /// Whether it is complete, so that rows can be found by it.
    pub(super) is_total: bool,
}

impl Order {
    /// # Errors
    /// If a column doesn't exist.
    pub(super) fn new(table: &Table, sorts: &[Sort], dialect: Dialect) -> Result<Self> {
        let (key, is_total) = match &table.locator {
            Locator::Columns(names) => {
                (names.iter().map(|name| table.column(name).cloned()).collect::<Result<_>>()?, true)
            }
            Locator::Rowid(name) => (vec![hidden(name, "", ValueKind::Integer)], true),
            Locator::Place => (vec![hidden("ctid", "tid", ValueKind::Other)], true),
            Locator::Nothing => (Vec::new(), false),
        };
        let key: Vec<Column> = key;
        let is_key = |name: &str| key.iter().any(|column| column.name == name);
        let mut terms = Vec::new();
        let mut seen = HashSet::new();
        for sort in sorts {
            let column = match table.column(&sort.column) {
                Ok(column) => column.clone(),
                // The rowid can be sorted by, too.
                Err(failure) => match key.iter().find(|column| column.name == sort.column) {
                    Some(column) => column.clone(),
                    None => return Err(failure),
                },
            };
            if !seen.insert(column.name.clone()) {
                continue;
            }
            let of_database = nulls_first(sort.desc, dialect);
            terms.push(Term {
                desc: sort.desc,
                nulls_first: sort.nulls_first.unwrap_or(of_database),
                may_be_null: column.nullable && !is_key(&column.name),
                is_key: is_key(&column.name),
                column,
            });
        }
        // The same direction throughout lets an index serve the whole order.
        let desc = terms.last().is_some_and(|term| term.desc);
        for column in key {
            if seen.insert(column.name.clone()) {
                let nulls_first = nulls_first(desc, dialect);
                terms.push(Term { column, desc, nulls_first, may_be_null: false, is_key: true });
            }
        }
        Ok(Self { terms, is_total })
    }

    /// Writes ORDER BY, in the opposite direction if `back`. A name alone could be that of a column of the result, which has the
    /// value as text.
    pub(super) fn write(&self, statement: &mut Statement, table: &Table, back: bool) {
        if self.terms.is_empty() {
            return;
        }
        let dialect = statement.dialect();
        statement.push(" ORDER BY ").each(&self.terms, ", ", |statement, term| {
            let (desc, first) = (term.desc != back, term.nulls_first != back);
            if !statement.is_shown() {
                statement.name(&table.name.name).push(".");
            }
            statement.name(&term.column.name).push(if desc { " DESC" } else { "" });
            if term.may_be_null && first != nulls_first(desc, dialect) {
                statement.push(if first { " NULLS FIRST" } else { " NULLS LAST" });
            }
        });
    }

    /// Writes the condition for rows after a place, or before it if `back`; `with` includes the place itself.
    pub(super) fn write_after(
        &self,
        statement: &mut Statement,
        table: &Table,
        places: &[Place],
        back: bool,
        with: bool,
    ) {
        let all: Vec<(&Term, &Place)> = self.terms.iter().zip(places).collect();
        let is_plain = |(term, place): &(&Term, &Place)| {
            !term.may_be_null && term.desc == self.terms[0].desc && matches!(place, Place::Value(_))
        };
        if all.iter().all(is_plain) {
            let desc = all.first().is_some_and(|(term, _)| term.desc != back);
            statement.push("(").each(&all, ", ", |statement, (term, _)| {
                statement.name(&term.column.name);
            });
            statement.push(if desc { ") <" } else { ") >" }).push(if with { "= (" } else { " (" });
            statement.each(&all, ", ", |statement, (term, place)| {
                self.write_place(statement, table, places, term, place);
            });
            statement.push(")");
            return;
        }
        // The first column alone lets an index find the start.
        let (first, place) = all[0];
        statement.push("(");
        self.write_beyond(statement, table, places, (first, place), back, true);
        statement.push(") AND (");
        let last = all.len() - 1;
        statement.each(0..=last, " OR ", |statement, end| {
            statement.push("(");
            for (term, place) in &all[..end] {
                self.write_equal(statement, table, places, (term, place));
                statement.push(" AND ");
            }
            self.write_beyond(statement, table, places, all[end], back, with && end == last);
            statement.push(")");
        });
        statement.push(")");
    }

    fn write_equal(
        &self,
        statement: &mut Statement,
        table: &Table,
        places: &[Place],
        (term, place): (&Term, &Place),
    ) {
        statement.name(&term.column.name);
        if *place == Place::Value(Value::Null) {
            statement.push(" IS NULL");
            return;
        }
        statement.push(" = ");
        self.write_place(statement, table, places, term, place);
    }

    /// Writes the condition that a column's value comes after a place; `with` includes equal ones.
    fn write_beyond(
        &self,
        statement: &mut Statement,
        table: &Table,
        places: &[Place],
        (term, place): (&Term, &Place),
        back: bool,
        with: bool,
    ) {
        let (desc, first) = (term.desc != back, term.nulls_first != back);
        if *place == Place::Value(Value::Null) {
            match (first, with) {
                (true, true) => statement.push("TRUE"),
                (true, false) => statement.name(&term.column.name).push(" IS NOT NULL"),
                (false, true) => statement.name(&term.column.name).push(" IS NULL"),
                (false, false) => statement.push("FALSE"),
            };
            return;
        }
        let nulls_follow = term.may_be_null && !first;
        if nulls_follow {
            statement.push("(");
        }
        statement.name(&term.column.name).push(match (desc, with) {
            (true, true) => " <= ",
            (true, false) => " < ",
            (false, true) => " >= ",
            (false, false) => " > ",
        });
        self.write_place(statement, table, places, term, place);
        if nulls_follow {
            statement.push(" OR ").name(&term.column.name).push(" IS NULL)");
        }
    }

    fn write_place(
        &self,
        statement: &mut Statement,
        table: &Table,
        places: &[Place],
        term: &Term,
        place: &Place,
    ) {
        match place {
            Place::Value(value) => {
                statement.bind_as(value.clone(), &term.column.cast);
            }
            Place::OfRow => {
                statement.push("(SELECT ").name(&term.column.name).push(" FROM ");
                table.name.write(statement);
                statement.push(" WHERE ");
                let keys = self.terms.iter().zip(places).filter(|(term, _)| term.is_key);
                statement.each(keys, " AND ", |statement, (term, place)| {
                    statement.name(&term.column.name).push(" = ");
                    if let Place::Value(value) = place {
                        statement.bind_as(value.clone(), &term.column.cast);
                    }
                });
                statement.push(")");
            }
        }
    }
}

/// Whether the database sorts NULLs before all other values: for SQLite they are the smallest, for PostgreSQL the largest.
fn nulls_first(desc: bool, dialect: Dialect) -> bool {
    dialect.is_sqlite() != desc
}

/// Returns a column that a table has without declaring it.
pub(super) fn hidden(name: &str, cast: &str, kind: ValueKind) -> Column {
    Column {
        name: name.into(),
        ty: cast.into(),
        kind,
        nullable: false,
        default: None,
        generated: true,
        identity: false,
        values: None,
        comment: None,
        cast: cast.into(),
        is_long: false,
    }
}
