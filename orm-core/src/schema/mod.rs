//! The schema: tables as plain data, and the SQL that creates them.

mod ddl;
mod error;
mod model;
pub(crate) mod names;
mod order;
mod validate;

pub use ddl::{create_schema, create_table, type_checks};
pub use error::SchemaError;
pub use model::{
    Action, CheckDef, ColumnDef, ColumnType, DefaultValue, ForeignKeyDef, IndexDef, IndexKey,
    IndexPart, TableDef, UniqueDef,
};
