//! UPDATE and DELETE.

use diesel::dsl::{delete, exists, update};
use diesel::sql_types::Text;
use mizzle::ErrorCode;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

fn everybody(db: &Db) -> Vec<Person> {
    Person::query().order_by(people::id).all(db).expect("the rows")
}

/// The people of the club, each changed by `change`.
fn club_with(change: impl Fn(&mut Person)) -> Vec<Person> {
    let mut people = club();
    people.iter_mut().for_each(change);
    people
}

on_each_database! {
    fn diesel_updates(db: &Db) {
        seed(db);
        let changed = db.execute(
            update(people::table.filter(people::team_id.eq(CORE)))
                .set((people::points.eq(people::points * 2), people::note.eq(None::<String>))),
        );
        assert_eq!(changed.expect("the update"), 2);
        let expected = club_with(|person| {
            if person.team_id == Some(CORE) {
                person.points *= 2;
                person.note = None;
            }
        });
        assert_eq!(everybody(db), expected);
        let changed = db.execute(update(people::table.find(77)).set(people::age.eq(1)));
        assert_eq!(changed.expect("the update"), 0);
        let changed = db.execute(update(people::table).set(people::active.eq(false)));
        assert_eq!(changed.expect("the update"), 4);
    }

    fn diesel_updates_and_returns(db: &Db) {
        seed(db);
        let row: Person = db
            .one(
                update(people::table.find(2))
                    .set((people::status.eq(Status::Former), people::balance.eq(decimal("1.10"))))
                    .returning(Person::as_returning()),
            )
            .expect("the row");
        let expected =
            Person { status: Status::Former, balance: decimal("1.10"), ..club().remove(1) };
        assert_eq!(row, expected);
        let mut ages: Vec<(String, i32)> = db
            .load(
                update(people::table.filter(people::age.eq(36)))
                    .set(people::age.eq(people::age + 1))
                    .returning((people::name, people::age)),
            )
            .expect("the rows");
        ages.sort();
        assert_eq!(ages, [("Ada".into(), 37), ("Cid".into(), 37)]);
    }

    fn an_update_from_subqueries(db: &Db) {
        seed(db);
        let team_name = teams::table
            .filter(teams::id.nullable().eq(people::team_id))
            .select(teams::name.nullable())
            .single_value();
        let in_a_team = exists(teams::table.filter(teams::id.nullable().eq(people::team_id)));
        let changed =
            db.execute(update(people::table.filter(in_a_team)).set(people::note.eq(team_name)));
        assert_eq!(changed.expect("the update"), 3);
        let expected = club_with(|person| match person.team_id {
            Some(CORE) => person.note = Some("core".into()),
            Some(_) => person.note = Some("web".into()),
            None => {}
        });
        assert_eq!(everybody(db), expected);
    }

    fn changes_go_into_diesels_update(db: &Db) {
        seed(db);
        let changes = PersonChanges::default().age(1).clear_note().bonus(decimal("9.99"));
        assert_eq!(db.execute(update(people::table.find(2)).set(&changes)).expect("one"), 1);
        let expected =
            Person { age: 1, note: None, bonus: Some(decimal("9.99")), ..club().remove(1) };
        assert_eq!(db.get::<Person>(2).expect("the row"), expected);
        let error = db
            .execute(update(people::table.find(2)).set(PersonChanges::default()))
            .expect_err("there is nothing to set");
        assert_eq!(error.code(), ErrorCode::QueryError);
    }

    fn a_whole_row(db: &Db) {
        seed(db);
        let row = Person {
            name: "Ada L.".into(),
            team_id: None,
            bonus: None,
            status: Status::Former,
            active: false,
            note: Some("left".into()),
            ..club().remove(0)
        };
        db.update(&row).expect("the update");
        assert_eq!(db.get::<Person>(1).expect("the row"), row);
        let row = Person { points: -5, ..row };
        assert_eq!(db.update_returning(&row).expect("the update"), row);
        assert_eq!(everybody(db)[1..], club()[1..]);

        let missing = Person { id: 77, name: "Eve".into(), ..row };
        assert!(db.update(&missing).expect_err("there is none").is_not_found());
        assert!(db.update_returning(&missing).expect_err("there is none").is_not_found());
        assert!(db.delete(&missing).expect_err("there is none").is_not_found());
    }

    fn some_columns_by_key(db: &Db) {
        seed(db);
        let changed = db
            .update_by_key::<Person>(3, PersonChanges::default().name("Cyd").clear_bonus())
            .expect("the change");
        let expected = Person { name: "Cyd".into(), bonus: None, ..club().remove(2) };
        assert_eq!(changed, expected);
        assert_eq!(db.get::<Person>(3).expect("the row"), expected);
        let same = db.update_by_key::<Person>(3, PersonChanges::default()).expect("no change");
        assert_eq!(same, expected);
        let missing = db.update_by_key::<Person>(77, PersonChanges::default().age(1));
        assert!(missing.expect_err("there is none").is_not_found());
        let missing = db.update_by_key::<Person>(77, PersonChanges::default());
        assert!(missing.expect_err("there is none").is_not_found());
    }

    fn diesel_deletes(db: &Db) {
        seed(db);
        let deleted = db.execute(delete(people::table.filter(people::age.gt(40))));
        assert_eq!(deleted.expect("the delete"), 1);
        assert_eq!(everybody(db), club()[..3]);
        let in_web = people::team_id
            .eq_any(teams::table.filter(teams::name.eq("web")).select(teams::id.nullable()));
        assert_eq!(db.execute(delete(people::table).filter(in_web)).expect("the delete"), 1);
        assert_eq!(everybody(db), club()[..2]);
        assert_eq!(db.execute(delete(people::table.find(77))).expect("nothing"), 0);
        assert_eq!(db.execute(delete(people::table)).expect("all"), 2);
    }

    fn diesel_deletes_and_returns(db: &Db) {
        seed(db);
        let gone: Vec<Person> = db
            .load(
                delete(people::table.filter(people::name.eq("Dot")))
                    .returning(Person::as_returning()),
            )
            .expect("the row");
        assert_eq!(gone, club()[3..]);
        let gone: Vec<Person> = db.load(delete(people::table.find(3))).expect("the row");
        assert_eq!(gone, club()[2..3]);
        let mut names: Vec<String> =
            db.load(delete(people::table).returning(people::name)).expect("the names");
        names.sort();
        assert_eq!(names, ["Ada", "bob"]);
        let none: Vec<String> =
            db.load(delete(people::table).returning(people::name)).expect("nothing");
        assert_eq!(none, [""; 0]);
    }

    fn rows_and_keys(db: &Db) {
        seed(db);
        db.delete(&club()[0]).expect("the delete");
        assert_eq!(everybody(db), club()[1..]);
        assert!(db.delete(&club()[0]).expect_err("it is gone").is_not_found());
        assert!(db.delete_by_key::<Person>(2).expect("the delete"));
        assert!(!db.delete_by_key::<Person>(2).expect("nothing"));
        assert_eq!(everybody(db), club()[2..]);
        let error = db.delete_by_key::<Team>(WEB).expect_err("somebody is in it");
        assert!(error.is_foreign_key_violation(), "{error:?}");
    }

    fn by_a_query(db: &Db) {
        seed(db);
        let young = Person::query().filter(people::age.lt(30)).or_filter(people::active.eq(false));
        assert_eq!(young.delete(db).expect("the delete"), 2);
        assert_eq!(names(&everybody(db)), ["Ada", "Dot"]);
        assert_eq!(young.delete(db).expect("nothing"), 0);
        assert_eq!(Person::query().delete(db).expect("all"), 2);
    }

    fn some_rows_of_a_query(db: &Db) {
        seed(db);
        let oldest = Person::query().order_by(people::age.desc());
        let ages = |people: Vec<Person>| people.into_iter().map(|person| person.age).collect();
        let before: Vec<i32> = ages(oldest.all(db).expect("the rows"));
        assert_eq!(oldest.clone().offset(1).limit(2).delete(db).expect("two"), 2);
        assert_eq!(ages(oldest.all(db).expect("the rows")), [before[0], before[3]]);
        assert_eq!(oldest.clone().limit(0).delete(db).expect("none"), 0);
        let gone: Vec<i32> = ages(oldest.clone().limit(1).delete_returning(db).expect("one"));
        assert_eq!(gone, before[..1]);
        let gone = oldest.clone().for_update().offset(1).delete(db).expect("none is left");
        assert_eq!(gone, 0);
        assert_eq!(oldest.for_update().delete_returning(db).expect("the last").len(), 1);
        assert_eq!(everybody(db), []);
    }

    fn changes_by_a_query(db: &Db) {
        seed(db);
        let core = || Person::query().filter(people::team_id.eq(CORE)).or_filter(people::age.lt(0));
        let changes = || PersonChanges::default().note("seen").bonus(decimal("1.50"));
        assert_eq!(core().update(db, changes()).expect("two"), 2);
        let expected = club_with(|person| {
            if person.team_id == Some(CORE) {
                (person.note, person.bonus) = (Some("seen".into()), Some(decimal("1.50")));
            }
        });
        assert_eq!(everybody(db), expected);
        assert_eq!(core().update(db, PersonChanges::default()).expect("two"), 2);
        let rows = core().update_returning(db, PersonChanges::default()).expect("two");
        assert_eq!(rows.len(), 2);
        assert_eq!(everybody(db), expected);

        let youngest = Person::query().order_by((people::age, people::id)).limit(1);
        let one = youngest.update_returning(db, PersonChanges::default().points(-1)).expect("one");
        assert_eq!(one, Person::query().filter(people::points.eq(-1)).all(db).expect("one"));
        assert_eq!(youngest.one(db).expect("the youngest").id, one[0].id);
        let error = Person::query().update(db, PersonChanges::default().age(0));
        assert!(error.expect_err("the check").is_check_violation());
        assert_eq!(Person::query().limit(3).update(db, PersonChanges::default().level(9)).expect("3"), 3);
    }

    fn arithmetic_on_decimals(db: &Db) {
        seed(db);
        let changed = db.execute(update(people::table).set((
            people::balance.eq(people::balance.plus(decimal("0.10")).times(decimal("2"))),
            people::bonus.eq(people::bonus.minus(decimal("0.3"))),
        )));
        assert_eq!(changed.expect("the update"), 4);
        let expected = club_with(|person| {
            person.balance = (person.balance.clone() + decimal("0.10")) * decimal("2");
            person.bonus = person.bonus.take().map(|bonus| bonus - decimal("0.3"));
        });
        assert_eq!(everybody(db), expected);
        assert_eq!(everybody(db)[0].bonus, Some(decimal("-0.2")));
    }

    fn a_statement_that_fails_half_way_changes_nothing(db: &Db) {
        seed(db);
        // The third row's age would be 0.
        let error = db
            .execute(update(people::table).set(people::age.eq(people::age - 36)))
            .expect_err("the check");
        assert!(error.is_check_violation(), "{error:?}");
        assert_eq!(everybody(db), club());
    }

    fn concatenation(db: &Db) {
        seed(db);
        let label = people::name.concat("/").concat(diesel::dsl::sql::<Text>("'x'"));
        let labels: Vec<String> = db
            .load(update(people::table.find(1)).set(people::name.eq(label)).returning(people::name))
            .expect("the row");
        assert_eq!(labels, ["Ada/x"]);
    }
}
