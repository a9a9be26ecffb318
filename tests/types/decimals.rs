//! Decimals are numbers in SQL, and exact, on both databases.

use std::collections::BTreeMap;
use test_support::on_each_database;

use diesel::dsl::{count_star, max, min};
use mizzle::dsl::decimal;
use mizzle::prelude::*;
use proptest::prelude::*;

use crate::{check, strategies};

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Amount {
    #[column(primary_key, auto)]
    pub id: i64,
    pub value: Decimal,
    pub optional: Option<Decimal>,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(check(price_is_fair = "value >= 0"))]
pub struct Price {
    #[column(primary_key)]
    pub value: Decimal,
    #[column(unique, default = 0.50)]
    pub alternative: Decimal,
}

mizzle::schema!(pub Money = [Amount, Price]);

fn number(text: &str) -> Decimal {
    text.parse().expect("a number")
}

fn store(db: &Db, texts: &[&str]) -> Vec<Amount> {
    let new: Vec<_> =
        texts.iter().map(|text| NewAmount::builder().value(number(text)).build()).collect();
    db.insert_all_returning(&new).unwrap()
}

fn shown(values: Vec<Decimal>) -> Vec<String> {
    values.iter().map(Decimal::to_string).collect()
}

on_each_database! {
    fn sql_text_is_a_single_operand(db: &Db) {
        db.create_all::<Money>().expect("the tables");
        db.insert(NewAmount::builder().value(number("0.5")).build()).expect("a row");
        let id = || diesel::dsl::sql::<mizzle::sql_types::ExactNumeric>("id + 2");
        let minus = amounts::table.select(amounts::value.minus(id()));
        assert_eq!(db.one::<Decimal, _>(minus).expect("a number"), number("-2.5"));
        let times = amounts::table.select(amounts::value.times(id()));
        assert_eq!(db.one::<Decimal, _>(times).expect("a number"), number("1.5"));
    }

    fn each_keeps_its_digits(db: &Db) {
        db.create_all::<Money>().unwrap();
        let texts = ["1.5", "1.50", "1.500", "0", "0.00", "-0.10", "100", "1000000000000000000000.0"];
        let rows = store(db, &texts);
        assert_eq!(shown(rows.into_iter().map(|row| row.value).collect()), texts);
    }

    fn compares_as_a_number(db: &Db) {
        db.create_all::<Money>().unwrap();
        store(db, &["1.5", "1.50", "10", "9", "-2", "-10", "0.05"]);
        let count = |query: Query<'_, Amount>| query.count(db).unwrap();
        assert_eq!(count(Amount::query().filter(amounts::value.eq(number("1.500")))), 2);
        assert_eq!(count(Amount::query().filter(amounts::value.ne(number("01.5")))), 5);
        assert_eq!(count(Amount::query().filter(amounts::value.gt(number("9")))), 1);
        assert_eq!(count(Amount::query().filter(amounts::value.ge(number("9.0")))), 2);
        assert_eq!(count(Amount::query().filter(amounts::value.lt(number("-2")))), 1);
        assert_eq!(
            count(Amount::query().filter(amounts::value.between(number("0.04"), number("9.00")))),
            4
        );
        let listed = amounts::value.eq_any([number("1.50000"), number("10.0")]);
        assert_eq!(count(Amount::query().filter(listed)), 3);
        let long: Vec<Decimal> = (0..2000).map(|n| number(&format!("{n}.000"))).collect();
        assert_eq!(count(Amount::query().filter(amounts::value.eq_any(long.clone()))), 2);
        assert_eq!(count(Amount::query().filter(amounts::value.ne_all(long))), 5);
    }

    fn is_sorted_grouped_and_distinct_as_a_number(db: &Db) {
        db.create_all::<Money>().unwrap();
        store(db, &["1.5", "1.50", "10", "9", "-2", "-10", "0.05"]);
        let sorted: Vec<Decimal> =
            db.load(amounts::table.select(amounts::value).order_by((amounts::value, amounts::id))).unwrap();
        assert_eq!(shown(sorted), ["-10", "-2", "0.05", "1.5", "1.50", "9", "10"]);
        let distinct: Vec<Decimal> =
            db.load(amounts::table.select(amounts::value).distinct().order_by(amounts::value.desc())).unwrap();
        assert_eq!(distinct, ["10", "9", "1.5", "0.05", "-2", "-10"].map(number));
        let groups: Vec<(Decimal, i64)> = db
            .load(
                amounts::table
                    .group_by(amounts::value)
                    .select((amounts::value, count_star()))
                    .having(count_star().gt(1)),
            )
            .unwrap();
        assert_eq!(groups, [(number("1.5"), 2)]);
        let extremes: (Option<Decimal>, Option<Decimal>) =
            db.one(amounts::table.select((min(amounts::value), max(amounts::value)))).unwrap();
        assert_eq!(extremes, (Some(number("-10")), Some(number("10"))));
        let distinct: i64 =
            db.one(amounts::table.select(diesel::dsl::count(amounts::value).aggregate_distinct())).unwrap();
        assert_eq!(distinct, 6);
    }

    fn joins_and_subqueries_compare_as_numbers(db: &Db) {
        db.create_all::<Money>().unwrap();
        store(db, &["1.5", "1.50", "10"]);
        db.insert(NewPrice::builder().value(number("1.500")).alternative(number("3")).build()).unwrap();
        let joined: Vec<i64> = db
            .load(
                amounts::table
                    .inner_join(prices::table.on(prices::value.eq(amounts::value)))
                    .select(amounts::id)
                    .order_by(amounts::id),
            )
            .unwrap();
        assert_eq!(joined, [1, 2]);
        let inside = amounts::value.eq_any(prices::table.select(prices::value));
        assert_eq!(Amount::query().filter(inside).count(db).unwrap(), 2);
    }

    fn keys_uniques_checks_and_defaults_are_numbers(db: &Db) {
        db.create_all::<Money>().unwrap();
        let price = db.insert(NewPrice::builder().value(number("10.0")).build()).unwrap();
        assert_eq!(price.alternative.to_string(), "0.50");
        let same = NewPrice::builder().value(number("10.00")).alternative(number("7")).build();
        assert!(db.insert(same.clone()).unwrap_err().is_unique_violation());
        assert_eq!(db.get::<Price>(number("10")).unwrap(), price);
        assert_eq!(db.upsert(same).unwrap().alternative, number("7"));
        let other = NewPrice::builder().value(number("2")).alternative(number("7.0")).build();
        let error = db.insert(other).unwrap_err();
        assert_eq!(error.constraint().unwrap().columns, ["alternative"]);
        let negative = NewPrice::builder().value(number("-0.01")).alternative(number("9")).build();
        assert!(db.insert(negative).unwrap_err().is_check_violation());
        assert!(db.delete_by_key::<Price>(number("10.000")).unwrap());
    }

    fn computes_exactly(db: &Db) {
        db.create_all::<Money>().unwrap();
        let row = store(db, &["0.1"]).remove(0);
        let sum: Decimal = db
            .one(amounts::table.find(row.id).select(amounts::value.plus(number("0.2"))))
            .unwrap();
        assert_eq!(sum.to_string(), "0.3");
        db.execute(
            diesel::update(amounts::table.find(row.id))
                .set(amounts::value.eq(amounts::value.times(number("3")).minus(number("1e-30")))),
        )
        .unwrap();
        let stored = db.get::<Amount>(row.id).unwrap().value;
        assert_eq!(stored.to_string(), "0.299999999999999999999999999999");
        let nothing: Option<Decimal> =
            db.one(amounts::table.select(amounts::optional.plus(Some(number("1"))))).unwrap();
        assert_eq!(nothing, None);
    }

    fn what_is_computed_compares_as_a_number(db: &Db) {
        db.create_all::<Money>().unwrap();
        store(db, &["0.5", "8.50", "9.5", "-1"]);
        let doubled = || amounts::value.times(number("2.0"));
        let found = Amount::query().filter(doubled().eq(number("17"))).count(db).unwrap();
        assert_eq!(found, 1);
        let found = Amount::query().filter(doubled().gt(number("9"))).count(db).unwrap();
        assert_eq!(found, 2);
        let sorted: Vec<Decimal> =
            db.load(amounts::table.select(amounts::value).order_by(doubled())).unwrap();
        assert_eq!(sorted, ["-1", "0.5", "8.5", "9.5"].map(number));
        let groups: Vec<(i64, Option<Decimal>)> = db
            .load(
                amounts::table
                    .group_by(amounts::id)
                    .select((amounts::id, decimal::sum(amounts::value)))
                    .having(decimal::sum(amounts::value).lt(number("9.0")))
                    .order_by(decimal::sum(amounts::value).desc()),
            )
            .unwrap();
        let expected = [(2, "8.5"), (1, "0.5"), (4, "-1")];
        assert_eq!(groups, expected.map(|(id, value)| (id, Some(number(value)))));
    }

    fn the_largest_and_smallest_compare_as_numbers(db: &Db) {
        db.create_all::<Money>().unwrap();
        store(db, &["10", "9", "-1"]);
        let groups: Vec<i64> = db
            .load(
                amounts::table
                    .group_by(amounts::id)
                    .select(amounts::id)
                    .having(decimal::max(amounts::value).gt(number("9.5")))
                    .order_by(decimal::min(amounts::value)),
            )
            .unwrap();
        assert_eq!(groups, [1]);
        let extremes: (Option<Decimal>, Option<Decimal>) = db
            .one(amounts::table.select((decimal::min(amounts::value), decimal::max(amounts::value))))
            .unwrap();
        assert_eq!(extremes, (Some(number("-1")), Some(number("10"))));
    }

    fn sums_exactly(db: &Db) {
        db.create_all::<Money>().unwrap();
        let total = || -> Option<Decimal> {
            db.one(amounts::table.select(decimal::sum(amounts::value))).unwrap()
        };
        assert_eq!(total(), None);
        let rows: Vec<_> =
            (0..1000).map(|_| NewAmount::builder().value(number("0.1")).build()).collect();
        db.insert_all(rows).unwrap();
        assert_eq!(total().unwrap().to_string(), "100.0");
        let optional: Option<Decimal> =
            db.one(amounts::table.select(decimal::sum(amounts::optional))).unwrap();
        assert_eq!(optional, None);
    }

    fn any_values_sort_as_in_rust(db: &Db) {
        db.create_all::<Money>().unwrap();
        let values = proptest::collection::vec(strategies::decimal(), 1..12);
        check((values, strategies::decimal()), |(values, limit)| {
            let new: Vec<_> = values.iter().map(|v| NewAmount::builder().value(v.clone()).build()).collect();
            db.insert_all(new).unwrap();
            let mut expected = values.clone();
            expected.sort();
            let sorted: Vec<Decimal> =
                db.load(amounts::table.select(amounts::value).order_by(amounts::value)).unwrap();
            assert_eq!(sorted, expected);
            let below = Amount::query().filter(amounts::value.lt(&limit)).count(db).unwrap();
            assert_eq!(below as usize, values.iter().filter(|value| **value < limit).count());

            let mut counted = BTreeMap::new();
            for value in &values {
                *counted.entry(value.clone()).or_insert(0_i64) += 1;
            }
            let groups: Vec<(Decimal, i64)> = db
                .load(
                    amounts::table
                        .group_by(amounts::value)
                        .select((amounts::value, count_star()))
                        .order_by(amounts::value),
                )
                .unwrap();
            assert_eq!(groups, counted.into_iter().collect::<Vec<_>>());
            let total: Option<Decimal> = db.one(amounts::table.select(decimal::sum(amounts::value))).unwrap();
            assert_eq!(total, Some(values.iter().sum()));
            Amount::query().delete(db).unwrap();
        });
    }

    fn a_product_has_the_digits_of_both_factors(db: &Db) {
        db.create_all::<Money>().unwrap();
        store(db, &["1.00", "0", "2.5", "-1"]);
        let products: Vec<Decimal> = db
            .load(amounts::table.select(amounts::value.times(number("1.0"))).order_by(amounts::id))
            .unwrap();
        let texts: Vec<String> = products.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["1.000", "0.0", "2.50", "-1.0"]);
    }

    fn any_arithmetic_is_exact(db: &Db) {
        db.create_all::<Money>().unwrap();
        let row = store(db, &["0"]).remove(0);
        check((strategies::decimal(), strategies::decimal()), |(a, b)| {
            db.update(&Amount { value: a.clone(), ..row.clone() }).unwrap();
            let results: (Decimal, Decimal, Decimal) = db
                .one(amounts::table.find(row.id).select((
                    amounts::value.plus(&b),
                    amounts::value.minus(&b),
                    amounts::value.times(&b),
                )))
                .unwrap();
            assert_eq!(results, (&a + &b, &a - &b, &a * &b));
        });
    }
}

#[test]
fn text_that_is_no_number_in_reach_is_refused() {
    for text in ["", ".", "-", "1,5", "NaN", "Infinity", "0x10", "1e9999999", "-1e-99999", "1 "] {
        assert!(text.parse::<Decimal>().is_err(), "{text}");
    }
    for text in ["1.50", ".5", "5.", "-1e3", "+2", "1E-3"] {
        assert!(text.parse::<Decimal>().is_ok(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_number_is_read_from_what_it_shows(value in strategies::decimal()) {
        prop_assert_eq!(value.to_string().parse::<Decimal>().unwrap(), value.clone());
        let json = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(serde_json::from_str::<Decimal>(&json).unwrap(), value);
    }
}
