//! SQL that diesel can't write for both databases.

pub mod checked;
pub mod decimal;
mod ilike;
mod lock;
mod null_safe;
mod shared;

pub(crate) use self::ilike::TextType;
pub use self::ilike::{Ilike, IlikeDsl};
pub use self::lock::{Lock, LockDsl, Locked};
pub use self::null_safe::{DistinctFrom, NullSafeDsl};
pub use self::shared::Shared;
