//! Statements that run together.

use std::time::Instant;

use super::which::{Inner, each};
use super::{AnyConnection, AnyRow, Backend, Flow, Source};
use crate::error::Result;

impl AnyConnection {
    /// Runs statements that only read, and passes each row to `on_row` with the place of its statement: in one exchange
    /// with the server, if that is possible.
    pub(crate) fn run_all(
        &mut self,
        sources: &[&dyn Source],
        on_row: &mut dyn FnMut(usize, &AnyRow<'_>) -> Result<()>,
    ) -> Result<()> {
        let [_, _, ..] = sources else {
            return sources.iter().try_for_each(|source| {
                self.run(*source, &mut |row| on_row(0, row).map(|()| Flow::Continue)).map(drop)
            });
        };
        self.end_abandoned();
        if !self.listener.listens() && !self.begins_alone() && self.run_joined(sources, on_row)? {
            return Ok(());
        }
        for (place, source) in sources.iter().enumerate() {
            self.run(*source, &mut |row| on_row(place, row).map(|()| Flow::Continue))?;
        }
        Ok(())
    }

    fn run_joined(
        &mut self,
        sources: &[&dyn Source],
        on_row: &mut dyn FnMut(usize, &AnyRow<'_>) -> Result<()>,
    ) -> Result<bool> {
        let start = Instant::now();
        let mut rows = vec![0_u64; sources.len()];
        let result = each!(&mut self.inner, connection => connection.run_all(sources, &mut |place, row| {
            rows[place] += 1;
            on_row(place, row)
        }));
        let failed = result.as_ref().err().map(|(place, _)| *place);
        let result = result.map_err(|(place, error)| self.describe(error, Some(sources[place])));
        let did_run = !matches!(result, Ok(false));
        if did_run && self.is_logged() {
            let micros = start.elapsed().as_micros() as u64;
            for (place, source) in sources.iter().enumerate() {
                let rows = match &result {
                    Err(error) if failed == Some(place) => Err(error),
                    // The server skipped what comes after it.
                    Err(_) if failed < Some(place) => break,
                    _ => Ok(rows[place]),
                };
                self.log_source(*source, micros, rows);
            }
        }
        result
    }
}
