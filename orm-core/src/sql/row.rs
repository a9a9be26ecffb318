//! Rows of a `sql!`.

use diesel::deserialize::FromSql;
use diesel::result::UnexpectedNullError;
use diesel::row::Row as _;
use diesel::sql_types::HasSqlType;

use super::argument::SqlValue;
use super::columns::{RowColumns, Wanted};
use crate::backend::{
    Any, AnyRow, AnyValue, OwnedRow, Places, are_in_order, check_own_form, own_form,
};
use crate::error::{Error, ErrorKind, Result, ValueError};
use crate::table::Table;

/// What a row of a `sql!` becomes.
///
/// - A struct with `#[derive(Row)]`, or the struct of a table: its fields are found by the names of the columns. The
///   result has these columns and no others, in any order.
/// - A tuple, by position, or a single value, for a result of one column.
#[diagnostic::on_unimplemented(
    message = "a row can't become `{Self}`",
    label = "not a type of rows",
    note = "add `#[derive(Row)]` to a struct with a field for each column, or use the struct of a table, a tuple, or a \
            single value"
)]
pub trait Row: Sized + Send + 'static {
    /// The columns that a result must have.
    #[doc(hidden)]
    const COLUMNS: RowColumns;

    /// Finds the columns in a result, by their names or their number alone.
    #[doc(hidden)]
    fn places(row: &AnyRow<'_>) -> Result<Places>;

    /// Reads a row.
    #[doc(hidden)]
    fn read(row: &AnyRow<'_>, places: &[usize]) -> Result<Self>;
}

/// A value that a column of a result can become.
#[diagnostic::on_unimplemented(
    message = "the value of a column can't become `{Self}`",
    label = "not a type that a column can have",
    note = "for an enum, add `#[derive(Enum)]` to `{Self}`; for a struct around one value, `#[derive(Newtype)]`; for \
            anything that serde can serialize, use `Json<{Self}>`"
)]
pub trait FromColumn: Sized + Send + 'static {
    #[doc(hidden)]
    const WANTED: Wanted;

    #[doc(hidden)]
    fn from_column(value: Option<AnyValue<'_>>) -> diesel::deserialize::Result<Self>;

    /// Reads the value of a column.
    ///
    /// # Errors
    /// `VALUE_ERROR`, which names the column.
    #[doc(hidden)]
    #[inline]
    fn read_from(row: &AnyRow<'_>, index: usize) -> Result<Self> {
        Self::from_column(row.value(index)).map_err(|error| unreadable(row, index, error))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> FromColumn for T
where
    T: SqlValue + FromSql<T::Sql, Any>,
    Any: HasSqlType<T::Sql>,
{
    const WANTED: Wanted =
        Wanted { ty: || <Any as HasSqlType<T::Sql>>::metadata(&mut ()), nullable: T::NULLABLE };

    #[inline]
    fn from_column(value: Option<AnyValue<'_>>) -> diesel::deserialize::Result<Self> {
        // This is decided at compile time, so it costs nothing for other types.
        if let (Some(form), Some(value)) =
            (own_form(<Any as HasSqlType<T::Sql>>::metadata(&mut ())), value)
        {
            check_own_form(form, value)?;
        }
        T::from_nullable_sql(value)
    }
}

#[cold]
fn unreadable(
    row: &AnyRow<'_>,
    index: usize,
    error: Box<dyn std::error::Error + Send + Sync>,
) -> Error {
    let column = row.column_name(index).unwrap_or_default();
    if error.is::<UnexpectedNullError>() {
        let error = ValueError::Null;
        return Error::new(ErrorKind::Value, format!("column {column}: {error}"))
            .with_source(error);
    }
    Error::new(ErrorKind::Value, format!("column {column}: {error}")).with_source(error)
}

#[diagnostic::do_not_recommend]
impl<T: FromColumn> Row for T {
    const COLUMNS: RowColumns = RowColumns::Placed(&[T::WANTED]);

    fn places(row: &AnyRow<'_>) -> Result<Places> {
        check_count(row, 1)
    }

    #[inline]
    fn read(row: &AnyRow<'_>, _: &[usize]) -> Result<Self> {
        T::read_from(row, 0)
    }
}

macro_rules! tuples {
    ($($count:literal ($($part:ident $place:tt),*);)*) => {
        $(#[diagnostic::do_not_recommend]
        impl<$($part: FromColumn),*> Row for ($($part,)*) {
            const COLUMNS: RowColumns = RowColumns::Placed(&[$($part::WANTED),*]);

            fn places(row: &AnyRow<'_>) -> Result<Places> {
                check_count(row, $count)
            }

            #[inline]
            fn read(row: &AnyRow<'_>, _: &[usize]) -> Result<Self> {
                Ok(($($part::read_from(row, $place)?,)*))
            }
        })*
    };
}

tuples! {
    1 (A 0);
    2 (A 0, B 1);
    3 (A 0, B 1, C 2);
    4 (A 0, B 1, C 2, D 3);
    5 (A 0, B 1, C 2, D 3, E 4);
    6 (A 0, B 1, C 2, D 3, E 4, F 5);
    7 (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    8 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
    9 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
    10 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
    11 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
    12 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
}

fn check_count(row: &AnyRow<'_>, wanted: usize) -> Result<Places> {
    let found = row.field_count();
    if found == wanted {
        return Ok(Places::in_order(found));
    }
    let columns = |count| if count == 1 { "1 column".into() } else { format!("{count} columns") };
    Err(Error::new(
        ErrorKind::Query,
        format!("the result has {}, and the program reads {}", columns(found), columns(wanted)),
    )
    .with_hint("read as many values as the SQL selects, in their order"))
}

/// Finds columns by their names, in the order of `names`.
///
/// # Errors
/// `QUERY_ERROR` if a column is missing, if there is another one, or if two have the same name.
pub fn by_name(row: &AnyRow<'_>, of: &str, names: &[&str]) -> Result<Places> {
    let count = row.field_count();
    // Usually they are in order.
    if count == names.len()
        && names.iter().enumerate().all(|(place, name)| row.column_name(place) == Some(name))
        && (1..count).all(|place| !names[..place].contains(&names[place]))
    {
        return Ok(Places::in_order(count));
    }
    let found: Vec<&str> =
        (0..count).map(|place| row.column_name(place).unwrap_or_default()).collect();
    let error = |message: String, hint: &str| {
        Error::new(
            ErrorKind::Query,
            format!("{message}; the columns of the result are {}", found.join(", ")),
        )
        .with_hint(hint.to_owned())
    };
    if let Some(place) = (1..count).find(|&place| found[..place].contains(&found[place])) {
        return Err(error(
            format!("two columns of the result are called {}", found[place]),
            "give one of them another name with AS",
        ));
    }
    let mut places = Vec::with_capacity(names.len());
    for name in names {
        match found.iter().position(|found| found == name) {
            Some(place) => places.push(place),
            None => {
                return Err(error(
                    format!("the result has no column {name} for {of}"),
                    "name the column with AS, or the field's column with `#[column(name = \"…\")]`",
                ));
            }
        }
    }
    match found.iter().find(|found| !names.contains(found)) {
        Some(other) => Err(error(
            format!("{of} has no field for the column {other}"),
            "don't select the column, or add a field for it",
        )),
        None => Ok(places.into_iter().collect()),
    }
}

/// Reads a row of a table's struct.
///
/// # Errors
/// `VALUE_ERROR` if a value doesn't fit its field.
pub fn table_row<T: Table>(row: &AnyRow<'_>, places: &[usize]) -> Result<T> {
    let read = if are_in_order(places) {
        T::from_row(row, 0)
    } else {
        T::from_row(&AnyRow::Owned(OwnedRow::chosen(row, places), std::marker::PhantomData), 0)
    };
    read.map_err(|error| {
        if !error.is::<UnexpectedNullError>() {
            return diesel::result::Error::DeserializationError(error).into();
        }
        let definition = T::definition();
        let null = places
            .iter()
            .zip(&definition.columns)
            .find(|(place, column)| !column.nullable && row.value(**place).is_none());
        unreadable(row, null.map_or(0, |(place, _)| *place), error)
    })
}
