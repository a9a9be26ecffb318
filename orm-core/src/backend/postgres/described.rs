//! What PostgreSQL knows about a statement before it runs.

use std::ffi::CStr;

use pq_sys as ffi;

use super::session::Postgres;
use super::text::c_string;
use crate::backend::{Described, DescribedColumn};
use crate::error::Result;

impl Postgres {
    /// By the statement without a name, which the next one replaces.
    pub(super) fn describe_in_place(&mut self, sql: &str, types: &[u32]) -> Result<Described> {
        self.prepare_as(c"", &c_string(sql)?, types)?;
        let name = c"".as_ptr();
        // SAFETY: the connection is alive, and the name ends with NUL.
        let answer = self.handle.answer(
            self.limit,
            |raw| unsafe { ffi::PQdescribePrepared(raw, name) },
            |raw| unsafe { ffi::PQsendDescribePrepared(raw, name) },
        )?;
        let columns = self.check(answer)?.columns();
        self.name_columns(columns)
    }

    /// Asks for the names of the types and origins of columns.
    fn name_columns(&mut self, columns: Vec<Column>) -> Result<Described> {
        let list = |part: fn(&Column) -> u32| {
            let numbers: Vec<String> =
                columns.iter().map(|column| part(column).to_string()).collect();
            format!("{{{}}}", numbers.join(","))
        };
        let sql = "SELECT format_type(d.type, NULL), c.relname::text, a.attname::text \
             FROM unnest($1::oid[], $2::oid[], $3::int[]) WITH ORDINALITY AS d (type, rel, number, place) \
             LEFT JOIN pg_class AS c ON c.oid = d.rel AND pg_table_is_visible(c.oid) \
             LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.number ORDER BY d.place";
        let values =
            [list(|column| column.ty), list(|column| column.table), list(|column| column.number)];
        let [types, tables, numbers] = &values;
        let named = self.ask_in_place(sql, &[types, tables, numbers])?;
        let columns = columns.into_iter().zip(named).map(|(column, mut named)| {
            named.resize(3, None);
            let (origin, table) = (named.pop().flatten(), named.pop().flatten());
            let ty = named.pop().flatten().map(|name| (column.ty, name));
            DescribedColumn { name: column.name, ty, origin: table.zip(origin) }
        });
        Ok(Described { columns: columns.collect() })
    }
}

/// A column as the protocol describes it.
pub(super) struct Column {
    name: String,
    ty: u32,
    /// The table that it is a column of, or 0.
    table: u32,
    number: u32,
}

impl super::result::Answer {
    fn columns(&self) -> Vec<Column> {
        let raw = self.raw();
        // SAFETY: the answer is alive (as in all calls below).
        let count = unsafe { ffi::PQnfields(raw) };
        let column = |index| {
            // SAFETY: see above; there is such a column, and its name lives as long as the answer.
            unsafe {
                Column {
                    name: CStr::from_ptr(ffi::PQfname(raw, index)).to_string_lossy().into_owned(),
                    ty: ffi::PQftype(raw, index),
                    table: ffi::PQftable(raw, index),
                    number: ffi::PQftablecol(raw, index).max(0) as u32,
                }
            }
        };
        (0..count).map(column).collect()
    }
}
