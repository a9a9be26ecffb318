//! Inserting rows with their related rows, of any depth.

use std::fmt;

use diesel::QueryResult;
use diesel::query_builder::AstPass;

use super::definition::{Cardinality, Gather, Relation, TakesNew};
use super::related::Related;
use super::write::insert_links;
use crate::backend::{Any, AnyConnection};
use crate::error::{Error, ErrorKind, Result};
use crate::query::Shape;
use crate::run::{Executor, insert_all_or_none};
use crate::table::key::KeyColumns;
use crate::table::{BindAt, ColumnSet, Table, Values, Writable};

/// A new row, alone or with related rows, for [`insert_graph`](InsertGraph::insert_graph).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a new row",
    note = "a new row is a struct such as `NewUser`, or one with related rows: `new.with_new(User::posts(), |user| …)`"
)]
pub trait Graph: Sized {
    /// The struct of the row's table.
    type Row: Writable;
    /// The row as it is stored, with its related rows.
    type Out: Shape<Base = Self::Row>;

    /// The row itself.
    #[doc(hidden)]
    type New: Values<Row = Self::Row>;
    /// What comes after the row.
    #[doc(hidden)]
    type Rest;

    #[doc(hidden)]
    fn split(self) -> (Self::New, Self::Rest);

    /// Inserts what comes after stored rows.
    #[doc(hidden)]
    fn finish(
        rows: Vec<Self::Row>,
        rests: Vec<Self::Rest>,
        on: &mut AnyConnection,
    ) -> Result<Vec<Self::Out>>;

    /// Adds new related rows, which may have related rows themselves. `related` creates them from the row as it is
    /// stored, with its key: a `Vec`, or an `Option` for a `has_one`. Their foreign key is set to this key, whatever they
    /// contain; the rows of a many-to-many relation are linked with it. Filters of the relation have no effect.
    fn with_new<'g, M, C>(
        self,
        _: Related<'_, M>,
        related: impl FnOnce(&M::From) -> Of<M, C> + 'g,
    ) -> WithNew<'g, Self, M, C>
    where
        M: TakesNew<From = Self::Row>,
        C: Graph<Row = M::To>,
    {
        WithNew { row: self, related: Box::new(related) }
    }

    /// Links the row with rows that are stored already, by a many-to-many relation. Filters of the relation have no
    /// effect.
    fn with_linked<M>(self, _: Related<'_, M>, others: Vec<M::To>) -> WithLinked<Self, M>
    where
        M: super::Linked<From = Self::Row>,
    {
        WithLinked { row: self, others }
    }
}

#[diagnostic::do_not_recommend]
impl<N: Values<Row: Writable>> Graph for N {
    type Row = N::Row;
    type Out = N::Row;
    type New = N;
    type Rest = ();

    fn split(self) -> (N, ()) {
        (self, ())
    }

    fn finish(rows: Vec<N::Row>, _: Vec<()>, _: &mut AnyConnection) -> Result<Vec<N::Row>> {
        Ok(rows)
    }
}

/// The related rows of a row.
type Of<M, C> = <<M as Relation>::Cardinality as Cardinality>::Of<C>;

/// Creates the related rows of a row.
type Create<'g, M, C> = Box<dyn FnOnce(&<M as Relation>::From) -> Of<M, C> + 'g>;

/// A new row with new related rows: [`Graph::with_new`].
pub struct WithNew<'g, G, M: Relation, C> {
    row: G,
    related: Create<'g, M, C>,
}

impl<G, M: Relation, C> fmt::Debug for WithNew<'_, G, M, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithNew").field("relation", &M::NAME).finish_non_exhaustive()
    }
}

impl<'g, G, M, C> Graph for WithNew<'g, G, M, C>
where
    M: TakesNew<From: Writable, To: Writable>,
    G: Graph<Row = M::From>,
    C: Graph<Row = M::To>,
{
    type Row = M::From;
    type Out = M::With<G::Out, C::Out>;
    type New = G::New;
    type Rest = (G::Rest, Create<'g, M, C>);

    fn split(self) -> (G::New, Self::Rest) {
        let (new, rest) = self.row.split();
        (new, (rest, self.related))
    }

    fn finish(
        rows: Vec<M::From>,
        rests: Vec<Self::Rest>,
        on: &mut AnyConnection,
    ) -> Result<Vec<Self::Out>> {
        let (rests, creates): (Vec<_>, Vec<_>) = rests.into_iter().unzip();
        let rows = G::finish(rows, rests, on)?;
        let (mut news, mut rests, mut owners) = (Vec::new(), Vec::new(), Vec::new());
        for (owner, (row, create)) in rows.iter().zip(creates).enumerate() {
            for (new, rest) in M::Cardinality::scatter(create(row.base())).map(C::split) {
                news.push(new);
                rests.push(rest);
                owners.push(owner);
            }
        }
        let stored = match M::LINK {
            Some(_) => {
                let stored = insert_all_or_none(on, &news)?;
                link::<M, _>(on, &rows, &owners, &stored)?;
                stored
            }
            None => {
                check_key::<M>()?;
                let owned = news.into_iter().zip(&owners).map(|(new, &owner)| Owned {
                    new,
                    owner: rows[owner].base(),
                    from: M::FROM,
                    to: M::TO,
                });
                insert_all_or_none(on, &owned.collect::<Vec<_>>())?
            }
        };
        let related = C::finish(stored, rests, on)?;
        Ok(group::<M, _, _>(rows, related, owners))
    }
}

/// A new row linked with stored rows: [`Graph::with_linked`].
pub struct WithLinked<G, M: Relation> {
    row: G,
    others: Vec<M::To>,
}

impl<G, M: Relation> fmt::Debug for WithLinked<G, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithLinked").field("relation", &M::NAME).finish_non_exhaustive()
    }
}

