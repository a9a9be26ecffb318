//! D1's limits: <https://developers.cloudflare.com/d1/platform/limits/>.

use orm_core::schema::SchemaError;

use super::DIALECT;
use crate::render::script::Script;

/// The most bytes of a statement.
const LONGEST: usize = 100_000;

/// Refuses a script that D1 would refuse for its size.
pub(super) fn check(script: &Script) -> Result<(), SchemaError> {
    match script.statements.iter().find(|step| step.sql.len() > LONGEST) {
        Some(step) => Err(SchemaError::StatementTooLong {
            dialect: DIALECT,
            statement: step.sql.chars().take(60).collect::<String>().into(),
            bytes: step.sql.len(),
            most: LONGEST,
        }),
        None => Ok(()),
    }
}
