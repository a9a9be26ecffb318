//! Lists of keys in a statement: `"author_id" = ANY($1)` and the like, or a join with the keys and their places.
//!
//! A list of any length takes one statement. PostgreSQL gets one key by `=`, and several as arrays. SQLite gets single
//! parameters (padded to a power of two, so that there are few distinct statements). Beyond some length, or for keys of
//! several columns, SQLite gets one JSON array.
//!
//! Keys are compared like the columns that they come from: a text is a `citext` or a `char(3)` if its column is one.

use diesel::QueryResult;
use diesel::query_builder::QueryBuilder;

use super::any::unpack;
use super::{AnyBinds, AnyQueryBuilder, AnyType, Bind, Kind};
use crate::dialect::Dialect;

/// The names of the keys in a join. No unqualified name of a condition can be one of them.
const JOINED: &str = "\"__mizzle_keys\"";
/// The place of a key among them: counted from 0 on SQLite, from 1 on PostgreSQL.
pub(crate) const PLACE: &str = "\"__mizzle_keys\".\"__mizzle_place\"";

/// Returns the SQL of part `place` of a key in [`KeyList::write_table`].
pub(crate) fn part(place: usize) -> String {
    format!("{JOINED}.\"__mizzle_key{place}\"")
}

/// Keys, at least one.
pub(crate) struct KeyList<'k, 'q> {
    /// A list for each column.
    pub(crate) values: &'k [Vec<Bind<'q>>],
    pub(crate) types: &'k [AnyType],
    /// The table that they come from.
    pub(crate) table: &'static str,
    /// The names of all its columns.
    pub(crate) names: &'static [&'static str],
    /// The places of the columns that the keys come from.
    pub(crate) columns: &'k [usize],
}

/// The form in which a database gets the keys of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One key, compared by `=`. PostgreSQL assumes ten keys in a list, and would plan again on each run for a single
    /// one.
    One,
    /// An array for each column.
    Arrays,
    /// This many parameters. The last ones repeat a key.
    Padded(usize),
    Json,
}

