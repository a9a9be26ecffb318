//! The statements of all relations of one level go to the server together: what fails is told with its own statement, the
//! connection goes on afterwards, and the rows are those of one statement after another.

use std::thread;
use std::time::Duration;

use diesel::sql_types::{BigInt, Bool};
use mizzle::ErrorCode;
use mizzle::prelude::*;
use mizzle::relation::{Related, Relation};
use test_support::FreshPostgres;
use test_support::ticks::Stopwatch;

use crate::round_trips::Counted;

/// A shelf.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "shelves", has_many(books = Book), has_many(labels = Label))]
pub struct Shelf {
    /// Given by the test.
    #[column(primary_key)]
    pub id: i64,
}

/// A book of a shelf.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "books", has_many(pages = Page), has_many(loans = Loan))]
pub struct Book {
    /// Given by the test.
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Shelf))]
    /// Where it is.
    pub shelf_id: i64,
    /// Any text.
    pub title: String,
}

/// A label of a shelf.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "labels")]
pub struct Label {
    /// Given by the test.
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Shelf))]
    /// What it is on.
    pub shelf_id: i64,
    /// Any text.
    pub text: String,
}

/// A page of a book.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "pages")]
pub struct Page {
    /// Given by the test.
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Book))]
    /// What it is in.
    pub book_id: i64,
}

/// A loan of a book.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "loans")]
pub struct Loan {
    /// Given by the test.
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Book))]
    /// What is lent.
    pub book_id: i64,
}

mizzle::schema!(pub Shelves = [Shelf, Book, Label, Page, Loan]);

/// More than a join is used for.
const SHELVES: i64 = 40;

/// Stores shelves, each with two books of two pages and a loan, and with a label.
pub fn fill(db: &Db) {
    db.create_all::<Shelves>().unwrap();
    db.insert_all((1..=SHELVES).map(|id| Shelf { id }).collect::<Vec<_>>()).unwrap();
    let text = |id: i64| "x".repeat((id % 90) as usize);
    let books = (1..=2 * SHELVES).map(|id| Book { id, shelf_id: (id + 1) / 2, title: text(id) });
    db.insert_all(books.collect::<Vec<_>>()).unwrap();
    let labels = (1..=SHELVES).map(|id| Label { id, shelf_id: id, text: text(id) });
    db.insert_all(labels.collect::<Vec<_>>()).unwrap();
    let pages = (1..=4 * SHELVES).map(|id| Page { id, book_id: (id + 1) / 2 });
    db.insert_all(pages.collect::<Vec<_>>()).unwrap();
    let loans = (1..=2 * SHELVES).map(|id| Loan { id, book_id: id });
    db.insert_all(loans.collect::<Vec<_>>()).unwrap();
}

/// Reads all of them, and checks that they are complete.
pub fn check(on: &impl Executor) -> mizzle::Result<()> {
    let shelves = Shelf::query()
        .order_by(shelves::id)
        .with(
            Shelf::books()
                .order_by(books::id)
                .with(Book::pages().order_by(pages::id))
                .with(Book::loans()),
        )
        .with(Shelf::labels().with(Label::shelf()))
        .all(on)?;
    assert_eq!(shelves.len() as i64, SHELVES);
    for shelf in shelves {
        let books: Vec<i64> = shelf.books.iter().map(|book| book.id).collect();
        assert_eq!(books, [2 * shelf.id - 1, 2 * shelf.id]);
        for book in &shelf.books {
            let pages: Vec<i64> = book.pages.iter().map(|page| page.id).collect();
            assert_eq!(pages, [2 * book.id - 1, 2 * book.id]);
            assert_eq!(book.loans, [Loan { id: book.id, book_id: book.id }]);
        }
        let [label] = &shelf.labels[..] else { panic!("{shelf:?}") };
        assert_eq!((label.id, label.shelf.id), (shelf.id, shelf.id));
    }
    Ok(())
}

