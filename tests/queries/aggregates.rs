//! GROUP BY, HAVING and the aggregates.

use diesel::dsl::{avg, count, count_star, max, min, sum};
use diesel::sql_types::Double;
use mizzle::dsl::decimal as exact;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

on_each_database! {
    fn counts(db: &Db) {
        seed(db);
        let counts: (i64, i64, i64, i64, i64) = db
            .one(people::table.select((
                count_star(),
                count(people::id),
                count(people::note),
                count(people::age).aggregate_distinct(),
                count(people::note).aggregate_all(),
            )))
            .expect("the counts");
        assert_eq!(counts, (4, 4, 3, 3, 3));
        let filtered: (i64, i64) = db
            .one(people::table.select((
                count(people::id).aggregate_filter(people::active),
                count(people::note).aggregate_filter(people::age.gt(30)),
            )))
            .expect("the counts");
        assert_eq!(filtered, (3, 2));
    }

    fn of_integers(db: &Db) {
        seed(db);
        let sums: (Option<i64>, Option<i64>, Option<Decimal>) = db
            .one(people::table.select((sum(people::level), sum(people::age), sum(people::points))))
            .expect("the sums");
        assert_eq!(sums, (Some(7), Some(137), Some(decimal("200"))));
        let averages: (Option<Decimal>, Option<Decimal>, Option<Decimal>) = db
            .one(people::table.select((avg(people::level), avg(people::age), avg(people::points))))
            .expect("the averages");
        assert_eq!(averages, (Some(decimal("1.75")), Some(decimal("34.25")), Some(decimal("50"))));
        let ends: (Option<i16>, Option<i32>, Option<i64>, Option<i64>) = db
            .one(people::table.select((
                min(people::level),
                max(people::age),
                min(people::points),
                max(people::team_id),
            )))
            .expect("the ends");
        assert_eq!(ends, (Some(1), Some(41), Some(0), Some(WEB)));
    }

    fn of_floats(db: &Db) {
        seed(db);
        let sums: (Option<f64>, Option<f32>) = db
            .one(people::table.select((sum(people::height), sum(people::reach))))
            .expect("the sums");
        assert_eq!(sums, (Some(6.0), Some(2.25)));
        let averages: (Option<f64>, Option<f64>) = db
            .one(people::table.select((avg(people::height), avg(people::reach))))
            .expect("the averages");
        assert_eq!(averages, (Some(1.5), Some(0.5625)));
        let ends: (Option<f64>, Option<f32>) = db
            .one(people::table.select((min(people::height), max(people::reach))))
            .expect("the ends");
        assert_eq!(ends, (Some(1.25), Some(0.75)));
    }

    fn of_decimals(db: &Db) {
        seed(db);
        let sums: (Option<Decimal>, Option<Decimal>) = db
            .one(people::table.select((exact::sum(people::balance), exact::sum(people::bonus))))
            .expect("the sums");
        // 0.1 + 0.2 is 0.3 here.
        assert_eq!(sums, (Some(decimal("-80.74")), Some(decimal("0.3"))));
        let ends: (Option<Decimal>, Option<Decimal>, Option<Decimal>) = db
            .one(people::table.select((
                min(people::balance),
                max(people::balance),
                max(people::bonus),
            )))
            .expect("the ends");
        let expected = (decimal("-100.25"), decimal("10"), decimal("0.2"));
        assert_eq!(ends, (Some(expected.0), Some(expected.1), Some(expected.2)));
        let raised: Option<Decimal> = db
            .one(people::table.select(exact::sum(people::balance.times(decimal("3")))))
            .expect("the sum");
        assert_eq!(raised, Some(decimal("-242.22")));
    }

    fn of_other_types(db: &Db) {
        seed(db);
        let ends: (Option<String>, Option<NaiveDate>, Option<NaiveDate>, Option<Status>) = db
            .one(people::table.filter(people::name.ne("bob")).select((
                max(people::name),
                min(people::born),
                max(people::born),
                min(people::status),
            )))
            .expect("the ends");
        let expected = (Some("Dot".into()), Some(date(1990, 1, 2)), Some(date(2000, 12, 31)));
        assert_eq!(ends, (expected.0, expected.1, expected.2, Some(Status::Former)));
    }

    fn of_no_row(db: &Db) {
        seed(db);
        let nothing = people::table.filter(people::id.lt(0));
        let counts: (i64, i64) =
            db.one(nothing.select((count_star(), count(people::note)))).expect("the counts");
        assert_eq!(counts, (0, 0));
        type Nothing = (Option<i64>, Option<f64>, Option<Decimal>, Option<Decimal>, Option<i32>);
        let values: Nothing = db
            .one(nothing.select((
                sum(people::age),
                sum(people::height),
                exact::sum(people::balance),
                avg(people::age),
                max(people::age),
            )))
            .expect("the values");
        assert_eq!(values, (None, None, None, None, None));
    }

    fn group_by(db: &Db) {
        seed(db);
        let groups: Vec<(i32, i64, Option<i64>)> = db
            .load(people::table.group_by(people::age).order(people::age).select((
                people::age,
                count_star(),
                sum(people::level),
            )))
            .expect("the groups");
        assert_eq!(groups, [(24, 1, Some(2)), (36, 2, Some(4)), (41, 1, Some(1))]);
        let groups: Vec<(Status, bool, i64)> = db
            .load(
                people::table
                    .group_by((people::status, people::active))
                    .order((people::status, people::active))
                    .select((people::status, people::active, count(people::id))),
            )
            .expect("the groups");
        assert_eq!(
            groups,
            [(Status::Former, true, 1), (Status::Member, true, 2), (Status::Trial, false, 1),]
        );
    }

    fn group_by_in_a_join(db: &Db) {
        seed(db);
        let groups: Vec<(String, i64, Option<Decimal>)> = db
            .load(
                teams::table.left_join(people::table).group_by(teams::id).order(teams::id).select(
                    (
                        teams::name,
                        count(people::id.nullable()),
                        exact::sum(people::balance.nullable()),
                    ),
                ),
            )
            .expect("the groups");
        assert_eq!(
            groups,
            [
                ("core".into(), 2, Some(decimal("19.5"))),
                ("web".into(), 1, Some(decimal("-100.25"))),
                ("idle".into(), 0, None),
            ]
        );
    }

    fn group_by_columns_of_two_tables(db: &Db) {
        seed(db);
        let joined = teams::table.inner_join(people::table);
        let pairs: Vec<(String, bool)> =
            db.load(joined.select((teams::name, people::active))).expect("the rows");
        let mut expected = std::collections::BTreeMap::<_, i64>::new();
        for pair in pairs {
            *expected.entry(pair).or_default() += 1;
        }
        let groups: Vec<(String, bool, i64)> = db
            .load(
                joined
                    .group_by((teams::name, people::active))
                    .order((teams::name, people::active))
                    .select((teams::name, people::active, count_star())),
            )
            .expect("the groups");
        let expected: Vec<_> =
            expected.into_iter().map(|((name, active), count)| (name, active, count)).collect();
        assert_eq!(groups, expected);
        assert_eq!(groups.iter().map(|(_, _, count)| count).sum::<i64>(), 3);
    }

    fn group_by_decimals(db: &Db) {
        seed(db);
        db.execute(diesel::update(people::table.find(2)).set(people::balance.eq(decimal("10"))))
            .expect("the update");
        // 10.00 and 10 are one group.
        let groups: Vec<(i64, Option<i32>)> = db
            .load(
                people::table
                    .group_by(people::balance)
                    .order(people::balance)
                    .select((count_star(), max(people::age))),
            )
            .expect("the groups");
        assert_eq!(groups, [(1, Some(36)), (1, Some(41)), (2, Some(36))]);
    }

    fn having(db: &Db) {
        seed(db);
        let groups: Vec<(i32, i64)> = db
            .load(
                people::table
                    .group_by(people::age)
                    .having(count_star().gt(1))
                    .select((people::age, count_star())),
            )
            .expect("the groups");
        assert_eq!(groups, [(36, 2)]);
        let groups: Vec<Option<i64>> = db
            .load(
                people::table
                    .filter(people::active)
                    .group_by(people::team_id)
                    .having(
                        exact::sum(people::balance)
                            .gt(decimal("1"))
                            .or(people::team_id.is_null().nullable()),
                    )
                    .order(people::team_id.is_null())
                    .select(people::team_id),
            )
            .expect("the groups");
        assert_eq!(groups, [Some(CORE), None]);
    }

    fn group_by_boxed(db: &Db) {
        seed(db);
        let query = people::table
            .group_by(people::age)
            .select((people::age, count_star()))
            .into_boxed()
            .filter(people::active)
            .order(count_star().desc())
            .then_order_by(people::age)
            .limit(2);
        let groups: Vec<(i32, i64)> = db.load(query).expect("the groups");
        assert_eq!(groups, [(24, 1), (36, 1)]);
    }

    fn a_large_sum(db: &Db) {
        seed(db);
        let half = i64::MAX / 2;
        db.execute(
            diesel::update(people::table.filter(people::id.le(2))).set(people::points.eq(half)),
        )
        .expect("the update");
        let total: Option<Decimal> = db
            .one(people::table.filter(people::id.le(2)).select(sum(people::points)))
            .expect("the sum");
        assert_eq!(total, Some(decimal("9223372036854775806")));
        let mean: Option<f64> =
            db.one(people::table.select(avg(people::age.cast::<Double>()))).expect("the average");
        assert_eq!(mean, Some(34.25));
    }
}
