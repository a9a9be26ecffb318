//! SQL that diesel can't write for both databases.

pub mod checked;
pub mod contains;
pub mod decimal;
mod ilike;
pub mod json;
mod key;
mod lock;
mod null_safe;
pub mod operation;
mod shared;

pub use self::contains::ContainsDsl;
pub(crate) use self::ilike::TextType;
pub use self::ilike::{Ilike, IlikeDsl};
pub use self::json::JsonDsl;
pub use self::key::{Key, KeyName, key};
pub use self::lock::{Lock, LockDsl, Locked};
pub use self::null_safe::{DistinctFrom, NullSafeDsl};
pub use self::shared::Shared;
