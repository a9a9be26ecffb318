//! UNION, INTERSECT, EXCEPT.

use diesel::dsl::sql;
use diesel::query_dsl::positional_order_dsl::{OrderColumn, PositionalOrderDsl};
use diesel::sql_types::{Integer, Nullable, Text};
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

fn sorted(mut values: Vec<i64>) -> Vec<i64> {
    values.sort_unstable();
    values
}

on_each_database! {
    fn of_two(db: &Db) {
        seed(db);
        let adults = || people::table.filter(people::age.gt(30)).select(people::id);
        let active = || people::table.filter(people::active).select(people::id);
        let ids = |ids: mizzle::Result<Vec<i64>>| sorted(ids.expect("the ids"));
        assert_eq!(ids(db.load(adults().union(active()))), [1, 2, 3, 4]);
        assert_eq!(ids(db.load(adults().union_all(active()))), [1, 1, 2, 3, 4, 4]);
        assert_eq!(ids(db.load(adults().intersect(active()))), [1, 4]);
        assert_eq!(ids(db.load(adults().except(active()))), [3]);
        assert_eq!(ids(db.load(active().except(adults()))), [2]);
    }

    fn of_several(db: &Db) {
        seed(db);
        let one = |id: i64| people::table.find(id).select(people::id);
        let ids = |ids: mizzle::Result<Vec<i64>>| sorted(ids.expect("the ids"));
        assert_eq!(ids(db.load(one(1).union(one(2)).union(one(1)))), [1, 2]);
        assert_eq!(ids(db.load(one(1).union_all(one(1)).union_all(one(1)))), [1, 1, 1]);
        // From left to right: (1 and 1) without 1, together with 2.
        assert_eq!(ids(db.load(one(1).union_all(one(1)).except(one(1)).union(one(2)))), [2]);
        // What stands in parentheses stays there.
        assert_eq!(ids(db.load(one(1).union(one(2).except(one(2))))), [1]);
        assert_eq!(ids(db.load(one(1).except(one(2).union(one(1))))), [0; 0]);
        let both = one(1).union(one(2));
        assert_eq!(ids(db.load(both.intersect(one(2).union(one(3))))), [2]);
    }

    fn ordered_and_limited(db: &Db) {
        seed(db);
        let union = people::table
            .filter(people::age.gt(30))
            .select(people::name)
            .union(teams::table.select(teams::name))
            .positional_order_by(OrderColumn::from(1).desc())
            .limit(3)
            .offset(1);
        let names: Vec<String> = db.load(union).expect("the names");
        assert_eq!(names.len(), 3);
        let two = people::table
            .select((people::age, people::id))
            .union_all(teams::table.select((sql::<Integer>("100"), teams::id)));
        let ids: Vec<(i32, i64)> = db
            .load(two.positional_order_by((1, OrderColumn::from(2).desc())).limit(6))
            .expect("the rows");
        assert_eq!(ids, [(24, 2), (36, 3), (36, 1), (41, 4), (100, 3), (100, 2)]);
        // Each side with its own order and limit.
        let ends = people::table
            .order(people::age.desc())
            .limit(1)
            .select(people::id)
            .union_all(people::table.order(people::age).limit(1).select(people::id));
        assert_eq!(sorted(db.load(ends).expect("the ids")), [2, 4]);
    }

    fn of_several_columns(db: &Db) {
        seed(db);
        let people_and_notes = people::table.select((people::name, people::note));
        let nothing = None::<String>.into_sql::<Nullable<Text>>();
        let mut rows: Vec<(String, Option<String>)> = db
            .load(people_and_notes.union(teams::table.select((teams::name, nothing))))
            .expect("the rows");
        rows.sort();
        let expected = [
            ("Ada", None),
            ("Cid", Some("50 off")),
            ("Dot", Some("Éclair")),
            ("bob", Some("50% off")),
            ("core", None),
            ("idle", None),
            ("web", None),
        ];
        assert_eq!(rows, expected.map(|(name, note)| (name.to_owned(), note.map(str::to_owned))));
    }

    fn decimals_are_equal_as_numbers(db: &Db) {
        seed(db);
        db.execute(diesel::update(people::table.find(2)).set(people::balance.eq(decimal("10"))))
            .expect("the update");
        let one = |id: i64| people::table.find(id).select(people::balance);
        let values: Vec<Decimal> = db.load(one(1).union(one(2))).expect("the values");
        assert_eq!(values, [decimal("10")]);
        let values: Vec<Decimal> = db.load(one(1).except(one(2))).expect("the values");
        assert_eq!(values, []);
        let values: Vec<Decimal> = db.load(one(1).intersect(one(2))).expect("the values");
        assert_eq!(values, [decimal("10")]);
    }

    fn whole_rows(db: &Db) {
        seed(db);
        let young = people::table.filter(people::age.lt(30)).select(Person::as_select());
        let old = people::table.filter(people::age.gt(40)).select(Person::as_select());
        let mut rows: Vec<Person> = db.load(young.union_all(old)).expect("the rows");
        rows.sort_by_key(|person| person.id);
        assert_eq!(rows, [club().remove(1), club().remove(3)]);
    }

    fn inside_of_in(db: &Db) {
        seed(db);
        let either = teams::table
            .filter(teams::name.eq("web"))
            .select(teams::id.nullable())
            .union(teams::table.filter(teams::name.eq("idle")).select(teams::id.nullable()));
        let ids: Vec<Option<i64>> = db.load(either).expect("the ids");
        assert_eq!(ids.len(), 2);
    }
}
