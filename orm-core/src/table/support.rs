//! Functions and traits for the code that the derives write.

use std::borrow::Cow;
use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, Utc};
use diesel::QueryResult;
use diesel::deserialize::{self, FromSql};
use diesel::dsl::AsExprOf;
use diesel::expression::{AsExpression, TypedExpressionType};
use diesel::result::{UnexpectedEndOfRow, UnexpectedNullError};
use diesel::row::{Field, Row};
use diesel::sql_types::{self, HasSqlType, SqlType};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::Table;
use crate::backend::{Any, check_own_form, own_form};
use crate::error::{ColumnError, Constraint, ConstraintKind, Error, UnknownLabel};
use crate::schema::{ColumnDef, ColumnType};
use crate::types::sql_types::{self as own_types, ExactNumeric};
use crate::types::{Json, Range, RangeValue, Vector};

/// A Rust type that a column can have.
pub trait SqlColumn {
    /// diesel's type of the column.
    type Sql;

    /// How SQLite compares the values, if not as it stores them.
    const MARK: Mark = Mark::No;

    /// The renamed labels of an enum, each with its old and its new name.
    const RENAMED_LABELS: &'static [(&'static str, &'static str)] = &[];

    /// Returns the type of the column.
    fn column_type() -> ColumnType;

    /// Returns the definition of a column with this name and type.
    fn definition(name: &str) -> ColumnDef {
        ColumnDef::new(name, Self::column_type()).renamed_labels(Self::RENAMED_LABELS)
    }
}

/// A [`SqlColumn`], as the derives require it: once, so that the compiler reports one error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of a column",
    label = "not a type that a column can have",
    note = "for an enum, add `#[derive(Enum)]` to `{Self}`; for a struct around one value, `#[derive(Newtype)]`; for \
            anything that serde can serialize, use `Json<{Self}>`",
    note = "a column can also be a bool, i16, i32, i64, f32, f64, String, Vec<u8>, NaiveDate, NaiveTime, \
            NaiveDateTime, DateTime<Utc>, Uuid, Decimal, Inet, Cidr, Interval or serde_json::Value, a Vec of one as an array, a \
            mizzle::Vector or mizzle::Range<_>, and an Option of each, if the field's type says `Option`"
)]
pub trait IsColumn {
    /// Always `true`.
    const IS: bool;
}

#[diagnostic::do_not_recommend]
impl<T: SqlColumn> IsColumn for T {
    const IS: bool = true;
}

/// A [`SqlColumn`] of the SQL type that `#[column(sql_type = …)]` names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of a column that is `{Sql}`",
    label = "not what `sql_type` says",
    note = "leave `sql_type` out: an enum, a newtype and an alias of a column's type don't need it"
)]
pub trait Holds<Sql> {
    /// Always `true`.
    const IS: bool;
}

#[diagnostic::do_not_recommend]
impl<T: SqlColumn> Holds<T::Sql> for T {
    const IS: bool = true;
}

/// The type `T` of a column, with [`IsColumn::IS`]. If `T` is not a column's type, that constant is an error. The
/// compiler has reported it, and reports nothing about other code that names this type.
#[derive(Debug)]
pub struct Known<T, const IS: bool>(PhantomData<T>);

impl<T: SqlColumn> SqlColumn for Known<T, true> {
    type Sql = T::Sql;

    const MARK: Mark = T::MARK;
    const RENAMED_LABELS: &'static [(&'static str, &'static str)] = T::RENAMED_LABELS;

    fn column_type() -> ColumnType {
        T::column_type()
    }
}

impl<T> Known<T, true> {
    /// Returns the label of a variant.
    pub fn label(variant: &T) -> &'static str
    where
        T: Labelled,
    {
        variant.label_of()
    }
}

/// An enum with labels, for a default that names a variant.
#[diagnostic::on_unimplemented(
    message = "a default by its path needs an enum, and `{Self}` is none",
    label = "no enum with `#[derive(Enum)]`",
    note = "write a literal, or `default = sql(\"…\")`, or `default_fn = function` for a value that the program makes"
)]
pub trait Labelled {
    /// Returns the label under which the variant is stored.
    fn label_of(&self) -> &'static str;
}

