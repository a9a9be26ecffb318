//! Methods of columns that hold more than one value, which diesel's prelude has for PostgreSQL only. A method of the
//! column itself takes precedence, so the two preludes can be used together.

use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use super::{Column, ColumnInfo};
use crate::dsl::array::{self, ArrayDsl, ArrayType, ElementOf};
use crate::dsl::contains::{Container, Contains, ContainsDsl, IsContainedBy};
use crate::dsl::json::{self, JsonDsl, JsonKey, JsonType};

impl<C: ColumnInfo> Column<C>
where
    C::SqlType: Container,
{
    /// Returns the condition that the value contains `other`: see [`ContainsDsl`].
    pub fn contains<T>(self, other: T) -> Contains<Self, T::Expression>
    where
        T: AsExpression<C::SqlType>,
    {
        ContainsDsl::contains(self, other)
    }

    /// Returns the condition that `other` contains the value.
    #[allow(clippy::wrong_self_convention, reason = "diesel's name")]
    pub fn is_contained_by<T>(self, other: T) -> IsContainedBy<Self, T::Expression>
    where
        T: AsExpression<C::SqlType>,
    {
        ContainsDsl::is_contained_by(self, other)
    }
}

impl<C: ColumnInfo> Column<C>
where
    C::SqlType: JsonType,
{
    /// Returns the condition that the document has the key: see [`JsonDsl::has_key`].
    pub fn has_key<K>(self, key: K) -> json::Is<Self, K::Expression, json::HasKey>
    where
        K: AsExpression<Text>,
    {
        JsonDsl::has_key(self, key)
    }

    /// Returns the condition that the document has at least one of the keys.
    pub fn has_any_key<K>(self, keys: K) -> json::Is<Self, json::Texts, json::HasAnyKey>
    where
        K: IntoIterator<Item: Into<String>>,
    {
        JsonDsl::has_any_key(self, keys)
    }

    /// Returns the condition that the document has all of the keys.
    pub fn has_all_keys<K>(self, keys: K) -> json::Is<Self, json::Texts, json::HasAllKeys>
    where
        K: IntoIterator<Item: Into<String>>,
    {
        JsonDsl::has_all_keys(self, keys)
    }

    /// Returns the document without a key: see [`JsonDsl::remove`].
    pub fn remove<K: JsonKey>(self, key: K) -> json::Changed<Self, K::Expression, json::Remove> {
        JsonDsl::remove(self, key)
    }
}

impl<C: ColumnInfo> Column<C>
where
    C::SqlType: ArrayType,
{
    /// Returns the array with the elements of the other one at its end: see [`ArrayDsl::concat`].
    pub fn concat<T>(
        self,
        other: T,
    ) -> array::Changed<array::Concat<ElementOf<Self>>, Self, T::Expression>
    where
        T: AsExpression<C::SqlType>,
    {
        ArrayDsl::concat(self, other)
    }
}
