//! Sequences that columns take numbers from.

use orm_core::schema::fragments::{create_sequence, give_sequence};
use orm_core::schema::{ColumnDef, TableDef};

use super::{Plan, quoted};

impl Plan<'_> {
    /// Creates the sequence of a new column, unless the database has it.
    pub(super) fn create_sequence(&mut self, table: &TableDef, column: &ColumnDef) {
        let Some(sql) = create_sequence(column) else { return };
        let what = format!(
            "{}.{} takes its numbers from this sequence, which is dropped with the column that owns it.",
            quoted(&table.name),
            quoted(&column.name)
        );
        self.script.explain(what, sql);
    }

    /// Gives the sequence to its column, if this transaction has created it.
    pub(super) fn give_sequence(&mut self, table: &TableDef, column: &ColumnDef, has_rows: bool) {
        let Some(sql) = give_sequence(table, column, has_rows) else { return };
        self.script.explain("A sequence that was created above belongs to the column.", sql);
    }
}
