//! INSERT … ON CONFLICT, through diesel and through `upsert` and `upsert_on`.

use diesel::dsl::{insert_into, insert_or_ignore_into, replace_into};
use diesel::query_dsl::methods::FilterDsl;
use diesel::upsert::excluded;
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};
use test_support::on_each_database;

use crate::schema::*;

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Word {
    #[column(primary_key, default = 7)]
    pub id: i64,
    #[column(default = "word")]
    pub word: String,
}

mizzle::schema!(pub Words = [Word]);

fn ada() -> Person {
    club().remove(0)
}

on_each_database! {
    fn conflicts_are_ignored(db: &Db) {
        seed(db);
        let new = || NewPerson { age: 99, ..somebody("Ada") };
        let into = || insert_or_ignore_into(people::table);
        assert_eq!(db.execute(into().values(new())).expect("nothing"), 0);
        let rows = vec![new(), somebody("Eve"), somebody("Eve")];
        let returned: Vec<Person> =
            db.load(into().values(rows).returning(Person::as_returning())).expect("one row");
        assert_eq!(names(&returned), ["Eve"]);
        let some = [(teams::id.eq(CORE), teams::name.eq("new")), (teams::id.eq(77), teams::name.eq("x"))];
        assert_eq!(
            db.execute(insert_or_ignore_into(teams::table).values(&some)).expect("one row"),
            1
        );
        // Other constraints are not conflicts.
        let error = db.execute(into().values(NewPerson { age: 0, ..somebody("Fay") }));
        assert!(error.expect_err("the check").is_check_violation());
        let error = db.execute(into().values(NewPerson { team_id: Some(99), ..somebody("Fay") }));
        assert!(error.expect_err("the key").is_foreign_key_violation());
        let from = || people::table.select(people::name);
        let insert = |query| insert_or_ignore_into(teams::table).values(query).into_columns(teams::name);
        assert_eq!(db.execute(insert(from())).expect("five teams"), 5);
        assert_eq!(db.execute(insert(from())).expect("nothing"), 0);
        let filtered = FilterDsl::filter(people::table.select(people::name), people::age.gt(30)).limit(2);
        let again = insert_or_ignore_into(teams::table)
            .values(filtered.into_boxed())
            .into_columns(teams::name)
            .returning(teams::id);
        assert_eq!(db.load::<i64, _>(again).expect("nothing"), [0; 0]);
        db.create_all::<Words>().expect("a table");
        let defaults = || insert_or_ignore_into(words::table).default_values();
        assert_eq!(db.execute(defaults()).expect("a row"), 1);
        assert_eq!(db.execute(defaults()).expect("nothing"), 0);
        let said = insert_or_ignore_into(words::table)
            .values((words::id.eq(7), words::word.eq("more")))
            .on_conflict(words::id)
            .do_update()
            .set(words::word.eq("more"));
        assert_eq!(db.execute(said).expect("an update"), 1);
        let found: Vec<(i64, String)> = db.load(words::table).expect("the row");
        assert_eq!(found, [(7, "more".into())]);
    }

    fn only_sqlite_replaces(db: &Db) {
        seed(db);
        let replaced = db.execute(
            replace_into(teams::table).values((teams::id.eq(IDLE), teams::name.eq("busy"))),
        );
        match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => assert_eq!(replaced.expect("a row"), 1),
            Dialect::Postgres => {
                let error = replaced.expect_err("no such statement");
                assert_eq!(error.code(), ErrorCode::QueryError);
                assert!(error.to_string().contains("REPLACE"), "{error}");
            }
        }
    }

    fn do_nothing(db: &Db) {
        seed(db);
        let new = || NewPerson { age: 99, ..somebody("Ada") };
        let by_any = insert_into(people::table).values(new()).on_conflict_do_nothing();
        assert_eq!(db.execute(by_any).expect("nothing"), 0);
        let by_name =
            insert_into(people::table).values(new()).on_conflict(people::name).do_nothing();
        assert_eq!(db.execute(by_name).expect("nothing"), 0);
        let returned: Vec<Person> = db
            .load(
                insert_into(people::table)
                    .values(vec![new(), somebody("Eve")])
                    .on_conflict(people::name)
                    .do_nothing()
                    .returning(Person::as_returning()),
            )
            .expect("the row that was not there");
        assert_eq!(names(&returned), ["Eve"]);
        assert_eq!(db.get::<Person>(1).expect("the row"), ada());
        // Only the named columns' conflict is passed over.
        let error = db
            .execute(
                insert_into(people::table)
                    .values(NewPerson { id: Some(1), ..somebody("Fay") })
                    .on_conflict(people::name)
                    .do_nothing(),
            )
            .expect_err("the key is taken");
        assert!(error.is_unique_violation(), "{error:?}");
    }

    fn do_update_with_excluded(db: &Db) {
        seed(db);
        let new = NewPerson { age: 37, points: 11, ..somebody("Ada") };
        let changed = db.execute(
            insert_into(people::table).values(new).on_conflict(people::name).do_update().set((
                people::age.eq(excluded(people::age)),
                people::points.eq(people::points + excluded(people::points)),
                people::note.eq("again"),
            )),
        );
        assert_eq!(changed.expect("the upsert"), 1);
        let expected = Person { age: 37, points: 111, note: Some("again".into()), ..ada() };
        assert_eq!(db.get::<Person>(1).expect("the row"), expected);
    }

    fn do_update_of_many(db: &Db) {
        seed(db);
        let new = ["Ada", "Eve", "bob"].map(|name| NewPerson { age: 50, ..somebody(name) });
        let mut rows: Vec<(String, i32)> = db
            .load(
                insert_into(people::table)
                    .values(new.to_vec())
                    .on_conflict(people::name)
                    .do_update()
                    .set(people::age.eq(excluded(people::age)))
                    .returning((people::name, people::age)),
            )
            .expect("the upsert");
        rows.sort();
        assert_eq!(rows, [("Ada".into(), 50), ("Eve".into(), 50), ("bob".into(), 50)]);
        assert_eq!(db.count(people::table).expect("the count"), 5);
    }

    fn do_update_where(db: &Db) {
        seed(db);
        let raise = |name: &str, points| {
            db.execute(
                insert_into(people::table)
                    .values(NewPerson { points, ..somebody(name) })
                    .on_conflict(people::name)
                    .do_update()
                    .set(people::points.eq(excluded(people::points)))
                    .filter(people::points.lt(excluded(people::points))),
            )
            .expect("the upsert")
        };
        assert_eq!(raise("Ada", 99), 0);
        assert_eq!(raise("Ada", 101), 1);
        assert_eq!(raise("Eve", 1), 1);
        assert_eq!(db.get::<Person>(1).expect("the row"), Person { points: 101, ..ada() });
    }

    fn do_update_with_changes(db: &Db) {
        seed(db);
        let row: Person = db
            .one(
                insert_into(people::table)
                    .values(somebody("Ada"))
                    .on_conflict(people::name)
                    .do_update()
                    .set(PersonChanges::default().age(3).clear_bonus())
                    .returning(Person::as_returning()),
            )
            .expect("the upsert");
        assert_eq!(row, Person { age: 3, bonus: None, ..ada() });
    }

    fn a_partial_index_is_a_target(db: &Db) {
        use diesel::dsl::sql;
        use diesel::sql_types::Text;
        db.create_all::<Club>().expect("the tables");
        db.execute_sql("CREATE UNIQUE INDEX one_trial ON people (age) WHERE status = 'trial'")
            .expect("the index");
        db.insert(somebody("Eve")).expect("a row");
        let new = NewPerson { note: Some("second".into()), ..somebody("Fay") };
        let changed = db.execute(
            insert_into(people::table)
                .values(new)
                .on_conflict(sql::<Text>("(age) WHERE status = 'trial'"))
                .do_update()
                .set(people::note.eq(excluded(people::note))),
        );
        assert_eq!(changed.expect("the upsert"), 1);
        let expected = Person { note: Some("second".into()), ..stored(1, "Eve") };
        assert_eq!(Person::query().all(db).expect("the row"), [expected]);
    }

    fn upsert_inserts_or_updates_by_key(db: &Db) {
        seed(db);
        let eve = NewPerson { id: Some(9), ..somebody("Eve") };
        assert_eq!(db.upsert(eve).expect("the insert"), stored(9, "Eve"));
        let changed = NewPerson { id: Some(9), age: 31, ..somebody("Eva") };
        let expected = Person { age: 31, ..stored(9, "Eva") };
        assert_eq!(db.upsert(changed).expect("the update"), expected);
        assert_eq!(db.get::<Person>(9).expect("the row"), expected);
        assert_eq!(db.upsert(ada()).expect("a row as it was"), ada());
        assert_eq!(db.count(people::table).expect("the count"), 5);
    }

    fn upsert_keeps_what_is_left_out(db: &Db) {
        seed(db);
        // `status` and `active` have defaults, and are left out.
        let cid = club().remove(2);
        let new = NewPerson { status: None, active: None, age: 40, ..without_id(cid.clone()) };
        let expected = Person { age: 40, ..cid };
        assert_eq!(db.upsert_on(people::name, new).expect("the update"), expected);
        assert_eq!(db.get::<Person>(3).expect("the row"), expected);
    }

    fn upsert_needs_a_key(db: &Db) {
        seed(db);
        let error = db.upsert(somebody("Eve")).expect_err("the key is not given");
        assert_eq!(error.code(), ErrorCode::QueryError);
        assert!(error.troubleshooting().iter().any(|step| step.contains("upsert_on")), "{error:?}");
        assert_eq!(db.count(people::table).expect("the count"), 4);
    }

    fn upsert_on_a_unique_column(db: &Db) {
        seed(db);
        let new = NewPerson { age: 37, ..without_id(ada()) };
        let expected = Person { age: 37, ..ada() };
        assert_eq!(db.upsert_on(people::name, new).expect("the update"), expected);
        // The row that is there keeps its key, even where the new one has another.
        let new = NewPerson { id: Some(50), ..without_id(expected.clone()) };
        assert_eq!(db.upsert_on(people::name, new).expect("the update"), expected);
        let eve = db.upsert_on(people::name, somebody("Eve")).expect("the insert");
        assert_eq!(eve, stored(eve.id, "Eve"));
    }

    fn upsert_on_columns_that_are_not_unique(db: &Db) {
        seed(db);
        let error = db.upsert_on(people::age, somebody("Eve")).expect_err("the age is not unique");
        assert_eq!(error.code(), ErrorCode::InsertError, "{error:?}");
    }

    fn upsert_meets_another_constraint(db: &Db) {
        seed(db);
        let taken = NewPerson { id: Some(2), ..somebody("Ada") };
        let error = db.upsert(taken).expect_err("the name is somebody else's");
        let constraint = error.constraint().expect("a constraint");
        assert_eq!(constraint.columns, ["name"]);
        assert_eq!(Person::query().order_by(people::id).all(db).expect("the rows"), club());
    }

    fn upsert_of_a_table_that_is_all_key(db: &Db) {
        db.create_all::<Tags>().expect("the table");
        let tag = Tag { person: 1, tag: "x".into() };
        assert_eq!(db.upsert(tag.clone()).expect("the insert"), tag);
        assert_eq!(db.upsert(tag.clone()).expect("no change"), tag);
        assert_eq!(db.upsert_on((tags::person, tags::tag), tag.clone()).expect("no change"), tag);
        assert_eq!(db.count(tags::table).expect("the count"), 1);
    }

    fn upsert_in_a_transaction(db: &Db) {
        seed(db);
        let error = db
            .transaction(|tx| {
                tx.upsert(Person { age: 1, ..ada() })?;
                tx.upsert(stored(80, "Eve"))?;
                Err::<(), _>(mizzle::Error::application("no"))
            })
            .expect_err("the application's own");
        assert_eq!(error.code(), ErrorCode::ApplicationError);
        assert_eq!(Person::query().order_by(people::id).all(db).expect("the rows"), club());
    }
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(primary_key(person, tag))]
pub struct Tag {
    pub person: i64,
    pub tag: String,
}

mizzle::schema!(pub Tags = [Tag]);
