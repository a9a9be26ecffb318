//! Questions about the schema, to name a violated constraint.

use super::database::D1;
use crate::backend::Source;
use crate::backend::sqlite::{Asked, ForeignKey, Verb};
use crate::error::Result;

impl Asked for D1 {
    fn ask(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
        crate::backend::Backend::ask(self, sql, values)
    }

    /// Without a transaction, the statement can't be tried again.
    fn violated(
        &mut self,
        _: &[ForeignKey],
        _: (Verb, &str),
        _: &dyn Source,
    ) -> Result<Option<ForeignKey>> {
        Ok(None)
    }
}
