//! How SQLite takes values and hands out rows.

mod array;
mod binds;
#[cfg(feature = "d1")]
mod flat;
mod form;
mod row;

pub(in crate::backend) use self::array::{Json as ArrayJson, float, hexadecimal};
pub(crate) use self::binds::SqliteBinds;
pub(crate) use self::form::stored;
pub(crate) use self::row::SqliteRow;
#[cfg(feature = "d1")]
pub(in crate::backend) use self::{flat::flat, form::Form};
