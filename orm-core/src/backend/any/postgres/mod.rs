//! How PostgreSQL takes values and hands out rows.

mod binds;
mod copied;
mod row;

pub(crate) use self::binds::PostgresBinds;
pub(crate) use self::binds::encoded;
pub(in crate::backend) use self::binds::{Buffers, LONGEST_MESSAGE, ParameterType, ffi_oid};
pub(crate) use self::copied::CopiedBinds;
pub(crate) use self::row::PostgresRow;
