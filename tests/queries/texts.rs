//! LIKE with and without regard to case.

use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

/// The ids of the people for whom `condition` is true.
macro_rules! ids {
    ($db:expr, $condition:expr) => {
        $db.load::<i64, _>(people::table.filter($condition).order(people::id).select(people::id))
            .expect("the ids")
    };
}

on_each_database! {
    fn like_regards_case(db: &Db) {
        seed(db);
        assert_eq!(ids!(db, people::name.like("%d%")), [1, 3]);
        assert_eq!(ids!(db, people::name.like("D%")), [4]);
        assert_eq!(ids!(db, people::name.like("_o_")), [2, 4]);
        assert_eq!(ids!(db, people::name.like("ada")), [0; 0]);
        assert_eq!(ids!(db, people::name.not_like("%d%")), [2, 4]);
        assert_eq!(ids!(db, people::name.like("")), [0; 0]);
        assert_eq!(ids!(db, people::name.like("%")), [1, 2, 3, 4]);
    }

    fn like_of_a_column_that_may_be_null(db: &Db) {
        seed(db);
        assert_eq!(ids!(db, people::note.like("50%")), [2, 3]);
        assert_eq!(ids!(db, people::note.not_like("50%")), [4]);
        let answers: Vec<Option<bool>> = db
            .load(people::table.order(people::id).select(people::note.like("É%")))
            .expect("the answers");
        assert_eq!(answers, [None, Some(false), Some(false), Some(true)]);
    }

    fn like_with_an_escape(db: &Db) {
        seed(db);
        assert_eq!(ids!(db, people::note.like("50!% off").escape('!')), [2]);
        assert_eq!(ids!(db, people::note.like("50\\%%").escape('\\')), [2]);
        assert_eq!(ids!(db, people::note.not_like("50!%%").escape('!')), [3, 4]);
        // Another escape is another parameter of the same statement.
        assert_eq!(ids!(db, people::note.like("50#% off").escape('#')), [2]);
    }

    fn ilike_does_not_regard_case(db: &Db) {
        seed(db);
        assert_eq!(ids!(db, people::name.ilike("ADA")), [1]);
        assert_eq!(ids!(db, people::name.ilike("%D%")), [1, 3, 4]);
        assert_eq!(ids!(db, people::name.ilike("_O_")), [2, 4]);
        assert_eq!(ids!(db, people::name.not_ilike("%D%")), [2]);
        assert_eq!(ids!(db, people::name.ilike("da")), [0; 0]);
        // More letters than ASCII's.
        assert_eq!(ids!(db, people::note.ilike("éCL%")), [4]);
        assert_eq!(ids!(db, people::note.not_ilike("éCL%")), [2, 3]);
        let answers: Vec<Option<bool>> = db
            .load(people::table.order(people::id).select(people::note.ilike("ÉCLAIR")))
            .expect("the answers");
        assert_eq!(answers, [None, Some(false), Some(false), Some(true)]);
    }

    fn ilike_takes_a_backslash_for_an_escape(db: &Db) {
        seed(db);
        assert_eq!(ids!(db, people::note.ilike("50\\% OFF")), [2]);
        assert_eq!(ids!(db, people::note.ilike("50\\%%")), [2]);
    }

    fn patterns_from_columns(db: &Db) {
        seed(db);
        assert_eq!(ids!(db, people::name.like(people::name)), [1, 2, 3, 4]);
        assert_eq!(ids!(db, people::name.ilike(people::name)), [1, 2, 3, 4]);
        let person = Person::query().filter(people::name.ilike("ad_")).one(db).expect("the row");
        assert_eq!(person.id, 1);
    }

    fn concatenation(db: &Db) {
        seed(db);
        let labels: Vec<String> = db
            .load(people::table.filter(people::id.le(2)).order(people::id).select(
                people::name.concat(": ").concat(people::age.cast::<diesel::sql_types::Text>()),
            ))
            .expect("the labels");
        assert_eq!(labels, ["Ada: 36", "bob: 24"]);
        let notes: Vec<Option<String>> = db
            .load(people::table.order(people::id).select(people::note.concat("!")))
            .expect("the notes");
        assert_eq!(notes[0], None);
        assert_eq!(notes[1].as_deref(), Some("50% off!"));
    }
}
