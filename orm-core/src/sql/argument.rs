//! What the braces of a `sql!` accept.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use diesel::QueryResult;
use diesel::query_builder::AstPass;
use diesel::result::Error::QueryBuilderError;
use diesel::serialize::ToSql;
use diesel::sql_types::{
    Array, HasSqlType, Nullable, SingleValue, SqlType, Text, is_nullable::NotNull,
};

use super::Sql;
use super::text::Piece;
use crate::backend::hide_from_debug;
use crate::backend::{Any, List as ValueList, check_items, unpack};
use crate::column::{Column, ColumnInfo, StructTable};
use crate::table::support::{SqlColumn, each_column_type};
use crate::types::{Json, Range, RangeValue, Vector};

const NO_LIST: &str = "an array alone in the parentheses of IN is not a list: write `IN ({..values})` for its elements";

/// A type whose values `{…}` binds, and that a column of a result can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a value in SQL",
    label = "not a type that a column can have",
    note = "the types are those of columns: a bool, i16, i32, i64, f32, f64, String, &str, Vec<u8>, &[u8], NaiveDate, \
            NaiveTime, NaiveDateTime, DateTime<Utc>, Uuid, Decimal, Inet, Cidr, Interval, serde_json::Value, Json<_>, an enum with \
            `#[derive(Enum)]`, a newtype with `#[derive(Newtype)]`, an Option of each, and a Vec of most as an array"
)]
pub trait SqlValue {
    /// diesel's type of the value.
    type Sql: SqlType + SingleValue + 'static;

    /// Whether it may be NULL.
    #[doc(hidden)]
    const NULLABLE: bool = false;
}

macro_rules! values {
    ($($rust:ty => $sql:ty, $($others:ident),+;)*) => {
        $(#[diagnostic::do_not_recommend]
        impl SqlValue for $rust {
            type Sql = <$rust as SqlColumn>::Sql;
        })*
    };
}

each_column_type!(values);

#[diagnostic::do_not_recommend]
impl<T: RangeValue> SqlValue for Range<T> {
    type Sql = <Self as SqlColumn>::Sql;
}

#[diagnostic::do_not_recommend]
impl SqlValue for Vector {
    type Sql = <Self as SqlColumn>::Sql;
}

#[diagnostic::do_not_recommend]
impl SqlValue for str {
    type Sql = Text;
}

#[diagnostic::do_not_recommend]
impl SqlValue for [u8] {
    type Sql = <Vec<u8> as SqlColumn>::Sql;
}

#[diagnostic::do_not_recommend]
impl SqlValue for Cow<'_, str> {
    type Sql = Text;
}

/// An array. `Vec<u8>` is bytes.
#[diagnostic::do_not_recommend]
impl<T: SqlValue> SqlValue for Vec<T> {
    type Sql = Array<T::Sql>;
}

#[diagnostic::do_not_recommend]
impl<T: SqlValue> SqlValue for [T] {
    type Sql = Array<T::Sql>;
}

#[diagnostic::do_not_recommend]
impl<T> SqlValue for Json<T> {
    type Sql = <Json<T> as SqlColumn>::Sql;
}

#[diagnostic::do_not_recommend]
impl<T> SqlValue for Option<T>
where
    T: SqlValue,
    T::Sql: SqlType<IsNull = NotNull>,
{
    type Sql = Nullable<T::Sql>;

    const NULLABLE: bool = true;
}

#[diagnostic::do_not_recommend]
impl<T: SqlValue + ?Sized> SqlValue for &T {
    type Sql = T::Sql;

    const NULLABLE: bool = T::NULLABLE;
}

/// How much the text of a statement depends on an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Varies {
    /// Not at all.
    No,
    /// The number identifies what it writes.
    By(u64),
    /// More than one number can tell.
    Much,
}

/// An argument of a `sql!`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a value in SQL",
    label = "not a type that a column can have",
    note = "the types are those of columns: a bool, i16, i32, i64, f32, f64, String, &str, Vec<u8>, &[u8], NaiveDate, \
            NaiveTime, NaiveDateTime, DateTime<Utc>, Uuid, Decimal, Inet, Cidr, Interval, serde_json::Value, Json<_>, an enum with \
            `#[derive(Enum)]`, a newtype with `#[derive(Newtype)]`, an Option of each, and a Vec of most as an array",
    note = "convert other integers, as in `{{i64::from(count)}}`; write `{{..list}}` for a list, and `{{#users::name}}` \
            for the name of a column"
)]
pub trait Argument: Sync {
    /// Writes it where `piece` is.
    #[doc(hidden)]
    fn walk<'b>(&'b self, piece: &Piece, out: AstPass<'_, 'b, Any>) -> QueryResult<()>;

    #[doc(hidden)]
    fn varies(&self) -> Varies {
        Varies::No
    }

    /// Whether it may write or lock.
    #[doc(hidden)]
    fn writes(&self) -> bool {
        false
    }
}

#[diagnostic::do_not_recommend]
impl<T> Argument for T
where
    T: SqlValue + ToSql<T::Sql, Any> + Sync,
    Any: HasSqlType<T::Sql>,
{
    fn walk<'b>(&'b self, piece: &Piece, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        // This is decided at compile time, so it costs nothing for other types.
        if <Any as HasSqlType<T::Sql>>::metadata(&mut ()).is_many()
            && let Piece::OnlyOfIn(_) = piece
        {
            return Err(QueryBuilderError(NO_LIST.into()));
        }
        out.push_bind_param::<T::Sql, T>(self)
    }
}

