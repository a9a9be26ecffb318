//! A relation that a row must have narrows the statement.

use mizzle::Dialect;
use mizzle::prelude::*;
use mizzle::relation::Shape;
use test_support::on_each_database;

use super::*;

/// Three authors, of whom the last is the pupil of the second and has no country; each has two books, edited by the one
/// before.
fn filled(db: &Db) {
    db.create_all::<Tables>().expect("the tables");
    db.insert(Country { code: "fr".into(), name: Some("France".into()) }).expect("a country");
    db.insert(Country { code: "de".into(), name: None }).expect("a country");
    for (id, country, mentor_id) in
        [(1, Some("fr"), None), (2, Some("de"), None), (3, None, Some(2))]
    {
        let country = country.map(str::to_owned);
        db.insert(Author { id, country, mentor_id, score: None, fame: 0 }).expect("an author");
        for number in 0..2 {
            db.insert(Book {
                shelf: id as i32,
                number,
                author_id: id,
                editor_id: (id > 1).then_some(id - 1),
                title: format!("{id}{number}"),
                pages: None,
                price: None,
                weight: None,
            })
            .expect("a book");
        }
    }
}

fn titles<R: Shape<Base = Book>>(rows: Vec<R>) -> Vec<String> {
    rows.iter().map(|row| row.base().title.clone()).collect()
}

on_each_database! {
    fn limits_and_counts_are_of_the_rows_that_stay(db: &Db) {
        filled(db);
        let from_france = || Book::author().with(Author::country().filter(countries::name.eq("France")).required());
        let books = Book::query().with(from_france()).order_by(books::title.desc());
        assert_eq!(titles(books.clone().limit(1).all(db).expect("one")), ["11"]);
        assert_eq!(books.first(db).expect("the first").expect("a book").author.id, 1);
        assert_eq!(books.count(db).expect("the count"), 2);
        let page = books.page(db, 2, 1).expect("the second page");
        assert_eq!((titles(page.items), page.total), (vec!["10".to_owned()], 2));
        let page = books.clone().keyset(books::title).page(db, 5).expect("a page");
        assert_eq!((titles(page.items), page.next), (vec!["10".to_owned(), "11".to_owned()], None));
        // As a condition, a required relation of a relation counts as well.
        let by_condition = Book::query().filter(from_france().exists()).order_by(books::title);
        assert_eq!(titles(by_condition.all(db).expect("two")), ["10", "11"]);
        let others = Book::query().filter(from_france().not_exists());
        assert_eq!(others.count(db).expect("the count"), 4);
        assert_eq!(books.delete(db).expect("two"), 2);
        assert_eq!(Book::query().count(db).expect("the count"), 4);
    }

    fn no_filter_widens_what_a_relation_narrows(db: &Db) {
        filled(db);
        let edited = Book::query().with(Book::editor().filter(authors::id.eq(1)).required());
        let either = edited.filter(books::title.eq("10")).or_filter(books::title.eq("20")).or_filter(books::title.eq("30"));
        assert_eq!(titles(either.all(db).expect("one")), ["20"]);
        assert_eq!(either.count(db).expect("the count"), 1);
        let text = diesel::dsl::sql::<diesel::sql_types::Bool>("1 = 1 OR 1 = 1 -- all");
        let widened = Book::query().with(Book::editor().filter(authors::id.eq(1)).required()).filter(text);
        assert_eq!(widened.count(db).expect("the count"), 2);
    }

    fn a_table_is_not_taken_for_itself(db: &Db) {
        filled(db);
        let pupils = Author::query().with(Author::mentor().filter(authors::id.eq(2)).required());
        assert_eq!(pupils.all(db).expect("one")[0].id, 3);
        let mentors = Author::query().filter(Author::pupils().filter(authors::country.is_null()).exists());
        assert_eq!(mentors.one(db).expect("one").id, 2);
        // The two relations to one table are different rows.
        let both = Book::query()
            .with(Book::author().filter(authors::id.eq(3)))
            .with(Book::editor().filter(authors::id.eq(2)).required());
        assert_eq!(both.count(db).expect("the count"), 2);
        let none = Book::query()
            .with(Book::author().filter(authors::id.eq(3)))
            .with(Book::editor().filter(authors::id.eq(3)).required());
        assert_eq!(none.count(db).expect("the count"), 0);
    }

    fn a_limit_of_related_rows_counts_those_that_stay(db: &Db) {
        filled(db);
        db.insert(Review { id: 1, shelf: Some(1), number: Some(1), stars: 5 }).expect("a review");
        // The first book of the author has no review, so it isn't the one.
        let reviewed = Author::books().with(Book::reviews().required()).order_by(books::number).limit(1);
        let authors = Author::query().with(reviewed.clone().required()).all(db).expect("one");
        assert_eq!((authors.len(), authors[0].books.len()), (1, 1));
        assert_eq!(authors[0].books[0].number, 1);
        for (related, expected) in [
            (Author::books().offset(1).required(), 3),
            (Author::books().offset(2).required(), 0),
            (Author::books().limit(0).required(), 0),
            (Author::books().limit(0), 3),
            (Author::books().offset(u64::MAX).required(), 0),
        ] {
            let query = Author::query().with(related);
            assert_eq!(query.count(db).expect("the count"), expected);
            assert_eq!(query.all(db).expect("the authors").len() as u64, expected);
        }
    }

    fn a_row_whose_key_leads_nowhere_is_an_error_without_a_filter(db: &Db) {
        filled(db);
        let nowhere = "INSERT INTO books (shelf, number, author_id, title) VALUES (9, 9, 99, 'lost')";
        match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => db.execute_sql(&format!("PRAGMA foreign_keys = OFF; {nowhere}")),
            Dialect::Postgres => db.execute_sql(&format!("ALTER TABLE books DISABLE TRIGGER ALL; {nowhere}")),
        }
        .expect("a row");
        let error = Book::query().with(Book::author()).all(db).expect_err("no author");
        assert_eq!(error.code(), mizzle::ErrorCode::NotFound);
        assert_eq!(Book::query().with(Book::author().required()).count(db).expect("the count"), 6);
    }

}
