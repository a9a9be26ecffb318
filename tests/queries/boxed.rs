//! Conditions whose types are hidden in boxes, and what clones of a query make of conditions.

use std::thread;
use test_support::on_each_database;

use diesel::dsl::exists;
use diesel::expression::BoxableExpression;
use diesel::sql_types::{BigInt, Bool};
use mizzle::backend::Any;
use mizzle::dsl::Shared;
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};

use crate::schema::*;

/// diesel's own kind of condition that is put together at run time.
type Boxed<'e> = Box<dyn BoxableExpression<people::table, Any, SqlType = Bool> + 'e>;

/// mizzle's own kind, which can be cloned.
type Condition = Shared<'static, people::table, Bool>;

fn names(query: &Query<'_, Person>, db: &Db) -> Vec<String> {
    query.all(db).expect("people").into_iter().map(|person| person.name).collect()
}

fn boxed<'e>(parts: &'e [String]) -> Boxed<'e> {
    let start: Boxed<'e> = Box::new(people::id.lt(0));
    parts.iter().fold(start, |all, name| Box::new(all.or(people::name.eq(name))))
}

on_each_database! {
    fn boxed_expressions_are_conditions(db: &Db) {
        seed(db);
        let wanted = [String::from("Ada"), String::from("Cid")];
        let people = Person::query().filter(boxed(&wanted)).order_by(people::name);
        let found = names(&people, db);
        assert_eq!(found, wanted);
        let order: Box<dyn BoxableExpression<people::table, Any, SqlType = BigInt>> =
            Box::new(people::id + 0);
        assert_eq!(Person::query().order_by(order).count(db).expect("a count"), 4);
        let core: Box<dyn BoxableExpression<teams::table, Any, SqlType = Bool>> =
            Box::new(teams::name.eq("core"));
        let people = Person::query().with(Person::team().filter(core)).all(db).expect("people");
        assert_eq!(people.iter().filter(|person| person.team.is_some()).count(), 2);
    }

    fn shared_expressions_are_put_together_at_run_time(db: &Db) {
        seed(db);
        let wanted = |names: &[&str], youngest: Option<i32>| {
            let mut any: Condition = Shared::new(people::id.lt(0));
            for name in names {
                any = Shared::new(any.or(people::name.eq((*name).to_owned())));
            }
            if let Some(age) = youngest {
                any = Shared::new(any.and(people::age.ge(age)));
            }
            any
        };
        for names in [&[][..], &["Ada"], &["Ada", "bob"], &["Ada", "bob", "Cid", "nobody"]] {
            for youngest in [None, Some(30), Some(100)] {
                let condition = wanted(names, youngest);
                let all = Person::query().all(db).expect("people");
                let expected = all.iter().filter(|person| {
                    names.contains(&person.name.as_str())
                        && youngest.is_none_or(|age| person.age >= age)
                });
                let again = condition.clone();
                let found = Person::query().filter(condition).count(db).expect("a count");
                assert_eq!(found as usize, expected.count(), "{names:?} {youngest:?}");
                // Beside another condition it stays one.
                let none = Person::query().filter(again).filter(people::id.lt(0));
                assert_eq!(none.count(db).expect("a count"), 0);
            }
        }
    }

    fn boxed_selects_are_parts_of_conditions(db: &Db) {
        seed(db);
        let mut old = people::table.into_boxed();
        old = old.filter(people::age.gt(30));
        let ids = old.select(people::id);
        let query = Person::query().filter(people::id.eq_any(ids)).order_by(people::name);
        let found = names(&query, db);
        let all = Person::query().filter(people::age.gt(30)).order_by(people::name);
        assert_eq!(found, names(&all, db));
        assert!(!found.is_empty() && found.len() < 4);
        let none = teams::table.filter(teams::id.lt(0)).into_boxed();
        assert_eq!(names(&Person::query().filter(exists(none)), db), Vec::<String>::new());
        let clone = query.clone();
        assert_eq!(names(&clone, db), found);
        drop(query);
        assert_eq!(clone.delete(db).expect("deleted"), found.len() as u64);
    }

    fn clones_write_and_bind_the_same(db: &Db) {
        seed(db);
        let (name, list) = (String::from("A%"), vec![decimal("1.50"), decimal("1e30")]);
        let long: Vec<String> = (0..2000).map(|n| format!("name {n}")).chain(["Ada".into()]).collect();
        let query = Person::query()
            .filter(boxed(std::slice::from_ref(&name)).or(people::name.like(&name)))
            .or_filter(people::balance.eq_any(&list))
            .or_filter(people::balance.eq(&list[0]))
            .or_filter(people::status.eq_any([Status::Member, Status::Former]))
            .or_filter(people::status.ne(Status::Trial).and(people::token.eq(Uuid::nil())))
            .or_filter(people::born.eq(date(1999, 12, 31)))
            .or_filter(people::name.eq_any(&long))
            .or_filter(people::height.gt(0.1).and(people::reach.gt(0.1)).and(people::level.gt(1)))
            .or_filter(people::note.is_null().and(people::active.eq(true)))
            .or_filter((people::age + 1).gt(90))
            .order_by((people::name.ilike("c%").desc(), people::name))
            .then_order_by(people::balance.plus(decimal("1")));
        let clone = query.clone();
        for dialect in Dialect::ALL {
            let sql = query.to_sql(dialect).expect("SQL");
            assert_eq!(clone.to_sql(dialect).expect("SQL"), sql);
            assert_eq!(clone.clone().to_sql(dialect).expect("SQL"), sql);
        }
        let here = names(&query, db);
        assert!(here.len() > 1, "{here:?}");
        assert_eq!(names(&clone, db), here);
        let there = thread::scope(|scope| {
            scope.spawn(move || names(&clone.limit(9), db)).join().expect("a thread")
        });
        assert_eq!(there.len(), here.len());
    }

    fn clones_fail_as_their_query_does(db: &Db) {
        seed(db);
        let year = NaiveDate::from_ymd_opt(10_000, 1, 1).expect("a date");
        let query = Person::query()
            .filter(people::name.eq("a\0b").or(people::height.eq(f64::NAN)))
            .or_filter(people::born.eq(year));
        let (error, clone) = (query.all(db), query.clone().all(db));
        let (error, clone) = (error.expect_err("no rows"), clone.expect_err("no rows"));
        assert_eq!(error.code(), ErrorCode::ValueError);
        assert_eq!((clone.code(), clone.to_string()), (error.code(), error.to_string()));
    }
}

/// A query is sent to other threads, in futures too.
#[test]
fn queries_can_be_sent() {
    fn sent<T: Send + Clone>(value: T) -> T {
        value
    }
    let _ = sent(Person::query().filter(boxed(&[])).with(Person::team()));
    let core: Box<dyn BoxableExpression<teams::table, Any, SqlType = Bool>> =
        Box::new(teams::name.eq("core"));
    let _ = sent(sent(Person::team().filter(core)).exists());
}
