//! Functions on texts, the same on both databases.

use diesel::QueryResult;
use diesel::dsl::AsExprOf;
use diesel::expression::{
    AppearsOnTable, AsExpression, Expression, SelectableExpression, TypedExpressionType,
    ValidGrouping,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::Error::QueryBuilderError;
use diesel::sql_types::{Integer, Nullable, SqlType, Text};

use super::call::{Call, functions};
use crate::backend::{Any, hide_from_debug};

/// A text, or one that may be NULL, as diesel's type.
#[diagnostic::on_unimplemented(
    message = "this function is for texts, and this is not text: `{Self}`",
    label = "not a text"
)]
pub trait TextOrNull: SqlType + TypedExpressionType {
    /// The type of a number of characters.
    type Count: SqlType + TypedExpressionType;
}

impl TextOrNull for Text {
    type Count = Integer;
}

impl TextOrNull for Nullable<Text> {
    type Count = Nullable<Integer>;
}

// ICU's rules, whatever the database's language is. Afterwards the text compares as others do.
functions! {
    Lower: ["(lower(", " COLLATE \"und-x-icu\") COLLATE \"default\")"], ["mizzle_lower(", ")"];
    Upper: ["(upper(", " COLLATE \"und-x-icu\") COLLATE \"default\")"], ["mizzle_upper(", ")"];
    CharLength: ["char_length(", ")"], ["length(", ")"];
    Trim: ["btrim(", ")"], ["trim(", ")"];
    TrimStart: ["ltrim(", ")"], ["ltrim(", ")"];
    TrimEnd: ["rtrim(", ")"], ["rtrim(", ")"];
    Replace: ["replace(", ", ", ", ", ")"], ["replace(", ", ", ", ", ")"];
}

type Of<F, E> = Call<F, (E,), <E as Expression>::SqlType>;

macro_rules! of_text {
    ($($(#[$attribute:meta])* $name:ident => $function:ident;)*) => {
        $(
            $(#[$attribute])*
            pub fn $name<E>(text: E) -> Of<$function, E>
            where
                E: Expression<SqlType: TextOrNull>,
            {
                Call::new((text,))
            }
        )*
    };
}

of_text! {
    /// Returns the text in lower case, by Unicode's rules: `lower(users::email).eq("é@example.com")`. The rules of no
    /// language, such as Turkish, apply.
    ///
    /// On PostgreSQL it needs a server with ICU, as those of all usual packages are. Its ICU may lack the letters of the
    /// newest versions of Unicode, which then keep their case. An index for it is one on
    /// `(lower(email COLLATE "und-x-icu") COLLATE "default")` there, and SQLite has none.
    lower => Lower;
    /// Returns the text in upper case, by Unicode's rules: `ß` becomes `SS`. See [`lower`].
    upper => Upper;
    /// Returns the text without the spaces at both ends. Other white space stays.
    trim => Trim;
    /// Returns the text without the spaces at its start.
    trim_start => TrimStart;
    /// Returns the text without the spaces at its end.
    trim_end => TrimEnd;
}

/// Returns the number of characters: Unicode's code points, as `text.chars().count()` counts them.
pub fn length<E>(text: E) -> Call<CharLength, (E,), <E::SqlType as TextOrNull>::Count>
where
    E: Expression<SqlType: TextOrNull>,
{
    Call::new((text,))
}

/// A text that is passed to a function.
type Given = AsExprOf<String, Text>;

/// Returns the text with each `from` replaced by `to`. An empty `from` replaces nothing.
pub fn replace<E>(
    text: E,
    from: impl Into<String>,
    to: impl Into<String>,
) -> Call<Replace, (E, Given, Given), E::SqlType>
where
    E: Expression<SqlType: TextOrNull>,
{
    let given = AsExpression::<Text>::as_expression;
    Call::new((text, given(from.into()), given(to.into())))
}

/// Returns at most `length` characters of the text, from the character number `start`. The first one is 1. A negative
/// `start` counts from the end: -1 is the last one, and all characters are counted if there are fewer.
///
/// ```
/// # use diesel::prelude::*;
/// # use orm_core::{Db, Executor, dsl::substr};
/// # diesel::table! { users { id -> BigInt, name -> Text } }
/// # fn f(db: &Db) -> orm_core::Result<()> {
/// let initials: Vec<String> = db.load(users::table.select(substr(users::name, 1, 1)))?;
/// let endings: Vec<String> = db.load(users::table.select(substr(users::name, -3, 3)))?;
/// # Ok(())
/// # }
/// ```
///
/// A query with the `start` 0 fails with `QUERY_ERROR`.
pub fn substr<E>(text: E, start: i32, length: u32) -> Substr<E>
where
    E: Expression<SqlType: TextOrNull>,
{
    let place = start.saturating_abs();
    let length = i32::try_from(length).unwrap_or(i32::MAX);
    Substr { text, place, is_from_end: start < 0, length }
}

/// The expression that [`substr`] returns.
#[derive(Clone, Copy)]
pub struct Substr<E> {
    text: E,
    place: i32,
    is_from_end: bool,
    length: i32,
}

hide_from_debug!([E] Substr[E]);

impl<E: Expression> Expression for Substr<E> {
    type SqlType = E::SqlType;
}

impl<E: ValidGrouping<G>, G> ValidGrouping<G> for Substr<E> {
    type IsAggregate = E::IsAggregate;
}

impl<E: SelectableExpression<QS>, QS> SelectableExpression<QS> for Substr<E> {}

impl<E: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for Substr<E> {}

/// The type doesn't determine where it counts from.
impl<E> QueryId for Substr<E> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<E: QueryFragment<Any>> QueryFragment<Any> for Substr<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        if self.place == 0 {
            return Err(QueryBuilderError(
                "`substr` has the start 0: the first character is 1, and the last one -1".into(),
            ));
        }
        let [before, between, after] =
            match (out.backend().dialect().capabilities().own_functions, self.is_from_end) {
                (true, true) => ["left(right(", "), ", ")"],
                (true, false) => ["substr(", ", ", ")"],
                (false, true) => ["mizzle_substr(-1, ", ", ", ")"],
                (false, false) => ["mizzle_substr(1, ", ", ", ")"],
            };
        out.push_sql(before);
        self.text.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        out.push_bind_param::<Integer, _>(&self.place)?;
        out.push_sql(between);
        out.push_bind_param::<Integer, _>(&self.length)?;
        out.push_sql(after);
        Ok(())
    }
}
