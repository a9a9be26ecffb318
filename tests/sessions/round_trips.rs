//! How often a program waits for the server: each exchange with it ends with one message `Z`.

use std::sync::RwLockReadGuard;

use mizzle::prelude::*;
use mizzle::{ErrorCode, batch};
use test_support::FreshPostgres;
use test_support::proxy::Proxy;

use crate::siblings::{
    self, Book, Label, Loan, Page, Shelf, WithBooks, WithLabels, WithPages, books, labels, pages,
    shelves,
};
use crate::{Mood, Note, Notes, notes, without_migrations};

/// A database behind a proxy that counts.
pub struct Counted {
    /// Connects through the proxy, with one connection.
    pub db: Db,
    proxy: Proxy,
    /// The database itself.
    pub fresh: FreshPostgres,
    _no_migrations: RwLockReadGuard<'static, ()>,
}

impl Counted {
    /// Creates the database, with notes.
    pub fn new() -> Self {
        let no_migrations = without_migrations();
        let fresh = FreshPostgres::new();
        let (start, rest) = fresh.url.rsplit_once(':').unwrap();
        let (port, database) = rest.split_once('/').unwrap();
        let proxy = Proxy::counting(port.parse().unwrap());
        let url = format!("{start}:{}/{database}?sslmode=disable&gssencmode=disable", proxy.port());
        let db = Db::builder(&url).pool_size(1).connect().unwrap();
        db.create_all::<Notes>().unwrap();
        Self { db, proxy, fresh, _no_migrations: no_migrations }
    }

    /// Returns how many exchanges `f` takes when it runs for the first time, and the second time.
    pub fn twice<T>(&self, mut f: impl FnMut(&Db) -> mizzle::Result<T>) -> (usize, usize) {
        let mut once = || {
            let before = self.exchanges();
            f(&self.db).unwrap();
            self.exchanges() - before
        };
        (once(), once())
    }

    fn exchanges(&self) -> usize {
        self.proxy.seen().matches('Z').count()
    }
}

fn sample(id: i64) -> Note {
    Note { id, label: format!("note {id}"), mood: Mood::Happy }
}

#[test]
fn of_statements_and_transactions() {
    let counted = Counted::new();
    // The type of the database's own is looked up once.
    counted.db.insert(sample(1)).unwrap();
    let mut next = 1;
    let mut new = || {
        next += 1;
        sample(next)
    };
    assert_eq!(counted.twice(|db| db.find::<Note>(1)), (1, 1), "find");
    assert_eq!(counted.twice(|db| Note::query().all(db)), (1, 1), "all");
    assert_eq!(
        counted.twice(|db| sql!("SELECT label FROM notes WHERE id = {1_i64}").one::<String>(db)),
        (1, 1),
        "sql!"
    );
    assert_eq!(counted.twice(|db| Note::query().page(db, 1, 10)), (1, 1), "page");
    assert_eq!(
        counted.twice(|db| db.transaction(|tx| Note::query().page(tx, 1, 10))),
        (2, 2),
        "a page in a transaction"
    );
    assert_eq!(counted.twice(|db| db.transaction(|_| Ok(()))), (0, 0), "an empty transaction");
    assert_eq!(
        counted.twice(|db| db.transaction(|tx| {
            let mut note = Note::query().filter(notes::id.le(1)).first(tx)?.unwrap();
            note.label.push('!');
            tx.update(&note)
        })),
        (3, 3),
        "a read and a write"
    );
    assert_eq!(
        counted.twice(|db| db.transaction(|tx| {
            tx.insert(new())?;
            tx.insert(new())?;
            tx.insert(new())
        })),
        (4, 4),
        "three writes"
    );
    assert_eq!(
        counted.twice(|db| {
            let failed = db.transaction(|tx| {
                tx.execute_sql("SELECT 1")?;
                tx.insert(sample(1))
            });
            assert!(failed.is_err());
            Ok(())
        }),
        // BEGIN goes alone before SQL text; the last one is the rollback.
        (4, 4),
        "a transaction that fails"
    );
}

