//! Conditions and orders of any text, beside others.

use diesel::dsl::sql;
use diesel::sql_types::{Bool, Text};
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};
use test_support::on_each_database;

use crate::schema::*;

/// Conditions that hold for the first two people, each with a part that would reach further than it should.
fn first_two() -> Vec<Query<'static, Person>> {
    [
        "people.id = 1 OR people.id = 2",
        "people.id = 1 OR people.id = 2 -- the first two",
        "(people.id = 1) OR (people.id = 2)",
        "(people.name = 'x)' OR people.id = 1) OR (people.id = 2 /* ) */)",
        "people.id IN (1, 2) -- )",
    ]
    .into_iter()
    .map(|text| Person::query().filter(sql::<Bool>(text)))
    .collect()
}

on_each_database! {
    fn text_with_or_stays_one_condition(db: &Db) {
        seed(db);
        for query in first_two() {
            assert_eq!(query.count(db).expect("the people"), 2);
            let narrowed = query.filter(people::name.eq("bob"));
            let found = narrowed.order_by(people::id).all(db).expect("the people");
            assert_eq!(names(&found), ["bob"]);
        }
        for query in first_two() {
            let found = query.find(2).or_filter(people::id.eq(4)).order_by(people::id);
            assert_eq!(names(&found.all(db).expect("the people")), ["bob", "Dot"]);
        }
    }

    fn a_delete_by_key_deletes_one_row_at_most(db: &Db) {
        seed(db);
        let two = || sql::<Bool>("people.id = 1 OR people.id = 2");
        assert_eq!(Person::query().find(1).filter(two()).delete(db).expect("the delete"), 1);
        assert_eq!(Person::query().filter(two()).find(1).delete(db).expect("the delete"), 0);
        let text = two().sql(" -- ").sql("both");
        assert_eq!(Person::query().filter(text).find(3).delete(db).expect("the delete"), 0);
        assert_eq!(Person::query().count(db).expect("the count"), 3);
    }

    fn a_comment_in_an_order_ends_there(db: &Db) {
        seed(db);
        let query = Person::query()
            .order_by(sql::<Text>("people.status -- not by age"))
            .then_order_by(people::id.desc())
            .limit(1);
        assert_eq!(names(&query.all(db).expect("the people")), ["Dot"]);
    }

    fn thousands_of_conditions_are_taken(db: &Db) {
        seed(db);
        let any = (0..7_000).fold(Person::query(), |query, id| query.or_filter(people::id.eq(id)));
        assert_eq!(any.count(db).expect("the count"), 4);
        let all = (10..7_000).fold(any, |query, id| query.filter(people::id.ne(id)));
        assert_eq!(all.count(db).expect("the count"), 4);
        let mixed = (0..300).fold(Person::query(), |query, id| {
            query.or_filter(people::id.eq(id)).filter(people::id.ne(3))
        });
        assert_eq!(mixed.count(db).expect("the count"), 3);
        // Beyond what a database takes it says so, and the connection goes on.
        let nested = (0..20_000).fold(Person::query(), |query, id| {
            query.or_filter(people::id.eq(id)).filter(people::id.ne(3))
        });
        assert_eq!(nested.count(db).expect_err("too deep").code(), ErrorCode::QueryError);
        assert_eq!(Person::query().count(db).expect("the count"), 4);
    }
}

#[test]
fn conditions_in_parentheses_get_no_more() {
    let query = Person::query().filter(people::id.eq(1)).filter(people::active.eq(true));
    let sql = query.to_sql(Dialect::Postgres).expect("the SQL");
    assert!(
        sql.ends_with(r#" WHERE (("people"."id" = $1) AND ("people"."active" = $2))"#),
        "{sql}"
    );
}
