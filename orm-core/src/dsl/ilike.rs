//! Case-insensitive LIKE.

use diesel::QueryResult;
use diesel::expression::{AsExpression, Expression, TypedExpressionType, ValidGrouping};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Nullable, SqlType, Text};

use super::parts::used_like_its_parts;
use crate::backend::Any;
use crate::backend::hide_from_debug;

/// `ilike(…)` and `not_ilike(…)` for text columns, on both databases.
pub trait IlikeDsl: Expression + Sized {
    /// Returns the condition that the text matches `pattern`, ignoring case. `%` stands for any text, `_` for one
    /// character, and `\` takes the next character literally. The result for NULL is NULL.
    fn ilike<P>(self, pattern: P) -> Matching<Self, P>
    where
        Self: TextLike,
        P: AsExpression<Self::Pattern>,
    {
        Self::SqlType::ilike(self, pattern.as_expression(), false)
    }

    /// Returns the opposite condition.
    fn not_ilike<P>(self, pattern: P) -> Matching<Self, P>
    where
        Self: TextLike,
        P: AsExpression<Self::Pattern>,
    {
        Self::SqlType::ilike(self, pattern.as_expression(), true)
    }
}

/// The condition that [`IlikeDsl`] returns for a text and a pattern: [`Ilike`].
type Matching<T, P> = <<T as Expression>::SqlType as TextType>::Ilike<
    T,
    <P as AsExpression<<T as TextLike>::Pattern>>::Expression,
>;

impl<E: Expression> IlikeDsl for E {}

/// An expression whose value is text, or NULL.
#[diagnostic::on_unimplemented(
    message = "`ilike` compares texts, and this is not text: `{Self}`",
    label = "not a text",
    note = "compare a number, a moment or an enum by `eq`, `gt`, `between` or `eq_any`"
)]
pub trait TextLike: Expression<SqlType: TextType> {
    /// `Bool`, or `Nullable<Bool>` for a text that may be NULL.
    type Matches: SqlType + TypedExpressionType;
    /// The SQL type of a pattern.
    type Pattern: SqlType + TypedExpressionType;
}

#[diagnostic::do_not_recommend]
impl<E: Expression> TextLike for E
where
    E::SqlType: TextType,
{
    type Matches = <E::SqlType as TextType>::Matches;
    type Pattern = <E::SqlType as TextType>::Pattern;
}

/// A type of text.
pub trait TextType {
    /// The type of a comparison.
    type Matches: SqlType + TypedExpressionType;
    /// This type. No other type has one, so the compiler reports nothing about a pattern for a number.
    type Pattern: SqlType + TypedExpressionType;
    /// [`Ilike`]. No other type has one, so the compiler reports nothing about the condition.
    type Ilike<T, P>;

    /// Returns the condition.
    fn ilike<T, P>(text: T, pattern: P, negated: bool) -> Self::Ilike<T, P>;
}

macro_rules! texts {
    ($($text:ty => $matches:ty;)*) => {
        $(#[diagnostic::do_not_recommend]
        impl TextType for $text {
            type Matches = $matches;
            type Pattern = Self;
            type Ilike<T, P> = Ilike<T, P>;

            fn ilike<T, P>(text: T, pattern: P, negated: bool) -> Ilike<T, P> {
                Ilike::new(text, pattern, negated)
            }
        })*
    };
}

texts! {
    Text => Bool;
    Nullable<Text> => Nullable<Bool>;
}

/// The condition that [`IlikeDsl`] returns.
#[derive(Clone, Copy, QueryId, ValidGrouping)]
pub struct Ilike<T, P> {
    text: T,
    pattern: P,
    negated: bool,
}

hide_from_debug!([T, P] Ilike[T, P]);

impl<T, P> Ilike<T, P> {
    /// Returns the condition that `text` matches `pattern`, or the opposite.
    pub(crate) const fn new(text: T, pattern: P, negated: bool) -> Self {
        Self { text, pattern, negated }
    }
}

impl<T, P> Expression for Ilike<T, P>
where
    T: Expression + TextLike,
    P: Expression,
{
    type SqlType = T::Matches;
}

used_like_its_parts!([T, P] [] Ilike<T, P>);

impl<T, P> QueryFragment<Any> for Ilike<T, P>
where
    T: QueryFragment<Any>,
    P: QueryFragment<Any>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        // The type doesn't show whether it is negated.
        out.unsafe_to_cache_prepared();
        out.push_sql("(");
        if out.backend().dialect().capabilities().ilike {
            self.text.walk_ast(out.reborrow())?;
            out.push_sql(if self.negated { " NOT ILIKE " } else { " ILIKE " });
            self.pattern.walk_ast(out.reborrow())?;
        } else {
            // SQLite's LIKE only ignores the case of ASCII letters.
            out.push_sql(if self.negated { "NOT mizzle_ilike(" } else { "mizzle_ilike(" });
            self.text.walk_ast(out.reborrow())?;
            out.push_sql(", ");
            self.pattern.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        out.push_sql(")");
        Ok(())
    }
}
