//! The condition of a partial index, as that of a query.

use super::Condition;
use crate::run::OnConflict;
use crate::table::Table;

impl<T: Table> OnConflict<T> {
    /// Names the condition of a partial unique index on the columns: `#[table(index(email, unique, where = "left_at IS
    /// NULL"))]`. New rows that don't fulfil it conflict with none.
    ///
    /// Write it as the index has it. A condition with a value, such as `members::kind.eq("open")`, makes the call fail
    /// with `QUERY_ERROR`: the databases only compare SQL. `sql::<Bool>("kind = 'open'")` of diesel's has none.
    #[must_use]
    pub fn filter_target(mut self, condition: impl Condition<T> + 'static) -> Self {
        self.how.set_condition(condition);
        self
    }
}
