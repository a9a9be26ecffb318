//! The handles whose calls are futures.
//!
//! A call runs the code of the handle that waits, on a fiber: see the module `wait`.

mod db;
mod listen;
mod session;
mod transaction;
mod transaction_state;
mod transactions;

pub use self::db::AsyncDb;
pub use self::listen::AsyncListener;
pub use self::session::AsyncSession;
pub use self::transaction::AsyncTx;
pub use self::transactions::{AsyncRetryingTransaction, AsyncTransactionBuilder};

/// Implements the calls of an executor that returns futures. `$run` makes a future of a function on what a call runs on, and
/// `$stream` makes one of a function that reads the rows of a stream.
macro_rules! futures {
    ($type:ty, $on:ty, $run:ident, $stream:ident) => {
        impl $crate::run::Calls<$crate::run::Async> for $type {
            type On<'c> = $on;

            fn call<'a, T: Send + 'a>(
                &'a self,
                f: impl for<'c> FnOnce(&$on) -> $crate::error::Result<T> + Send + 'a,
            ) -> $crate::run::Run<'a, T> {
                self.$run(f)
            }

            fn call_of<'a, S: Clone + Send + 'a, T: Send + 'a>(
                &'a self,
                subject: &S,
                f: impl for<'c> FnOnce(&S, &$on) -> $crate::error::Result<T> + Send + 'a,
            ) -> $crate::run::Run<'a, T> {
                let subject = subject.clone();
                self.$run(move |on| f(&subject, on))
            }

            fn read<'a, T: Send + 'a, R: $crate::run::Reader<T> + Send + 'a>(
                &'a self,
                reader: impl FnOnce() -> $crate::error::Result<R> + Send + 'a,
            ) -> $crate::run::RowStream<'a, T> {
                let (stream, reads) = $crate::run::RowStream::new(reader);
                stream.read_by(self.$stream(move |on| reads.read(on)))
            }

            fn dialect(&self) -> $crate::dialect::Dialect {
                Self::dialect(self)
            }

            fn try_call<'a, T: Send + 'a, E: From<$crate::error::Error> + Send + 'a>(
                &'a self,
                f: impl for<'c> FnOnce(&$on) -> $crate::error::Result<T, E> + Send + 'a,
            ) -> $crate::run::Run<'a, T, E> {
                let call = self.$run(move |on| Ok(f(on)));
                $crate::run::Run::new(async move { call.await? })
            }

            fn wait<R>(
                &self,
                waits: std::convert::Infallible,
                _: impl for<'c> FnOnce(&$on) -> R,
            ) -> R {
                match waits {}
            }
        }

        impl $crate::run::Executor<$crate::run::Async> for $type {}
    };
}
use futures;