/// A table whose column at `PLACE` has a type that the derive doesn't recognize by its name: an enum, a newtype or an
/// alias.
pub trait ColumnAt<const PLACE: usize> {
    /// The column's type.
    type Column: SqlColumn;
}

/// What SQLite doesn't know about the values of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    No,
    /// They compare as decimal numbers.
    Decimal,
    /// They compare as JSON documents.
    Json,
    /// They compare as internet addresses.
    Inet,
    /// They compare as intervals.
    Interval,
    /// They have 16 bits.
    Int16,
    /// They have 32 bits.
    Int32,
    /// They are floating point numbers with 32 bits.
    Float32,
    /// They compare as arrays.
    Array,
    /// They compare as arrays of decimal numbers.
    DecimalArray,
    /// They compare as arrays of internet addresses.
    InetArray,
    /// They compare as arrays of intervals.
    IntervalArray,
}

macro_rules! columns {
    ($($rust:ty => $sql:ty, $column_type:ident $(, $mark:ident)?;)*) => {
        $(impl SqlColumn for $rust {
            type Sql = $sql;

            $(const MARK: Mark = Mark::$mark;)?

            fn column_type() -> ColumnType {
                ColumnType::$column_type
            }
        })*
    };
}

/// Passes the Rust types of columns to another macro, for each room that has something for all of them.
macro_rules! each_column_type {
    ($then:ident) => {
        $then! {
            bool => sql_types::Bool, Bool;
            i16 => sql_types::SmallInt, SmallInt, Int16;
            i32 => sql_types::Integer, Integer, Int32;
            i64 => sql_types::BigInt, BigInt;
            f32 => sql_types::Float, Real, Float32;
            f64 => sql_types::Double, Double;
            String => sql_types::Text, Text;
            Vec<u8> => sql_types::Binary, Bytes;
            NaiveDate => sql_types::Date, Date;
            NaiveTime => sql_types::Time, Time;
            NaiveDateTime => sql_types::Timestamp, Timestamp;
            DateTime<Utc> => sql_types::Timestamptz, Timestamptz;
            uuid::Uuid => sql_types::Uuid, Uuid;
            crate::Decimal => ExactNumeric, Decimal, Decimal;
            serde_json::Value => sql_types::Jsonb, Json, Json;
            crate::Inet => crate::types::sql_types::Inet, Inet, Inet;
            crate::Cidr => crate::types::sql_types::Cidr, Cidr, Inet;
            crate::Interval => crate::types::sql_types::Interval, Interval, Interval;
        }
    };
}
pub(crate) use each_column_type;

each_column_type!(columns);

impl<T> SqlColumn for Json<T> {
    type Sql = sql_types::Jsonb;

    const MARK: Mark = Mark::Json;

    fn column_type() -> ColumnType {
        ColumnType::Json
    }
}

impl<T: RangeValue> SqlColumn for Range<T> {
    type Sql = own_types::Range<T::Sql>;

    fn column_type() -> ColumnType {
        ColumnType::Other(<T::Sql as own_types::RangeBound>::NAME.into())
    }
}

impl SqlColumn for Vector {
    type Sql = own_types::Vector;

    fn column_type() -> ColumnType {
        ColumnType::Other(ColumnType::VECTOR.into())
    }
}

/// Reads a value from a document, for a field that is `None` if the document has no value. So NULL is not the same as
/// no value.
///
/// # Errors
/// If the value has another type.
pub fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Reads an enum by its label.
///
/// # Errors
/// If the text is not a label of the enum.
pub fn label<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err = UnknownLabel>,
{
    let text = Cow::<str>::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}

/// A Rust type that the database can count up.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be counted up by the database",
    note = "`auto` and `version` need an i16, i32 or i64, or a `#[derive(Newtype)]` struct around one"
)]
pub trait Integral {}

