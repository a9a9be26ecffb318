//! SQL that diesel can't say for both databases at once.

pub mod decimal;
mod ilike;

pub use self::ilike::{Ilike, IlikeDsl};
