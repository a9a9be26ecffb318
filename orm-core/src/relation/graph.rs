//! Inserting rows with their related rows, of any depth.

use std::fmt;

use super::below::{Below, Links, NewLevel, Owned, Skips, most};
use super::definition::{Cardinality, Gather, Relation, TakesNew};
use super::related::Related;
use crate::backend::{AnyConnection, Part};
use crate::error::{Error, ErrorKind, Result};
use crate::run::sealed::Sealed;
use crate::run::{Blocking, Executor, Mode};
use crate::table::{BindAt, ColumnSet, Table, Values, Writable};

/// A new row, alone or with related rows, for [`insert_graph`](InsertGraph::insert_graph).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a new row",
    note = "a new row is a struct such as `NewUser`, or one with related rows: `new.with_new(User::posts(), |user| …)`"
)]
pub trait Graph: Sized + Send {
    /// The struct of the row's table.
    type Row: Writable;
    /// The row as it is stored, with its related rows.
    type Out: Send;

    /// The row itself.
    #[doc(hidden)]
    type New: Values<Row = Self::Row> + Send;
    /// What comes after the row.
    #[doc(hidden)]
    type Rest: Send;
    /// What comes after stored rows.
    #[doc(hidden)]
    type Below: Below<Self::Row>;

    #[doc(hidden)]
    fn split(self) -> (Self::New, Self::Rest);

    /// Creates what comes after stored rows.
    #[doc(hidden)]
    fn below(rows: &[Self::Row], rests: Vec<Self::Rest>) -> Result<Self::Below>;

    /// Combines stored rows with what has come after them.
    #[doc(hidden)]
    fn combine(rows: Vec<Self::Row>, below: Self::Below) -> Vec<Self::Out>;

    /// Adds new related rows, which may have related rows themselves. `related` creates them from the row as it is
    /// stored, with its key: a `Vec`, or an `Option` for a `has_one`. Their foreign key is set to this key, whatever they
    /// contain; the rows of a many-to-many relation are linked with it. Filters of the relation have no effect.
    fn with_new<'g, M, C>(
        self,
        _: Related<'_, M>,
        related: impl FnOnce(&M::From) -> Of<M, C> + Send + 'g,
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
impl<N: Values<Row: Writable> + Send> Graph for N {
    type Row = N::Row;
    type Out = N::Row;
    type New = N;
    type Rest = ();
    type Below = ();

    fn split(self) -> (N, ()) {
        (self, ())
    }

    fn below(_: &[N::Row], _: Vec<()>) -> Result<()> {
        Ok(())
    }

    fn combine(rows: Vec<N::Row>, (): ()) -> Vec<N::Row> {
        rows
    }
}

/// The related rows of a row.
type Of<M, C> = <<M as Relation>::Cardinality as Cardinality>::Of<C>;

/// Creates the related rows of a row.
type Create<'g, M, C> = Box<dyn FnOnce(&<M as Relation>::From) -> Of<M, C> + Send + 'g>;

/// A new row with new related rows: [`Graph::with_new`].
pub struct WithNew<'g, G, M: Relation, C: Send> {
    row: G,
    related: Create<'g, M, C>,
}

impl<G, M: Relation, C: Send> fmt::Debug for WithNew<'_, G, M, C> {
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
    type Below = (G::Below, Children<M, C>);

    fn split(self) -> (G::New, Self::Rest) {
        let (new, rest) = self.row.split();
        (new, (rest, self.related))
    }

    fn below(rows: &[M::From], rests: Vec<Self::Rest>) -> Result<Self::Below> {
        let (rests, creates): (Vec<_>, Vec<_>) = rests.into_iter().unzip();
        if M::LINK.is_none() {
            check_key::<M>()?;
        }
        let (mut news, mut rests_of_news, mut owners) = (Vec::new(), Vec::new(), Vec::new());
        for (owner, (row, create)) in rows.iter().zip(creates).enumerate() {
            for (new, rest) in M::Cardinality::scatter(create(row)).map(C::split) {
                news.push(new);
                rests_of_news.push(rest);
                owners.push(owner);
            }
        }
        let children =
            Children { news, rests: rests_of_news, owners, stored: Vec::new(), rows: None };
        Ok((G::below(rows, rests)?, children))
    }

    fn combine(rows: Vec<M::From>, (first, children): Self::Below) -> Vec<Self::Out> {
        let related = children.rows.map(|rows| C::combine(rows.rows, rows.below));
        group::<M, _, _>(G::combine(rows, first), related.unwrap_or_default(), children.owners)
    }
}

/// The new related rows of rows.
pub struct Children<M: Relation, C: Graph<Row = M::To>> {
    news: Vec<C::New>,
    rests: Vec<C::Rest>,
    owners: Vec<usize>,
    /// What the level has stored that is running.
    stored: Vec<Option<M::To>>,
    /// `None` before they are stored.
    rows: Option<Stored<M::To, C::Below>>,
}

/// Rows that are stored, and what comes after them.
struct Stored<R, B> {
    rows: Vec<R>,
    /// Whether they are to be linked with their owners.
    links: bool,
    below: B,
}

