//! How many rows tables have.

use orm_core::Db;

use super::super::failure::Result;
use super::super::on::{Limit, reading};
use super::super::statement::Statement;
use super::super::value::Value;
use super::{COUNTED, Count, Table};

/// How many tables are counted by one statement.
const TOGETHER: usize = 50;

/// Counts the rows of tables whose number isn't known to be large. A table that can't be counted keeps what is known.
///
/// # Errors
/// If the database is lost.
pub(in super::super) fn count(db: &Db, tables: &mut [Table], limit: &Limit) -> Result<()> {
    let is_large = |table: &Table| table.count.is_some_and(|count| count.about > COUNTED);
    let mut counted: Vec<&mut Table> =
        tables.iter_mut().filter(|table| table.is_counted && !is_large(table)).collect();
    for part in counted.chunks_mut(TOGETHER) {
        match count_all(db, part, limit) {
            // One of them can't be read.
            Err(failure) if !failure.is_lost => {
                for table in part.chunks_mut(1) {
                    match count_all(db, table, limit) {
                        Err(failure) if failure.is_lost => return Err(failure),
                        _ => {}
                    }
                }
            }
            counted => counted?,
        }
    }
    Ok(())
}

fn count_all(db: &Db, tables: &mut [&mut Table], limit: &Limit) -> Result<()> {
    let rows = reading(db, limit, |on| {
        let mut statement = Statement::new(on.dialect(), "");
        statement.each(tables.iter().enumerate(), " UNION ALL ", |statement, (place, table)| {
            statement.push(&format!("SELECT {place}, (SELECT count(*) FROM (SELECT 1 FROM "));
            table.name.write(statement);
            statement.push(&format!(" LIMIT {}) AS counted)", COUNTED + 1));
        });
        on.rows(&statement)
    })?;
    for row in rows {
        let number = |place: usize| row.get(place).and_then(Value::number);
        let place = number(0).and_then(|place| usize::try_from(place).ok());
        let rows = number(1).and_then(|rows| u64::try_from(rows).ok());
        if let (Some(table), Some(rows)) = (place.and_then(|place| tables.get_mut(place)), rows) {
            table.count = Some(Count { about: rows.min(COUNTED), exact: rows <= COUNTED });
        }
    }
    Ok(())
}
