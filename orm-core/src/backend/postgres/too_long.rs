//! Names the column in an error about a text that is too long.

use super::lengths::Culprits;
use super::session::{Postgres, with_sql};
use crate::backend::{Backend, BatchFailure, Source, Step};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind};

impl Postgres {
    /// Names the column for which a text is too long, if the statement says which one it is.
    #[cold]
    pub(super) fn name_too_long(&mut self, error: Error, source: &dyn Source) -> Error {
        let Some(mut culprits) = Culprits::of(&error, source) else { return error };
        // In a failed transaction the server answers no questions.
        if self.server_is_idle() {
            let sql = "SELECT attname::text FROM pg_attribute \
                 WHERE attrelid = to_regclass(quote_ident($1)) \
                 AND format_type(atttypid, atttypmod) = format('character varying(%s)', $2::text) \
                 ORDER BY attnum";
            let most = culprits.most.to_string();
            let of_length = self.ask(sql, &[&culprits.table, &most]).unwrap_or_default();
            culprits.find(&of_length.into_iter().flatten().flatten().collect::<Vec<_>>());
        }
        culprits.violation().map_or(error, |error| with_sql(source, error))
    }

    /// The same for the statement of a batch that has failed.
    #[cold]
    pub(super) fn name_too_long_in(
        &mut self,
        mut failure: BatchFailure,
        steps: &[&dyn Step],
    ) -> BatchFailure {
        let Some(place) = failure.place else { return failure };
        let mut error = Some(failure.error);
        // What fails here has failed before.
        let _ = steps[place].with_source(Dialect::Postgres, &mut |source: &dyn Source| {
            error = error.take().map(|error| self.name_too_long(error, source));
            Ok(())
        });
        failure.error = error.unwrap_or_else(|| Error::new(ErrorKind::Unknown, "the batch failed"));
        failure
    }
}
