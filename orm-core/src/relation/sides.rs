//! A relation as plain data, for code that is compiled once for all relations.

use super::definition::{Link, Relation};
use crate::dialect::Dialect;
use crate::table::Table;

/// The two tables of a relation, and the columns that it compares.
pub(super) struct Sides {
    pub(super) from: Side,
    pub(super) to: Side,
    pub(super) link: Option<Link>,
}

/// A table with its key in a relation.
pub(super) struct Side {
    pub(super) table: &'static str,
    columns: &'static [&'static str],
    key: &'static [usize],
}

impl Sides {
    pub(super) const fn of<M: Relation>() -> &'static Self {
        const {
            &Self {
                from: Side { table: M::From::NAME, columns: M::From::COLUMNS, key: M::FROM },
                to: Side { table: M::To::NAME, columns: M::To::COLUMNS, key: M::TO },
                link: M::LINK,
            }
        }
    }

    /// Returns the columns that identify related rows, as SQL: those of the table in between, or of the related table.
    pub(super) fn key_columns(&self, dialect: Dialect) -> Vec<String> {
        match self.link {
            Some(link) => link.from.iter().map(|name| column(dialect, link.table, name)).collect(),
            None => self.to.key(dialect).collect(),
        }
    }

    /// Writes ` FROM "tags" INNER JOIN "post_tags" ON …`.
    pub(super) fn write_from(&self, dialect: Dialect, out: &mut dyn FnMut(&str)) {
        out(" FROM ");
        out(&dialect.quote_ident(self.to.table));
        let Some(link) = self.link else {
            return;
        };
        out(" INNER JOIN ");
        out(&dialect.quote_ident(link.table));
        for (index, (name, to)) in link.to.iter().zip(self.to.key(dialect)).enumerate() {
            out(if index == 0 { " ON " } else { " AND " });
            out(&column(dialect, link.table, name));
            out(" = ");
            out(&to);
        }
    }
}

impl Side {
    /// Returns the columns of the key as SQL.
    pub(super) fn key(&self, dialect: Dialect) -> impl Iterator<Item = String> {
        self.key.iter().map(move |&place| column(dialect, self.table, self.columns[place]))
    }
}

/// Returns `"table"."column"`.
pub(super) fn column(dialect: Dialect, table: &str, name: &str) -> String {
    format!("{}.{}", dialect.quote_ident(table), dialect.quote_ident(name))
}