impl<G, M> Graph for WithLinked<G, M>
where
    M: super::Linked<From: Writable>,
    G: Graph<Row = M::From>,
{
    type Row = M::From;
    type Out = M::With<G::Out, M::To>;
    type New = G::New;
    type Rest = (G::Rest, Vec<M::To>);

    fn split(self) -> (G::New, Self::Rest) {
        let (new, rest) = self.row.split();
        (new, (rest, self.others))
    }

    fn finish(
        rows: Vec<M::From>,
        rests: Vec<Self::Rest>,
        on: &mut AnyConnection,
    ) -> Result<Vec<Self::Out>> {
        let (rests, others): (Vec<_>, Vec<_>) = rests.into_iter().unzip();
        let rows = G::finish(rows, rests, on)?;
        let owners = others.iter().enumerate();
        let owners: Vec<usize> =
            owners.flat_map(|(owner, others)| std::iter::repeat_n(owner, others.len())).collect();
        let others: Vec<M::To> = others.into_iter().flatten().collect();
        link::<M, _>(on, &rows, &owners, &others)?;
        Ok(group::<M, _, _>(rows, others, owners))
    }
}

/// Combines rows with their related rows, which are sorted by their owners.
fn group<M: Relation<Cardinality: Gather>, R: Shape<Base = M::From>, C>(
    rows: Vec<R>,
    related: Vec<C>,
    owners: Vec<usize>,
) -> Vec<M::With<R, C>> {
    let mut related = related.into_iter().zip(owners).peekable();
    let rows = rows.into_iter().enumerate();
    rows.map(|(place, row)| {
        let own = std::iter::from_fn(|| related.next_if(|(_, owner)| *owner == place));
        M::with(row, M::Cardinality::gather(own.map(|(row, _)| row)))
    })
    .collect()
}

/// Links each of `others` with its owner.
fn link<M: Relation, R: Shape<Base = M::From>>(
    on: &mut AnyConnection,
    rows: &[R],
    owners: &[usize],
    others: &[M::To],
) -> Result<()> {
    let Some(link) = M::LINK else { return Ok(()) };
    let from = KeyColumns::of(owners.iter().map(|&owner| rows[owner].base()), M::FROM);
    let to = KeyColumns::of(others, M::TO);
    let linked = insert_links(on, link, &from, &to)?;
    if linked == others.len() as u64 { Ok(()) } else { Err(not_linked(M::NAME, link.table)) }
}

#[cold]
fn not_linked(relation: &str, table: &str) -> Error {
    let message = format!("{relation}: a link was not stored in {table}");
    Error::new(ErrorKind::Query, message)
        .with_hint("a row may be listed twice, or a trigger skips the link")
}

/// Checks that the program knows the key of a stored row. A generated column is never bound.
fn check_key<M: Relation>() -> Result<()> {
    let generated = M::From::GENERATED;
    if ColumnSet::of(M::FROM).without(generated).len() == M::FROM.len() {
        return Ok(());
    }
    let message = format!("{}: its key is a generated column, which can't be written", M::NAME);
    Err(Error::new(ErrorKind::Query, message))
}

/// A new row with the key of its owner.
struct Owned<'r, N> {
    new: N,
    owner: &'r dyn BindAt,
    from: &'static [usize],
    to: &'static [usize],
}

impl<N: Values> Values for Owned<'_, N> {
    type Row = N::Row;

    fn columns(&self) -> ColumnSet {
        self.new.columns().union(ColumnSet::of(self.to))
    }

    fn bind_column<'b>(&'b self, index: usize, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        match self.to.iter().position(|&column| column == index) {
            Some(part) => self.owner.bind_at(self.from[part], out),
            None => self.new.bind_column(index, out),
        }
    }
}

/// `insert_graph`, for a database or a transaction.
pub trait InsertGraph: Executor {
    /// Inserts rows with their related rows of any depth, all or none, and returns them as stored: rows in the order
    /// given, each with its related rows in theirs. This takes one statement for the rows of each level and relation,
    /// however many there are, and one for the links of a many-to-many relation, unless a statement would be too large.
    ///
    /// ```ignore
    /// let users: Vec<WithPosts<User, WithTags<Post>>> = db.insert_graph([
    ///     NewUser::builder().name("Ada").build().with_new(User::posts(), |ada| {
    ///         vec![
    ///             NewPost::builder()
    ///                 .author_id(ada.id)
    ///                 .title("First")
    ///                 .build()
    ///                 .with_linked(Post::tags(), vec![rust.clone()]),
    ///         ]
    ///     }),
    /// ])?;
    /// ```
    ///
    /// # Errors
    /// The errors of inserting. `QUERY_ERROR` if a trigger skips a row or a link, or if a row is linked twice with
    /// another one. Nothing is stored then.
    fn insert_graph<G: Graph>(&self, graph: impl IntoIterator<Item = G>) -> Result<Vec<G::Out>> {
        let (news, rests): (Vec<_>, Vec<_>) = graph.into_iter().map(G::split).unzip();
        self.transaction(|tx| {
            tx.with_connection(|connection| {
                let rows = insert_all_or_none(connection, &news)?;
                G::finish(rows, rests, connection)
            })
        })
    }
}

impl<E: Executor> InsertGraph for E {}
