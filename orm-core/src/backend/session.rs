//! How a session begins, and how it begins again after others have changed it.

use std::sync::Arc;

use super::Backend;
use super::connection::{AnyConnection, ConnectHook};
use super::which::{Inner, each};
use crate::error::Result;
use crate::wait;

impl AnyConnection {
    /// Runs the program's hook, and keeps it for when the session begins again.
    pub(crate) fn prepare_session(&mut self, hook: ConnectHook) -> Result<()> {
        self.session.hook = Some(Arc::clone(&hook));
        wait::in_place(|| hook(self))
    }

    /// Resets all settings of the session, including those of other clients, and applies the program's own again.
    pub(crate) fn renew(&mut self) -> Result<()> {
        let ways = &self.dialect().capabilities().migrations;
        self.batch(ways.restore)?;
        match self.session.hook.clone().filter(|_| ways.restores_all) {
            Some(hook) => wait::in_place(|| hook(self)),
            None => Ok(()),
        }
    }

    /// Runs `f` so that what other clients of a pooler have set in a session (`search_path`, `role`) changes nothing.
    pub(crate) fn with_own_session<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let before = std::mem::replace(&mut self.session.renews, true);
        let result = f(self);
        self.session.renews = before;
        result
    }

    /// Runs `f` so that statements that may write are refused, on a database without transactions.
    pub(crate) fn only_reading<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        each!(&mut self.inner, connection => connection.only_read(true));
        let result = f(self);
        each!(&mut self.inner, connection => connection.only_read(false));
        result
    }

    /// Runs `f` so that a name in double quotes that names nothing is an error, in the database's views and triggers too.
    pub(crate) fn with_strict_names<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let before = each!(&mut self.inner, connection => connection.set_strict_names(true));
        let result = f(self);
        each!(&mut self.inner, connection => connection.set_strict_names(before));
        result
    }

    /// Whether a statement needs a transaction to run in a session that begins again.
    pub(super) fn begins_alone(&self) -> bool {
        self.session.renews && self.is_pooled() && !self.in_transaction()
    }

    /// Does what [`with_own_session`](Self::with_own_session) asks for, in the transaction that has just begun.
    pub(super) fn renew_in_transaction(&mut self) -> Result<()> {
        if !self.session.renews || !self.is_pooled() {
            return Ok(());
        }
        self.renew().inspect_err(|_| drop(self.roll_back()))
    }
}