/// The same table as that of the issue: what a program writes in one call is one exchange, or two if a row decides.
#[test]
fn of_batches_and_many_rows() {
    let counted = Counted::new();
    counted.db.insert(sample(1)).unwrap();
    let mut next = 1;
    let mut new = || {
        next += 1;
        sample(next)
    };
    assert_eq!(
        counted.twice(|db| db.batch((
            batch::insert(new()),
            batch::insert(new()),
            batch::execute(diesel::update(notes::table.find(1)).set(notes::label.eq("one"))),
        ))),
        (1, 1),
        "three writes as a batch"
    );
    assert_eq!(
        counted.twice(|db| db.batch((
            Note::query().batched().all(),
            Note::query().filter(notes::id.gt(1)).batched().count(),
            batch::find::<Note>(1),
            sql!("SELECT label FROM notes").batched().all::<String>(),
        ))),
        (1, 1),
        "reads as a batch"
    );
    let one = Note { label: "first".into(), ..sample(1) };
    assert_eq!(
        counted.twice(|db| db.batch((batch::update(&one), batch::get::<Note>(1)))),
        (2, 2),
        "a batch that a row decides"
    );
    assert_eq!(
        counted.twice(
            |db| db.transaction(|tx| tx.batch((batch::find::<Note>(1), batch::insert(new()))))
        ),
        (2, 2),
        "a batch in a transaction"
    );
    assert_eq!(
        counted.twice(|db| {
            let failed = db.batch((batch::find::<Note>(1), batch::insert(sample(1)))).unwrap_err();
            assert_eq!(failed.batch_place(), Some(1), "{failed:?}");
            Ok(())
        }),
        // The last one is the rollback.
        (2, 2),
        "a batch that fails"
    );
    let mut many = || (0..10_000).map(|_| new()).collect::<Vec<_>>();
    assert_eq!(counted.twice(|db| db.insert_all(many())), (1, 1), "10,000 rows");
    assert_eq!(counted.twice(|db| db.insert_all_returning(many())), (2, 2), "10,000 rows returned");
    assert_eq!(counted.twice(|db| db.upsert_all(many())), (1, 1), "10,000 rows upserted");
}

/// The levels of all queries go together, and with the last one what comes after them, and COMMIT.
#[test]
fn of_batches_with_relations() {
    let counted = Counted::new();
    siblings::fill(&counted.db);
    counted.db.insert(sample(1)).unwrap();
    let mut next = 1;
    let mut new = || {
        next += 1;
        batch::insert(sample(next))
    };
    let shelves = || Shelf::query().with(Shelf::books()).with(Shelf::labels());
    let deep = || {
        let books = Shelf::books().with(Book::pages()).with(Book::loans());
        Shelf::query().with(books).with(Shelf::labels())
    };
    let books = || Book::query().limit(9).with(Book::shelf());
    assert_eq!(counted.twice(|db| db.batch((shelves().batched().all(),))), (2, 2), "a query");
    assert_eq!(
        counted.twice(|db| db.batch((books().batched().all(), new()))),
        (1, 1),
        "what is joined"
    );
    assert_eq!(
        counted.twice(|db| {
            db.batch((new(), shelves().batched().all(), deep().batched().all(), new(), new()))
        }),
        (3, 3),
        "two queries of several levels, and writes"
    );
    assert_eq!(
        counted.twice(|db| {
            db.batch((shelves().batched().all(), new(), deep().batched().all(), new()))
        }),
        // The second one may see what is written between them.
        (4, 4),
        "writes after each of two queries"
    );
    assert_eq!(
        counted.twice(|db| db.batch((batch::get::<Note>(1), shelves().batched().all(), new()))),
        (2, 2),
        "a row that is known before COMMIT"
    );
    assert_eq!(
        counted.twice(|db| db.batch((new(), shelves().find(1).batched().one()))),
        (3, 3),
        "a row that decides with its relations"
    );
    assert_eq!(
        counted.twice(|db| db.batch((new(), shelves().find(-1).batched().all()))),
        (2, 2),
        "no rows"
    );
    assert_eq!(
        counted.twice(|db| db.transaction(|tx| tx.batch((
            new(),
            shelves().batched().all(),
            new()
        )))),
        // BEGIN and the savepoint go before it, and the savepoint's end and COMMIT after it.
        (6, 6),
        "in a transaction"
    );
}

