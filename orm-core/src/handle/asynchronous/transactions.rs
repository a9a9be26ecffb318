//! Transactions of async programs with other settings than the default, and transactions that run again.

use super::transaction::AsyncTx;
use crate::backend::Isolation;
use crate::error::{Error, Result};
use crate::handle::{Db, TransactionBuilder, TransactionRetry};
use crate::wait::Fiber;

/// Settings of a transaction: [`AsyncDb::transaction_builder`](crate::AsyncDb::transaction_builder). They are those of
/// [`TransactionBuilder`].
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing happens before `begin` or `run`"]
pub struct AsyncTransactionBuilder<'d>(TransactionBuilder<'d>);

impl<'d> AsyncTransactionBuilder<'d> {
    pub(super) fn new(db: &'d Db) -> Self {
        Self(db.transaction_builder())
    }

    /// Sets what the transaction sees of others: see [`TransactionBuilder::isolation`].
    pub fn isolation(self, isolation: Isolation) -> Self {
        Self(self.0.isolation(isolation))
    }

    /// Makes the transaction read-only: see [`TransactionBuilder::read_only`].
    pub fn read_only(self) -> Self {
        Self(self.0.read_only())
    }

    /// Runs the transaction again if it conflicts with another one: see
    /// [`TransactionBuilder::retry`].
    pub fn retry(self, policy: TransactionRetry) -> AsyncRetryingTransaction<'d> {
        AsyncRetryingTransaction { transaction: self, policy }
    }

    /// Begins the transaction: see [`AsyncDb::begin`](crate::AsyncDb::begin).
    ///
    /// # Errors
    /// Those of [`AsyncDb::begin`](crate::AsyncDb::begin).
    pub async fn begin(self) -> Result<AsyncTx> {
        let TransactionBuilder { db, isolation, read_only } = self.0;
        let turn = db.turn(db.checkout_timeout()).await?;
        let begun = Fiber::new(move || {
            let mut connection = db.checkout()?;
            connection.begin(isolation, read_only)?;
            Ok((connection, turn))
        });
        let (connection, turn) = begun.await?;
        Ok(AsyncTx::new(connection, turn))
    }

    /// Runs `f` in the transaction: see [`AsyncDb::transaction`](crate::AsyncDb::transaction).
    ///
    /// # Errors
    /// Those of [`AsyncDb::transaction`](crate::AsyncDb::transaction).
    pub async fn run<T>(self, f: impl AsyncFnOnce(&AsyncTx) -> Result<T>) -> Result<T> {
        self.try_run(f).await
    }

    /// Runs `f`, which may fail with the application's own error type.
    ///
    /// # Errors
    /// Those of [`AsyncDb::try_transaction`](crate::AsyncDb::try_transaction).
    pub async fn try_run<T, E: From<Error>>(
        self,
        f: impl AsyncFnOnce(&AsyncTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self.begin().await?;
        let result = f(&tx).await;
        tx.finish(result).await
    }
}

/// A transaction that is run again if it conflicts with another one: [`AsyncTransactionBuilder::retry`].
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing happens before `run`"]
pub struct AsyncRetryingTransaction<'d> {
    transaction: AsyncTransactionBuilder<'d>,
    policy: TransactionRetry,
}

impl AsyncRetryingTransaction<'_> {
    /// Runs `f` in a transaction, and again in a new one as
    /// [`RetryingTransaction::run`](crate::RetryingTransaction::run) does.
    ///
    /// # Errors
    /// The errors of the last run. A run that loses its connection is always the last.
    pub async fn run<T>(self, f: impl AsyncFnMut(&AsyncTx) -> Result<T>) -> Result<T> {
        self.try_run(f).await
    }

    /// Runs `f` like [`run`](Self::run), but `f` may fail with the application's own error type.
    ///
    /// # Errors
    /// The errors of the last run.
    pub async fn try_run<T, E: From<Error>>(
        self,
        mut f: impl AsyncFnMut(&AsyncTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut attempt = 0;
        loop {
            let tx = self.transaction.begin().await?;
            let (error, (conflict, stale)) = match f(&tx).await {
                Ok(value) => match tx.commit_or_fail().await {
                    Ok(()) => return Ok(value),
                    Err((error, met)) => (error.into(), met),
                },
                Err(error) => (error, tx.end_failed().await),
            };
            let is_again = conflict || self.policy.stale_rows && stale;
            if !is_again || attempt == self.policy.retries {
                return Err(error);
            }
            attempt += 1;
            let delay = self.policy.backoff.delay(attempt);
            tracing::debug!(target: "mizzle::transaction", attempt, ?delay, "running a transaction again");
            tokio::time::sleep(delay).await;
        }
    }
}
