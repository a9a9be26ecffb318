//! Aggregates of related rows: as columns, conditions and orders.

use mizzle::prelude::*;
use test_support::on_each_database;
use test_support::random::Random;

use super::expressions::{author, book, review, sum};
use super::random::for_all;
use super::*;

type Columns = (
    i64,
    Option<i64>,
    Option<Decimal>,
    Option<Decimal>,
    Option<f64>,
    Option<Decimal>,
    Option<String>,
    i64,
);

/// The place of an author in the order.
type Place = (std::cmp::Reverse<i64>, usize, i64);

type Empty = (i64, Option<Decimal>, Option<f64>, Option<f64>, Option<String>);

type Sums = (Option<i64>, Option<Decimal>, Option<f64>, Option<Decimal>, Option<f64>);

fn as_double(value: &Decimal) -> f64 {
    value.to_string().parse().expect("a number")
}

#[derive(diesel::Queryable, Debug, PartialEq)]
struct Fame {
    id: i64,
    books: i64,
    longest: Option<i64>,
}

on_each_database! {
    fn are_what_a_naive_evaluation_computes(db: &Db) {
        for_all(db, 200, |db, library, random: &mut Random| {
            let depth = random.below(3);
            let (of_books, of_pupils, of_reviews) =
                (book(random, depth), author(random, depth), review(random, depth));
            let what = format!("{} | {} | {}", of_books.text, of_pupils.text, of_reviews.text);
            let books = Author::books().filter(of_books.sql);
            let pupils = Author::pupils().filter(of_pupils.sql);
            let reviews = Author::edited().then(Book::reviews().filter(of_reviews.sql));
            let genres = Author::books().then(Book::genres());
            let query = Author::query()
                .order_by((books.clone().count().desc(), pupils.clone().count(), authors::id))
                .select((
                    Author::as_select(),
                    (
                        books.clone().count(),
                        pupils.clone().sum(authors::score),
                        pupils.sum(authors::fame),
                        books.clone().sum(books::price),
                        books.clone().avg(books::pages),
                        books.clone().min(books::price),
                        genres.max(genres::name),
                        reviews.count(),
                    ),
                ));
            let found: Vec<(Author, Columns)> = db.load(query).expect("the authors");
            let mut expected: Vec<(Place, (Author, Columns))> = library
                .authors
                .iter()
                .map(|author| {
                    let mut books = library.books(author);
                    books.retain(|book| of_books.holds.as_ref()(library, book) == Some(true));
                    let mut pupils = library.pupils(author);
                    pupils.retain(|pupil| of_pupils.holds.as_ref()(library, pupil) == Some(true));
                    let reviews = library.edited(author).into_iter().flat_map(|book| library.reviews(book));
                    let genres = library.books(author).into_iter().flat_map(|book| library.genres(book));
                    let pages: Vec<i64> = books.iter().filter_map(|book| book.pages).collect();
                    let all_pages: Option<Decimal> = sum(pages.iter().map(|pages| Some(Decimal::from(*pages))));
                    let columns = (
                        books.len() as i64,
                        sum(pupils.iter().map(|pupil| pupil.score.map(i64::from))),
                        sum(pupils.iter().map(|pupil| Some(Decimal::from(pupil.fame)))),
                        sum(books.iter().map(|book| book.price.clone())),
                        all_pages.map(|all| as_double(&all) / pages.len() as f64),
                        books.iter().filter_map(|book| book.price.clone()).min(),
                        genres.map(|genre| genre.name.clone()).max(),
                        reviews.filter(|review| of_reviews.holds.as_ref()(library, review) == Some(true)).count() as i64,
                    );
                    let order = (std::cmp::Reverse(columns.0), pupils.len(), author.id);
                    (order, (author.clone(), columns))
                })
                .collect();
            expected.sort_by_key(|(order, _)| *order);
            let expected: Vec<(Author, Columns)> = expected.into_iter().map(|(_, row)| row).collect();
            assert_eq!(found, expected, "{what}");
        });
    }

    fn are_null_or_zero_without_rows(db: &Db) {
        db.create_all::<Tables>().expect("the tables");
        db.insert(Author { id: 1, country: None, mentor_id: None, score: None, fame: 0 }).expect("an author");
        let books = Author::books;
        let found: Vec<Empty> = db
            .load(Author::query().select((
                books().count(),
                books().sum(books::pages),
                books().avg(books::price),
                books().sum(books::weight),
                books().min(books::title),
            )))
            .expect("a row");
        assert_eq!(found, [(0, None, None, None, None)]);
        // A comparison with NULL keeps no row, and neither does its negation.
        assert_eq!(Author::query().filter(books().sum(books::pages).ge(Decimal::from(0))).count(db).expect("none"), 0);
        assert_eq!(Author::query().filter(books().sum(books::pages).is_null()).count(db).expect("one"), 1);
        assert_eq!(Author::query().filter(books().count().eq(0)).count(db).expect("one"), 1);
    }

    fn sums_are_exact_and_do_not_overflow(db: &Db) {
        db.create_all::<Tables>().expect("the tables");
        db.insert(Author { id: 0, country: None, mentor_id: None, score: None, fame: 0 }).expect("an author");
        for id in 1..=3 {
            let (score, fame) = (Some(i32::MAX), i64::MAX);
            db.insert(Author { id, country: None, mentor_id: Some(0), score, fame }).expect("a pupil");
            db.insert(Book {
                shelf: 0, number: id as i32, author_id: 0, editor_id: None, title: String::new(), pages: Some(id),
                price: Some("0.1".parse().expect("a decimal")), weight: Some(0.5),
            }).expect("a book");
        }
        let pupils = Author::pupils;
        let found: Vec<Sums> = db
            .load(Author::query().find(0).select((
                pupils().sum(authors::score),
                pupils().sum(authors::fame),
                pupils().avg(authors::fame),
                Author::books().sum(books::price),
                Author::books().avg(books::price),
            )))
            .expect("a row");
        let big = "27670116110564327421".parse().expect("a decimal");
        let third = "0.3".parse().expect("a decimal");
        let average = 27_670_116_110_564_327_421_f64 / 3.0;
        assert_eq!(found, [(Some(3 * i64::from(i32::MAX)), Some(big), Some(average), Some(third), Some(0.3 / 3.0))]);
        // Decimals are compared and sorted as numbers: 9 is less than 10.
        let by_price = Author::query().filter(Author::books().sum(books::price).lt("10".parse::<Decimal>().expect("ten")));
        assert_eq!(by_price.count(db).expect("one"), 1);
        // An expression of a column, a struct, and an update by an aggregate.
        let fame: Vec<Fame> = db
            .load(Author::query().find(0).select((authors::id, Author::books().count(), Author::books().max(books::pages + 1))))
            .expect("a row");
        assert_eq!(fame, [Fame { id: 0, books: 3, longest: Some(4) }]);
        let changed = Author::query().filter(Author::books().count().eq(3)).update(db, AuthorChanges::default().fame(1));
        assert_eq!(changed.expect("one"), 1);
    }
}
