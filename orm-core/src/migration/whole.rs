//! A file that goes to the database in one request, which is a transaction: on D1. No statement begins or ends another.

use super::report::Direction;
use super::script::{Outcome, Script};
use super::statement::Statement;
use super::wrangler;
use crate::error::{Error, Result};

/// Takes back what a rehearsal did: it fails with its own words.
const TAKE_BACK: &str = "SELECT json_extract('{}', 'mizzle: rehearsed')";

impl Script<'_, '_> {
    /// Runs the file and records it, all or nothing.
    pub(super) fn run_whole(&mut self) -> Result<Outcome> {
        if self.is_done()? {
            return Ok(Outcome::Skipped);
        }
        for index in 0..self.statements.len() {
            self.announce(index);
            if let Some(losses) = &mut self.losses {
                losses.look(self.context.connection, &self.statements[index])?;
            }
        }
        self.refuse_losses()?;
        let mut sent: Vec<String> =
            self.statements.iter().map(|statement| statement.sql().to_owned()).collect();
        if self.context.history.is_some() {
            let name = self.migration.directory();
            sent.push(match self.context.direction {
                Direction::Up => wrangler::record(name),
                Direction::Down => wrangler::forget(name),
            });
        }
        let rehearses = self.context.rehearsed.is_some();
        sent.extend(rehearses.then(|| TAKE_BACK.to_owned()));
        // If the answer is lost, nobody knows whether it took effect.
        self.lasts = true;
        match self.context.connection.batch(&sent.join(";\n")) {
            Err(error) if rehearses && words(&error).as_deref() == Some("rehearsed") => {
                for index in 0..self.statements.len() {
                    let sql = self.statements[index].sql();
                    self.note_run(index, sql);
                }
            }
            Err(error) => {
                // Another program may have recorded it first.
                if !error.is_connection_lost() && self.is_done()? {
                    return Ok(Outcome::Skipped);
                }
                let refusing = words(&error).and_then(|words| self.guard_that_said(&words));
                let sql = refusing.map_or("the file", |index| self.statements[index].sql());
                return Err(self.failed(sql, refusing, &error));
            }
            Ok(()) => {}
        }
        self.recorded = true;
        Ok(Outcome::Ran(self.started.elapsed()))
    }

    /// Returns the guard whose message this is.
    fn guard_that_said(&self, words: &str) -> Option<usize> {
        let is_it = |statement: &Statement<'_>| {
            statement.guard().is_some_and(|message| rows_of(&message, words).is_some())
        };
        self.statements.iter().position(is_it)
    }
}

/// Returns the words of a guard in the error that it made, and the number of rows in them.
pub(super) fn refusal(statement: &Statement<'_>, error: &Error) -> Option<(String, Option<u64>)> {
    let (message, words) = (statement.guard()?, words(error)?);
    let rows = rows_of(&message, &words)?;
    Some((words, rows))
}

/// Returns the text after `mizzle: ` in D1's message about a path that is none.
fn words(error: &Error) -> Option<String> {
    let text = error.to_string();
    let (_, quoted) = text.split_once("'mizzle: ")?;
    let (words, _) = quoted.rsplit_once('\'')?;
    Some(words.replace("''", "'"))
}

/// Returns the number in the place of `{rows}`, if the words are otherwise those of the message.
fn rows_of(message: &str, words: &str) -> Option<Option<u64>> {
    let Some((before, after)) = message.split_once("{rows}") else {
        return (message == words).then_some(None);
    };
    let rows = words.strip_prefix(before)?.strip_suffix(after)?;
    rows.parse().ok().map(Some)
}
