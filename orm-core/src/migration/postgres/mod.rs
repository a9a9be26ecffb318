//! What a change on PostgreSQL would lose, and how it is made again.

pub(super) mod again;
