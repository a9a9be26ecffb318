//! Bound values, kept as they are.

use super::{AnyType, Bind};

/// Collects a statement's values instead of binding them.
#[derive(Debug, Default)]
pub struct CollectedValues<'q>(pub(super) Vec<(Bind<'q>, AnyType)>);

impl<'q> CollectedValues<'q> {
    pub(super) fn push(&mut self, value: Bind<'q>, ty: AnyType) {
        self.0.push((value, ty));
    }
}
