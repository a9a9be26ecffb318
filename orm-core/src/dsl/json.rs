//! Operators of JSON documents, with the meaning of PostgreSQL's `jsonb` on both databases.
//!
//! On SQLite they are mizzle's functions, because SQLite's own differ: they see the first of equal keys, know neither
//! `@>` nor `?`, and compare `1` and `1.0` as texts.

use diesel::expression::{AsExpression, Expression, TypedExpressionType};
use diesel::internal::derives::as_expression::Bound;
use diesel::sql_types::{Bool, Integer, Jsonb, Nullable, SqlType, Text};

use super::call::{Call, functions};
use super::contains::Container;
use crate::backend::{List, marks};

/// A document, or a document that may be NULL.
#[diagnostic::on_unimplemented(
    message = "this is no JSON document: `{Self}`",
    label = "not a JSON document",
    note = "a column of type `serde_json::Value` or `Json<_>` is one"
)]
pub trait JsonType: SqlType + TypedExpressionType {
    /// The type of a condition on it.
    type Condition: SqlType + TypedExpressionType;
}

impl JsonType for Jsonb {
    type Condition = Bool;
}

impl JsonType for Nullable<Jsonb> {
    type Condition = Nullable<Bool>;
}

impl<ST: JsonType> Container for ST {
    type Condition = ST::Condition;
    type Contains = Contains;
    type IsContained = IsContained;
}

/// The key of an object, a text; or the place of an element of an array, an `i32`. The first element has the place 0, the
/// last one -1.
#[diagnostic::on_unimplemented(
    message = "this is not a key in a JSON document: `{Self}`",
    label = "not a key, nor a place",
    note = "give the key of an object, a `&str` or `String`, or the place of an element of an array, an `i32`"
)]
pub trait JsonKey {
    /// The expression.
    type Expression: Expression;

    /// Converts the key to the expression.
    fn into_key(self) -> Self::Expression;
}

macro_rules! keys {
    ($([$($lifetime:lifetime)?] $rust:ty => $sql_type:ty;)*) => {
        $(#[diagnostic::do_not_recommend]
        impl<$($lifetime)?> JsonKey for $rust {
            type Expression = Bound<$sql_type, Self>;

            fn into_key(self) -> Self::Expression {
                Bound::new(self)
            }
        })*
    };
}

