//! Prepared statements, kept for reuse.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use diesel::QueryResult;
use diesel::query_builder::QueryBuilder;

use super::{AnyQueryBuilder, Source, StaticKey};
use crate::dialect::Dialect;

/// The number of statements that a connection keeps prepared. The least recently used one makes room.
const CAPACITY: usize = 512;

/// The maximum size of a text whose memory is kept, in bytes.
const LONGEST_KEPT_TEXT: usize = 16 * 1024;

/// The key of a statement: its type if the type determines the SQL, otherwise the SQL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Static(StaticKey),
    Text(Box<str>),
}

#[derive(Debug)]
struct Slot<S> {
    key: Key,
    statement: S,
    last_used: u64,
}

/// The prepared statements of a connection. Each is identified by its place, which stays the same until the next
/// [`insert`](StatementCache::insert).
#[derive(Debug)]
pub(crate) struct StatementCache<S> {
    slots: Vec<Slot<S>>,
    by_key: HashMap<StaticKey, usize, FxBuildHasher>,
    by_text: HashMap<Box<str>, usize, FxBuildHasher>,
    clock: u64,
    /// The memory of the last text.
    text: String,
}

impl<S> StatementCache<S> {
    pub(crate) fn new() -> Self {
        Self {
            slots: Vec::new(),
            by_key: HashMap::default(),
            by_text: HashMap::default(),
            clock: 0,
            text: String::new(),
        }
    }

    /// Returns the SQL of a statement; [`reuse`](StatementCache::reuse) takes it back. A statement that is found by its
    /// text is written on each run, and so needs no new memory for it.
    pub(crate) fn text_of(&mut self, source: &dyn Source, dialect: Dialect) -> QueryResult<String> {
        let mut sql = AnyQueryBuilder::on(std::mem::take(&mut self.text), dialect);
        source.write(&mut sql, dialect)?;
        Ok(sql.finish())
    }

    pub(crate) fn reuse(&mut self, text: String) {
        if text.capacity() <= LONGEST_KEPT_TEXT {
            self.text = text;
        }
    }

    pub(crate) fn find_key(&mut self, key: &StaticKey) -> Option<usize> {
        let place = *self.by_key.get(key)?;
        self.touch(place);
        Some(place)
    }

    pub(crate) fn find_text(&mut self, sql: &str) -> Option<usize> {
        let place = *self.by_text.get(sql)?;
        self.touch(place);
        Some(place)
    }

    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "SQLite's are ready at once"))]
    pub(crate) fn find(&self, is_wanted: impl Fn(&S) -> bool) -> Option<usize> {
        self.slots.iter().position(|slot| is_wanted(&slot.statement))
    }

    pub(crate) fn get(&self, place: usize) -> &S {
        &self.slots[place].statement
    }

    #[cfg(all(feature = "tokio", feature = "postgres"))]
    pub(crate) fn statements_mut(&mut self) -> impl Iterator<Item = &mut S> {
        self.slots.iter_mut().map(|slot| &mut slot.statement)
    }

    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "SQLite's don't change"))]
    pub(crate) fn get_mut(&mut self, place: usize) -> &mut S {
        &mut self.slots[place].statement
    }

    /// Adds a statement that was not found; returns the one that it replaces.
    pub(crate) fn insert(
        &mut self,
        key: Option<StaticKey>,
        sql: &str,
        statement: S,
    ) -> (usize, Option<S>) {
        let key = key.map_or_else(|| Key::Text(sql.into()), Key::Static);
        self.clock += 1;
        let slot = Slot { key: key.clone(), statement, last_used: self.clock };
        let (place, evicted) = if self.slots.len() < CAPACITY {
            self.slots.push(slot);
            (self.slots.len() - 1, None)
        } else {
            let oldest = self.slots.iter().enumerate().min_by_key(|(_, slot)| slot.last_used);
            let place = oldest.map_or(0, |(place, _)| place);
            let evicted = std::mem::replace(&mut self.slots[place], slot);
            self.forget(&evicted.key);
            (place, Some(evicted.statement))
        };
        match key {
            Key::Static(key) => self.by_key.insert(key, place),
            Key::Text(sql) => self.by_text.insert(sql, place),
        };
        (place, evicted)
    }

    /// Removes the statement at `place`. The last one moves to its place.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "only PostgreSQL's go stale"))]
    pub(crate) fn remove(&mut self, place: usize) -> S {
        self.take(place).1
    }

    /// Removes the statement at `place`, and returns its key too. The last one moves to its place.
    pub(crate) fn take(&mut self, place: usize) -> (Option<StaticKey>, S) {
        let removed = self.slots.swap_remove(place);
        self.forget(&removed.key);
        let key = match removed.key {
            Key::Static(key) => Some(key),
            Key::Text(_) => None,
        };
        if let Some(moved) = self.slots.get(place) {
            match &moved.key {
                Key::Static(key) => self.by_key.insert(*key, place),
                Key::Text(sql) => self.by_text.insert(sql.clone(), place),
            };
        }
        (key, removed.statement)
    }

    /// Adds a statement that was [taken](StatementCache::take), unless another one has its place.
    #[cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "only SQLite's are taken"))]
    pub(crate) fn put_back(&mut self, key: Option<StaticKey>, sql: &str, statement: S) {
        let is_there = match &key {
            Some(key) => self.find_key(key),
            None => self.find_text(sql),
        };
        if is_there.is_none() {
            self.insert(key, sql, statement);
        }
    }

    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "only PostgreSQL's go stale"))]
    pub(crate) fn into_statements(self) -> impl Iterator<Item = S> {
        self.slots.into_iter().map(|slot| slot.statement)
    }

    fn forget(&mut self, key: &Key) {
        match key {
            Key::Static(key) => self.by_key.remove(key),
            Key::Text(sql) => self.by_text.remove(sql),
        };
    }

    fn touch(&mut self, place: usize) {
        self.clock += 1;
        self.slots[place].last_used = self.clock;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_used_last() {
        let mut cache = StatementCache::new();
        for number in 0..CAPACITY {
            cache.insert(None, &number.to_string(), number);
        }
        assert!(cache.find_text("0").is_some());
        let (_, evicted) = cache.insert(None, "new", CAPACITY);
        assert_eq!(evicted, Some(1));
        assert_eq!(cache.find_text("1"), None);
        for (sql, statement) in [("0", 0), ("2", 2), ("new", CAPACITY)] {
            let place = cache.find_text(sql).expect("is kept");
            assert_eq!(*cache.get(place), statement);
        }
    }

    #[test]
    fn removal_keeps_the_others_findable() {
        let mut cache = StatementCache::new();
        for number in 0..4 {
            cache.insert(None, &number.to_string(), number);
        }
        let place = cache.find_text("1").expect("is there");
        assert_eq!(cache.remove(place), 1);
        for number in [0, 2, 3] {
            let place = cache.find_text(&number.to_string()).expect("is kept");
            assert_eq!(*cache.get(place), number);
        }
        assert_eq!(cache.find_text("1"), None);
    }
}
