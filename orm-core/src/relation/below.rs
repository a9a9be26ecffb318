//! The new rows and links below rows that were inserted: they are inserted level by level, and all of a level run together.

use std::cell::Cell;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::query_builder::AstPass;
use diesel::sql_types::Bool;

use super::definition::Relation;
use super::write::{InsertLinks, links_at_once};
use crate::backend::{Any, AnyConnection, AnyRow, ByText, Effect, Limits, Part, Source, Step};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::run::NewRows;
use crate::table::key::KeyColumns;
use crate::table::{BindAt, ColumnSet, Values, Writable};

/// What is inserted after rows of the table `R`, below them.
pub trait Below<R> {
    /// The most levels that there are, whatever the rows.
    const DEPTH: usize;

    /// Adds the tables that are written to.
    fn list_tables(tables: &mut Vec<&'static str>);

    /// Returns the most levels that are left.
    fn levels(&self) -> usize;

    /// Adds the statements of the next level. `rows` are those that it is below.
    fn add_level<'a>(&'a mut self, rows: &'a [R], level: &mut NewLevel<'a>);

    /// Goes on to the level after.
    fn end_level(&mut self) -> Result<()>;
}

impl<R> Below<R> for () {
    const DEPTH: usize = 0;

    fn list_tables(_: &mut Vec<&'static str>) {}

    fn levels(&self) -> usize {
        0
    }

    fn add_level<'a>(&'a mut self, _: &'a [R], _: &mut NewLevel<'a>) {}

    fn end_level(&mut self) -> Result<()> {
        Ok(())
    }
}

impl<R, A: Below<R>, B: Below<R>> Below<R> for (A, B) {
    const DEPTH: usize = most(A::DEPTH, B::DEPTH);

    fn list_tables(tables: &mut Vec<&'static str>) {
        A::list_tables(tables);
        B::list_tables(tables);
    }

    fn levels(&self) -> usize {
        self.0.levels().max(self.1.levels())
    }

    fn add_level<'a>(&'a mut self, rows: &'a [R], level: &mut NewLevel<'a>) {
        self.0.add_level(rows, level);
        self.1.add_level(rows, level);
    }

    fn end_level(&mut self) -> Result<()> {
        self.0.end_level()?;
        self.1.end_level()
    }
}

pub(super) const fn most(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// The statements of a level.
#[derive(Default)]
pub struct NewLevel<'a> {
    writes: Vec<Box<dyn Write + 'a>>,
    /// Whether a statement may leave out something without an error, so that its result decides.
    decides: bool,
}

/// What is inserted by a level.
trait Write {
    fn parts<'s>(&'s self, limits: Limits) -> Vec<Box<dyn Part + 's>>;
}

impl<N: Values<Row: Writable>> Write for NewRows<'_, N> {
    fn parts<'s>(&'s self, limits: Limits) -> Vec<Box<dyn Part + 's>> {
        self.parts(limits).collect()
    }
}

impl<'a> NewLevel<'a> {
    /// Inserts rows; `stored` gets them as stored.
    pub(super) fn add_rows<N: Values<Row: Writable> + 'a>(
        &mut self,
        rows: Vec<N>,
        stored: &'a mut Vec<Option<N::Row>>,
    ) {
        self.writes.push(Box::new(NewRows::new(rows, stored)));
    }

    /// Links each of `others` with its owner, if there is a table for links.
    pub(super) fn add_links<M: Relation>(
        &mut self,
        rows: &'a [M::From],
        owners: &[usize],
        others: &'a [M::To],
    ) {
        // A link that is listed twice is left out.
        self.decides = true;
        self.writes.push(Box::new(NewLinks::<M> {
            from: KeyColumns::of(owners.iter().map(|&owner| &rows[owner]), M::FROM),
            to: KeyColumns::of(others, M::TO),
            relation: PhantomData,
        }));
    }

    /// Runs the statements, and `also`. If `ends`, and if no result decides, the transaction is committed with them.
    pub(super) fn run(
        self,
        also: Option<&dyn Part>,
        ends: bool,
        on: &mut AnyConnection,
    ) -> Result<()> {
        let limits = on.limits();
        let parts: Vec<_> = self.writes.iter().flat_map(|write| write.parts(limits)).collect();
        let parts: Vec<&dyn Part> = parts.iter().map(|part| &**part).chain(also).collect();
        let steps: Vec<&dyn Step> = parts.iter().map(|part| *part as &dyn Step).collect();
        let mut finish =
            |place: usize, changed, on: &mut AnyConnection| parts[place].finish(changed, on);
        let most = on.dialect().capabilities().most_together;
        on.run_within(&steps, most, ends && !self.decides, &mut finish)
            .map_err(|failure| failure.of_rows())
    }
}

