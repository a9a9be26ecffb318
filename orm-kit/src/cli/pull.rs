//! `pull`: structs from a database.

use super::args::Pull;
use super::{Outcome, Session};

impl Session {
    pub(super) fn pull(&self, options: &Pull) -> Outcome {
        todo!()
    }
}
