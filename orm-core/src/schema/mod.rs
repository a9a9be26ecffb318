//! The schema: tables as plain data, and the SQL that creates them.

pub(crate) mod address;
mod build;
mod column_type;
mod ddl;
mod error;
mod facts;
mod form;
mod index;
pub(crate) mod interval;
mod model;
mod named;
pub(crate) mod names;
mod order;
mod type_names;
mod validate;
pub mod view;
mod words;

pub use crate::dialect::PerDialect;
pub use column_type::{ColumnType, Kind, is_sent_as_text};
pub(crate) use ddl::type_check_name;
pub use ddl::{create_schema, create_table, create_tables, create_view, fragments};
pub use error::SchemaError;
pub use facts::{BindAs, Family, Now, OnPostgres, OnSqlite, Storage, TypeFacts};
pub use form::MomentForm;
pub use model::{
    Action, CheckDef, ColumnDef, DefaultValue, ForeignKeyDef, FullTextDef, IndexDef, IndexKey,
    IndexPart, TableDef, UniqueDef, ViewDef,
};

pub use order::parents_first;

/// Checks that a database could create `tables` as they are described.
///
/// # Errors
/// The first problem, by table and name.
pub fn validate(tables: &[TableDef], dialect: crate::Dialect) -> Result<(), SchemaError> {
    validate::schema(tables, dialect)
}