/// Links of rows with others, the first with the first and so on.
struct NewLinks<'a, M> {
    from: KeyColumns<'a>,
    to: KeyColumns<'a>,
    relation: PhantomData<fn() -> M>,
}

impl<M: Relation> Write for NewLinks<'_, M> {
    fn parts<'s>(&'s self, limits: Limits) -> Vec<Box<dyn Part + 's>> {
        let (count, at_once) = (self.to.rows.len(), links_at_once(limits, &self.from, &self.to));
        let starts = (0..count).step_by(at_once);
        let part = |start: usize| {
            let range = start..count.min(start + at_once);
            let (from, to) = (self.from.part(range.clone()), self.to.part(range));
            Box::new(NewLinks::<M> { from, to, relation: PhantomData }) as Box<dyn Part + 's>
        };
        starts.map(part).collect()
    }
}

impl<M: Relation> Step for NewLinks<'_, M> {
    fn effect(&self) -> Effect {
        Effect::Writes
    }

    fn decides(&self) -> bool {
        true
    }

    fn needs(&self) -> Option<u64> {
        Some(self.to.rows.len() as u64)
    }

    fn with_source(&self, _: Dialect, f: &mut dyn FnMut(&dyn Source) -> Result<()>) -> Result<()> {
        let Some(link) = M::LINK else { return Ok(()) };
        f(&ByText(&InsertLinks { link, from: &self.from, to: &self.to }))
    }

    fn restart(&self) {}

    fn row(&self, _: &AnyRow<'_>) -> Result<()> {
        Ok(())
    }
}

impl<M: Relation> Part for NewLinks<'_, M> {
    fn finish(&self, changed: u64, _: &mut AnyConnection) -> Result<()> {
        let table = M::LINK.map_or("", |link| link.table);
        if changed == self.to.rows.len() as u64 { Ok(()) } else { Err(not_linked(M::NAME, table)) }
    }
}

#[cold]
fn not_linked(relation: &str, table: &str) -> Error {
    let message = format!("{relation}: a link was not stored in {table}");
    Error::new(ErrorKind::Query, message)
        .with_hint("a row may be listed twice, or a trigger skips the link")
}

/// Rows that are stored already, to be linked with rows above them.
pub struct Links<M: Relation> {
    pub(super) others: Vec<M::To>,
    pub(super) owners: Vec<usize>,
    pub(super) is_done: bool,
}

impl<M: Relation<From: Writable>> Below<M::From> for Links<M> {
    const DEPTH: usize = 1;

    fn list_tables(tables: &mut Vec<&'static str>) {
        tables.extend(M::LINK.map(|link| link.table));
    }

    fn levels(&self) -> usize {
        usize::from(!self.is_done)
    }

    fn add_level<'a>(&'a mut self, rows: &'a [M::From], level: &mut NewLevel<'a>) {
        if !self.is_done {
            level.add_links::<M>(rows, &self.owners, &self.others);
        }
    }

    fn end_level(&mut self) -> Result<()> {
        self.is_done = true;
        Ok(())
    }
}

/// A new row, with the key of its owner if it has one.
pub(super) struct Owned<'r, N> {
    pub(super) new: N,
    pub(super) owner: Option<&'r dyn BindAt>,
    pub(super) from: &'static [usize],
    pub(super) to: &'static [usize],
}

impl<N: Values> Values for Owned<'_, N> {
    type Row = N::Row;

    fn columns(&self) -> ColumnSet {
        match self.owner {
            Some(_) => self.new.columns().union(ColumnSet::of(self.to)),
            None => self.new.columns(),
        }
    }

    fn bind_column<'b>(&'b self, index: usize, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        match (self.owner, self.to.iter().position(|&column| column == index)) {
            (Some(owner), Some(part)) => owner.bind_at(self.from[part], out),
            _ => self.new.bind_column(index, out),
        }
    }
}

/// The question whether an INSERT may leave out rows without an error.
pub(super) struct Skips {
    sql: String,
    found: Cell<bool>,
}

impl Skips {
    pub(super) fn new(sql: String) -> Self {
        Self { sql, found: Cell::new(false) }
    }

    /// Returns the answer.
    pub(super) fn is_possible(&self) -> bool {
        self.found.get()
    }
}

impl Step for Skips {
    fn effect(&self) -> Effect {
        Effect::Reads
    }

    fn decides(&self) -> bool {
        false
    }

    fn with_source(&self, _: Dialect, f: &mut dyn FnMut(&dyn Source) -> Result<()>) -> Result<()> {
        f(&ByText(&diesel::dsl::sql::<Bool>(&self.sql)))
    }

    fn restart(&self) {
        self.found.set(false);
    }

    fn row(&self, _: &AnyRow<'_>) -> Result<()> {
        self.found.set(true);
        Ok(())
    }
}

impl Part for Skips {
    fn finish(&self, _: u64, _: &mut AnyConnection) -> Result<()> {
        Ok(())
    }
}
