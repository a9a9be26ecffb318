//! The effects of a diff on existing rows: how values are converted, when that fails, and what is lost.

mod after;
mod convert;
mod guard;

pub(crate) use self::convert::{Conversion, convert};
pub(crate) use self::guard::{Guard, guards};
