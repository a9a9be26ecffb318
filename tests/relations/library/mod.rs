//! A library: tables with every kind of reference, and random rows in it that contain NULLs.

mod aggregates;
mod expressions;
mod narrowing;
mod random;

use mizzle::prelude::*;
use test_support::random::Random;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "countries", has_many(authors = Author, via = country))]
pub struct Country {
    #[column(primary_key)]
    pub code: String,
    pub name: Option<String>,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(
    name = "authors",
    has_many(books = Book, via = author),
    has_many(edited = Book, via = editor),
    has_many(pupils = Author, via = mentor)
)]
pub struct Author {
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Country, as = country))]
    pub country: Option<String>,
    #[column(references(Self, as = mentor))]
    pub mentor_id: Option<i64>,
    pub score: Option<i32>,
    pub fame: i64,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(
    name = "books",
    primary_key(shelf, number),
    has_many(reviews = Review),
    many_to_many(genres = Genre, through = BookGenre)
)]
pub struct Book {
    pub shelf: i32,
    pub number: i32,
    #[column(references(Author, as = author))]
    pub author_id: i64,
    #[column(references(Author, as = editor))]
    pub editor_id: Option<i64>,
    pub title: String,
    pub pages: Option<i64>,
    pub price: Option<Decimal>,
    pub weight: Option<f64>,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "reviews", foreign_key(shelf, number, references(Book, as = book)))]
pub struct Review {
    #[column(primary_key)]
    pub id: i64,
    pub shelf: Option<i32>,
    pub number: Option<i32>,
    pub stars: i16,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "genres", many_to_many(books = Book, through = BookGenre))]
pub struct Genre {
    #[column(primary_key)]
    pub name: String,
    pub rank: Option<i16>,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(
    name = "book_genres",
    primary_key(shelf, number, genre),
    foreign_key(shelf, number, references(Book, as = book))
)]
pub struct BookGenre {
    pub shelf: i32,
    pub number: i32,
    #[column(references(Genre))]
    pub genre: String,
}

mizzle::schema!(pub Tables = [Country, Author, Book, Review, Genre, BookGenre]);

/// All rows, sorted by their keys.
#[derive(Debug, Default)]
pub struct Library {
    pub countries: Vec<Country>,
    pub authors: Vec<Author>,
    pub books: Vec<Book>,
    pub reviews: Vec<Review>,
    pub genres: Vec<Genre>,
    pub book_genres: Vec<BookGenre>,
}

pub fn letter(random: &mut Random) -> String {
    (*random.pick(&["a", "b", "c", "d"])).to_owned()
}

impl Library {
    /// Makes random rows the only ones of the database.
    pub fn stored(db: &Db, random: &mut Random) -> Self {
        let library = Self::random(random);
        db.execute_sql(
            "DELETE FROM book_genres; DELETE FROM reviews; DELETE FROM books; UPDATE authors SET mentor_id = NULL; \
             DELETE FROM authors; DELETE FROM genres; DELETE FROM countries",
        )
        .expect("no rows");
        db.insert_all(library.countries.clone()).expect("the countries");
        // An author's mentor is one before.
        for author in &library.authors {
            db.insert(author.clone()).expect("the author");
        }
        db.insert_all(library.books.clone()).expect("the books");
        db.insert_all(library.reviews.clone()).expect("the reviews");
        db.insert_all(library.genres.clone()).expect("the genres");
        db.insert_all(library.book_genres.clone()).expect("the genres of books");
        library
    }

