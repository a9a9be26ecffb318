//! GROUP BY an expression that the query selects.

use std::collections::BTreeMap;

use diesel::dsl::{count, count_star, sum};
use mizzle::dsl::decimal::sum as exact_sum;
use mizzle::dsl::key;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

on_each_database! {
    fn of_an_expression_with_a_value(db: &Db) {
        seed(db);
        let decade = key("decade", people::age / 10);
        let counts: Vec<(i32, i64)> = db
            .load(
                people::table
                    .group_by(decade.name())
                    .order(decade.name().desc())
                    .select((decade, count_star())),
            )
            .expect("the groups");
        assert_eq!(counts, [(4, 1), (3, 2), (2, 1)]);
    }

    fn with_filters_having_and_a_limit(db: &Db) {
        seed(db);
        for divisor in 1..50 {
            let rest = key("age", people::age - people::age / divisor * divisor);
            let sums: Vec<(i64, i32)> = db
                .load(
                    people::table
                        .filter(people::age.gt(30))
                        .group_by(rest.name())
                        .having(count_star().ge(1))
                        .order(rest.name())
                        .limit(2)
                        .select((count_star(), rest)),
                )
                .expect("the groups");
            let mut expected = BTreeMap::new();
            for person in club().into_iter().filter(|person| person.age > 30) {
                *expected.entry(person.age % divisor).or_insert(0) += 1;
            }
            let expected: Vec<(i64, i32)> =
                expected.into_iter().map(|(rest, count)| (count, rest)).take(2).collect();
            assert_eq!(sums, expected, "{divisor}");
        }
    }

    fn decimals_group_and_sort_as_numbers(db: &Db) {
        seed(db);
        let double = key("double", people::balance.times(decimal("2.0")));
        let all: Vec<(Decimal, Option<Decimal>)> = db
            .load(
                people::table
                    .group_by(double.name())
                    .order(double.name())
                    .select((double, exact_sum(people::balance))),
            )
            .expect("the groups");
        let doubles: Vec<Decimal> = all.into_iter().map(|(double, _)| double).collect();
        assert_eq!(doubles, ["-200.5", "0.02", "19", "20"].map(decimal));
    }

    fn aggregates_take_filters(db: &Db) {
        seed(db);
        let of_team: Vec<(Option<i64>, i64, Option<i64>)> = db
            .load(
                people::table
                    .group_by(people::team_id)
                    .order(people::team_id.asc().nulls_last())
                    .select((
                        people::team_id,
                        count(people::id).aggregate_filter(people::age.gt(30)),
                        sum(people::age).aggregate_filter(people::active.eq(true)),
                    )),
            )
            .expect("the groups");
        assert_eq!(of_team, [(Some(CORE), 1, Some(60)), (Some(WEB), 1, None), (None, 1, Some(41))]);
        let exact: Vec<Option<Decimal>> = db
            .load(people::table.select(
                exact_sum(people::balance).aggregate_filter(people::balance.lt(decimal("9.75"))),
            ))
            .expect("a sum");
        assert_eq!(exact, [Some(decimal("-90.74"))]);
    }
}
