//! Random conditions, each as a diesel expression and as a Rust function.

use diesel::BoxableExpression;
use diesel::sql_types::{Bool, Nullable};
use mizzle::backend::Any;
use mizzle::prelude::*;
use test_support::random::Random;

use super::*;

type Sql<T> = Box<dyn BoxableExpression<T, Any, SqlType = Nullable<Bool>>>;

/// Whether a condition is true; `None` is NULL.
pub type Holds<T> = Box<dyn Fn(&Library, &T) -> Option<bool>>;

/// A condition on rows of `T`, whose diesel table is `D`.
pub struct Is<T, D> {
    pub sql: Sql<D>,
    pub holds: Holds<T>,
    /// For messages.
    pub text: String,
}

impl<T, D> Is<T, D> {
    pub fn is_true(&self, library: &Library, row: &T) -> bool {
        (self.holds)(library, row) == Some(true)
    }
}

fn is<T, D, E>(
    sql: E,
    text: String,
    holds: impl Fn(&Library, &T) -> Option<bool> + 'static,
) -> Is<T, D>
where
    E: BoxableExpression<D, Any, SqlType = Nullable<Bool>> + 'static,
{
    Is { sql: Box::new(sql), holds: Box::new(holds), text }
}

/// A condition that is never NULL.
macro_rules! sure {
    ($sql:expr, $text:expr, $holds:expr $(,)?) => {{
        let (sql, text) = ($sql, $text);
        let holds = $holds;
        is(sql.nullable(), text, move |library: &Library, row: &_| Some(holds(library, row)))
    }};
}

/// What two conditions are together.
macro_rules! combined {
    ($random:ident, $make:expr) => {{
        let (a, b) = ($make, $make);
        let (x, y) = (a.holds, b.holds);
        if $random.chance(50) {
            is(
                a.sql.and(b.sql),
                format!("({} AND {})", a.text, b.text),
                move |library: &Library, row: &_| match (x(library, row), y(library, row)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                },
            )
        } else {
            is(
                a.sql.or(b.sql),
                format!("({} OR {})", a.text, b.text),
                move |library: &Library, row: &_| match (x(library, row), y(library, row)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                },
            )
        }
    }};
}

macro_rules! negated {
    ($make:expr) => {{
        let a = $make;
        let holds = a.holds;
        is(diesel::dsl::not(a.sql), format!("NOT {}", a.text), move |library: &Library, row: &_| {
            holds(library, row).map(|it| !it)
        })
    }};
}

/// `exists` or `not_exists` of a relation, with a filter in most cases.
macro_rules! related {
    ($random:ident, $relation:ident of $Struct:ident: $naive:ident, $filter:expr) => {{
        let (relation, name) =
            ($Struct::$relation(), concat!(stringify!($Struct), "::", stringify!($relation)));
        let wanted = $random.chance(60);
        if $random.chance(20) {
            let sql = if wanted { relation.exists() } else { relation.not_exists() };
            sure!(sql, format!("{wanted} {name}"), move |library: &Library, row: &$Struct| {
                library.$naive(row).is_empty() != wanted
            })
        } else {
            let filter = $filter;
            let relation = relation.filter(filter.sql);
            let sql = if wanted { relation.exists() } else { relation.not_exists() };
            let (text, holds) = (filter.text, filter.holds);
            sure!(
                sql,
                format!("{wanted} {name}({text})"),
                move |library: &Library, row: &$Struct| {
                    library.$naive(row).iter().any(|to| holds(library, to) == Some(true)) == wanted
                }
            )
        }
    }};
}

