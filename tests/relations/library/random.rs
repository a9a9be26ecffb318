//! Random queries on random rows select what a naive evaluation selects.
//!
//! `MIZZLE_TEST_CASES=100000` runs that many queries.

use mizzle::prelude::*;
use mizzle::relation::Shape;
use test_support::on_each_database;
use test_support::random::Random;

use super::expressions::{author, book, country, genre, review};
use super::*;

/// Runs `test` with random rows and queries, so many if no other number is set.
pub fn for_all(db: &Db, cases: u64, test: impl Fn(&Db, &Library, &mut Random)) {
    const QUERIES: u64 = 25;
    db.create_all::<Tables>().expect("the tables");
    let mut random = Random::new(0x6c69_6272_6172_7900);
    let cases =
        std::env::var("MIZZLE_TEST_CASES").map_or(cases, |cases| cases.parse().expect("a number"));
    for _ in 0..cases.div_ceil(QUERIES) {
        let library = Library::stored(db, &mut random);
        for _ in 0..QUERIES {
            test(db, &library, &mut random);
        }
    }
}

/// What an error undoes.
fn undone() -> mizzle::Error {
    diesel::result::Error::RollbackTransaction.into()
}

/// Checks every call that runs a query, which is sorted by the key, against the keys of the expected rows. `write`
/// returns the keys of the rows that a write changes.
macro_rules! check {
    ($db:ident, $random:ident, $what:expr, $query:expr, $keyset:expr, $key:expr, $write:expr, $expected:expr) => {{
        let (query, expected, what) = ($query, $expected, $what);
        let keys = |rows: Vec<_>| rows.iter().map(|row| $key(Shape::base(row))).collect::<Vec<_>>();
        assert_eq!(keys(query.all($db).expect("the rows")), expected, "{what}");
        assert_eq!(query.count($db).expect("the count"), expected.len() as u64, "{what}");
        assert_eq!(query.exists($db).expect("whether"), !expected.is_empty(), "{what}");
        let first = query.first($db).expect("the first");
        assert_eq!(first.map(|row| $key(Shape::base(&row))).as_ref(), expected.first(), "{what}");
        let (size, number) = ($random.below(4) + 1, $random.below(3));
        let page = query.page($db, number as u64 + 1, size as u64).expect("a page");
        let of_page: Vec<_> = expected.iter().copied().skip(number * size).take(size).collect();
        assert_eq!((keys(page.items), page.total), (of_page, expected.len() as u64), "{what}");
        let (limit, offset) = ($random.below(6), $random.below(3));
        let cut = query.clone().limit(limit as u64).offset(offset as u64);
        let of_cut: Vec<_> = expected.iter().copied().skip(offset).take(limit).collect();
        assert_eq!(keys(cut.all($db).expect("the rows")), of_cut, "{what}");
        assert_eq!(cut.count($db).expect("the count"), of_cut.len() as u64, "{what}");
        let streamed = query.clone().stream($db).expect("a stream");
        assert_eq!(keys(streamed.map(|row| row.expect("a row")).collect()), expected, "{what}");
        let (mut by_keyset, mut cursor) = (Vec::new(), None);
        loop {
            let keyset = query.clone().keyset($keyset);
            let keyset = match cursor {
                Some(cursor) => keyset.after(cursor),
                None => keyset,
            };
            let page = keyset.page($db, size as u64).expect("a page");
            assert!(page.items.len() == size || page.next.is_none(), "{what}");
            by_keyset.extend(keys(page.items));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(by_keyset, expected, "{what}");
        let written = $db.transaction(|tx| {
            let write = $write;
            let written: Vec<_> = write(tx, &query)?;
            assert_eq!(written, expected, "{what}");
            Err::<(), _>(undone())
        });
        assert_eq!(written.expect_err("undone").to_string(), undone().to_string());
    }};
}

/// A filter in most cases.
fn maybe<T>(random: &mut Random, value: impl FnOnce(&mut Random) -> T) -> Option<T> {
    random.chance(70).then(|| value(random))
}

/// Filters a relation, and returns with it what says whether a related row is left.
macro_rules! filtered {
    ($relation:expr, $filter:expr) => {
        match $filter {
            Some(filter) => ($relation.filter(filter.sql), (Some(filter.holds), filter.text)),
            None => ($relation, (None, String::new())),
        }
    };
}

/// Returns how many of `rows` the filter keeps.
fn kept<T>(
    library: &Library,
    rows: &[&T],
    (holds, _): &(Option<super::expressions::Holds<T>>, String),
) -> usize {
    let is_kept = |row: &&&T| holds.as_ref().is_none_or(|holds| holds(library, row) == Some(true));
    rows.iter().filter(is_kept).count()
}

on_each_database! {
    fn filters_of_any_depth_select_what_a_naive_evaluation_selects(db: &Db) {
        for_all(db, 1000, |db, library, random| {
            let depth = random.below(4);
            match random.below(5) {
                0 => {
                    let is = country(random, depth);
                    let rows = library.countries.iter().filter(|row| is.is_true(library, row));
                    let expected: Vec<_> = rows.cloned().collect();
                    let query = Country::query().filter(is.sql).order_by(countries::code);
                    assert_eq!(query.all(db).expect("the rows"), expected, "{}", is.text);
                }
                1 => {
                    let is = author(random, depth);
                    let rows = library.authors.iter().filter(|row| is.is_true(library, row));
                    let expected: Vec<_> = rows.cloned().collect();
                    let query = Author::query().filter(is.sql).order_by(authors::id);
                    assert_eq!(query.all(db).expect("the rows"), expected, "{}", is.text);
                }
                2 => {
                    let is = review(random, depth);
                    let rows = library.reviews.iter().filter(|row| is.is_true(library, row));
                    let expected: Vec<_> = rows.cloned().collect();
                    let query = Review::query().filter(is.sql).order_by(reviews::id);
                    assert_eq!(query.all(db).expect("the rows"), expected, "{}", is.text);
                }
                3 => {
                    let is = genre(random, depth);
                    let rows = library.genres.iter().filter(|row| is.is_true(library, row));
                    let expected: Vec<_> = rows.cloned().collect();
                    let query = Genre::query().filter(is.sql).order_by(genres::name);
                    assert_eq!(query.all(db).expect("the rows"), expected, "{}", is.text);
                }
                _ => {
                    let is = book(random, depth);
                    let rows = library.books.iter().filter(|row| is.is_true(library, row));
                    let expected: Vec<_> = rows.cloned().collect();
                    let query = Book::query().filter(is.sql).order_by((books::shelf, books::number));
                    assert_eq!(query.all(db).expect("the rows"), expected, "{}", is.text);
                }
            }
        });
    }

    fn required_relations_narrow_the_statement(db: &Db) {
        for_all(db, 100, |db, library, random| {
            let depth = random.below(3);
            let own = book(random, depth);
            // One that a book must have, two that it need not have, and many.
            let of_author = maybe(random, |random| author(random, depth));
            let is_author_filtered = of_author.is_some();
            let (author_of, by_author) = filtered!(Book::author(), of_author);
            let of_mentor = maybe(random, |random| author(random, depth));
            let (mentor, by_mentor) = filtered!(Author::mentor(), of_mentor);
            let is_mentored = random.chance(40);
            let (mentor, has_mentor) = if is_mentored { (mentor.required(), true) } else { (mentor, false) };
            let of_editor = maybe(random, |random| author(random, depth));
            let (editor, by_editor) = filtered!(Book::editor(), of_editor);
            let (editor, has_editor) = if random.chance(30) { (editor.required(), true) } else { (editor, false) };
            let of_reviews = maybe(random, |random| review(random, depth));
            let (reviews, by_review) = filtered!(Book::reviews(), of_reviews);
            let (limit, offset) = (random.chance(20).then(|| random.below(3)), random.chance(20).then(|| random.below(3)));
            let reviews = reviews.order_by(reviews::id);
            let reviews = match limit { Some(limit) => reviews.limit(limit as u64), None => reviews };
            let reviews = match offset { Some(offset) => reviews.offset(offset as u64), None => reviews };
            let (reviews, has_reviews) = if random.chance(30) { (reviews.required(), true) } else { (reviews, false) };
            let of_genres = maybe(random, |random| genre(random, depth));
            let (genres, by_genre) = filtered!(Book::genres(), of_genres);
            let (genres, has_genres) = if random.chance(30) { (genres.required(), true) } else { (genres, false) };
            let is_left = |book: &&Book| {
                let mentored = |author: &&&Author| {
                    !has_mentor || kept(library, &library.mentor(author), &by_mentor) > 0
                };
                let authors = library.author(book);
                let authors: Vec<&Author> = authors.iter().filter(mentored).copied().collect();
                let mut reviews = kept(library, &library.reviews(book), &by_review);
                reviews = reviews.saturating_sub(offset.unwrap_or(0)).min(limit.unwrap_or(usize::MAX));
                own.is_true(library, book)
                    && kept(library, &authors, &by_author) > 0
                    && (!has_editor || kept(library, &library.editor(book), &by_editor) > 0)
                    && (!has_reviews || reviews > 0)
                    && (!has_genres || kept(library, &library.genres(book), &by_genre) > 0)
            };
            let expected: Vec<_> = library.books.iter().filter(is_left).map(|book| (book.shelf, book.number)).collect();
            let what = format!(
                "{} author {is_author_filtered} {} mentor {has_mentor} {} editor {has_editor} {} reviews {has_reviews} {} {limit:?} \
                 {offset:?} genres {has_genres} {}",
                own.text, by_author.1, by_mentor.1, by_editor.1, by_review.1, by_genre.1
            );
            let query = Book::query()
                .filter(own.sql)
                .with(author_of.with(mentor))
                .with(editor)
                .with(reviews)
                .with(genres)
                .order_by((books::shelf, books::number));
            check!(
                db,
                random,
                what,
                query,
                (books::shelf, books::number),
                |book: &Book| (book.shelf, book.number),
                |tx: &mizzle::Tx<'_>, query: &Query<'_, Book, _>| -> mizzle::Result<_> {
                    let mut rows = query.clone().update_returning(tx, BookChanges::default().title("changed"))?;
                    rows.sort_by_key(|row| (row.shelf, row.number));
                    assert_eq!(Book::query().filter(books::title.eq("changed")).count(tx)?, rows.len() as u64);
                    Ok(rows.into_iter().map(|row| (row.shelf, row.number)).collect())
                },
                expected
            );
        });
    }

    fn rows_without_their_row_of_a_nullable_composite_key_are_left_out(db: &Db) {
        for_all(db, 100, |db, library, random| {
            let depth = random.below(3);
            let (book_of, by_book) = filtered!(Review::book(), maybe(random, |random| book(random, depth)));
            // The book must have an author, so the author's filter narrows the books.
            let (author_of, by_author) = filtered!(Book::author(), maybe(random, |random| author(random, depth)));
            let expected: Vec<i64> = library
                .reviews
                .iter()
                .filter(|review| {
                    let mut books = library.book(review);
                    books.retain(|book| kept(library, &library.author(book), &by_author) > 0);
                    kept(library, &books, &by_book) > 0
                })
                .map(|review| review.id)
                .collect();
            let query = Review::query().with(book_of.with(author_of).required()).order_by(reviews::id);
            check!(
                db,
                random,
                format!("{} {}", by_book.1, by_author.1),
                query,
                reviews::id,
                |review: &Review| review.id,
                |tx: &mizzle::Tx<'_>, query: &Query<'_, Review, _>| -> mizzle::Result<_> {
                    let mut rows = query.delete_returning(tx)?;
                    rows.sort_by_key(|row| row.id);
                    assert_eq!(Review::query().count(tx)? as usize, library.reviews.len() - rows.len());
                    Ok(rows.into_iter().map(|row| row.id).collect())
                },
                expected
            );
        });
    }
}
