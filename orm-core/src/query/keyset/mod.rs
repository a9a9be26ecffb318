//! Pages by keyset: from the last row of a page on, instead of by counting rows.

mod cursor;
mod position;
mod terms;

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

pub use self::cursor::Cursor;
use self::position::{After, Sorted};
pub use self::terms::KeysetOrder;
use self::terms::Term;
use super::attach::Attach;
use super::build::Query;
use super::columns::SelectedColumns;
use super::conditions::Operator;
use super::part::Part;
use super::picks::{Picked, Picks, Whole};
use super::selection::Selection;
use super::selects::SelectsAs;
use crate::backend::{Any, collect};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::run::sealed::Sealed;
use crate::run::{Executor, Mode};
use crate::table::{BindAt, ColumnSet, Table};

/// A query that is read by pages, each from the last row of another one: [`Query::keyset`].
#[must_use = "a keyset does nothing before `page`"]
pub struct Keyset<'q, T: Table, L = (), E = Whole> {
    query: Query<'q, T, L>,
    /// What is selected.
    columns: E,
    terms: Vec<Term>,
    from: Option<(Side, Cursor)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    After,
    Before,
}

/// A page of a [`Keyset`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysetPage<T> {
    /// The rows of the page, in the order of the keyset.
    pub items: Vec<T>,
    /// The cursor for the page before this one, with [`Keyset::before`]. `None` if there was none.
    pub previous: Option<Cursor>,
    /// The cursor for the page after this one, with [`Keyset::after`]. `None` if there was none.
    pub next: Option<Cursor>,
}

impl<'q, T: Table, L> Query<'q, T, L> {
    /// Sorts by columns, in place of any order set before, and reads pages from the last row of the page before. Such
    /// pages stay fast however many rows are before them, and no row is skipped or read twice because others come and go.
    ///
    /// The order may have several columns, ascending and descending, with NULLs first or last. The columns of the primary
    /// key are added if they are missing, so no two rows are equal. An index on the columns of the order serves it best.
    ///
    /// ```
    /// # use diesel::prelude::*;
    /// # use orm_core::{Cursor, Db, Executor, KeysetOrder, Query, Table};
    /// # fn f<Song: Table, O: KeysetOrder<Song>>(db: &Db, newest: O, cursor: Option<Cursor>) -> orm_core::Result<()> {
    /// let mut songs = Query::<Song>::new().keyset(newest);
    /// if let Some(cursor) = cursor {
    ///     songs = songs.after(cursor);
    /// }
    /// let page = songs.page(db, 20)?;
    /// println!("{} songs; the next page is ?after={}", page.items.len(), page.next.unwrap());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A view needs a `primary_key`; without one, this doesn't compile.
    pub fn keyset<O: KeysetOrder<T>>(self, _: O) -> Keyset<'q, T, L> {
        const {
            assert!(
                !T::KEY.is_empty(),
                "the view has no key, so rows may be equal in any order: add `#[column(primary_key)]` to a column that \
                 is different in each row"
            );
        }
        Keyset { query: self, columns: Whole, terms: terms::unique::<T, O>(), from: None }
    }
}

impl<'q, T: Table, L, E> Selection<'q, T, L, E> {
    /// Sorts by columns, and reads pages from the last row of the page before: see [`Query::keyset`]. The columns of the
    /// order needn't be selected.
    pub fn keyset<O: KeysetOrder<T>>(
        self,
        order: O,
    ) -> Keyset<'q, T, L, Picked<SelectedColumns<E>, ()>> {
        let (query, columns) = self.into_parts();
        let Keyset { query, terms, from, .. } = query.keyset(order);
        Keyset { query, columns: Picked::new(columns), terms, from }
    }
}

impl<T: Table, L, E> Keyset<'_, T, L, E> {
    /// Starts after a position: [`KeysetPage::next`] of another page.
    pub fn after(self, cursor: Cursor) -> Self {
        Self { from: Some((Side::After, cursor)), ..self }
    }

    /// Ends before a position: [`KeysetPage::previous`] of another page.
    pub fn before(self, cursor: Cursor) -> Self {
        Self { from: Some((Side::Before, cursor)), ..self }
    }
}

impl<'q, T: Table, L> Keyset<'q, T, L> {
    /// Reads up to `size` rows, with one statement.
    ///
    /// # Errors
    /// `VALUE_ERROR` if the cursor isn't one of this order; `QUERY_ERROR` if the size is 0, if the query has its own
    /// limit, offset or `distinct`, or if it is sorted by an array or a generated column.
    pub fn page<'a, M: Mode>(
        self,
        on: &'a impl Executor<M>,
        size: u64,
    ) -> M::Output<'a, KeysetPage<L::Out>>
    where
        L: Attach<T> + 'a,
        'q: 'a,
    {
        on.call(move |on| self.page_of(&Whole, on, size))
    }
}

