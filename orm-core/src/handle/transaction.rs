//! Transactions with other settings than the default, and transactions that run again.

use super::TransactionRetry;
use super::db::Db;
use crate::backend::Isolation;
use crate::error::{Error, Result};
use crate::run::{Tx, run_transaction};
use crate::wait;

impl Db {
    /// Returns a builder for a transaction with other settings than that of
    /// [`Executor::transaction`](crate::Executor::transaction).
    pub fn transaction_builder(&self) -> TransactionBuilder<'_> {
        TransactionBuilder { db: self, isolation: Isolation::Default, read_only: false }
    }

    /// Runs `f` in a transaction, and again in a new one, up to `retries` times, each time a row that it writes was changed
    /// by somebody else since `f` read it (`STALE_ROW`), or the transaction conflicts with another one. The delays are
    /// those of [`TransactionRetry::new`].
    ///
    /// `f` has to read the rows itself: a row from outside is as stale the next time.
    ///
    /// ```
    /// # use orm_core::{Db, Executor, Versioned};
    /// # fn f<Page: Versioned<Key = i64>>(db: &Db, edit: impl Fn(Page) -> Page) -> orm_core::Result<Page> {
    /// db.retry_stale(3, |tx| {
    ///     let page: Page = tx.get(1)?;
    ///     tx.update_returning(&edit(page))
    /// })
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the last run of `f` returns, or an error of beginning or committing: `STALE_ROW` if every run met a stale row.
    pub fn retry_stale<T>(&self, retries: u32, f: impl FnMut(&Tx<'_>) -> Result<T>) -> Result<T> {
        self.try_retry_stale(retries, f)
    }

    /// Works like [`retry_stale`](Db::retry_stale), but `f` may fail with the application's own error type. Stale rows are
    /// detected by the calls on the transaction, whatever `f` does with their errors.
    ///
    /// # Errors
    /// See [`retry_stale`](Db::retry_stale).
    pub fn try_retry_stale<T, E: From<Error>>(
        &self,
        retries: u32,
        f: impl FnMut(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction_builder().retry(TransactionRetry::new(retries).stale_rows()).try_run(f)
    }
}

/// Settings of a transaction: [`Db::transaction_builder`].
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing happens before `run`"]
pub struct TransactionBuilder<'d> {
    pub(super) db: &'d Db,
    pub(super) isolation: Isolation,
    pub(super) read_only: bool,
}

impl<'d> TransactionBuilder<'d> {
    /// Sets what the transaction sees of others. On SQLite, transactions always behave as if they ran one after
    /// another.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// Makes the transaction read-only. PostgreSQL refuses its writes. On SQLite it doesn't wait for writers, and must
    /// not write.
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Runs the transaction again if it conflicts with another one. Off by default.
    ///
    /// ```
    /// # use orm_core::{Db, Executor, TransactionRetry};
    /// # fn f(db: &Db) -> orm_core::Result<()> {
    /// db.transaction_builder().retry(TransactionRetry::new(5)).run(|tx| {
    ///     // Runs once or more: nothing here may have an effect outside of `tx`.
    ///     tx.execute_sql("UPDATE counters SET value = value + 1")
    /// })
    /// # }
    /// ```
    pub fn retry(self, policy: TransactionRetry) -> RetryingTransaction<'d> {
        RetryingTransaction { transaction: self, policy }
    }

    /// Runs `f` in the transaction: see [`Executor::transaction`](crate::Executor::transaction).
    ///
    /// # Errors
    /// What `f` returns, or an error of beginning or committing.
    pub fn run<T>(self, f: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        self.try_run(f)
    }

    /// Runs `f`, which may fail with the application's own error type.
    ///
    /// # Errors
    /// What `f` returns, or an error of beginning or committing.
    pub fn try_run<T, E: From<Error>>(
        self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.db.checkout()?;
        let _held = self.db.hold();
        run_transaction(&mut connection, self.isolation, self.read_only, f)
    }
}

/// A transaction that is run again if it conflicts with another one: [`TransactionBuilder::retry`].
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing happens before `run`"]
pub struct RetryingTransaction<'d> {
    transaction: TransactionBuilder<'d>,
    policy: TransactionRetry,
}

impl RetryingTransaction<'_> {
    /// Runs `f` in a transaction, and again in a new one each time the database rolls it back because of a conflict
    /// with another transaction, or a row was stale ([`TransactionRetry::stale_rows`]).
    ///
    /// # Errors
    /// The errors of the last run. A run that loses its connection is always the last.
    pub fn run<T>(self, f: impl FnMut(&Tx<'_>) -> Result<T>) -> Result<T> {
        self.try_run(f)
    }

    /// Runs `f` like [`run`](Self::run), but `f` may fail with the application's own error type. Conflicts are detected
    /// by the transaction's statements, whatever `f` does with their errors.
    ///
    /// # Errors
    /// The errors of the last run.
    pub fn try_run<T, E: From<Error>>(
        self,
        mut f: impl FnMut(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let TransactionBuilder { db, isolation, read_only } = self.transaction;
        let mut attempt = 0;
        loop {
            let (result, conflict) = {
                let mut connection = db.checkout()?;
                let _held = db.hold();
                let result = run_transaction(&mut connection, isolation, read_only, &mut f);
                let conflict = connection.met_conflict()
                    || self.policy.stale_rows && connection.met_stale_row();
                // After a lost connection the transaction may have committed.
                (result, conflict && !connection.is_broken())
            };
            match result {
                Err(_) if conflict && attempt < self.policy.retries => {
                    attempt += 1;
                    let delay = self.policy.backoff.delay(attempt);
                    tracing::debug!(target: "mizzle::transaction", attempt, ?delay, "running a transaction again");
                    wait::sleep(delay).map_err(Error::from)?;
                }
                result => return result,
            }
        }
    }
}