impl<M, C> Below<M::From> for Children<M, C>
where
    M: TakesNew<From: Writable, To: Writable>,
    C: Graph<Row = M::To>,
{
    const DEPTH: usize = 1 + most(M::LINK.is_some() as usize, C::Below::DEPTH);

    fn list_tables(tables: &mut Vec<&'static str>) {
        tables.push(M::To::NAME);
        tables.extend(M::LINK.map(|link| link.table));
        C::Below::list_tables(tables);
    }

    fn levels(&self) -> usize {
        match &self.rows {
            _ if self.owners.is_empty() => 0,
            None => Self::DEPTH,
            Some(stored) => usize::from(stored.links).max(stored.below.levels()),
        }
    }

    fn add_level<'a>(&'a mut self, rows: &'a [M::From], level: &mut NewLevel<'a>) {
        match &mut self.rows {
            _ if self.owners.is_empty() => {}
            None => {
                let news = self.news.drain(..).zip(&self.owners).map(|(new, &owner)| Owned {
                    new,
                    // A row that is linked doesn't contain the key.
                    owner: M::LINK.is_none().then(|| &rows[owner] as &dyn BindAt),
                    from: M::FROM,
                    to: M::TO,
                });
                level.add_rows(news.collect(), &mut self.stored);
            }
            Some(Stored { rows: related, links, below }) => {
                let related: &'a [M::To] = related;
                if *links {
                    level.add_links::<M>(rows, &self.owners, related);
                }
                below.add_level(related, level);
            }
        }
    }

    fn end_level(&mut self) -> Result<()> {
        match &mut self.rows {
            _ if self.owners.is_empty() => Ok(()),
            None => {
                // No row is missing: that would have been an error.
                let rows: Vec<M::To> = self.stored.drain(..).flatten().collect();
                let below = C::below(&rows, std::mem::take(&mut self.rests))?;
                self.rows = Some(Stored { rows, links: M::LINK.is_some(), below });
                Ok(())
            }
            Some(stored) => {
                stored.links = false;
                stored.below.end_level()
            }
        }
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
    type Below = (G::Below, Links<M>);

    fn split(self) -> (G::New, Self::Rest) {
        let (new, rest) = self.row.split();
        (new, (rest, self.others))
    }

    fn below(rows: &[M::From], rests: Vec<Self::Rest>) -> Result<Self::Below> {
        let (rests, others): (Vec<_>, Vec<_>) = rests.into_iter().unzip();
        let owners = others.iter().enumerate();
        let owners: Vec<usize> =
            owners.flat_map(|(owner, others)| std::iter::repeat_n(owner, others.len())).collect();
        let is_done = owners.is_empty();
        let others = others.into_iter().flatten().collect();
        Ok((G::below(rows, rests)?, Links { others, owners, is_done }))
    }

    fn combine(rows: Vec<M::From>, (first, links): Self::Below) -> Vec<Self::Out> {
        group::<M, _, _>(G::combine(rows, first), links.others, links.owners)
    }
}

/// Combines rows with their related rows, which are sorted by their owners.
fn group<M: Relation<Cardinality: Gather>, R: Send, C: Send>(
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

/// Checks that the program knows the key of a stored row. A generated column is never bound.
fn check_key<M: Relation>() -> Result<()> {
    let generated = M::From::GENERATED;
    if ColumnSet::of(M::FROM).without(generated).len() == M::FROM.len() {
        return Ok(());
    }
    let message = format!("{}: its key is a generated column, which can't be written", M::NAME);
    Err(Error::new(ErrorKind::Query, message))
}

/// `insert_graph`, for a database or a transaction.
pub trait InsertGraph<M: Mode = Blocking>: Executor<M> {
    /// Inserts rows with their related rows of any depth, all or none, and returns them as stored: rows in the order
    /// given, each with its related rows in theirs. This takes one statement for the rows of each level and relation,
    /// however many there are, and one for the links of a many-to-many relation, unless a statement would be too large.
    ///
    /// The statements of a level are one round trip to a PostgreSQL server, from the first, with BEGIN, to the last. COMMIT
    /// goes with the last, unless that has links, or a table has a trigger or a rule that may leave out rows.
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
    /// another one. Nothing is stored then, with one exception: if PostgreSQL has committed and a returned row can't be read
    /// (`VALUE_ERROR`), as [`Error::troubleshooting`](crate::Error::troubleshooting) then says.
    fn insert_graph<'a, G: Graph + 'a>(
        &'a self,
        graph: impl IntoIterator<Item = G>,
    ) -> M::Output<'a, Vec<G::Out>> {
        let (news, rests): (Vec<_>, Vec<_>) = graph.into_iter().map(G::split).unzip();
        self.call(move |on| {
            on.run_transaction(|tx| {
                tx.with_connection(|connection| insert::<G>(connection, news, rests))
            })
        })
    }
}

impl<M: Mode, E: Executor<M>> InsertGraph<M> for E {}

/// Inserts rows, and then level by level what comes after them, in the open transaction. The last level may commit it.
fn insert<G: Graph>(
    connection: &mut AnyConnection,
    news: Vec<G::New>,
    rests: Vec<G::Rest>,
) -> Result<Vec<G::Out>> {
    if news.is_empty() {
        return Ok(Vec::new());
    }
    let mut tables = Vec::new();
    G::Below::list_tables(&mut tables);
    // Otherwise there is nothing to commit early.
    let asks = connection.depth() == 1 && !tables.is_empty();
    let asked = if asks { connection.skips_sql(&tables).map(Skips::new) } else { None };
    let mut stored = Vec::new();
    let mut level = NewLevel::default();
    let owned = |new| Owned { new, owner: None, from: &[], to: &[] };
    level.add_rows(news.into_iter().map(owned).collect(), &mut stored);
    level.run(asked.as_ref().map(|asked| asked as &dyn Part), false, connection)?;
    let ends = asked.is_some_and(|asked| !asked.is_possible());
    // No row is missing: that would have been an error.
    let rows: Vec<G::Row> = stored.into_iter().flatten().collect();
    let mut below = G::below(&rows, rests)?;
    while let levels @ 1.. = below.levels() {
        let mut level = NewLevel::default();
        below.add_level(&rows, &mut level);
        level.run(None, ends && levels == 1, connection)?;
        below.end_level()?;
    }
    Ok(G::combine(rows, below))
}
