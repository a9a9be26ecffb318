//! A D1 database, from a connection's point of view.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use super::answer::{self, Rows};
use super::http::Client;
use super::translate::Translated;
use crate::backend::process::Process;
use crate::error::Result;

/// A connection to a D1 database: all that a request needs.
pub(in crate::backend) struct D1 {
    pub(super) client: Client,
    /// How long a statement may take.
    pub(super) limit: Option<Duration>,
    pub(super) process: Process,
    /// Whether statements that may write are refused.
    pub(super) only_reads: bool,
    /// Queries that have returned values that may have been rounded, and the names of their columns.
    pub(super) doubtful: HashMap<String, Vec<String>>,
}

/// Without the address and the token.
impl fmt::Debug for D1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("D1").field("only_reads", &self.only_reads).finish_non_exhaustive()
    }
}

impl D1 {
    /// Sends statements, all or none, and returns the rows of each.
    pub(super) fn send(&mut self, statements: &[Translated]) -> Result<Vec<Rows>> {
        self.send_within(statements, self.limit)
    }

    pub(super) fn send_within(
        &self,
        statements: &[Translated],
        limit: Option<Duration>,
    ) -> Result<Vec<Rows>> {
        self.process.check()?;
        let response = self.client.send(answer::body(statements), limit)?;
        answer::read(&response, statements.len())
    }
}