keys! {
    ['k] &'k str => Text;
    ['k] &'k String => Text;
    [] String => Text;
    [] i32 => Integer;
}

/// Texts, bound as one value: a path or keys.
pub type Texts = Bound<List<Text>, Vec<String>>;

fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Texts {
    Bound::new(texts.into_iter().map(Into::into).collect())
}

functions! {
    Get: ["(", " -> ", ")"], ["mizzle_json_get(", ", ", ")"], marks::COLLATE_JSON;
    GetText: ["(", " ->> ", ")"], ["mizzle_json_get_text(", ", ", ")"], marks::COLLATE_TEXT;
    GetPath: ["(", " #> ", ")"], ["mizzle_json_path(", ", ", ")"], marks::COLLATE_JSON;
    GetPathText: ["(", " #>> ", ")"], ["mizzle_json_path_text(", ", ", ")"], marks::COLLATE_TEXT;
    Contains: ["(", " @> ", ")"], ["mizzle_json_contains(", ", ", ")"];
    IsContained: ["(", " <@ ", ")"], ["mizzle_json_contained(", ", ", ")"];
    HasKey: ["(", " ? ", ")"], ["mizzle_json_has_key(", ", ", ")"];
    HasAnyKey: ["(", " ?| ", ")"], ["mizzle_json_has_any(", ", ", ")"];
    HasAllKeys: ["(", " ?& ", ")"], ["mizzle_json_has_all(", ", ", ")"];
    Remove: ["(", " - ", ")"], ["mizzle_json_remove(", ", ", ")"], marks::COLLATE_JSON;
    RemovePath: ["(", " #- ", ")"], ["mizzle_json_remove_path(", ", ", ")"], marks::COLLATE_JSON;
    Set: ["jsonb_set(", ", ", ", ", ")"], ["mizzle_json_set(", ", ", ", ", ")"], marks::COLLATE_JSON;
}

/// A condition on a document `L`.
pub type Is<L, R, O> = Call<O, (L, R), <<L as Expression>::SqlType as JsonType>::Condition>;

/// A changed document.
pub type Changed<L, R, O> = Call<O, (L, R), <L as Expression>::SqlType>;

/// The operators of JSON columns and expressions.
pub trait JsonDsl: Expression + Sized
where
    Self::SqlType: JsonType,
{
    /// Returns the value of a key of an object, or the element at a place of an array, as a document: `->`. NULL if there
    /// is none.
    fn get<K: JsonKey>(self, key: K) -> Call<Get, (Self, K::Expression), Nullable<Jsonb>> {
        Call::new((self, key.into_key()))
    }

    /// Returns the same as text: `->>`. A string has no quotes; NULL also for a JSON `null`.
    fn get_text<K: JsonKey>(self, key: K) -> Call<GetText, (Self, K::Expression), Nullable<Text>> {
        Call::new((self, key.into_key()))
    }

    /// Returns the value at the end of a path, as a document: `#>`. NULL if there is none.
    fn get_path<P>(self, path: P) -> Call<GetPath, (Self, Texts), Nullable<Jsonb>>
    where
        P: IntoIterator<Item: Into<String>>,
    {
        Call::new((self, texts(path)))
    }

    /// Returns the same as text: `#>>`. A string has no quotes; NULL also for a JSON `null`.
    fn get_path_text<P>(self, path: P) -> Call<GetPathText, (Self, Texts), Nullable<Text>>
    where
        P: IntoIterator<Item: Into<String>>,
    {
        Call::new((self, texts(path)))
    }

    /// Returns the condition that the object has the key, or the array the string: `?`.
    fn has_key<K>(self, key: K) -> Is<Self, K::Expression, HasKey>
    where
        K: AsExpression<Text>,
    {
        Call::new((self, key.as_expression()))
    }

    /// Returns the condition that it has at least one of the keys: `?|`.
    fn has_any_key<K>(self, keys: K) -> Is<Self, Texts, HasAnyKey>
    where
        K: IntoIterator<Item: Into<String>>,
    {
        Call::new((self, texts(keys)))
    }

    /// Returns the condition that it has all of the keys: `?&`.
    fn has_all_keys<K>(self, keys: K) -> Is<Self, Texts, HasAllKeys>
    where
        K: IntoIterator<Item: Into<String>>,
    {
        Call::new((self, texts(keys)))
    }

    /// Returns the document with the value at the end of the path: `jsonb_set`. The last key of the path need not exist,
    /// all before it must; else the document stays as it is. A place beyond the end of an array adds an element.
    ///
    /// The document must be an object or an array, and a part of the path to an array a number; else it is a
    /// `VALUE_ERROR`.
    fn set<P, V>(self, path: P, value: V) -> Call<Set, (Self, Texts, V::Expression), Self::SqlType>
    where
        P: IntoIterator<Item: Into<String>>,
        V: AsExpression<Jsonb>,
    {
        Call::new((self, texts(path), value.as_expression()))
    }

    /// Returns the document without a key, without the strings that equal it in an array, or without the element at a
    /// place: `-`. What isn't there changes nothing.
    ///
    /// The document must be an object or an array, an array for a place; else it is a `VALUE_ERROR`.
    fn remove<K: JsonKey>(self, key: K) -> Changed<Self, K::Expression, Remove> {
        Call::new((self, key.into_key()))
    }

    /// Returns the document without what is at the end of the path: `#-`. What isn't there changes nothing.
    ///
    /// The document must be an object or an array, and a part of the path to an array a number; else it is a
    /// `VALUE_ERROR`.
    fn remove_path<P>(self, path: P) -> Changed<Self, Texts, RemovePath>
    where
        P: IntoIterator<Item: Into<String>>,
    {
        Call::new((self, texts(path)))
    }
}

impl<E: Expression> JsonDsl for E where E::SqlType: JsonType {}