/// A relation whose statement takes as long as a condition on its rows.
fn slow<M: Relation>(relation: Related<'_, M>) -> Related<'_, M> {
    relation.filter(diesel::dsl::sql::<Bool>("(SELECT true FROM pg_sleep(600))"))
}

#[test]
fn a_level_is_one_exchange() {
    let counted = Counted::new();
    fill(&counted.db);
    assert_eq!(counted.twice(check), (3, 3), "siblings of two levels");
    assert_eq!(counted.twice(|db| db.transaction(|tx| check(tx))), (4, 4), "in a transaction");
    let query = || {
        Shelf::query()
            .order_by(shelves::id)
            .with(Shelf::books().with(Book::pages()).with(Book::loans()))
            .with(Shelf::labels())
    };
    assert_eq!(counted.twice(|db| query().page(db, 1, 10)), (3, 3), "a page");
    assert_eq!(counted.twice(|db| query().page(db, 2, 10)), (3, 3), "another page");
    assert_eq!(counted.twice(|db| query().first(db)), (3, 3), "the first row");
    let found = |id: i64| query().find(id);
    assert_eq!(counted.twice(|db| found(3).first(db)), (2, 2), "one shelf, and its books' rows");
    assert_eq!(counted.twice(|db| db.transaction(|tx| found(3).one(tx))), (3, 3));
    assert_eq!(counted.twice(|db| found(0).first(db)), (1, 1), "no shelf");
    let one_level = || Shelf::query().with(Shelf::books()).with(Shelf::labels()).find(4);
    assert_eq!(counted.twice(|db| one_level().one(db)), (1, 1), "one level of a known shelf");
    assert_eq!(counted.twice(|db| one_level().for_update().one(db)), (1, 1), "which it locks");
    let book = Book::query().find(5).with(Book::pages()).with(Book::shelf());
    assert_eq!(counted.twice(|db| book.one(db)), (1, 1), "with a row that is joined");
    let shelf = Shelf::query().find(4).with(Shelf::books().limit(1).with(Book::pages()));
    let shelf = shelf.with(Shelf::labels()).one(&counted.db).unwrap();
    assert_eq!((shelf.books[0].id, shelf.books[0].pages[1].id, shelf.labels[0].id), (7, 14, 4));
    let rows = || counted.db.load::<Shelf, _>(shelves::table).unwrap();
    let (rows, books) = (rows(), || Shelf::books().with(Book::pages()).with(Book::loans()));
    assert_eq!(counted.twice(|db| books().load_for(db, rows.clone())), (2, 2), "loaded rows");
    assert_eq!(
        counted.twice(|db| query().stream(db)?.collect::<mizzle::Result<Vec<_>>>()),
        // BEGIN and the cursor, its rows, its end and COMMIT.
        counted.twice(|db| Shelf::query()
            .with(Shelf::books().with(Book::pages()))
            .stream(db)?
            .collect::<mizzle::Result<Vec<_>>>()),
        "a stream takes no more for siblings"
    );
    // A row that lacks a required one is left out of all siblings.
    counted.db.execute_sql("DELETE FROM labels WHERE shelf_id % 2 = 0").unwrap();
    let odd = Shelf::query()
        .order_by(shelves::id)
        .with(Shelf::labels().required())
        .with(Shelf::books().order_by(books::id))
        .all(&counted.db)
        .unwrap();
    assert_eq!(odd.len() as i64, SHELVES / 2);
    assert!(odd.iter().all(|shelf| shelf.id % 2 == 1 && shelf.books[0].id == 2 * shelf.id - 1));
}

#[test]
fn an_error_is_told_with_its_statement() {
    let counted = Counted::new();
    let db = &counted.db;
    fill(db);
    let other = Db::builder(&counted.fresh.url).pool_size(1).connect().unwrap();
    for (table, column) in [("books", "title"), ("labels", "text"), ("loans", "book_id")] {
        // At first use as well as later, alone and in a transaction.
        for _ in 0..2 {
            other
                .execute_sql(&format!("ALTER TABLE {table} RENAME {column} TO elsewhere"))
                .unwrap();
            for error in [check(db).unwrap_err(), db.transaction(|tx| check(tx)).unwrap_err()] {
                assert_eq!(error.code(), ErrorCode::SchemaError, "{error:?}");
                assert!(error.to_string().contains(column), "{error:?}");
                let sql = error.sql().unwrap();
                assert!(sql.contains(&format!("FROM \"{table}\"")), "{sql}");
            }
            other
                .execute_sql(&format!("ALTER TABLE {table} RENAME elsewhere TO {column}"))
                .unwrap();
            check(db).unwrap();
            db.transaction(|tx| check(tx)).unwrap();
        }
    }
    // A row that the struct can't hold, of a statement between others.
    other.execute_sql("ALTER TABLE labels ALTER text DROP NOT NULL; UPDATE labels SET text = NULL WHERE id = 7").unwrap();
    let query =
        || Shelf::query().with(Shelf::books()).with(Shelf::labels()).with(Shelf::books().limit(1));
    let error = query().all(db).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
    assert!(error.sql().unwrap().contains("FROM \"labels\""), "{error:?}");
    other.execute_sql("UPDATE labels SET text = ''").unwrap();
    assert_eq!(query().all(db).unwrap().len() as i64, SHELVES);
    // Of what a session has lost, nothing is seen.
    for _ in 0..2 {
        db.execute_sql("DISCARD ALL").unwrap();
        check(db).unwrap();
    }
}

#[test]
fn large_results_at_once() {
    let counted = Counted::new();
    let db = &counted.db;
    db.create_all::<Shelves>().unwrap();
    // The server answers before it has read the last of many keys.
    db.execute_sql(
        "INSERT INTO shelves SELECT generate_series(1, 200000); \
         INSERT INTO books SELECT id, id, repeat('x', 200) FROM shelves; \
         INSERT INTO labels SELECT id, id, repeat('y', 200) FROM shelves",
    )
    .unwrap();
    let query = || Shelf::query().with(Shelf::books()).with(Shelf::labels());
    assert_eq!(
        counted.twice(|db| {
            let shelves = query().all(db)?;
            assert_eq!(shelves.len(), 200_000);
            assert!(shelves.iter().all(|shelf| {
                shelf.books[0].title.len() == 200 && shelf.labels[0].text.len() == 200
            }));
            Ok(())
        }),
        (2, 2)
    );
}

#[test]
fn a_sibling_that_takes_too_long() {
    let fresh = FreshPostgres::new();
    let limit = Duration::from_secs(2);
    let limited =
        Db::builder(&fresh.url).pool_size(1).statement_timeout(Some(limit)).connect().unwrap();
    let patient = Db::builder(&fresh.url).pool_size(1).connect().unwrap();
    let direct = Db::builder(&fresh.url).pool_size(1).connect().unwrap();
    fill(&direct);
    let query =
        || Shelf::query().with(Shelf::books()).with(slow(Shelf::labels())).with(Shelf::books());
    // By the limit.
    for error in
        [query().all(&limited).unwrap_err(), limited.transaction(|tx| query().all(tx)).unwrap_err()]
    {
        assert!(error.is_timeout(), "{error:?}");
        assert!(error.sql().unwrap().contains("FROM \"labels\""), "{error:?}");
        check(&limited).unwrap();
    }
    // By another session.
    for signal in ["pg_cancel_backend", "pg_terminate_backend"] {
        let session: i32 = patient
            .one(diesel::dsl::sql::<diesel::sql_types::Integer>("SELECT pg_backend_pid()"))
            .unwrap();
        let error = thread::scope(|scope| {
            let waiting = scope.spawn(|| patient.transaction(|tx| query().all(tx)).unwrap_err());
            let start = Stopwatch::start();
            let sleeping = format!(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = {session} AND wait_event = 'PgSleep'"
            );
            while direct.one::<i64, _>(diesel::dsl::sql::<BigInt>(&sleeping)).unwrap() == 0 {
                assert!(start.within(Duration::from_secs(60)), "the statement doesn't begin");
                thread::sleep(Duration::from_millis(2));
            }
            direct.execute_sql(&format!("SELECT {signal}({session})")).unwrap();
            waiting.join().unwrap()
        });
        assert!(error.sql().unwrap().contains("FROM \"labels\""), "{error:?}");
        assert_eq!(error.is_connection_lost(), signal == "pg_terminate_backend", "{error:?}");
        check(&patient).unwrap();
    }
}
