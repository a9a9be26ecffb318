//! Rows that a trigger of the database's skips.

use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};
use test_support::on_each_database;

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
    db.execute_sql(match db.dialect() {
        Dialect::Sqlite => {
            "CREATE TRIGGER skip BEFORE INSERT ON watched WHEN new.id % 2 = 1
             BEGIN SELECT RAISE(IGNORE); END"
        }
        Dialect::Postgres => {
            "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN IF new.id % 2 = 1 THEN RETURN NULL; END IF; RETURN new; END $$;
             CREATE TRIGGER skip BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION skip()"
        }
    })
    .expect("the trigger");
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
}
