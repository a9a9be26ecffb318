//! What a diff means for the rows that are there: how values are carried over, where that fails, and what is lost.

mod after;
mod convert;
mod guard;
mod hazard;

pub(crate) use self::convert::{Conversion, convert};
pub(crate) use self::guard::{Guard, guards};
pub use self::hazard::{Hazard, HazardKind, hazards};
