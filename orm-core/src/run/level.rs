//! Loading related rows level by level: the statements of all relations of a level run together.

use std::cell::RefCell;

use crate::backend::{AnyConnection, AnyRow, Effect, Source, Step};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::table::BindAt;
use crate::table::key::{KeyColumns, Keys};

/// The statements of one level, which find related rows by the keys of rows that were read before.
#[derive(Default)]
pub struct Level<'a>(Vec<(KeyColumns<'a>, Box<dyn Load<'a> + 'a>)>);

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
    /// Adds the statement for the keys in these columns.
    pub(crate) fn add(&mut self, columns: KeyColumns<'a>, load: impl Load<'a> + 'a) {
        self.0.push((columns, Box::new(load)));
    }

    /// Returns the number of statements, with those that have nothing to find.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Runs the statements, in one exchange with the server if that is possible.
    pub(crate) fn run(self, on: &mut AnyConnection) -> Result<()> {
        self.with_statements(on.dialect(), |statements, _| {
            let sources: Vec<&dyn Source> =
                statements.iter().map(|statement| &*statement.select).collect();
            on.run_all(&sources, &mut |at, row| statements[at].row(row))
        })
    }

    /// Calls `run` with the statements that have something to find, and with whether they read all that is left to read.
    pub(super) fn with_statements<E: From<Error>>(
        self,
        dialect: Dialect,
        run: impl FnOnce(&[Statement<'_, 'a>], bool) -> Result<(), E>,
    ) -> Result<(), E> {
        let (columns, mut loads): (Vec<_>, Vec<_>) = self.0.into_iter().unzip();
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
