//! Transactions and savepoints of a connection.

use diesel::connection::{AnsiTransactionManager, TransactionManager, TransactionManagerStatus};

use super::which::{Inner, each};
use super::{AnyConnection, Backend, Isolation};
use crate::error::{Error, ErrorKind, Result};

impl AnyConnection {
    /// Begins a transaction, or a savepoint inside one.
    pub(crate) fn begin(&mut self, isolation: Isolation, read_only: bool) -> Result<()> {
        self.batch_error = None;
        let begun = if self.depth() == 0 {
            self.committed = false;
            self.met_conflict = false;
            self.met_stale_row = false;
            let sql = each!(&self.inner, connection => connection.begin_sql(isolation, read_only));
            self.begins = true;
            let begun = AnsiTransactionManager::begin_transaction_sql(self, &sql);
            self.begins = false;
            if begun.is_ok() {
                self.renew_in_transaction()?;
                each!(&mut self.inner, connection => connection.began(isolation, read_only));
            }
            begun
        } else {
            AnsiTransactionManager::begin_transaction(self)
        };
        begun.map_err(|error| self.own_error(error))
    }

    /// Ends the innermost transaction or savepoint.
    pub(crate) fn commit(&mut self) -> Result<()> {
        if std::mem::take(&mut self.committed) {
            self.transactions = AnsiTransactionManager::default();
            return Ok(());
        }
        if let Err(error) = self.check_open() {
            self.transactions = AnsiTransactionManager::default();
            return Err(error);
        }
        if each!(&self.inner, connection => connection.transaction_failed()) {
            self.roll_back()?;
            return Err(Error::new(
                ErrorKind::Transaction,
                "the transaction can't be committed, because a statement in it failed: it was rolled back",
            )
            .with_hint(
                "pass the statement's error on with `?`; to go on after it, run the statement in a nested \
                 transaction: `tx.transaction(|inner| …)`",
            ));
        }
        self.batch_error = None;
        let depth = self.depth();
        AnsiTransactionManager::commit_transaction(self).map_err(|error| {
            let error = self.own_error(error);
            // diesel leaves a savepoint open if it can't be released.
            if depth > 1 && self.depth() == depth {
                let _ = self.roll_back();
            }
            error
        })
    }

    /// Rolls back the innermost transaction or savepoint.
    pub(crate) fn roll_back(&mut self) -> Result<()> {
        self.batch_error = None;
        if self.check_open().is_err() {
            self.transactions = AnsiTransactionManager::default();
            return Ok(());
        }
        AnsiTransactionManager::rollback_transaction(self).map_err(|error| self.own_error(error))
    }

    /// Checks that the transaction is still open. SQL text may have ended it, and SQLite ends it if it can't continue,
    /// such as on a full disk. Whatever followed would not be rolled back.
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.in_transaction() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Transaction,
            "the transaction has already ended, by an error of the database or by a COMMIT or ROLLBACK in SQL text",
        ))
    }

    /// Returns the error that went through diesel's transaction manager, which keeps less of it.
    fn own_error(&mut self, error: diesel::result::Error) -> Error {
        use diesel::result::Error as DieselError;
        match (error, self.batch_error.take()) {
            (
                DieselError::DatabaseError(..) | DieselError::RollbackErrorOnCommit { .. },
                Some(own),
            ) => own,
            (error, _) => error.into(),
        }
    }

    /// Runs `f` in a transaction, or in a savepoint inside one: all of it or nothing.
    pub(crate) fn atomically<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.atomically_as(false, f)
    }

    /// The same, in a transaction that can only read if `read_only`.
    pub(super) fn atomically_as<T>(
        &mut self,
        read_only: bool,
        f: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.begin(Isolation::Default, read_only)?;
        match f(self) {
            Ok(value) => {
                self.commit()?;
                Ok(value)
            }
            Err(error) => {
                // The first error says more than an error of the rollback, which drops the connection anyway.
                let _ = self.roll_back();
                Err(error)
            }
        }
    }

    /// Returns whether a statement of the last outermost transaction failed because of a conflict with another
    /// transaction.
    pub(crate) fn met_conflict(&self) -> bool {
        self.met_conflict
    }

    /// Returns whether a row that the last outermost transaction wrote was stale.
    pub(crate) fn met_stale_row(&self) -> bool {
        self.met_stale_row
    }

    /// Notes that a row was stale.
    pub(crate) fn meet_stale_row(&mut self) {
        self.met_stale_row = true;
    }

    /// Returns the number of open transactions and savepoints.
    pub(crate) fn depth(&mut self) -> u32 {
        match AnsiTransactionManager::transaction_manager_status_mut(self) {
            TransactionManagerStatus::Valid(status) => {
                status.transaction_depth().map_or(0, u32::from)
            }
            TransactionManagerStatus::InError => 0,
        }
    }
}