    fn random(random: &mut Random) -> Self {
        let mut library = Self::default();
        for code in ["a", "b", "c"] {
            let name = random.maybe(letter);
            library.countries.push(Country { code: code.into(), name });
        }
        for id in 1..=random.below(7) as i64 {
            let country = random.maybe(|random| random.pick(&library.countries).code.clone());
            let mentor = (!library.authors.is_empty())
                .then(|| random.maybe(|random| random.pick(&library.authors).id));
            let score = random.maybe(|random| random.below(9) as i32 - 3);
            let fame = *random.pick(&[0, 3, -7, i64::MAX, i64::MAX - 1, i64::MIN]);
            library.authors.push(Author { id, country, mentor_id: mentor.flatten(), score, fame });
        }
        for name in ["fact", "fable", "verse"] {
            let rank = random.maybe(|random| random.below(4) as i16);
            library.genres.push(Genre { name: name.into(), rank });
        }
        library.genres.sort_by(|a, b| a.name.cmp(&b.name));
        if library.authors.is_empty() {
            return library;
        }
        for place in 0..random.below(14) as i32 {
            let (shelf, number) = (place / 4, place % 4);
            let author = |random: &mut Random| random.pick(&library.authors).id;
            library.books.push(Book {
                shelf,
                number,
                author_id: author(random),
                editor_id: random.maybe(author),
                title: letter(random),
                pages: random.maybe(|random| random.below(5) as i64 * 100_000_000_000),
                price: random.maybe(|random| {
                    let prices = ["9.5", "10", "-0.25", "0.1", "0.2", "12345678901234567890.123"];
                    random.pick(&prices).parse().expect("a decimal")
                }),
                weight: random.maybe(|random| random.below(16) as f64 / 4.0 - 1.0),
            });
            for genre in 0..library.genres.len() {
                if random.chance(40) {
                    let genre = library.genres[genre].name.clone();
                    library.book_genres.push(BookGenre { shelf, number, genre });
                }
            }
        }
        if library.books.is_empty() {
            return library;
        }
        for id in 0..random.below(12) as i64 {
            let book = random.pick(&library.books).clone();
            library.reviews.push(Review {
                id,
                shelf: random.maybe(|_| book.shelf),
                number: random.maybe(|_| book.number),
                stars: random.below(5) as i16 + 1,
            });
        }
        library
    }
}

/// Declares the naive relations: all rows of a table for which a condition is true.
macro_rules! relations {
    ($($name:ident($from:ident: $From:ty) -> $To:ty = $rows:ident where |$library:ident, $to:ident| $is:expr;)*) => {
        impl Library {
            $(pub fn $name(&self, $from: &$From) -> Vec<&$To> {
                let $library = self;
                self.$rows.iter().filter(|$to| $is).collect()
            })*
        }
    };
}

relations! {
    authors_of(country: Country) -> Author = authors where |_l, author| author.country.as_ref() == Some(&country.code);
    country(author: Author) -> Country = countries where |_l, country| author.country.as_ref() == Some(&country.code);
    mentor(author: Author) -> Author = authors where |_l, other| author.mentor_id == Some(other.id);
    pupils(author: Author) -> Author = authors where |_l, other| other.mentor_id == Some(author.id);
    books(author: Author) -> Book = books where |_l, book| book.author_id == author.id;
    edited(author: Author) -> Book = books where |_l, book| book.editor_id == Some(author.id);
    author(book: Book) -> Author = authors where |_l, author| book.author_id == author.id;
    editor(book: Book) -> Author = authors where |_l, author| book.editor_id == Some(author.id);
    reviews(book: Book) -> Review = reviews where |_l, review| {
        (review.shelf, review.number) == (Some(book.shelf), Some(book.number))
    };
    book(review: Review) -> Book = books where |_l, book| {
        (review.shelf, review.number) == (Some(book.shelf), Some(book.number))
    };
    genres(book: Book) -> Genre = genres where |library, genre| library.book_genres.iter().any(|link| {
        (link.shelf, link.number, &link.genre) == (book.shelf, book.number, &genre.name)
    });
    books_of(genre: Genre) -> Book = books where |library, book| library.book_genres.iter().any(|link| {
        (link.shelf, link.number, &link.genre) == (book.shelf, book.number, &genre.name)
    });
}