/// A comparison of an aggregate of related rows, which may be NULL.
macro_rules! compared {
    ($random:ident, $relation:ident of $Struct:ident: $naive:ident, $filter:expr, |$related:ident| $sql:expr, |$rows:ident| $value:expr $(,)?) => {{
        let filter = $filter;
        let $related = $Struct::$relation().filter(filter.sql);
        let text = format!(
            "{} {} of {}::{}",
            stringify!($sql),
            filter.text,
            stringify!($Struct),
            stringify!($relation)
        );
        let sql = $sql;
        let holds = filter.holds;
        is(sql, text, move |library: &Library, row: &$Struct| {
            let mut $rows = library.$naive(row);
            $rows.retain(|to| holds(library, to) == Some(true));
            $value
        })
    }};
}

/// The sum of the values that aren't NULL, if there are any.
pub fn sum<N: std::iter::Sum<N>>(values: impl Iterator<Item = Option<N>>) -> Option<N> {
    let values: Vec<N> = values.flatten().collect();
    (!values.is_empty()).then(|| values.into_iter().sum())
}

pub fn country(random: &mut Random, depth: usize) -> Is<Country, countries::table> {
    match random.below(if depth == 0 { 2 } else { 5 }) {
        0 => {
            let name = letter(random);
            is(
                countries::name.eq(name.clone()),
                format!("name = {name}"),
                move |_, row: &Country| Some(*row.name.as_ref()? == name),
            )
        }
        1 => {
            let code = letter(random);
            sure!(
                countries::code.ne(code.clone()),
                format!("code <> {code}"),
                move |_: &Library, row: &Country| { row.code != code }
            )
        }
        2 => combined!(random, country(random, depth - 1)),
        3 => negated!(country(random, depth - 1)),
        _ => related!(random, authors of Country: authors_of, author(random, depth - 1)),
    }
}

pub fn author(random: &mut Random, depth: usize) -> Is<Author, authors::table> {
    match random.below(if depth == 0 { 2 } else { 15 }) {
        0 => {
            let score = random.below(9) as i32 - 3;
            is(authors::score.gt(score), format!("score > {score}"), move |_, row: &Author| {
                Some(row.score? > score)
            })
        }
        1 => {
            sure!(authors::mentor_id.is_null(), "no mentor".into(), |_: &Library, row: &Author| {
                row.mentor_id.is_none()
            })
        }
        2 => combined!(random, author(random, depth - 1)),
        3 => negated!(author(random, depth - 1)),
        4 => related!(random, country of Author: country, country(random, depth - 1)),
        5 => related!(random, mentor of Author: mentor, author(random, depth - 1)),
        6 => related!(random, pupils of Author: pupils, author(random, depth - 1)),
        7 => related!(random, edited of Author: edited, book(random, depth - 1)),
        8 => {
            let least = random.below(4) as i64;
            compared!(random, books of Author: books, book(random, depth - 1),
                |books| books.count().ge(least).nullable(), |rows| Some(rows.len() as i64 >= least))
        }
        9 => {
            let most: Decimal =
                random.pick(&["0.3", "10", "12345678901234567890.1"]).parse().expect("a decimal");
            let limit = most.clone();
            compared!(random, edited of Author: edited, book(random, depth - 1),
                |books| books.sum(books::price).le(most.clone()),
                |rows| Some(sum(rows.iter().map(|book| book.price.clone()))? <= limit))
        }
        10 => {
            let most: Decimal = random.pick(&["2", "9.75", "10"]).parse().expect("a decimal");
            let limit = most.clone();
            compared!(random, books of Author: books, book(random, depth - 1),
                |books| books.max(books::price).ne(most.clone()),
                |rows| Some(rows.iter().filter_map(|book| book.price.clone()).max()? != limit))
        }
        11 => {
            let least = random.below(6) as i64 - 2;
            compared!(random, pupils of Author: pupils, author(random, depth - 1),
                |pupils| pupils.sum(authors::score).ge(least),
                |rows| Some(sum(rows.iter().map(|author| author.score.map(i64::from)))? >= least))
        }
        12 => {
            let least = Decimal::from(i64::MAX);
            let limit = least.clone();
            compared!(random, pupils of Author: pupils, author(random, depth - 1),
                |pupils| pupils.sum(authors::fame).gt(least.clone()),
                |rows| Some(sum(rows.iter().map(|author| Some(Decimal::from(author.fame))))? > limit))
        }
        13 => {
            let filter = review(random, depth - 1);
            let least = random.below(4) as i64;
            let holds = filter.holds;
            let sql = Author::books().then(Book::reviews().filter(filter.sql)).count().gt(least);
            sure!(
                sql,
                format!("reviews > {least}: {}", filter.text),
                move |library: &Library, row: &Author| {
                    let books = library.books(row);
                    let reviews = books.iter().flat_map(|book| library.reviews(book));
                    reviews.filter(|review| holds(library, review) == Some(true)).count() as i64
                        > least
                }
            )
        }
        _ => related!(random, books of Author: books, book(random, depth - 1)),
    }
}

