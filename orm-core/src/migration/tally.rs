//! What a rollback would drop, found before it runs.

use super::drops;
use super::error::{Loss, MigrationLosses};
use super::history::Applied;
use super::migrator::Migrator;
use super::plan::{Held, Planned, newer, newest, version_in};
use super::report::{Direction, Event};
use super::script::{Context, Script, leaves_no_trace, take_back};
use super::statement::{Control, Statement};
use crate::backend::AnyConnection;
use crate::error::Result;

impl<'m> Migrator<'m> {
    /// Returns what [`rollback`](Migrator::rollback) would drop although it holds rows or values, the newest migration
    /// first. Migrations that would drop nothing of that kind are left out.
    ///
    /// It runs all the files in one transaction, holds the locks that they take, and takes everything back. A file that
    /// does something outside its own transactions isn't run but read, and the ones before it in time are not looked at.
    ///
    /// # Errors
    /// As for [`rollback`](Migrator::rollback), without `DataLoss`.
    pub fn rollback_losses(self, steps: usize) -> Result<Vec<MigrationLosses>> {
        self.losses(move |migrator, applied| migrator.plan_down(newest(applied, steps)))
    }

    /// Returns what [`rollback_to`](Migrator::rollback_to) would drop although it holds rows or values, as
    /// [`rollback_losses`](Migrator::rollback_losses) does.
    ///
    /// # Errors
    /// As for [`rollback_to`](Migrator::rollback_to), without `DataLoss`.
    pub fn rollback_losses_to(self, version: &str) -> Result<Vec<MigrationLosses>> {
        let version = version_in(version);
        self.losses(move |migrator, applied| migrator.plan_down(newer(applied, &version)?))
    }

    fn losses(
        mut self,
        plan: impl FnOnce(&Self, &[Applied]) -> Result<Vec<Planned<'m>>>,
    ) -> Result<Vec<MigrationLosses>> {
        self.settings.allow_data_loss = false;
        self.with_lock(|migrator, connection, held| {
            let planned = plan(migrator, &held.history.read(connection)?)?;
            let may_lose = planned.iter().any(|planned| {
                let statements = planned.migration.down_statements();
                statements.iter().any(drops::may_drop)
            });
            if !may_lose {
                return Ok(Vec::new());
            }
            let found = migrator.tally(connection, held, &planned);
            take_back(connection);
            found
        })
    }

    /// Runs the files in one transaction, which stays open.
    fn tally(
        &mut self,
        connection: &mut AnyConnection,
        held: &Held<'_>,
        planned: &[Planned<'m>],
    ) -> Result<Vec<MigrationLosses>> {
        // Such as SQLite's switch of foreign keys, which a transaction ignores.
        for Planned { migration, .. } in planned {
            let statements = migration.down_statements();
            let is_before = |statement: &&Statement<'_>| statement.control().is_none();
            if !migration.runs_in_transaction() && is_framed(&statements) {
                for statement in statements.iter().take_while(is_before) {
                    connection.batch_one(statement.sql())?;
                }
            }
        }
        let mut all = Vec::new();
        for Planned { migration, .. } in planned {
            let mut context = Context {
                connection: &mut *connection,
                history: Some(held.history),
                lock_timeout: self.settings.lock_timeout,
                direction: Direction::Down,
                rehearsed: None,
                allow_data_loss: false,
                applied: Vec::new(),
                on_event: &mut |event| {
                    if let Event::Waiting { .. } = event {
                        self.tell(event);
                    }
                },
                listens: false,
            };
            let script = Script::new(&mut context, migration);
            // Where a file is one request, nothing can be looked at in between.
            let is_whole = script.ways().by_file;
            let runs =
                !is_whole && (migration.runs_in_transaction() || is_framed(&script.statements));
            let losses = if runs { script.tally()? } else { script.read()? };
            if !losses.is_empty() {
                all.push(MigrationLosses { migration: migration.directory().into(), losses });
            }
            if !runs {
                break;
            }
        }
        Ok(all)
    }
}

impl Script<'_, '_> {
    /// Runs the file in a transaction that stays open, and returns what it drops.
    fn tally(mut self) -> Result<Vec<Loss>> {
        self.check()?;
        if self.context.connection.in_transaction() {
            self.keep()?;
        } else if !self.begin(self.ways().begin, None)? {
            return Ok(Vec::new());
        }
        for index in 0..self.statements.len() {
            match self.statements[index].control() {
                Some(Control::Begin | Control::Commit) => {}
                _ => self.execute(index)?,
            }
        }
        let losses = self.losses.take().map(|mut losses| losses.take()).unwrap_or_default();
        self.restore()?;
        Ok(losses)
    }

    /// Looks at the statements of a file without running them.
    fn read(mut self) -> Result<Vec<Loss>> {
        self.check()?;
        let Some(mut losses) = self.losses.take() else { return Ok(Vec::new()) };
        for statement in &self.statements {
            losses.look(self.context.connection, statement)?;
        }
        Ok(losses.take())
    }
}

/// Returns whether everything that a file does is in transactions that it begins and commits itself.
fn is_framed(statements: &[Statement<'_>]) -> bool {
    let mut is_open = false;
    statements.iter().all(|statement| match statement.control() {
        Some(Control::Begin) => !std::mem::replace(&mut is_open, true),
        Some(Control::Commit) => std::mem::replace(&mut is_open, false),
        Some(Control::RollBack) => false,
        None => is_open || leaves_no_trace(statement),
    }) && !is_open
}