/// Other SQL.
#[diagnostic::do_not_recommend]
impl Argument for Sql<'_> {
    fn walk<'b>(&'b self, _: &Piece, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.write_part(out)
    }

    fn varies(&self) -> Varies {
        if self.arguments().iter().any(|argument| argument.varies() != Varies::No) {
            return Varies::Much;
        }
        Varies::By(self.site.number())
    }

    fn writes(&self) -> bool {
        Sql::writes(self)
    }
}

#[diagnostic::do_not_recommend]
impl Argument for &Sql<'_> {
    fn walk<'b>(&'b self, piece: &Piece, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        (**self).walk(piece, out)
    }

    fn varies(&self) -> Varies {
        (**self).varies()
    }

    fn writes(&self) -> bool {
        Sql::writes(self)
    }
}

/// An argument that is missing.
#[derive(Debug)]
pub struct Nothing;

#[diagnostic::do_not_recommend]
impl Argument for Nothing {
    fn walk<'b>(&'b self, _: &Piece, _: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        Ok(())
    }
}

/// A list of values: a slice, an array or a vector.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of values",
    label = "not a list",
    note = "`{{..list}}` takes a slice, an array or a `Vec` of values; collect an iterator into a `Vec`"
)]
pub trait SqlList {
    /// What it is a list of.
    type Item;

    /// Returns its items.
    fn items(&self) -> &[Self::Item];
}

#[diagnostic::do_not_recommend]
impl<T> SqlList for [T] {
    type Item = T;

    fn items(&self) -> &[T] {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T, const N: usize> SqlList for [T; N] {
    type Item = T;

    fn items(&self) -> &[T] {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T> SqlList for Vec<T> {
    type Item = T;

    fn items(&self) -> &[T] {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<L: SqlList + ?Sized> SqlList for &L {
    type Item = L::Item;

    fn items(&self) -> &[L::Item] {
        (**self).items()
    }
}

/// `{..list}`
pub struct List<'a, L: SqlList<Item: SqlValue> + ?Sized> {
    /// The list.
    pub of: &'a L,
}

hide_from_debug!(['a, L: SqlList<Item: SqlValue> + ?Sized] List['a, L]);

#[diagnostic::do_not_recommend]
impl<L> Argument for List<'_, L>
where
    L: SqlList + Sync + ?Sized,
    L::Item: SqlValue + ToSql<<L::Item as SqlValue>::Sql, Any>,
    Any: HasSqlType<<L::Item as SqlValue>::Sql>,
{
    /// One parameter, however long the list is.
    fn walk<'b>(&'b self, piece: &Piece, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        check_items(<Any as HasSqlType<<L::Item as SqlValue>::Sql>>::metadata(&mut ()))?;
        let (list, negated) = (self.of.items(), matches!(piece, Piece::NotIn(_)));
        if let Piece::Array(_) = piece {
            return out.push_bind_param::<ValueList<<L::Item as SqlValue>::Sql>, [L::Item]>(list);
        }
        let arrays = out.backend().dialect().capabilities().arrays;
        if arrays {
            out.push_sql(if negated { " != ALL(" } else { " = ANY(" });
        } else {
            out.push_sql(if negated { " NOT IN (SELECT " } else { " IN (SELECT " });
            out.push_sql(unpack(kind::<L>()));
            out.push_sql(" FROM json_each(");
        }
        out.push_bind_param::<ValueList<<L::Item as SqlValue>::Sql>, [L::Item]>(list)?;
        out.push_sql(if arrays { ")" } else { "))" });
        Ok(())
    }

    fn varies(&self) -> Varies {
        Varies::By(kind::<L>().facts().sqlite.storage as u64 + 1)
    }
}

fn kind<L>() -> crate::backend::Kind
where
    L: SqlList + ?Sized,
    L::Item: SqlValue,
    Any: HasSqlType<<L::Item as SqlValue>::Sql>,
{
    <Any as HasSqlType<<L::Item as SqlValue>::Sql>>::metadata(&mut ()).kind
}

/// A typed column, whose name `{#column}` writes. Which one it is may be decided at run time: `&dyn NamesColumn`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column",
    label = "not a typed column",
    note = "`{{#column}}` takes a column of a table's struct, such as `{{#users::name}}`; nothing else becomes text"
)]
pub trait NamesColumn: Sync {
    #[doc(hidden)]
    fn name(&self) -> &'static &'static str;
}

#[diagnostic::do_not_recommend]
impl<C: ColumnInfo + Sync> NamesColumn for Column<C> {
    fn name(&self) -> &'static &'static str {
        &<C::Table as StructTable>::COLUMNS[C::PLACE]
    }
}

#[diagnostic::do_not_recommend]
impl<C: NamesColumn + ?Sized> NamesColumn for &C {
    fn name(&self) -> &'static &'static str {
        (**self).name()
    }
}

/// `{#column}`
pub struct Name<'a, C: NamesColumn + ?Sized> {
    /// The column.
    pub of: &'a C,
}

impl<C: NamesColumn + ?Sized> std::fmt::Debug for Name<'_, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Name(..)")
    }
}

#[diagnostic::do_not_recommend]
impl<C: NamesColumn + ?Sized> Argument for Name<'_, C> {
    fn walk<'b>(&'b self, _: &Piece, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_identifier(self.of.name())
    }

    fn varies(&self) -> Varies {
        Varies::By(std::ptr::from_ref(self.of.name()).addr() as u64)
    }
}
