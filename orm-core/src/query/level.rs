//! Loading related rows level by level: the statements of all relations of a level run together.

use crate::backend::{AnyConnection, AnyRow, Source};
use crate::dialect::Dialect;
use crate::error::Result;
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

    /// Runs the statements, in one exchange with the server if that is possible.
    pub(super) fn run(self, on: &mut AnyConnection) -> Result<()> {
        let dialect = on.dialect();
        let (columns, mut loads): (Vec<_>, Vec<_>) = self.0.into_iter().unzip();
        let keys = columns.iter().map(|columns| Keys::of(columns, dialect));
        let keys = keys.collect::<Result<Vec<_>>>()?;
        let (mut selects, mut places) = (Vec::new(), Vec::new());
        for (place, (load, keys)) in loads.iter_mut().zip(&keys).enumerate() {
            if !keys.is_empty() {
                selects.push(load.select(keys, dialect)?);
                places.push(place);
            }
        }
        let sources: Vec<&dyn Source> = selects.iter().map(|select| &**select).collect();
        on.run_all(&sources, &mut |at, row| {
            let place = places[at];
            loads[place].read(row, &keys[place])
        })?;
        loads.iter_mut().try_for_each(|load| load.end())
    }
}
