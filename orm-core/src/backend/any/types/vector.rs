//! Vectors, by the name of their type.

use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::HasSqlType;

use super::native::{bind_native, read_native};
use crate::backend::any::{Any, AnyType, AnyValue};
use crate::error::ValueError;
use crate::schema::ColumnType;
use crate::types::{Vector, sql_types};

impl HasSqlType<sql_types::Vector> for Any {
    fn metadata(_: &mut ()) -> AnyType {
        AnyType::native(ColumnType::VECTOR)
    }
}

impl ToSql<sql_types::Vector, Any> for Vector {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
        if !self.is_storable() {
            let wanted = "a vector of 1 to 16,000 finite numbers";
            return Err(ValueError::OutOfRange { wanted }.into());
        }
        bind_native(self, out)
    }
}

impl FromSql<sql_types::Vector, Any> for Vector {
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        read_native(value, "a vector")
    }
}
