//! Rows that a trigger of the database's skips or changes.

use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode, batch};
use test_support::{on_each_database, skip_rows};

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "watched")]
pub struct Watched {
    #[column(primary_key)]
    pub id: i64,
    #[column(default = 1)]
    pub value: i64,
}

mizzle::schema!(pub Watching = [Watched]);

/// Skips rows with an odd id.
fn skip_odd(db: &Db) {
    db.create_all::<Watching>().expect("the table");
    skip_rows(db, "watched", "new.id % 2 = 1");
}

fn new(id: i64) -> NewWatched {
    NewWatched { id, value: (id % 3 == 0).then_some(7) }
}

on_each_database! {
    fn what_is_stored_is_counted(db: &Db) {
        skip_odd(db);
        let rows: Vec<NewWatched> = (0..1001).map(new).collect();
        assert_eq!(db.insert_all(&rows).expect("the rows"), 501);
        assert_eq!(db.count(watched::table).expect("the count"), 501);
        assert_eq!(db.insert_all([new(2001)]).expect("no row"), 0);
    }

    fn a_row_that_is_asked_for_is_an_error(db: &Db) {
        skip_odd(db);
        assert_eq!(db.insert(new(2)).expect("a row"), Watched { id: 2, value: 1 });
        let error = db.insert(new(1)).expect_err("it is skipped");
        assert_eq!(error.code(), ErrorCode::QueryError, "{error:?}");
        assert!(error.to_string().contains("not stored"), "{error}");
        let error = db.upsert(new(1)).expect_err("it is skipped");
        assert!(error.to_string().contains("not stored"), "{error}");

        // Statements of one kind, and of two.
        let error = db.insert_all_returning([new(4), new(5), new(8)]).expect_err("one is skipped");
        assert!(error.to_string().contains("2 of 3 were stored"), "{error}");
        assert_eq!(db.count(watched::table).expect("the count"), 3);
        let error = db.insert_all_returning([new(12), new(11), new(10)]).expect_err("one is skipped");
        assert!(error.to_string().contains("0 of 3 were stored"), "{error}");
        assert_eq!(db.count(watched::table).expect("the count"), 3);
        assert_eq!(db.insert_all_returning([new(20), new(22)]).expect("both").len(), 2);
    }

    /// An AFTER trigger runs when the row is written, and RETURNING is what was written.
    fn a_row_is_returned_as_it_was_written(db: &Db) {
        db.create_all::<Watching>().expect("the table");
        let statements: &[&str] = match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => &[
                "CREATE TRIGGER raise_new AFTER INSERT ON watched WHEN new.value < 100
                 BEGIN UPDATE watched SET value = value + 100 WHERE id = new.id; END",
                "CREATE TRIGGER raise_old AFTER UPDATE ON watched WHEN new.value < 100
                 BEGIN UPDATE watched SET value = value + 100 WHERE id = new.id; END",
            ],
            Dialect::Postgres => &[
                "CREATE FUNCTION raise_it() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN UPDATE watched SET value = value + 100 WHERE id = new.id; RETURN new; END $$",
                "CREATE TRIGGER raise_it AFTER INSERT OR UPDATE ON watched FOR EACH ROW
                 WHEN (new.value < 100) EXECUTE FUNCTION raise_it()",
            ],
        };
        for statement in statements {
            db.execute_sql(statement).expect("a trigger");
        }
        let stored = |id: i64| db.get::<Watched>(id).expect("the row").value;
        let row = |id: i64, value: i64| Watched { id, value };
        assert_eq!(db.insert(new(1)).expect("a row"), row(1, 1));
        assert_eq!(stored(1), 101);
        assert_eq!(db.update_returning(&row(1, 5)).expect("a row"), row(1, 5));
        assert_eq!(stored(1), 105);
        assert_eq!(db.upsert(new(3)).expect("a row"), row(3, 7));
        assert_eq!(db.upsert(new(3)).expect("a row"), row(3, 7));
        assert_eq!(stored(3), 107);
        let rows = db.insert_all_returning([new(4), new(6)]).expect("two rows");
        assert_eq!(rows, [row(4, 1), row(6, 7)]);
        assert_eq!((stored(4), stored(6)), (101, 107));
        let rows = db.update_all_returning([row(4, 8), row(6, 9)]).expect("two rows");
        assert_eq!(rows, [row(4, 8), row(6, 9)]);
        assert_eq!((stored(4), stored(6)), (108, 109));
        let changes = WatchedChanges::default().value(11);
        let changed = Watched::query().find(6).update_returning(db, changes).expect("a row");
        assert_eq!((changed, stored(6)), (vec![row(6, 11)], 111));
        db.update(&row(6, 12)).expect("a row");
        assert_eq!(stored(6), 112);
    }
}

