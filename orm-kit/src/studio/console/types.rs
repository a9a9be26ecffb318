//! The types of a result's columns.

use std::collections::HashMap;

use orm_core::backend::PlainColumn;

use super::super::catalog::kinds;
use super::super::failure::Result;
use super::super::on::On;
use super::super::statement::Statement;
use super::super::value::{Value, ValueKind};

/// The types that were asked for, by their numbers.
#[derive(Default)]
pub(in super::super) struct Types(HashMap<u32, (String, ValueKind)>);

impl Types {
    /// Asks for the types of these columns that aren't known yet.
    pub(in super::super) fn learn(
        &mut self,
        on: &mut On<'_>,
        columns: &[PlainColumn],
    ) -> Result<()> {
        let unknown =
            |column: &&PlainColumn| column.number != 0 && !self.0.contains_key(&column.number);
        let numbers: Vec<String> =
            columns.iter().filter(unknown).map(|column| column.number.to_string()).collect();
        if numbers.is_empty() {
            return Ok(());
        }
        let mut statement = Statement::new(
            on.dialect(),
            "SELECT oid::int8, format_type(oid, NULL), typname, typtype, typcategory FROM pg_type WHERE oid = ANY (",
        );
        statement.bind(Value::from(format!("{{{}}}", numbers.join(",")).as_str()));
        statement.push("::oid[])");
        for row in on.rows(&statement)? {
            let text = |place: usize| row.get(place).and_then(Value::text).unwrap_or_default();
            let number =
                row.first().and_then(Value::number).and_then(|one| u32::try_from(one).ok());
            if let Some(number) = number {
                let kind = kinds::of_postgres(&text(2), &text(3), &text(4));
                self.0.insert(number, (text(1), kind));
            }
        }
        Ok(())
    }

    /// Returns the name and the kind of a column's type.
    pub(in super::super) fn of(&self, column: &PlainColumn) -> (String, ValueKind) {
        if let Some(declared) = &column.declared {
            return (declared.clone(), kinds::of_sqlite(declared));
        }
        self.0.get(&column.number).cloned().unwrap_or_else(|| (String::new(), ValueKind::Other))
    }
}
