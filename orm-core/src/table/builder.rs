//! The states of the required columns in a builder such as `NewUserBuilder`.

use std::fmt;
use std::marker::PhantomData;

/// The column `C` has no value yet.
pub struct Unset<C>(PhantomData<C>);

/// The column `C` has a value.
pub struct Set<C, T>(T, PhantomData<C>);

/// Whether the builder of `New` has a value for the column `C`.
#[diagnostic::on_unimplemented(
    message = "`{C}` of `{New}` is not set",
    label = "`{C}` is required",
    note = "call the builder's method with the name of that column before `.build()`"
)]
pub trait IsSet<New, C, T> {
    /// Returns the value.
    fn take(self) -> T;
}

/// A value that a builder takes for a column of the type `T`, or of `Option<T>`: a `T`, or what becomes one by [`Into`].
///
/// The compiler would list the types that a `String` can be made from.
#[diagnostic::on_unimplemented(
    message = "the column holds `{T}`, and this is `{Self}`",
    label = "not a `{T}`, nor what becomes one by `Into`",
    note = "give a `{T}`; for an `Option` of one, where the column has a default or may be NULL, call `maybe_name(…)` instead \
            of `name(…)`; leave a new row's column out for NULL or its default, and write `clear_name()` for NULL in changes"
)]
pub trait Given<T> {
    /// Returns the value.
    fn given(self) -> T;
}

#[diagnostic::do_not_recommend]
impl<T, V: Into<T>> Given<T> for V {
    #[inline]
    fn given(self) -> T {
        self.into()
    }
}

impl<C> Unset<C> {
    /// The state.
    pub const IT: Self = Self(PhantomData);
}

impl<C, T> Set<C, T> {
    /// Sets the column to `value`.
    #[inline]
    pub const fn to(value: T) -> Self {
        Self(value, PhantomData)
    }
}

#[diagnostic::do_not_recommend]
impl<New, C, T> IsSet<New, C, T> for Set<C, T> {
    #[inline]
    fn take(self) -> T {
        self.0
    }
}

impl<C> Clone for Unset<C> {
    fn clone(&self) -> Self {
        Self::IT
    }
}

impl<C, T: Clone> Clone for Set<C, T> {
    fn clone(&self) -> Self {
        Self::to(self.0.clone())
    }
}

impl<C> fmt::Debug for Unset<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unset")
    }
}

impl<C, T: fmt::Debug> fmt::Debug for Set<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
