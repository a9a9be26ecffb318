//! An INSERT that is too much for one statement, on a database where only one request is done all or none.

use std::cell::RefCell;
use std::ops::Range;

use super::any::TooMuch;
use super::{AnyConnection, AnyRow, Effect, Flow, Source, Step};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

type OnRow<'f> = dyn FnMut(&AnyRow<'_>) -> Result<Flow> + 'f;

/// Some rows of the INSERT.
struct Part<'p, 'f> {
    source: &'p dyn Source,
    rows: Range<usize>,
    on_row: &'p RefCell<(&'f mut OnRow<'f>, Flow)>,
}

impl Step for Part<'_, '_> {
    fn effect(&self) -> Effect {
        Effect::Writes
    }

    fn decides(&self) -> bool {
        false
    }

    fn with_source(
        &self,
        dialect: Dialect,
        f: &mut dyn FnMut(&dyn Source) -> Result<()>,
    ) -> Result<()> {
        match self.source.for_rows(self.rows.clone(), dialect) {
            Some(part) => f(&*part),
            None => Err(Error::new(ErrorKind::Query, "the rows don't fit into one statement")),
        }
    }

    fn restart(&self) {}

    fn row(&self, row: &AnyRow<'_>) -> Result<()> {
        let (on_row, flow) = &mut *self.on_row.borrow_mut();
        if *flow == Flow::Continue {
            *flow = on_row(row)?;
        }
        Ok(())
    }
}

impl AnyConnection {
    /// Runs the statements of an INSERT in one request.
    #[cold]
    pub(super) fn run_parts_together<'f>(
        &mut self,
        source: &dyn Source,
        too_much: &TooMuch,
        on_row: &'f mut OnRow<'f>,
    ) -> Result<u64> {
        let on_row = RefCell::new((on_row, Flow::Continue));
        let parts: Vec<Part<'_, '_>> =
            too_much.parts().map(|rows| Part { source, rows, on_row: &on_row }).collect();
        let steps: Vec<&dyn Step> = parts.iter().map(|part| part as &dyn Step).collect();
        let mut changed = 0;
        let run = self.run_batch(&steps, &mut |_, rows, _| {
            changed += rows;
            Ok(())
        });
        run.map_err(super::BatchFailure::of_rows)?;
        Ok(changed)
    }
}
