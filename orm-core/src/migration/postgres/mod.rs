//! What a change on PostgreSQL would lose, and how it is restored.

pub(super) mod again;
pub(super) mod types;
pub(super) mod views;
