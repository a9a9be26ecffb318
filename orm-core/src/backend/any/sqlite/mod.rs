//! How SQLite takes values and hands out rows.

mod binds;
mod row;

pub(crate) use self::binds::SqliteBinds;
pub(crate) use self::binds::stored;
pub(crate) use self::row::SqliteRow;