/// What a session has lost, and what others have changed, is found out by the exchange that fails, and it runs again.
#[test]
fn a_batch_in_an_emptied_session() {
    let counted = Counted::new();
    let db = &counted.db;
    let other = Db::builder(&counted.fresh.url).pool_size(1).connect().unwrap();
    let mut next = 0;
    let mut batch = |on: &Db, nested: bool| {
        next += 2;
        let items = || {
            (
                batch::insert(sample(next)),
                batch::insert(sample(next + 1)),
                Note::query().batched().count(),
            )
        };
        if nested { on.transaction(|tx| tx.batch(items())) } else { on.batch(items()) }.unwrap().2
    };
    assert_eq!(batch(db, false), 2);
    siblings::fill(db);
    for nested in [false, true, false, true] {
        let shelves = || Shelf::query().with(Shelf::books()).with(Shelf::labels()).batched().all();
        let expected = db.batch((shelves(),)).unwrap();
        db.execute_sql("DISCARD ALL").unwrap();
        let found = match nested {
            true => db.transaction(|tx| tx.batch((shelves(),))),
            false => db.batch((shelves(),)),
        };
        assert_eq!(found.unwrap(), expected);
        // The first exchange works, and the second one has a statement whose result is another one by now.
        other
            .execute_sql("ALTER TABLE books ALTER title TYPE varchar; ALTER TABLE books ALTER title TYPE text")
            .unwrap();
        assert_eq!(db.batch((shelves(),)).unwrap(), expected);
        other.execute_sql("ALTER TABLE books ALTER title TYPE varchar").unwrap();
        let found = match nested {
            true => db.transaction(|tx| tx.batch((shelves(),))),
            false => db.batch((shelves(),)),
        };
        assert_eq!(found.unwrap(), expected);
        other.execute_sql("ALTER TABLE books ALTER title TYPE text").unwrap();
    }
    for (nested, expected) in [(false, 4), (true, 6)] {
        db.execute_sql("DISCARD ALL").unwrap();
        assert_eq!(batch(db, nested), expected);
    }
    for (nested, expected) in [(false, 8), (true, 10)] {
        other
            .execute_sql(
                "ALTER TABLE notes ALTER mood TYPE text; DROP TYPE mood; CREATE TYPE mood AS ENUM ('happy', 'sad'); \
                 ALTER TABLE notes ALTER mood TYPE mood USING mood::mood",
            )
            .unwrap();
        assert_eq!(batch(db, nested), expected);
    }
}

#[test]
fn what_fails_at_first_leaves_no_trace() {
    let counted = Counted::new();
    let db = &counted.db;
    db.insert(sample(1)).unwrap();
    // Preparing fails, before a transaction and in one.
    for _ in 0..2 {
        let error = sql!("SELECT nothing FROM notes").one::<i64>(db).unwrap_err();
        assert!(error.to_string().contains("nothing"), "{error}");
        assert!(error.sql().unwrap().contains("SELECT nothing"), "{error:?}");
        let error =
            db.transaction(|tx| sql!("SELECT nothing FROM notes").one::<i64>(tx)).unwrap_err();
        assert!(error.to_string().contains("nothing"), "{error}");
    }
    // Running fails; the statement is prepared all the same.
    let error = db.transaction(|tx| tx.insert(sample(1))).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConstraintError, "{error:?}");
    assert_eq!(counted.twice(|db| Ok(db.insert(sample(1)).unwrap_err())), (1, 1));
    // One of two fails, and then none: the type of the database's own is another one now.
    let sad = || Note::query().filter(notes::mood.eq(Mood::Sad));
    assert_eq!(sad().page(db, 1, 5).unwrap().total, 0);
    let other = Db::builder(&counted.fresh.url).pool_size(1).connect().unwrap();
    other
        .execute_sql(
            "ALTER TABLE notes ALTER mood TYPE text; DROP TYPE mood; CREATE TYPE mood AS ENUM ('happy', 'sad'); \
             ALTER TABLE notes ALTER mood TYPE mood USING mood::mood",
        )
        .unwrap();
    assert_eq!(sad().page(db, 1, 5).unwrap().total, 0);
    other.execute_sql("ALTER TABLE notes RENAME label TO other").unwrap();
    for _ in 0..2 {
        let error = Note::query().page(db, 1, 5).unwrap_err();
        assert_eq!(error.code(), ErrorCode::SchemaError, "{error:?}");
        assert!(error.sql().unwrap().contains("label"), "{error:?}");
    }
    other.execute_sql("ALTER TABLE notes RENAME other TO label").unwrap();
    assert_eq!(Note::query().page(db, 1, 5).unwrap().items, [sample(1)]);
    // After a failure, a transaction is of no use.
    let error = db
        .transaction(|tx| {
            tx.execute_sql("this is no SQL").unwrap_err();
            tx.find::<Note>(1)
        })
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::TransactionError, "{error:?}");
    assert_eq!(db.count(notes::table).unwrap(), 1);
}