#[diagnostic::do_not_recommend]
impl Integral for i16 {}
#[diagnostic::do_not_recommend]
impl Integral for i32 {}
#[diagnostic::do_not_recommend]
impl Integral for i64 {}

/// A Rust type that has a current value: `default = now`, `on_update = now`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no current value",
    note = "`now` works with DateTime<Utc>, NaiveDateTime, NaiveDate and NaiveTime, all in UTC"
)]
pub trait Now {
    /// Returns the current value, in UTC, in whole microseconds like a database.
    fn now() -> Self;
}

/// Returns the current time in whole microseconds, the finest that a database can hold. So a row that is read equals
/// the row that was written.
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// Returns a value as an expression of the SQL type that a column of this Rust type has, to select it or to compute
/// with it.
///
/// A value needs it where diesel can't know the type from a column: alone in a SELECT, or at the start of a recursive
/// query. Text is a `String`. The value is bound, never written into the SQL.
pub fn value<T>(value: T) -> AsExprOf<T, T::Sql>
where
    T: SqlColumn + AsExpression<T::Sql>,
    T::Sql: SqlType + TypedExpressionType,
{
    value.as_expression()
}

impl Now for DateTime<Utc> {
    fn now() -> Self {
        now()
    }
}

impl Now for NaiveDateTime {
    fn now() -> Self {
        now().naive_utc()
    }
}

impl Now for NaiveDate {
    fn now() -> Self {
        now().date_naive()
    }
}

impl Now for NaiveTime {
    fn now() -> Self {
        now().time()
    }
}

/// Reads column `index` of a row. An error names the column, except for an unexpected NULL: diesel recognizes by that
/// error that a left join found no row.
#[inline]
pub fn row_value<'a, ST, T>(
    row: &impl Row<'a, Any>,
    index: usize,
    table: &'static str,
    column: &'static str,
) -> deserialize::Result<T>
where
    T: FromSql<ST, Any>,
    Any: HasSqlType<ST>,
{
    let field = row.get(index).ok_or(UnexpectedEndOfRow)?;
    let value = field.value();
    // This is decided at compile time, so it costs nothing for other types.
    if let (Some(form), Some(value)) = (own_form(<Any as HasSqlType<ST>>::metadata(&mut ())), value)
    {
        check_own_form(form, value).map_err(|source| ColumnError {
            table,
            column,
            source: Box::new(source),
        })?;
    }
    match T::from_nullable_sql(value) {
        Ok(value) => Ok(value),
        Err(error) if error.is::<UnexpectedNullError>() => Err(error),
        Err(source) => Err(Box::new(ColumnError { table, column, source })),
    }
}

/// A text with a maximum number of characters, or no text.
pub trait Characters {
    /// Returns whether it has more than `most` characters.
    fn exceed(&self, most: usize) -> bool;
}

impl Characters for String {
    #[inline]
    fn exceed(&self, most: usize) -> bool {
        self.len() > most && self.chars().count() > most
    }
}

impl Characters for Option<String> {
    #[inline]
    fn exceed(&self, most: usize) -> bool {
        self.as_ref().is_some_and(|text| text.exceed(most))
    }
}

/// Refuses a text longer than the `max_length` of the column `column` of `T`. On PostgreSQL the column's type would do
/// so without naming the column, and would cut off spaces. On SQLite there is a constraint, which the error names.
///
/// # Errors
/// The violation of that constraint.
#[inline]
pub fn check_length<T: Table>(
    text: &impl Characters,
    most: usize,
    column: &'static str,
) -> QueryResult<()> {
    if text.exceed(most) { Err(too_long::<T>(column)) } else { Ok(()) }
}

#[cold]
fn too_long<T: Table>(column: &str) -> diesel::result::Error {
    let definition = T::definition();
    let violation = Error::violation(Constraint {
        kind: ConstraintKind::Check,
        name: crate::schema::type_check_name(&definition, column),
        table: Some(T::NAME.into()),
        columns: vec![column.into()],
    });
    diesel::result::Error::SerializationError(Box::new(violation))
}
