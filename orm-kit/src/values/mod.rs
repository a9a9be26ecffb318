//! What a diff means for the rows that are there: how values are carried over, where that fails, and what is lost.

mod after;
mod convert;
mod guard;

pub(crate) use self::convert::{Conversion, convert};
pub(crate) use self::guard::{Guard, guards};
