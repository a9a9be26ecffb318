//! Bound values on their way from an expression to a statement.

use std::fmt;

use bigdecimal::BigDecimal;
use diesel::QueryResult;
use diesel::query_builder::AstPass;
use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::HasSqlType;

use super::{Any, AnyType, Bind};

/// A bound value on its way from an expression to a statement.
pub enum Bound<'a> {
    /// A value, whose type is that of the expression.
    Value(Bind<'a>),
    /// A value that was recorded with its type.
    Recorded(&'a RecordedBind),
}

impl<'a> From<Bind<'a>> for Bound<'a> {
    #[inline]
    fn from(value: Bind<'a>) -> Self {
        Self::Value(value)
    }
}

impl fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bound(..)")
    }
}

/// The SQL type of all values that were recorded. What type each has, its value says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recorded;

impl HasSqlType<Recorded> for Any {
    fn metadata(_: &mut ()) -> AnyType {
        AnyType::TEXT
    }
}

/// A bound value that borrows nothing, with its type.
///
/// Its `Debug` output shows no value.
pub struct RecordedBind {
    value: OwnValue,
    ty: AnyType,
}

enum OwnValue {
    Decimal(BigDecimal),
    Array(Vec<OwnValue>),
    Other(Bind<'static>),
}

impl OwnValue {
    fn of(value: Bind<'_>) -> Self {
        Self::Other(match value {
            Bind::Decimal(value) => return Self::Decimal(value.clone()),
            Bind::Array(values) => return Self::Array(values.into_iter().map(Self::of).collect()),
            Bind::Text(text) => Bind::Text(text.into_owned().into()),
            Bind::Bytes(bytes) => Bind::Bytes(bytes.into_owned().into()),
            Bind::Null => Bind::Null,
            Bind::Bool(value) => Bind::Bool(value),
            Bind::I16(value) => Bind::I16(value),
            Bind::I32(value) => Bind::I32(value),
            Bind::I64(value) => Bind::I64(value),
            Bind::F32(value) => Bind::F32(value),
            Bind::F64(value) => Bind::F64(value),
            Bind::Date(value) => Bind::Date(value),
            Bind::Time(value) => Bind::Time(value),
            Bind::Timestamp(value) => Bind::Timestamp(value),
            Bind::Timestamptz(value) => Bind::Timestamptz(value),
            Bind::Moment(value, form) => Bind::Moment(value, form),
            Bind::Uuid(value) => Bind::Uuid(value),
            Bind::Json(text) => Bind::Json(text),
        })
    }

    fn borrow(&self) -> Bind<'_> {
        match self {
            Self::Decimal(value) => Bind::Decimal(value),
            Self::Array(values) => Bind::Array(values.iter().map(Self::borrow).collect()),
            Self::Other(Bind::Text(text)) => Bind::Text((&**text).into()),
            Self::Other(Bind::Bytes(bytes)) => Bind::Bytes((&**bytes).into()),
            Self::Other(value) => value.clone(),
        }
    }
}

impl RecordedBind {
    pub(crate) fn new(value: Bind<'_>, ty: AnyType) -> Self {
        Self { value: OwnValue::of(value), ty }
    }

    pub(crate) fn value(&self) -> Bind<'_> {
        self.value.borrow()
    }

    pub(crate) fn ty(&self) -> AnyType {
        self.ty
    }
}

/// Writes the parameter of a value.
pub(crate) fn push_recorded<'b>(
    value: &'b RecordedBind,
    mut out: AstPass<'_, 'b, Any>,
) -> QueryResult<()> {
    out.push_bind_param::<Recorded, _>(value)
}

impl fmt::Debug for RecordedBind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedBind").field("ty", &self.ty).finish_non_exhaustive()
    }
}

impl ToSql<Recorded, Any> for RecordedBind {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> diesel::serialize::Result {
        out.set_value(Bound::Recorded(self));
        Ok(IsNull::No)
    }
}
