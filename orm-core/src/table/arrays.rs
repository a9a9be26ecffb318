//! The columns of arrays, for the code that the derives write.

use diesel::sql_types::is_nullable::NotNull;
use diesel::sql_types::{Array, Nullable, SqlType};

use super::support::{Mark, SqlColumn};
use crate::schema::ColumnType;

/// A [`SqlColumn`] that the elements of an array can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of the elements of an array",
    label = "not a type that a column can have",
    note = "for an enum, add `#[derive(Enum)]` to `{Self}`; for a struct around one value, `#[derive(Newtype)]`; for \
            anything that serde can serialize, use `Json<Vec<{Self}>>`",
    note = "the elements can be bools, i16, i32, i64, f32, f64, String, Vec<u8>, NaiveDate, NaiveTime, NaiveDateTime, \
            DateTime<Utc>, Uuid, Decimal, Inet, Cidr or Interval, and an Option of each"
)]
pub trait IsElement {
    /// Always `true`.
    const IS: bool;
}

#[diagnostic::do_not_recommend]
impl<T: SqlColumn> IsElement for T {
    const IS: bool = {
        assert!(
            T::MARK.is_of_element(),
            "the elements of an array can't be arrays or documents: use `Json<Vec<…>>`"
        );
        true
    };
}

/// An array. `Vec<u8>` is bytes.
impl<T> SqlColumn for Vec<T>
where
    T: SqlColumn<Sql: 'static>,
{
    type Sql = Array<T::Sql>;

    const MARK: Mark = T::MARK.of_arrays();
    const RENAMED_LABELS: &'static [(&'static str, &'static str)] = T::RENAMED_LABELS;

    fn column_type() -> ColumnType {
        T::column_type().array()
    }
}

/// An array whose elements may be NULL.
impl<T> SqlColumn for Vec<Option<T>>
where
    T: SqlColumn<Sql: SqlType<IsNull = NotNull> + 'static>,
{
    type Sql = Array<Nullable<T::Sql>>;

    const MARK: Mark = T::MARK.of_arrays();
    const RENAMED_LABELS: &'static [(&'static str, &'static str)] = T::RENAMED_LABELS;

    fn column_type() -> ColumnType {
        T::column_type().array()
    }
}

impl Mark {
    /// Returns the mark of arrays whose elements have this mark.
    const fn of_arrays(self) -> Self {
        match self {
            Self::Decimal => Self::DecimalArray,
            Self::Inet => Self::InetArray,
            Self::Interval => Self::IntervalArray,
            Self::No | Self::Int16 | Self::Int32 | Self::Float32 => Self::Array,
            // These aren't elements: see `IsElement`.
            Self::Json
            | Self::Array
            | Self::DecimalArray
            | Self::InetArray
            | Self::IntervalArray => Self::Array,
        }
    }

    /// Returns whether an array can have elements with this mark.
    const fn is_of_element(self) -> bool {
        matches!(
            self,
            Self::No
                | Self::Decimal
                | Self::Inet
                | Self::Interval
                | Self::Int16
                | Self::Int32
                | Self::Float32
        )
    }
}
