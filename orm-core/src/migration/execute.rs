//! Runs the statements of a script, with the extra work that each database needs around them.

use super::history::{scalar, tolerate};
use super::inspect;
use super::postgres::again::{Marked, Retyped};
use super::postgres::{self, types};
use super::report::Event;
use super::sqlite;
use super::sqlite::foreign_keys::check_drop;
use super::sqlite::rebuild::Adapted;
use super::sqlite::views::check_view;
use crate::error::Result;

use super::script::{Context, Script};

impl Script<'_, '_> {
    /// Reports that a statement begins.
    pub(super) fn announce(&mut self, index: usize) {
        let (number, total) = (index + 1, self.statements.len());
        let text = self.statements[index].short();
        let migration = self.migration;
        (self.context.on_event)(&Event::Statement { migration, number, total, text: &text });
    }

    pub(super) fn execute(&mut self, index: usize) -> Result<()> {
        self.announce(index);
        let open = self.context.connection.in_transaction();
        if let Some(losses) = &mut self.losses {
            losses.look(self.context.connection, &self.statements[index])?;
            if !open {
                self.refuse_losses()?;
            }
        }
        if self.ways().rebuilds {
            self.execute_keeping(index)?;
        } else {
            self.execute_again(index)?;
        }
        if open && !self.context.connection.in_transaction() {
            return Err(self.unusable(format!(
                "the transaction ended with the statement on line {}, so nothing of it remains",
                self.statements[index].line()
            )));
        }
        Ok(())
    }

    pub(super) fn execute_keeping(&mut self, index: usize) -> Result<()> {
        let statement = self.statements[index];
        let loss = check_drop(self.context.connection, &statement, &self.names)?;
        self.refuse(loss)?;
        let changed = check_view(self.context.connection, &statement, &self.statements)?;
        self.refuse(changed)?;
        let along = sqlite::along::goes_along(self.context.connection, &statement)?;
        self.refuse(along)?;
        if let Some(kept) = &mut self.kept {
            kept.look(self.context.connection, &statement)?;
        }
        let adapted;
        let connection = &mut *self.context.connection;
        // A statement may not know everything about a table.
        let sql = match self.rebuilds.adapt(connection, &statement, self.kept.as_ref())? {
            Adapted::AsItIs => statement.sql(),
            Adapted::Instead(sql) => {
                adapted = sql;
                &adapted
            }
            Adapted::Table(table, sql) => {
                self.make_table(&table, &sql)?;
                self.note_run(index, &sql);
                return Ok(());
            }
            Adapted::Nothing => return Ok(()),
            Adapted::Refused(loss) => return self.refuse([loss]),
        };
        let tells = self.context.listens && statement.guard().is_none();
        let copy = inspect::copies(&statement).filter(|_| tells);
        let done = match copy {
            Some(copy) => self.copy(sql, &copy),
            None => self.context.connection.batch_one(sql),
        };
        self.note_copy(sql);
        if let Err(error) = done {
            self.refuse(sqlite::along::over_column(&statement, &error))?;
            return Err(self.failed(sql, Some(index), &error));
        }
        let sql = sql.to_owned();
        self.note_run(index, &sql);
        Ok(())
    }

    /// Notes a statement of the file, in the form in which it ran, if the run is a rehearsal.
    pub(super) fn note_run(&mut self, index: usize, sql: &str) {
        if let Some(rehearsed) = &mut self.context.rehearsed {
            rehearsed.push(format!("{}{sql}", self.statements[index].comments()));
        }
    }

    /// Takes everything back, after the checks that COMMIT would make.
    pub(super) fn end_rehearsal(&mut self, index: Option<usize>) -> Result<()> {
        let check = self.ways().check_deferred;
        if let Err(error) = self.context.connection.batch(check) {
            return Err(self.failed(check, index, &error));
        }
        if let Some(index) = index {
            self.note_run(index, self.statements[index].sql());
        }
        self.context.connection.batch("ROLLBACK")
    }

    fn note_copy(&mut self, sql: &str) {
        if let Some(losses) = &mut self.losses {
            losses.copy(sql, self.migration.dialect());
        }
    }

    pub(super) fn execute_again(&mut self, index: usize) -> Result<()> {
        let statement = self.statements[index];
        self.again.look(self.context.connection, &self.statements)?;
        let changed = self.views.look(self.context.connection, &statement, &self.statements)?;
        self.refuse(changed)?;
        let losses = postgres::along::goes_along(self.context.connection, &statement)?;
        self.refuse(losses)?;
        let marked = match self.again.marked(&statement) {
            Ok(marked) => marked,
            Err(loss) => return self.refuse([loss]),
        };
        let sql = match &marked {
            Some(marked) => marked.sql(self.context.connection, &statement)?,
            None => statement.sql().into(),
        };
        let retyped = Retyped::look(self.context.connection, &statement)?;
        if let Err(error) = self.context.connection.batch_one(&sql) {
            let error = match &retyped {
                Some(retyped) => retyped.explain(error),
                None => error,
            };
            return Err(self.failed(&sql, Some(index), &error));
        }
        self.note_copy(&sql);
        self.note_run(index, &sql);
        let mut restoring =
            self.views.restoring(self.context.connection, &statement, &self.statements)?;
        restoring.extend(types::restoring(self.context.connection, &statement)?);
        restoring.extend(marked.iter().flat_map(Marked::statements));
        if let Some(retyped) = &retyped {
            restoring.extend(retyped.statements(self.context.connection)?);
        }
        for sql in restoring {
            if let Err(error) = self.context.connection.batch_one(&sql) {
                return Err(self.failed(&sql, Some(index), &error));
            }
            self.context.rehearsed.iter_mut().for_each(|rehearsed| rehearsed.push(sql.clone()));
        }
        let Some(marked) = marked else { return Ok(()) };
        let lost = marked.lost(self.context.connection)?;
        self.refuse(lost)
    }

    /// Creates the new table from the statement of the old one, which contains more than the file knows.
    pub(super) fn make_table(&mut self, table: &str, sql: &str) -> Result<()> {
        let Err(error) = self.context.connection.batch(sql) else { return Ok(()) };
        if error.to_string().contains("no such collation sequence") {
            return self.refuse([format!(
                "\"{table}\" needs a collation of another program ({error}): run the migrations in a program that \
                 registers it on each connection, by `create_collation` in `on_connect`"
            )]);
        }
        let advice = error.hint().unwrap_or(
            "change the table by hand so that it fits, or rebuild it in a hand-written migration",
        );
        self.refuse([format!(
            "\"{table}\" has more than the migration knows, and it does not fit the table that the migration creates \
             ({error}): {advice}"
        )])
    }

    /// Runs a statement that copies rows, and reports its progress.
    pub(super) fn copy(&mut self, sql: &str, copy: &inspect::Copy<'_>) -> Result<()> {
        let dialect = self.migration.dialect();
        let Context { connection, on_event, .. } = &mut *self.context;
        let total = match &copy.from {
            Some(from) => {
                let sql = format!("SELECT count(*) FROM {}", dialect.quote_ident(from));
                // If anything is wrong with the table, the statement itself will say so.
                tolerate(connection, |connection| scalar(connection, &sql, &[]))?
                    .flatten()
                    .and_then(|count| count.parse().ok())
            }
            None => None,
        };
        let (migration, table) = (self.migration, &*copy.into);
        let changed = connection.batch_one_counting(sql, table, &mut |copied| {
            on_event(&Event::Rows { migration, table, copied, total });
        })?;
        on_event(&Event::Rows { migration, table, copied: changed, total });
        Ok(())
    }
}