/// The call that reads the rows of a keyset of some columns as values of a type that the caller names.
///
/// It is in the prelude. It is the call of a trait so that nobody has to name the [`Mode`] beside the type of the rows.
pub trait ReadKeyset<'q, T: Table, L, E, M: Mode> {
    /// Reads up to `size` rows, with one statement. The values of each become a `U`.
    ///
    /// # Errors
    /// See the call without [`select`](Query::select).
    fn page<'a, U>(self, on: &'a impl Executor<M>, size: u64) -> M::Output<'a, KeysetPage<L::Out>>
    where
        E: SelectsAs<T, U> + Send + 'a,
        L: Attach<U> + 'a,
        U: Send + 'a,
        'q: 'a;
}

impl<'q, T: Table, L, E, M: Mode> ReadKeyset<'q, T, L, E, M>
    for Keyset<'q, T, L, Picked<SelectedColumns<E>, ()>>
{
    fn page<'a, U>(self, on: &'a impl Executor<M>, size: u64) -> M::Output<'a, KeysetPage<L::Out>>
    where
        E: SelectsAs<T, U> + Send + 'a,
        L: Attach<U> + 'a,
        U: Send + 'a,
        'q: 'a,
    {
        let Self { query, columns, terms, from } = self;
        let keyset = Keyset { query, columns: Whole, terms, from };
        on.call(move |on| keyset.page_of(&columns.of_type::<U>(), on, size))
    }
}

impl<T: Table, L> Keyset<'_, T, L> {
    fn page_of<S>(self, picks: &S, on: &impl Sealed, size: u64) -> Result<KeysetPage<L::Out>>
    where
        S: Picks<T>,
        L: Attach<S::Row>,
    {
        let Self { mut query, terms, from, .. } = self;
        let invalid = |message: &str| Err(Error::new(ErrorKind::Query, message));
        if query.clauses.is_limited() || query.clauses.distinct {
            return invalid(
                "a query that is read by keyset can't have a limit, an offset or `distinct`",
            );
        }
        let Some(limit) =
            i64::try_from(size).ok().filter(|size| *size > 0).and_then(|size| size.checked_add(1))
        else {
            return invalid("a page has at least one row, and no more than a database can count");
        };
        let is_reversed = matches!(from, Some((Side::Before, _)));
        let sorted: Sorted<T> = Sorted { terms: terms.clone(), is_reversed, table: PhantomData };
        if let Some((_, cursor)) = &from {
            let values = cursor.values::<T>(&terms)?;
            query.clauses.filter.push(
                Operator::And,
                Part::new(After { sorted: sorted.clone(), has_row: cursor.has_row(), values }),
            );
        }
        query.clauses.order = vec![Part::new(sorted)];
        let (mut has_more, mut ends) = (false, None);
        let also = terms.iter().fold(ColumnSet::EMPTY, |also, term| also.with(term.column));
        let mut choose = |rows: &[S::Read]| {
            let count = rows.len().min(limit as usize - 1);
            has_more = count < rows.len();
            let rows = &rows[..count];
            // A relation may leave out rows of the page, but not of its limits.
            let end = |row: Option<&S::Read>| {
                let list = S::list(row.map_or(&[], std::slice::from_ref));
                list.0.first().map(|row| position::<T>(*row, &terms)).transpose()
            };
            ends = end(rows.first())?.zip(end(rows.last())?);
            Ok(count)
        };
        let mut items =
            query.load_chosen((picks, also), on, (Some(limit), None), None, Some(&mut choose))?;
        let (mut first, mut last) = ends.unzip();
        if is_reversed {
            items.reverse();
            std::mem::swap(&mut first, &mut last);
        }
        let (previous, next) = match from {
            None => (None, last.filter(|_| has_more)),
            // Without rows, the way back starts at the position, and has its row.
            Some((Side::After, from)) => {
                (Some(first.unwrap_or_else(|| from.beyond_row())), last.filter(|_| has_more))
            }
            Some((Side::Before, from)) => {
                (first.filter(|_| has_more), Some(last.unwrap_or_else(|| from.beyond_row())))
            }
        };
        Ok(KeysetPage { items, previous, next })
    }
}

/// Returns the position of a row.
fn position<T: Table>(row: &dyn BindAt, terms: &[Term]) -> Result<Cursor> {
    let columns = Values { row, terms };
    // A value by itself is the same for all databases.
    let any = Any::of(Dialect::EITHER);
    let (values, bound) = collect(|binds| columns.collect_binds(binds, &mut (), any));
    bound?;
    if values.len() < terms.len() {
        let message = "a cursor can't contain the value of a generated column";
        return Err(Error::new(ErrorKind::Query, message).with_hint("sort by other columns"));
    }
    Cursor::new::<T>(terms, &values)
}

/// The values of a row in the columns of an order.
struct Values<'r> {
    row: &'r dyn BindAt,
    terms: &'r [Term],
}

impl QueryFragment<Any> for Values<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.terms.iter().try_for_each(|term| self.row.bind_at(term.column, out.reborrow()))
    }
}