on_each_database! {
    /// The row is there: an error that says otherwise sends somebody to look for it.
    fn a_row_that_a_trigger_keeps_is_not_missing(db: &Db) {
        db.create_all::<Watching>().expect("the table");
        db.insert_all([new(1), new(2)]).expect("two rows");
        db.execute_sql(match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => {
                "CREATE TRIGGER keeps BEFORE UPDATE ON watched WHEN old.id % 2 = 1 BEGIN SELECT RAISE(IGNORE); END; \
                 CREATE TRIGGER holds BEFORE DELETE ON watched WHEN old.id % 2 = 1 BEGIN SELECT RAISE(IGNORE); END"
            }
            Dialect::Postgres => {
                "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; \
                 CREATE TRIGGER keeps BEFORE UPDATE OR DELETE ON watched FOR EACH ROW WHEN (old.id % 2 = 1) \
                 EXECUTE FUNCTION keep()"
            }
        })
        .expect("a trigger");
        let (kept, other) = (Watched { id: 1, value: 8 }, Watched { id: 2, value: 9 });
        let changes = || WatchedChanges::default().value(5);
        let is_kept = |error: mizzle::Error, prefix: &str| {
            assert_eq!(error.code(), ErrorCode::QueryError, "{error:?}");
            let expected = "the row of watched was not written: a trigger skipped it";
            assert_eq!(error.to_string(), format!("{prefix}{expected}"));
        };
        is_kept(db.update(&kept).expect_err("it is kept"), "");
        is_kept(db.update_returning(&kept).expect_err("it is kept"), "");
        is_kept(db.delete(&kept).expect_err("it is kept"), "");
        is_kept(db.update_by_key::<Watched>(1, changes()).expect_err("it is kept"), "");
        let all = [other.clone(), kept.clone()];
        is_kept(db.update_all(&all).expect_err("it is kept"), "row 2 of 2: ");
        is_kept(db.update_all_returning(&all).expect_err("it is kept"), "row 2 of 2: ");
        let both = (batch::update(&other), batch::update(&kept));
        is_kept(db.batch(both).expect_err("it is kept"), "statement 2 of 2: ");
        let both = (batch::update(&other), batch::update_by_key::<Watched>(1, changes()));
        is_kept(db.batch(both).expect_err("it is kept"), "statement 2 of 2: ");
        let both = (batch::update(&other), batch::delete(&kept));
        is_kept(db.batch(both).expect_err("it is kept"), "statement 2 of 2: ");
        assert_eq!(db.get::<Watched>(2).expect("the row").value, 1);

        // Rows that are missing are said to be.
        let none = Watched { id: 3, value: 1 };
        for error in [
            db.update(&none).expect_err("no row"),
            db.delete(&none).expect_err("no row"),
            db.update_by_key::<Watched>(3, changes()).expect_err("no row"),
            db.batch((batch::update_by_key::<Watched>(3, changes()),)).expect_err("no row"),
        ] {
            assert_eq!(error.code(), ErrorCode::NotFound, "{error:?}");
        }
    }
}

/// A BEFORE trigger of PostgreSQL's changes what is written.
#[cfg(feature = "postgres")]
#[test]
fn a_row_shows_what_a_before_trigger_wrote() {
    test_support::with_postgres(|db| {
        db.create_all::<Watching>().expect("the table");
        db.execute_sql(
            "CREATE FUNCTION twice() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN new.value := new.value * 2; RETURN new; END $$;
             CREATE TRIGGER twice BEFORE INSERT OR UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION twice()",
        )
        .expect("the trigger");
        assert_eq!(db.insert(new(1)).expect("a row"), Watched { id: 1, value: 2 });
        let changed = db.update_returning(&Watched { id: 1, value: 8 }).expect("a row");
        assert_eq!(changed, Watched { id: 1, value: 16 });
        let changed = db.update_all_returning([Watched { id: 1, value: 3 }]).expect("a row");
        assert_eq!(changed, [Watched { id: 1, value: 6 }]);
        assert_eq!(db.get::<Watched>(1).expect("the row").value, 6);
    });
}