impl<'q> KeyList<'_, 'q> {
    fn len(&self) -> usize {
        self.values.first().map_or(0, Vec::len)
    }

    fn form(&self, dialect: Dialect) -> Form {
        match (dialect.capabilities().arrays, self.len()) {
            (true, 1) => Form::One,
            (true, _) => Form::Arrays,
            (false, keys)
                if self.types.len() == 1 && keys <= dialect.capabilities().longest_list =>
            {
                Form::Padded(keys.next_power_of_two())
            }
            (false, _) => Form::Json,
        }
    }

    /// Writes the condition that `columns` (already SQL) are one of the keys.
    pub(crate) fn write_condition(
        &self,
        columns: &[String],
        sql: &mut AnyQueryBuilder,
        dialect: Dialect,
    ) {
        let (listed, width) = (columns.join(", "), columns.len());
        match self.form(dialect) {
            Form::One => {
                for (place, column) in columns.iter().enumerate() {
                    sql.push_sql(if place == 0 { "" } else { " AND " });
                    sql.push_sql(column);
                    sql.push_sql(" = ");
                    self.push_one(place, sql, dialect);
                }
            }
            Form::Arrays if width == 1 => {
                sql.push_sql(&listed);
                sql.push_sql(" = ANY(");
                self.push_array(0, sql, dialect);
                sql.push_sql(")");
            }
            Form::Arrays => {
                sql.push_sql(&format!("({listed}) IN (SELECT * FROM "));
                self.push_unnest(sql, dialect);
                sql.push_sql(")");
            }
            Form::Padded(1) => {
                sql.push_sql(&listed);
                sql.push_sql(" IN (");
                self.push_one(0, sql, dialect);
                sql.push_sql(")");
            }
            Form::Padded(places) => {
                sql.push_sql(&listed);
                sql.push_sql(" IN (");
                for place in 0..places {
                    sql.push_sql(if place == 0 { "" } else { ", " });
                    sql.push_bind_param();
                }
                sql.push_sql(")");
            }
            Form::Json => {
                let elements: Vec<String> = (0..width).map(|place| self.element(place)).collect();
                sql.push_sql(&format!(
                    "({listed}) IN (SELECT {} FROM json_each(",
                    elements.join(", ")
                ));
                sql.push_bind_param();
                sql.push_sql("))");
            }
        }
    }

    /// Writes ` INNER JOIN (…) AS "__mizzle_keys" ON …`, which returns the place of its key with each row.
    pub(crate) fn write_join(
        &self,
        columns: &[String],
        sql: &mut AnyQueryBuilder,
        dialect: Dialect,
    ) {
        sql.push_sql(" INNER JOIN ");
        self.write_table(sql, dialect);
        for (place, column) in columns.iter().enumerate() {
            sql.push_sql(if place == 0 { " ON " } else { " AND " });
            sql.push_sql(&format!("{column} = {}", part(place)));
        }
    }

    /// Writes the keys as a table with a row for each, whose columns are [`part`] and [`PLACE`].
    pub(crate) fn write_table(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) {
        let names = (0..self.types.len()).map(|place| format!("\"__mizzle_key{place}\""));
        if dialect.capabilities().arrays {
            self.push_unnest(sql, dialect);
            let names: Vec<String> = names.collect();
            sql.push_sql(&format!(
                " WITH ORDINALITY AS {JOINED}({}, \"__mizzle_place\")",
                names.join(", ")
            ));
        } else {
            sql.push_sql("(SELECT key AS \"__mizzle_place\"");
            for (place, name) in names.enumerate() {
                sql.push_sql(&format!(", {} AS {name}", self.element(place)));
            }
            sql.push_sql(" FROM json_each(");
            sql.push_bind_param();
            sql.push_sql(&format!(")) AS {JOINED}"));
        }
    }

    /// Returns a part of a key in a JSON array, as SQLite reads it.
    fn element(&self, place: usize) -> String {
        let value =
            if self.types.len() == 1 { "value".into() } else { format!("value ->> {place}") };
        unpack(self.types[place].kind).replace("value", &value)
    }

    /// Writes a parameter with one value for the column at `place`, of its type.
    fn push_one(&self, place: usize, sql: &mut AnyQueryBuilder, dialect: Dialect) {
        if self.types[place].kind != Kind::Text {
            sql.push_bind_param();
            return;
        }
        if dialect.capabilities().native_types {
            // PostgreSQL takes the parameter's type from the other value.
            sql.push_sql("coalesce(");
            sql.push_bind_param();
            sql.push_sql(&format!(", ({} LIMIT 0))", self.own(place, dialect)));
        } else {
            sql.push_sql("CAST(");
            sql.push_bind_param();
            sql.push_sql(" AS TEXT)");
        }
    }

    /// Writes a parameter with all values for the column at `place`, as an array of its type.
    fn push_array(&self, place: usize, sql: &mut AnyQueryBuilder, dialect: Dialect) {
        if !dialect.capabilities().native_types || self.types[place].kind != Kind::Text {
            sql.push_bind_param();
            return;
        }
        sql.push_sql("coalesce(");
        sql.push_bind_param();
        sql.push_sql(&format!(", ARRAY({} LIMIT 0))", self.own(place, dialect)));
    }

    fn push_unnest(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) {
        sql.push_sql("unnest(");
        for place in 0..self.types.len() {
            sql.push_sql(if place == 0 { "" } else { ", " });
            self.push_array(place, sql, dialect);
        }
        sql.push_sql(")");
    }

    /// Returns the column that part `place` of the keys comes from.
    fn own(&self, place: usize, dialect: Dialect) -> String {
        let quote = |name| dialect.quote_ident(name);
        let (table, name) = (quote(self.table), quote(self.names[self.columns[place]]));
        format!("SELECT {table}.{name} FROM {table}")
    }

    /// Binds the keys in the form that [`write_condition`](KeyList::write_condition) has written.
    pub(crate) fn bind_condition(
        &self,
        binds: &mut AnyBinds<'q>,
        dialect: Dialect,
    ) -> QueryResult<()> {
        match self.form(dialect) {
            Form::One => {
                for (value, ty) in self.values.iter().flatten().zip(self.types) {
                    binds.push(value.clone(), *ty)?;
                }
                Ok(())
            }
            Form::Padded(places) => {
                let (Some(first), Some(&ty)) = (self.values.first(), self.types.first()) else {
                    return Ok(());
                };
                let padding = first.last().into_iter().cycle().take(places - first.len());
                for value in first.iter().chain(padding) {
                    binds.push(value.clone(), ty)?;
                }
                Ok(())
            }
            Form::Arrays | Form::Json => self.bind_join(binds, dialect),
        }
    }

    /// Binds the keys in the form that [`write_table`](KeyList::write_table) has written.
    pub(crate) fn bind_join(&self, binds: &mut AnyBinds<'q>, dialect: Dialect) -> QueryResult<()> {
        if dialect.capabilities().arrays || self.types.len() == 1 {
            for (column, ty) in self.values.iter().zip(self.types) {
                binds.push(Bind::Array(column.clone()), ty.list())?;
            }
            return Ok(());
        }
        let Some(&ty) = self.types.first() else { return Ok(()) };
        let key = |place: usize| {
            Bind::Array(self.values.iter().map(|column| column[place].clone()).collect())
        };
        binds.push(Bind::Array((0..self.len()).map(key).collect()), ty.list())
    }
}
