//! The views before and after.

use orm_core::schema::{IndexDef, TableDef};

/// The views before and after. A view has no rows, so it is never altered: it is dropped and created again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Views {
    /// The views before.
    pub from: Vec<TableDef>,
    /// The views after.
    pub to: Vec<TableDef>,
}

impl Views {
    /// Returns whether the views themselves are the same. What they read may change nevertheless.
    pub fn is_empty(&self) -> bool {
        self.created().next().is_none()
            && self.dropped().next().is_none()
            && self.changed().next().is_none()
    }

    /// Returns the new views.
    pub fn created(&self) -> impl Iterator<Item = &TableDef> {
        self.to.iter().filter(|view| find(&self.from, view).is_none())
    }

    /// Returns the views that go.
    pub fn dropped(&self) -> impl Iterator<Item = &TableDef> {
        self.from.iter().filter(|view| find(&self.to, view).is_none())
    }

    /// Returns the views whose SQL or indexes change, as they are afterwards.
    pub fn changed(&self) -> impl Iterator<Item = &TableDef> {
        self.to
            .iter()
            .filter(|view| find(&self.from, view).is_some_and(|before| !is_same(before, view)))
    }

    pub(super) fn inverse(&self) -> Self {
        Self { from: self.to.clone(), to: self.from.clone() }
    }
}

fn find<'v>(views: &'v [TableDef], view: &TableDef) -> Option<&'v TableDef> {
    views.iter().find(|other| other.name == view.name)
}

/// The columns follow from the SQL.
fn is_same(one: &TableDef, other: &TableDef) -> bool {
    one.view == other.view && sorted(&one.indexes) == sorted(&other.indexes)
}

fn sorted(indexes: &[IndexDef]) -> Vec<&IndexDef> {
    let mut sorted: Vec<&IndexDef> = indexes.iter().collect();
    sorted.sort_by(|one, other| one.name.cmp(&other.name));
    sorted
}
