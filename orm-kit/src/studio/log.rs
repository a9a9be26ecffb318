//! What was written from the studio in this run.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value as Json, json};

use super::failure::{Failure, Result};

/// How many entries are kept.
const MOST: usize = 1000;

/// The writes of this run, the last ones if there are many. It lives in memory only.
#[derive(Default)]
pub(super) struct Log(Mutex<VecDeque<Json>>);

impl Log {
    /// Records a write: what it was, its statements, and how many rows it changed, or why it failed.
    pub(super) fn add(&self, what: &str, statements: &[String], result: Result<u64, &Failure>) {
        let entry = json!({
            "at": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "what": what,
            "statements": statements,
            "rows": result.as_ref().ok(),
            "ok": result.is_ok(),
            "error": result.err().map(Failure::document),
        });
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == MOST {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    /// Returns the entries, the last write first.
    pub(super) fn entries(&self) -> Json {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        json!({ "entries": entries.iter().rev().collect::<Vec<_>>() })
    }
}