/// The server answers the first statements before it has read the last values.
#[test]
fn large_values_and_large_results_at_once() {
    let counted = Counted::new();
    let db = &counted.db;
    let large = "x".repeat(40 << 20);
    let twice: String = db.transaction(|tx| sql!("SELECT {large} || {large}").one(tx)).unwrap();
    assert_eq!(twice.len(), 2 * large.len());
    let (sent, both, again): (u64, String, String) = db
        .batch((
            sql!("INSERT INTO notes VALUES (1, {large}, 'happy')").batched().execute(),
            sql!("SELECT label || label FROM notes").batched().one(),
            sql!("SELECT {large}").batched().one(),
        ))
        .unwrap();
    assert_eq!((sent, both.len(), again.len()), (1, 2 * large.len(), large.len()));
    db.execute_sql("DELETE FROM notes").unwrap();
    assert_eq!(db.count(notes::table).unwrap(), 0);
}

/// The table of DESIGN.md has these figures, for the first run as well as for later ones.
#[test]
fn the_figures_of_the_documentation() {
    let counted = Counted::new();
    siblings::fill(&counted.db);
    counted.db.insert(sample(1)).unwrap();
    let mut next = 1;
    let mut new = || {
        next += 1;
        sample(next)
    };
    let mut shelf = 1_000;
    let mut measured = Vec::new();
    let mut measure = |what: &'static str, twice: (usize, usize)| measured.push((what, twice));
    measure("`find`", counted.twice(|db| db.find::<Note>(1)));
    measure("a query", counted.twice(|db| Note::query().filter(notes::id.gt(0)).all(db)));
    measure("a page and the number of all rows", counted.twice(|db| Note::query().page(db, 1, 9)));
    measure(
        "a query with three relations",
        counted.twice(|db| {
            let labels = || Shelf::labels().limit(1);
            Shelf::query().with(Shelf::books()).with(Shelf::labels()).with(labels()).all(db)
        }),
    );
    measure(
        "a row by its primary key, with three relations",
        counted.twice(|db| {
            let labels = || Shelf::labels().limit(1);
            let query = Shelf::query().with(Shelf::books()).with(Shelf::labels()).with(labels());
            query.find(1).first(db)
        }),
    );
    measure(
        "a query with relations of two levels",
        counted.twice(|db| {
            let books = Shelf::books().with(Book::pages()).with(Book::loans());
            Shelf::query().with(books).with(Shelf::labels()).all(db)
        }),
    );
    measure(
        "a query of some columns with relations of two levels",
        counted.twice(|db| {
            let books = Shelf::books().with(Book::pages().select(pages::id)).select(books::title);
            let query = Shelf::query().with(books).with(Shelf::labels().select(labels::text));
            let rows = query.select(Shelf::books().count()).all(db)?;
            let books: Option<&WithBooks<i64, WithPages<String, i64>>> =
                rows.first().map(|row: &WithLabels<_, String>| &**row);
            assert!(books.is_none_or(|row| row.books.len() as i64 == **row));
            Ok(())
        }),
    );
    measure(
        "a transaction of a read and a write",
        counted.twice(|db| {
            db.transaction(|tx| {
                let note = tx.get::<Note>(1)?;
                tx.update(&note)
            })
        }),
    );
    measure(
        "a transaction of three writes",
        counted.twice(|db| {
            db.transaction(|tx| {
                tx.insert(new())?;
                tx.insert(new())?;
                tx.insert(new())
            })
        }),
    );
    measure(
        "a batch of three writes",
        counted.twice(|db| {
            db.batch((batch::insert(new()), batch::insert(new()), batch::insert(new())))
        }),
    );
    measure(
        "a batch of two writes and a query with relations",
        counted.twice(|db| {
            let shelves = Shelf::query().with(Shelf::books()).with(Shelf::labels());
            db.batch((batch::insert(new()), shelves.batched().all(), batch::insert(new())))
        }),
    );
    let mut many = || (0..10_000).map(|_| new()).collect::<Vec<_>>();
    measure("`insert_all` of 10,000 rows", counted.twice(|db| db.insert_all(many())));
    measure(
        "`insert_all_returning` of 10,000 rows",
        counted.twice(|db| db.insert_all_returning(many())),
    );
    measure(
        "`insert_graph` of rows and their related rows",
        counted.twice(|db| {
            shelf += 1;
            let graph = Shelf { id: shelf }
                .with_new(Shelf::books(), |shelf| vec![book(shelf, 0), book(shelf, 1)])
                .with_new(Shelf::labels(), |shelf| vec![label(shelf)]);
            db.insert_graph([graph])
        }),
    );
    let documentation = include_str!("../../DESIGN.md");
    let (_, table) = documentation.split_once("|---|---:|\n").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let expected: Vec<String> = measured
        .iter()
        .map(|(what, (first, later))| {
            assert_eq!(first, later, "{what}");
            format!("| {what} | {later} |")
        })
        .collect();
    assert_eq!(table.lines().collect::<Vec<_>>(), expected);
}

