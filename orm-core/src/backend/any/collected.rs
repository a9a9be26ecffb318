//! Bound values, kept as they are.

use super::{AnyType, Bind};

/// Collects a statement's values instead of binding them.
#[derive(Debug, Default)]
pub struct CollectedValues<'q> {
    pub(super) values: Vec<(Bind<'q>, AnyType)>,
    /// The number of the statement that they are for, if it has one.
    #[cfg_attr(
        not(feature = "sqlite"),
        allow(dead_code, reason = "only statements of SQLite run elsewhere")
    )]
    pub(super) owner: u64,
}

impl<'q> CollectedValues<'q> {
    pub(super) fn push(&mut self, value: Bind<'q>, ty: AnyType) {
        self.values.push((value, ty));
    }
}
