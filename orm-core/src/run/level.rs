//! Loading related rows level by level: the statements of all relations of a level run together.

use std::cell::RefCell;

use crate::backend::{AnyConnection, AnyRow, Effect, Source, Step};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::table::key::{KeyColumns, Keys};
use crate::table::{BindAt, ColumnSet};

/// The statements of one level, which find related rows by the keys of rows that were read before.
#[derive(Default)]
pub struct Level<'a> {
    loads: Vec<(KeyColumns<'a>, Box<dyn Load<'a> + 'a>)>,
    /// The columns that are known of the rows above, if they are not read yet.
    known: Option<ColumnSet>,
}

/// Lists the rows of a level above.
#[derive(Clone, Copy)]
pub struct Rows<'s, 'a>(&'s dyn Fn() -> Vec<&'a dyn BindAt>);

/// The statement of one relation, and what becomes of its rows.
pub(crate) trait Load<'a> {
    /// Returns the statement for these keys.
    fn select<'s>(&mut self, keys: &'s Keys<'s>, dialect: Dialect) -> Result<Box<dyn Source + 's>>
    where
        'a: 's;

    /// Returns whether the statement reads all that is left to read of the relation, whatever rows it returns.
    fn is_last(&self) -> bool;

    /// Reads a row of it.
    fn read(&mut self, row: &AnyRow<'_>, keys: &Keys<'_>) -> Result<()>;

    /// Called after the last row, or if there are no keys.
    fn end(&mut self) -> Result<()>;
}

impl<'s, 'a> Rows<'s, 'a> {
    pub(crate) fn new(list: &'s dyn Fn() -> Vec<&'a dyn BindAt>) -> Self {
        Self(list)
    }

    pub(crate) fn list(self) -> Vec<&'a dyn BindAt> {
        (self.0)()
    }
}

impl<'a> Level<'a> {
    /// Starts a level below rows of which only these columns are known. It leaves out statements that need others.
    pub(crate) fn below_known(columns: ColumnSet) -> Self {
        Self { loads: Vec::new(), known: Some(columns) }
    }

    /// Adds the statement for the keys in these columns.
    pub(crate) fn add(&mut self, columns: KeyColumns<'a>, load: impl Load<'a> + 'a) {
        let is_known = |known: ColumnSet| columns.columns.iter().all(|&key| known.contains(key));
        if self.known.is_none_or(is_known) {
            self.loads.push((columns, Box::new(load)));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.loads.is_empty()
    }

    /// Returns the number of statements, with those that have nothing to find.
    pub(super) fn len(&self) -> usize {
        self.loads.len()
    }

    /// Runs the statements, in one exchange with the server if that is possible.
    pub(crate) fn run(self, on: &mut AnyConnection) -> Result<()> {
        self.run_after(&[], on, &mut |_, _| Ok(()))
    }

    /// Runs statements whose rows go to `on_row`, and then those of the level.
    pub(crate) fn run_after(
        self,
        first: &[&dyn Source],
        on: &mut AnyConnection,
        on_row: &mut dyn FnMut(usize, &AnyRow<'_>) -> Result<()>,
    ) -> Result<()> {
        self.with_statements(on.dialect(), |statements, _| {
            let own = statements.iter().map(|statement| &*statement.select);
            let sources: Vec<&dyn Source> = first.iter().copied().chain(own).collect();
            on.run_all(&sources, &mut |place, row| match place.checked_sub(first.len()) {
                Some(at) => statements[at].row(row),
                None => on_row(place, row),
            })
        })
    }

    /// Calls `run` with the statements that have something to find, and with whether they read all that is left to read.
    pub(super) fn with_statements<E: From<Error>>(
        self,
        dialect: Dialect,
        run: impl FnOnce(&[Statement<'_, 'a>], bool) -> Result<(), E>,
    ) -> Result<(), E> {
        let (columns, mut loads): (Vec<_>, Vec<_>) = self.loads.into_iter().unzip();
        let keys = columns.iter().map(|columns| Keys::of(columns, dialect));
        let keys = keys.collect::<Result<Vec<_>>>()?;
        let (mut statements, mut are_last) = (Vec::with_capacity(loads.len()), true);
        for (place, (load, keys)) in loads.iter_mut().zip(&keys).enumerate() {
            if !keys.is_empty() {
                let select = load.select(keys, dialect)?;
                are_last &= load.is_last();
                let load = RefCell::new(&mut **load);
                statements.push(Statement { place, select, keys, load });
            }
        }
        run(&statements, are_last)?;
        drop(statements);
        Ok(loads.iter_mut().try_for_each(|load| load.end())?)
    }
}

/// A statement of a level, with its place in the level.
pub(super) struct Statement<'s, 'a> {
    pub(super) place: usize,
    select: Box<dyn Source + 's>,
    keys: &'s Keys<'s>,
    load: RefCell<&'s mut (dyn Load<'a> + 'a)>,
}

impl Step for Statement<'_, '_> {
    fn effect(&self) -> Effect {
        Effect::Reads
    }

    fn decides(&self) -> bool {
        false
    }

    fn with_source(&self, _: Dialect, f: &mut dyn FnMut(&dyn Source) -> Result<()>) -> Result<()> {
        f(&*self.select)
    }

    fn restart(&self) {}

    fn row(&self, row: &AnyRow<'_>) -> Result<()> {
        self.load.borrow_mut().read(row, self.keys)
    }
}
