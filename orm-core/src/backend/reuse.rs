//! Whether a connection can be used again after what was done on it.

use diesel::connection::{AnsiTransactionManager, TransactionManager, TransactionManagerStatus};

use super::which::{Inner, each};
use super::{AnyConnection, Backend as _};

impl AnyConnection {
    /// Returns whether a call was cancelled in the middle of an exchange with the database.
    #[cfg(feature = "tokio")]
    pub(crate) fn is_interrupted(&self) -> bool {
        each!(&self.inner, connection => connection.is_interrupted())
    }

    /// Ends what a cancelled call was doing, and any transaction; returns whether that worked.
    #[cfg(feature = "tokio")]
    pub(crate) fn recover(&mut self) -> bool {
        self.rows = None;
        let recovered = each!(&mut self.inner, connection => connection.recover());
        recovered.is_ok() && self.end_transaction()
    }

    /// Ends any transaction that was left open; returns whether that worked.
    fn end_transaction(&mut self) -> bool {
        self.end_abandoned();
        self.transactions = AnsiTransactionManager::default();
        each!(&mut self.inner, connection => {
            (!connection.in_transaction() || connection.batch("ROLLBACK").is_ok()) && !connection.is_broken()
        })
    }

    /// Makes a connection that a pool would close one that can be used, because its database would end with it; returns
    /// whether that worked.
    pub(crate) fn reset(&mut self) -> bool {
        self.end_transaction()
            && self.retired.take().is_none_or(|restore| {
                restore.is_empty()
                    || each!(&mut self.inner, connection => connection.batch(&restore).is_ok())
            })
    }

    /// Returns whether a pool must close it: it is lost, or in a transaction that nobody ends.
    pub(crate) fn is_unusable(&mut self) -> bool {
        self.end_abandoned();
        let status = AnsiTransactionManager::transaction_manager_status_mut(self);
        matches!(status, TransactionManagerStatus::InError)
            || self.retired.is_some()
            || self.depth() > 0
            || each!(&self.inner, connection => {
                connection.is_broken() || connection.in_transaction() || connection.is_spent()
            })
    }
}
