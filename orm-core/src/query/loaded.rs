//! Related rows, as far as they were read.

use super::picks::{Layout, Picks};
use crate::backend::AnyRow;
use crate::error::Result;
use crate::table::Table;

/// The related rows of some rows: read by the statement of the rows itself, if they are joined to it, or by a later one.
pub trait Loaded: Send {
    /// Returns the value for relations of which nothing was read.
    fn none() -> Self;

    /// Returns whether all related rows were read.
    fn is_complete(&self) -> bool;

    /// Returns whether all related rows are read once those are that are joined, whatever rows there are.
    fn is_joined(&self) -> bool;

    /// Reads the related rows that are joined to one more row.
    fn read(&mut self, row: &AnyRow<'_>) -> Result<()>;

    /// Takes what was read of the relations of which nothing was read here.
    fn fill(&mut self, ahead: Self);

    /// Removes the related rows of rows that are left out.
    fn retain(&mut self, stays: &[bool]);
}

impl Loaded for () {
    fn none() -> Self {}

    fn is_complete(&self) -> bool {
        true
    }

    fn is_joined(&self) -> bool {
        true
    }

    fn read(&mut self, _: &AnyRow<'_>) -> Result<()> {
        Ok(())
    }

    fn fill(&mut self, (): ()) {}

    fn retain(&mut self, _: &[bool]) {}
}

impl<A: Loaded, B: Loaded> Loaded for (A, B) {
    fn none() -> Self {
        (A::none(), B::none())
    }

    fn is_complete(&self) -> bool {
        self.0.is_complete() && self.1.is_complete()
    }

    fn is_joined(&self) -> bool {
        self.0.is_joined() && self.1.is_joined()
    }

    fn read(&mut self, row: &AnyRow<'_>) -> Result<()> {
        self.0.read(row)?;
        self.1.read(row)
    }

    fn fill(&mut self, ahead: Self) {
        self.0.fill(ahead.0);
        self.1.fill(ahead.1);
    }

    fn retain(&mut self, stays: &[bool]) {
        self.0.retain(stays);
        self.1.retain(stays);
    }
}

/// The related rows of one relation, and of those of its rows.
pub struct LoadedRows<T: Table, S: Picks<T>, N> {
    pub(crate) state: State,
    /// Where the columns of a row are.
    pub(crate) layout: Layout,
    pub(crate) rows: Vec<S::Read>,
    /// The position of the row that each related row belongs to. If it belongs to several rows, it occurs several times.
    pub(crate) owners: Vec<usize>,
    pub(crate) nested: N,
}

/// How the related rows of a relation are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// By a statement that has not run. It may have joins, unless they have returned a row twice.
    Missing { may_join: bool },
    /// With the rows they belong to, of which so many were read. The first column is at this position.
    Joined { at: usize, owners: usize },
    /// By a statement that has run.
    Loaded,
}

impl<T: Table, S: Picks<T>, N: Loaded> LoadedRows<T, S, N> {
    /// Forgets all rows, so that they are read by a statement without joins.
    pub(crate) fn restart(&mut self) {
        *self = Self { state: State::Missing { may_join: false }, ..Self::missing() };
    }

    /// Starts with related rows that are joined to the rows they belong to.
    pub(crate) fn joined(at: usize, layout: Layout, nested: N) -> Self {
        Self { state: State::Joined { at, owners: 0 }, layout, nested, ..Self::missing() }
    }

    fn missing() -> Self {
        Self {
            state: State::Missing { may_join: true },
            layout: Layout::NOTHING,
            rows: Vec::new(),
            owners: Vec::new(),
            nested: N::none(),
        }
    }
}

impl<T: Table, S: Picks<T>, N: Loaded> Loaded for LoadedRows<T, S, N> {
    fn none() -> Self {
        Self::missing()
    }

    fn is_complete(&self) -> bool {
        !matches!(self.state, State::Missing { .. })
            && (self.rows.is_empty() || self.nested.is_complete())
    }

    fn is_joined(&self) -> bool {
        matches!(self.state, State::Joined { .. }) && self.nested.is_joined()
    }

    fn read(&mut self, row: &AnyRow<'_>) -> Result<()> {
        let State::Joined { at, owners } = &mut self.state else { return Ok(()) };
        let owner = *owners;
        *owners += 1;
        // If the join found nothing, the key is NULL like all other columns.
        if T::KEY.iter().any(|&key| row.value(*at + self.layout.place(key)).is_none()) {
            return Ok(());
        }
        self.rows.push(S::read(row, *at, self.layout)?);
        self.owners.push(owner);
        self.nested.read(row)
    }

    fn fill(&mut self, ahead: Self) {
        if let (State::Missing { .. }, State::Loaded) = (self.state, ahead.state) {
            *self = ahead;
        }
    }

    fn retain(&mut self, stays: &[bool]) {
        if self.rows.is_empty() {
            return;
        }
        let kept: Vec<bool> = self.owners.iter().map(|&owner| stays[owner]).collect();
        self.nested.retain(&kept);
        let mut keeps = kept.iter();
        self.rows.retain(|_| keeps.next().is_some_and(|keeps| *keeps));
        let mut places = Vec::with_capacity(stays.len());
        let mut place = 0;
        for &stays in stays {
            places.push(place);
            place += usize::from(stays);
        }
        self.owners.retain(|&owner| stays[owner]);
        self.owners.iter_mut().for_each(|owner| *owner = places[*owner]);
    }
}
