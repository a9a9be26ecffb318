//! The methods of indexes, and which database has them.

use super::model::IndexDef;
use crate::dialect::Dialect;

/// The methods in whose place SQLite has its ordinary index: it finds the same rows.
const ORDINARY: [&str; 2] = ["brin", "hash"];

/// The methods with one part.
const OF_ONE_PART: [&str; 4] = ["hash", "spgist", "hnsw", "ivfflat"];

impl IndexDef {
    /// Returns the index as this database has it; `None` if it has none.
    ///
    /// The methods and operator classes are PostgreSQL's. SQLite has an ordinary index for the methods `btree`, `brin` and
    /// `hash`, and none for any other: their conditions, such as `contains`, would not use it.
    pub fn of_dialect(&self, dialect: Dialect) -> Option<Self> {
        let mut index = self.clone();
        if !dialect.capabilities().index_methods {
            if self.method.as_deref().is_some_and(|method| !ORDINARY.contains(&method)) {
                return None;
            }
            index.method = None;
            index.parts.iter_mut().for_each(|part| part.ops = None);
        }
        Some(index)
    }

    /// Returns why no database has the index, and what to do.
    pub(super) fn problem(&self) -> Option<String> {
        let method = self.method.as_deref()?;
        if self.unique {
            Some(format!("is unique, and of the method {method}: only a btree index can be unique"))
        } else if self.parts.iter().any(|part| part.descending) {
            Some(format!("is of the method {method}, which has no order: leave out `desc()`"))
        } else if OF_ONE_PART.contains(&method) && self.parts.len() > 1 {
            Some(format!("is of the method {method}, which takes one column: declare one for each"))
        } else {
            None
        }
    }
}
