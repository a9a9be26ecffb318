//! Where an expression may be used that consists of others: wherever all of its parts may be.

/// Implements diesel's traits for an expression with these parts, type parameters of it; the other parameters follow.
macro_rules! used_like_its_parts {
    ([$($part:ident),*] [$($other:tt)*] $ty:ty) => {
        impl<$($part,)* QS, $($other)*> diesel::expression::SelectableExpression<QS> for $ty
        where
            Self: diesel::expression::AppearsOnTable<QS>,
            $($part: diesel::expression::SelectableExpression<QS>,)*
        {
        }

        impl<$($part,)* QS, $($other)*> diesel::expression::AppearsOnTable<QS> for $ty
        where
            Self: diesel::expression::Expression,
            $($part: diesel::expression::AppearsOnTable<QS>,)*
        {
        }
    };
}

pub(super) use used_like_its_parts;