pub fn book(random: &mut Random, depth: usize) -> Is<Book, books::table> {
    match random.below(if depth == 0 { 2 } else { 12 }) {
        0 => {
            let pages = random.below(5) as i64 * 100_000_000_000;
            is(books::pages.le(pages), format!("pages <= {pages}"), move |_, row: &Book| {
                Some(row.pages? <= pages)
            })
        }
        1 => {
            let title = letter(random);
            sure!(
                books::title.ge(title.clone()),
                format!("title >= {title}"),
                move |_: &Library, row: &Book| { row.title >= title }
            )
        }
        2 => combined!(random, book(random, depth - 1)),
        3 => negated!(book(random, depth - 1)),
        4 => related!(random, author of Book: author, author(random, depth - 1)),
        5 => related!(random, editor of Book: editor, author(random, depth - 1)),
        6 => related!(random, reviews of Book: reviews, review(random, depth - 1)),
        7 => {
            let most = random.below(5) as f64 + 0.5;
            compared!(random, reviews of Book: reviews, review(random, depth - 1),
            |reviews| reviews.avg(reviews::stars).lt(most),
            |rows| {
                let sum: i16 = sum(rows.iter().map(|review| Some(review.stars)))?;
                Some(f64::from(sum) / (rows.len() as f64) < most)
            })
        }
        8 => {
            let least = random.below(4) as i16;
            compared!(random, genres of Book: genres, genre(random, depth - 1),
                |genres| genres.min(genres::rank).eq(least),
                |rows| Some(rows.iter().filter_map(|genre| genre.rank).min()? == least))
        }
        9 => {
            // From a book to the others of its author, a table inside and outside.
            let filter = book(random, depth - 1);
            let holds = filter.holds;
            let sql = Book::author().then(Author::books().filter(filter.sql)).exists();
            sure!(sql, format!("others: {}", filter.text), move |library: &Library, row: &Book| {
                let others =
                    library.author(row).into_iter().flat_map(|author| library.books(author));
                others.into_iter().any(|other| holds(library, other) == Some(true))
            })
        }
        _ => related!(random, genres of Book: genres, genre(random, depth - 1)),
    }
}

pub fn review(random: &mut Random, depth: usize) -> Is<Review, reviews::table> {
    match random.below(if depth == 0 { 1 } else { 3 }) {
        0 => {
            let stars = random.below(5) as i16 + 1;
            sure!(
                reviews::stars.eq(stars),
                format!("stars = {stars}"),
                move |_: &Library, row: &Review| { row.stars == stars }
            )
        }
        1 => negated!(review(random, depth - 1)),
        _ => related!(random, book of Review: book, book(random, depth - 1)),
    }
}

pub fn genre(random: &mut Random, depth: usize) -> Is<Genre, genres::table> {
    match random.below(if depth == 0 { 1 } else { 3 }) {
        0 => {
            let rank = random.below(4) as i16;
            is(genres::rank.lt(rank), format!("rank < {rank}"), move |_, row: &Genre| {
                Some(row.rank? < rank)
            })
        }
        1 => combined!(random, genre(random, depth - 1)),
        _ => related!(random, books of Genre: books_of, book(random, depth - 1)),
    }
}
