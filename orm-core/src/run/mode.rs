//! How calls run: while their caller waits, or as futures.

use super::sealed::Sealed;
use super::stream::{Reader, Stream};
use crate::dialect::Dialect;
use crate::error::{Error, Result};

/// What the calls of an [`Executor`](crate::Executor) return: results ([`Blocking`]), or futures of them (`Async`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no mode of calls",
    note = "the modes are `Blocking` and, with mizzle's Cargo feature `tokio`, `Async`: run `cargo add mizzle --features tokio`"
)]
pub trait Mode: Sized + 'static + only::Only {
    /// What a call returns whose result is a `T`.
    type Output<'a, T: Send + 'a>;

    /// What a call returns whose rows are read one by one.
    type Rows<'a, T: Send + 'a>;

    /// What a call returns that may fail with the application's own error type.
    type Tried<'a, T: Send + 'a, E: Send + 'a>;

    /// Exists only if a call returns its result itself.
    #[doc(hidden)]
    type Waits;
}

/// Calls return when they are done: those of a [`Db`](crate::Db), a [`Tx`](crate::Tx) and a [`Session`](crate::Session).
#[derive(Debug, Clone, Copy)]
pub struct Blocking;

impl Mode for Blocking {
    type Output<'a, T: Send + 'a> = Result<T>;
    type Rows<'a, T: Send + 'a> = Result<Stream<'a, T>>;
    type Tried<'a, T: Send + 'a, E: Send + 'a> = Result<T, E>;
    type Waits = ();
}

/// Calls return futures: those of an `AsyncDb`, an `AsyncTx` and an `AsyncSession`.
///
/// Without the Cargo feature `tokio` it is no mode.
#[derive(Debug, Clone, Copy)]
pub struct Async;

#[cfg(feature = "tokio")]
impl Mode for Async {
    type Output<'a, T: Send + 'a> = super::Run<'a, T>;
    type Rows<'a, T: Send + 'a> = super::RowStream<'a, T>;
    type Tried<'a, T: Send + 'a, E: Send + 'a> = super::Run<'a, T, E>;
    type Waits = std::convert::Infallible;
}

pub(crate) mod only {
    /// Implemented by mizzle only.
    pub trait Only {}
    impl Only for super::Blocking {}
    #[cfg(feature = "tokio")]
    impl Only for super::Async {}
}

/// How an executor runs a call. Only mizzle implements it.
#[doc(hidden)]
pub trait Calls<M: Mode> {
    /// What a call runs on.
    type On<'c>: Sealed;

    /// Runs a call.
    fn call<'a, T: Send + 'a>(
        &'a self,
        f: impl for<'c> FnOnce(&Self::On<'c>) -> Result<T> + Send + 'a,
    ) -> M::Output<'a, T>;

    /// Runs a call of `subject`, of which a future has a clone: it may not be shared with other threads.
    fn call_of<'a, S: Clone + Send + 'a, T: Send + 'a>(
        &'a self,
        subject: &S,
        f: impl for<'c> FnOnce(&S, &Self::On<'c>) -> Result<T> + Send + 'a,
    ) -> M::Output<'a, T>;

    /// Reads the rows of a statement one by one.
    fn read<'a, T: Send + 'a, R: Reader<T> + Send + 'a>(
        &'a self,
        reader: impl FnOnce() -> Result<R> + Send + 'a,
    ) -> M::Rows<'a, T>;

    /// Returns the dialect of the database's SQL.
    fn dialect(&self) -> Dialect;

    /// Runs a call that may fail with the application's own error type.
    fn try_call<'a, T: Send + 'a, E: From<Error> + Send + 'a>(
        &'a self,
        f: impl for<'c> FnOnce(&Self::On<'c>) -> Result<T, E> + Send + 'a,
    ) -> M::Tried<'a, T, E>;

    /// Runs a call that returns its result itself.
    fn wait<R>(&self, waits: M::Waits, f: impl for<'c> FnOnce(&Self::On<'c>) -> R) -> R;
}

/// Implements the calls of an executor that runs them while the caller waits.
macro_rules! waits {
    ([$($of:tt)*] $type:ty) => {
        impl<$($of)*> $crate::run::Calls<$crate::run::Blocking> for $type {
            type On<'c> = $type;

            #[inline]
            fn call<'a, T: Send + 'a>(
                &'a self,
                f: impl for<'c> FnOnce(&Self::On<'c>) -> $crate::error::Result<T> + Send + 'a,
            ) -> $crate::error::Result<T> {
                f(self)
            }

            #[inline]
            fn call_of<'a, S: Clone + Send + 'a, T: Send + 'a>(
                &'a self,
                subject: &S,
                f: impl for<'c> FnOnce(&S, &Self::On<'c>) -> $crate::error::Result<T> + Send + 'a,
            ) -> $crate::error::Result<T> {
                f(subject, self)
            }

            #[inline]
            fn read<'a, T: Send + 'a, R: $crate::run::Reader<T> + Send + 'a>(
                &'a self,
                reader: impl FnOnce() -> $crate::error::Result<R> + Send + 'a,
            ) -> $crate::error::Result<$crate::run::Stream<'a, T>> {
                $crate::run::Stream::open(self, reader()?)
            }

            fn dialect(&self) -> $crate::dialect::Dialect {
                $crate::run::sealed::Sealed::dialect(self)
            }

            fn try_call<'a, T: Send + 'a, E: From<$crate::error::Error> + Send + 'a>(
                &'a self,
                f: impl for<'c> FnOnce(&Self::On<'c>) -> $crate::error::Result<T, E> + Send + 'a,
            ) -> $crate::error::Result<T, E> {
                f(self)
            }

            fn wait<R>(&self, (): (), f: impl for<'c> FnOnce(&Self::On<'c>) -> R) -> R {
                f(self)
            }
        }
    };
}
pub(crate) use waits;
