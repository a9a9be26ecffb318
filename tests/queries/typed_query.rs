//! `X::query()`, and the calls of `Executor` that read.

use diesel::dsl::not;
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode, Page};
use test_support::on_each_database;

use crate::schema::*;

fn people_where(query: Query<'_, Person>, db: &Db) -> Vec<String> {
    let people = query.order_by(people::id).all(db).expect("the rows");
    people.into_iter().map(|person| person.name).collect()
}

on_each_database! {
    fn all_of_a_table(db: &Db) {
        seed(db);
        assert_eq!(Person::query().order_by(people::id).all(db).expect("the rows"), club());
        let none = Person::query().filter(people::age.eq(1)).all(db).expect("no row");
        assert_eq!(none, []);
    }

    fn filters_are_joined_by_and(db: &Db) {
        seed(db);
        let query = || Person::query().filter(people::age.eq(36));
        assert_eq!(people_where(query(), db), ["Ada", "Cid"]);
        assert_eq!(people_where(query().filter(people::active.eq(true)), db), ["Ada"]);
        // An OR inside a filter stays inside it.
        let either = people::age.eq(24).or(people::age.eq(41));
        assert_eq!(people_where(query().filter(either), db), [""; 0]);
        let either = people::team_id.is_null().or(people::points.eq(100));
        assert_eq!(
            people_where(Person::query().filter(either).filter(people::age.lt(40)), db),
            ["Ada"]
        );
        assert_eq!(people_where(Person::query().filter(not(people::active)), db), ["Cid"]);
        // A condition that may be NULL is not true then.
        assert_eq!(
            people_where(Person::query().filter(people::team_id.ne(WEB)), db),
            ["Ada", "bob"]
        );
    }

    fn or_filter_widens(db: &Db) {
        seed(db);
        let query = Person::query()
            .filter(people::age.eq(36))
            .filter(people::active.eq(true))
            .or_filter(people::name.eq("Dot"));
        assert_eq!(people_where(query, db), ["Ada", "Dot"]);
        let query = Person::query()
            .or_filter(people::name.eq("Dot"))
            .or_filter(people::name.eq("bob"))
            .filter(people::age.lt(40));
        assert_eq!(people_where(query, db), ["bob"]);
    }

    fn filters_may_borrow(db: &Db) {
        seed(db);
        let name = String::from("bob");
        let ids = [1_i64, 3];
        let found = Person::query().filter(people::name.eq(&name)).one(db).expect("the row");
        assert_eq!(found, club()[1]);
        let query = Person::query().filter(people::id.eq_any(&ids));
        assert_eq!(people_where(query, db), ["Ada", "Cid"]);
    }

    fn order(db: &Db) {
        seed(db);
        let sorted = |query: Query<'_, Person>| {
            let people = query.all(db).expect("the rows");
            people.into_iter().map(|person| person.id).collect::<Vec<_>>()
        };
        assert_eq!(sorted(Person::query().order_by(people::balance)), [3, 4, 2, 1]);
        assert_eq!(
            sorted(Person::query().order_by((people::age.desc(), people::id.desc()))),
            [4, 3, 1, 2]
        );
        let query = Person::query().order_by(people::age).then_order_by(people::id.desc());
        assert_eq!(sorted(query), [2, 3, 1, 4]);
        let query = Person::query().order_by(people::age).order_by(people::id.desc());
        assert_eq!(sorted(query), [4, 3, 2, 1]);
        let expression = people::age + people::points.fallible_cast::<diesel::sql_types::Integer>();
        assert_eq!(sorted(Person::query().order_by((expression, people::id))), [4, 2, 3, 1]);
    }

    fn limit_and_offset(db: &Db) {
        seed(db);
        let ids = |query: Query<'_, Person>| {
            let people = query.order_by(people::id).all(db).expect("the rows");
            people.into_iter().map(|person| person.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(Person::query().limit(2)), [1, 2]);
        assert_eq!(ids(Person::query().offset(3)), [4]);
        assert_eq!(ids(Person::query().limit(2).offset(1)), [2, 3]);
        assert_eq!(ids(Person::query().offset(9)), [0; 0]);
        assert_eq!(ids(Person::query().limit(0)), [0; 0]);
        // The same statement with other numbers.
        assert_eq!(ids(Person::query().limit(1)), [1]);
    }

    fn first_and_one(db: &Db) {
        seed(db);
        let named = |name| Person::query().filter(people::name.eq(name));
        let aged = || Person::query().filter(people::age.eq(36)).order_by(people::id.desc());

        assert_eq!(named("bob").first(db).expect("a row"), Some(club().remove(1)));
        assert_eq!(aged().first(db).expect("a row"), Some(club().remove(2)));
        assert_eq!(named("Eve").first(db).expect("no row"), None);
        assert_eq!(aged().limit(0).first(db).expect("no row"), None);
        assert_eq!(aged().offset(1).first(db).expect("a row"), Some(club().remove(0)));

        assert_eq!(named("bob").one(db).expect("the row"), club()[1]);
        assert!(named("Eve").one(db).expect_err("no row").is_not_found());
        let error = aged().one(db).expect_err("two rows");
        assert_eq!(error.code(), ErrorCode::QueryError);
        assert!(error.to_string().contains("more than one"), "{error}");
        assert_eq!(aged().limit(1).one(db).expect("the row"), club()[2]);
    }

    fn count_and_exists(db: &Db) {
        seed(db);
        assert_eq!(Person::query().count(db).expect("the count"), 4);
        assert_eq!(Person::query().filter(people::age.eq(36)).count(db).expect("the count"), 2);
        assert_eq!(Person::query().order_by(people::age).count(db).expect("the count"), 4);
        assert_eq!(Person::query().limit(3).count(db).expect("the count"), 3);
        assert_eq!(Person::query().limit(9).offset(1).count(db).expect("the count"), 3);
        assert_eq!(Person::query().offset(9).count(db).expect("the count"), 0);
        assert_eq!(Person::query().distinct().count(db).expect("the count"), 4);
        assert_eq!(Person::query().limit(0).count(db).expect("the count"), 0);

        assert!(Person::query().exists(db).expect("an answer"));
        assert!(Person::query().filter(people::age.eq(36)).exists(db).expect("an answer"));
        assert!(!Person::query().filter(people::age.eq(1)).exists(db).expect("an answer"));
        assert!(!Person::query().offset(4).exists(db).expect("an answer"));
        assert!(Person::query().offset(3).exists(db).expect("an answer"));
        assert!(!Person::query().limit(0).exists(db).expect("an answer"));
    }

    fn distinct(db: &Db) {
        seed(db);
        let rows = Person::query().distinct().order_by(people::id).all(db).expect("the rows");
        assert_eq!(rows, club());
    }

    fn pages(db: &Db) {
        seed(db);
        let query = Person::query().filter(people::age.gt(24)).order_by(people::id.desc());
        let first = query.page(db, 1, 2).expect("the page");
        let [_, _, cid, dot] = <[Person; 4]>::try_from(club()).expect("four");
        assert_eq!(first, Page { items: vec![dot, cid], number: 1, size: 2, total: 3 });
        assert_eq!((first.pages(), first.has_next()), (2, true));
        let second = query.page(db, 2, 2).expect("the page");
        assert_eq!(second, Page { items: vec![club().remove(0)], number: 2, size: 2, total: 3 });
        assert!(!second.has_next());
        let beyond = query.page(db, 5, 2).expect("the page");
        assert_eq!(beyond, Page { items: vec![], number: 5, size: 2, total: 3 });
        assert!(!beyond.has_next());
        let empty = Person::query().filter(people::age.lt(0)).page(db, 1, 10).expect("the page");
        assert_eq!((empty.pages(), empty.total, empty.has_next()), (0, 0, false));

        for (number, size) in [(0, 1), (1, 0), (u64::MAX, u64::MAX), (2, u64::MAX)] {
            let error = query.page(db, number, size).expect_err("no such page");
            assert_eq!(error.code(), ErrorCode::QueryError);
        }
        for query in [Person::query().limit(1), Person::query().offset(1)] {
            let error = query.page(db, 1, 1).expect_err("a limit of its own");
            assert_eq!(error.code(), ErrorCode::QueryError);
        }
    }

    fn a_query_is_used_again(db: &Db) {
        seed(db);
        let query = Person::query().filter(people::active.eq(false));
        assert_eq!(query.count(db).expect("the count"), 1);
        db.execute(diesel::update(people::table).set(people::active.eq(false))).expect("all");
        assert_eq!(query.count(db).expect("the count"), 4);
        db.transaction(|tx| {
            assert_eq!(query.delete(tx)?, 4);
            assert!(!query.exists(tx)?);
            Ok(())
        })
        .expect("the transaction");
        assert_eq!(query.all(db).expect("no row"), []);
    }

    fn executor_loads_firsts_and_ones(db: &Db) {
        seed(db);
        let aged = || people::table.filter(people::age.eq(36)).order(people::id);
        let all: Vec<Person> = db.load(aged()).expect("the rows");
        assert_eq!(names(&all), ["Ada", "Cid"]);
        let all: Vec<Person> = db.load(aged().select(Person::as_select())).expect("the rows");
        assert_eq!(names(&all), ["Ada", "Cid"]);
        let first: Option<Person> = db.first(aged()).expect("a row");
        assert_eq!(first, Some(club().remove(0)));
        let none: Option<i64> =
            db.first(people::table.filter(people::age.eq(1)).select(people::id)).expect("no row");
        assert_eq!(none, None);
        let one: (i64, String) =
            db.one(people::table.find(2).select((people::id, people::name))).expect("the row");
        assert_eq!(one, (2, "bob".into()));
        let error = db.one::<i64, _>(aged().select(people::id)).expect_err("two rows");
        assert_eq!(error.code(), ErrorCode::QueryError);
        let error = db.one::<i64, _>(people::table.find(77).select(people::id));
        assert!(error.expect_err("no row").is_not_found());
    }

    fn executor_counts(db: &Db) {
        seed(db);
        assert_eq!(db.count(people::table).expect("the count"), 4);
        assert_eq!(db.count(people::table.filter(people::age.eq(36))).expect("the count"), 2);
        assert_eq!(db.count(people::table.inner_join(teams::table)).expect("the count"), 3);
        assert_eq!(db.execute(people::table.select(people::id)).expect("a SELECT"), 0);
    }

    fn executor_runs_sql_text(db: &Db) {
        seed(db);
        db.execute_sql("UPDATE people SET age = 1; DELETE FROM people WHERE id > 2;")
            .expect("the statements");
        let ages: Vec<i32> = db.load(people::table.select(people::age)).expect("the ages");
        assert_eq!(ages, [1, 1]);
        assert_eq!(db.execute_sql("nonsense").expect_err("no SQL").code(), ErrorCode::QueryError);
    }
}

#[test]
fn shows_its_sql() {
    let query = Team::query()
        .filter(teams::name.eq("secret"))
        .or_filter(teams::id.gt(5))
        .order_by(teams::id.desc())
        .limit(7)
        .for_update();
    assert_eq!(
        query.to_sql(Dialect::Sqlite).expect("the SQL"),
        r#"SELECT "teams"."id", "teams"."name", "teams"."parent_id" FROM "teams" WHERE (("teams"."name" = ?) OR ("teams"."id" > ?)) ORDER BY "teams"."id" DESC LIMIT ?+0"#
    );
    assert_eq!(
        query.to_sql(Dialect::Postgres).expect("the SQL"),
        r#"SELECT "teams"."id", "teams"."name", "teams"."parent_id" FROM "teams" WHERE (("teams"."name" = $1) OR ("teams"."id" > $2)) ORDER BY "teams"."id" DESC LIMIT 7 FOR UPDATE"#
    );
    let shown = format!("{query:?}");
    assert!(shown.contains("FOR UPDATE") && !shown.contains("secret"), "{shown}");
}