fn book(shelf: &Shelf, number: i64) -> Book {
    Book { id: 10 * shelf.id + number, shelf_id: shelf.id, title: String::new() }
}

fn label(shelf: &Shelf) -> Label {
    Label { id: shelf.id, shelf_id: shelf.id, text: String::new() }
}

/// A level is one exchange, and the last one goes with COMMIT, if nothing can be left out without an error.
#[test]
fn of_graphs() {
    let counted = Counted::new();
    let db = &counted.db;
    siblings::fill(db);
    let mut id = 1_000;
    let mut insert = |on: &Db, depth: usize| {
        id += 1;
        let shelf = Shelf { id };
        match depth {
            0 => drop(on.insert_graph([shelf])?),
            1 => drop(
                on.insert_graph([shelf.with_new(Shelf::books(), |shelf| vec![book(shelf, 0)])])?,
            ),
            _ => {
                let pages = |book: &Book| vec![Page { id: book.id, book_id: book.id }];
                let loans = |book: &Book| vec![Loan { id: book.id, book_id: book.id }];
                let books = |shelf: &Shelf| {
                    let with = |book: Book| {
                        book.with_new(Book::pages(), pages).with_new(Book::loans(), loans)
                    };
                    vec![with(book(shelf, 0)), with(book(shelf, 1))]
                };
                drop(
                    on.insert_graph([shelf
                        .with_new(Shelf::books(), books)
                        .with_new(Shelf::labels(), |shelf| vec![label(shelf)])])?,
                );
            }
        }
        Ok(())
    };
    assert_eq!(counted.twice(|db| insert(db, 0)), (2, 2), "rows alone");
    assert_eq!(counted.twice(|db| insert(db, 1)), (2, 2), "one level below");
    assert_eq!(counted.twice(|db| insert(db, 2)), (3, 3), "two levels below");
    let before = db.count(shelves::table).unwrap();
    // What may skip a row decides, wherever it is.
    db.execute_sql(
        "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; \
         CREATE TRIGGER skips BEFORE INSERT ON books FOR EACH ROW WHEN (NEW.id % 10 = 1) \
         EXECUTE FUNCTION skip()",
    )
    .unwrap();
    assert_eq!(counted.twice(|db| insert(db, 1)), (3, 3), "with a trigger");
    for _ in 0..2 {
        let error = insert(db, 2).unwrap_err();
        assert_eq!(error.code(), ErrorCode::QueryError, "{error:?}");
    }
    assert_eq!(db.count(shelves::table).unwrap(), before + 2);
    db.execute_sql(
        "DROP TRIGGER skips ON books; \
         CREATE RULE also AS ON INSERT TO books DO ALSO DELETE FROM loans WHERE id < 0",
    )
    .unwrap();
    assert_eq!(counted.twice(|db| insert(db, 1)), (3, 3), "with a rule");
    db.execute_sql("DROP RULE also ON books").unwrap();
    assert_eq!(counted.twice(|db| insert(db, 1)), (2, 2), "without both");
    // What fails at the end, or what a session has lost.
    db.execute_sql(
        "DELETE FROM labels; \
         ALTER TABLE labels ADD CONSTRAINT later UNIQUE (text) DEFERRABLE INITIALLY DEFERRED",
    )
    .unwrap();
    let before = db.count(shelves::table).unwrap();
    let labels = |id: i64, texts: usize| {
        let of = move |shelf: &Shelf| {
            (0..texts)
                .map(|number| Label { id: 10 * shelf.id + number as i64, ..label(shelf) })
                .collect()
        };
        db.insert_graph([Shelf { id }.with_new(Shelf::labels(), of)])
    };
    let error = labels(5_000, 2).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConstraintError, "{error:?}");
    assert_eq!(db.count(shelves::table).unwrap(), before);
    assert_eq!(labels(5_001, 1).unwrap()[0].labels.len(), 1);
    for _ in 0..2 {
        db.execute_sql("DISCARD ALL").unwrap();
        insert(db, 1).unwrap();
    }
    assert_eq!(db.count(shelves::table).unwrap(), before + 3);
}
