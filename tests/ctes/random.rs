//! Random queries with terms, compared with SQL by hand that has subselects in their place.

use mizzle::dsl::decimal::sum;
use mizzle::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::schema::*;

/// A row of the SQL by hand.
#[derive(Row, Debug, PartialEq)]
struct Total {
    region: String,
    total: Option<Decimal>,
}

#[derive(Debug, Clone)]
struct Case {
    rows: Vec<(usize, Decimal)>,
    least: Decimal,
    most: Decimal,
    without: String,
    materialized: Option<bool>,
    limit: i64,
}

const REGIONS: [&str; 4] = ["north", "south", "west", "it's"];

/// Decimals that sort differently as texts, with several scales.
fn amount() -> impl Strategy<Value = Decimal> {
    (-300_i64..300, 0_u32..4)
        .prop_map(|(digits, scale)| format!("{digits}e-{scale}").parse().expect("a decimal"))
}

fn case() -> impl Strategy<Value = Case> {
    (
        proptest::collection::vec((0..REGIONS.len(), amount()), 0..12),
        amount(),
        amount(),
        proptest::sample::select(REGIONS.to_vec()).prop_map(str::to_owned),
        proptest::option::of(any::<bool>()),
        0_i64..5,
    )
        .prop_map(|(rows, least, most, without, materialized, limit)| Case {
            rows,
            least,
            most,
            without,
            materialized,
            limit,
        })
}

fn check(db: &Db, case: &Case) {
    let Case { rows, least, most, without, materialized, limit } = case;
    db.execute(diesel::delete(orders::table)).expect("no rows");
    db.insert_all(
        rows.iter()
            .map(|(region, amount)| {
                NewOrder::builder().region(REGIONS[*region]).amount(amount.clone()).build()
            })
            .collect::<Vec<_>>(),
    )
    .expect("the rows");

    // A term that groups, one that filters it, and a statement that joins both.
    let totals = RegionTotal::with(
        orders::table
            .filter(orders::amount.ge(least))
            .group_by(orders::region)
            .select((orders::region, sum(orders::amount))),
    );
    let totals = match materialized {
        None => totals,
        Some(true) => totals.materialized(),
        Some(false) => totals.not_materialized(),
    };
    let terms = totals.with(TopRegion::with(
        region_totals::table
            .filter(region_totals::total.lt(most))
            .filter(region_totals::region.ne(without))
            .select(region_totals::region),
    ));
    // The orders of the regions that the terms find, by a condition.
    let of_top = terms.clone().then(top_regions::table.select(top_regions::region));
    let orders = Order::query().filter(orders::region.eq_any(of_top)).order_by(orders::id);
    let ids: Vec<i64> = orders.all(db).expect("the orders").iter().map(|order| order.id).collect();
    let top: Vec<TopRegion> = db.load(terms.clone().then(top_regions::table)).expect("regions");
    let expected: Vec<i64> = Order::query()
        .order_by(orders::id)
        .all(db)
        .expect("the orders")
        .into_iter()
        .filter(|order| top.iter().any(|top| top.region == order.region))
        .map(|order| order.id)
        .collect();
    assert_eq!(ids, expected);

    let found: Vec<RegionTotal> = db
        .load(
            terms.then(
                region_totals::table
                    .inner_join(
                        top_regions::table.on(top_regions::region.eq(region_totals::region)),
                    )
                    .order((region_totals::total.desc(), region_totals::region))
                    .limit(*limit)
                    .select(RegionTotal::as_select()),
            ),
        )
        .expect("the totals");
    let by_hand: Vec<Total> = sql!(
        sqlite: "SELECT t.region AS region, t.total AS total
            FROM (SELECT region, decimal_sum(amount) AS total FROM orders WHERE amount >= {least} GROUP BY region) AS t
            JOIN (
                SELECT region FROM (
                    SELECT region, decimal_sum(amount) AS total FROM orders WHERE amount >= {least} GROUP BY region
                ) WHERE total COLLATE decimal < {most} AND region <> {without}
            ) AS r ON r.region = t.region
            ORDER BY t.total COLLATE decimal DESC, t.region LIMIT {limit}",
        postgres: "SELECT t.region AS region, t.total AS total
            FROM (SELECT region, sum(amount) AS total FROM orders WHERE amount >= {least} GROUP BY region) AS t
            JOIN (
                SELECT region FROM (
                    SELECT region, sum(amount) AS total FROM orders WHERE amount >= {least} GROUP BY region
                ) AS s WHERE total < {most} AND region <> {without}
            ) AS r ON r.region = t.region
            ORDER BY t.total DESC, t.region LIMIT {limit}",
    )
    .all(db)
    .expect("the totals");
    let found: Vec<Total> =
        found.into_iter().map(|RegionTotal { region, total }| Total { region, total }).collect();
    assert_eq!(found, by_hand);

    // A recursive term: sums of the amounts up to each order, in the order of their ids.
    let running = FewOrder::recursive(
        orders::table.order(orders::id).limit(1).select((orders::id, orders::amount)),
        orders::table
            .inner_join(few_orders::table.on(orders::id.eq(few_orders::number + 1)))
            .select((orders::id, few_orders::amount.plus(orders::amount))),
    );
    let found: Vec<Decimal> = db
        .load(
            running.then(
                few_orders::table
                    .filter(few_orders::amount.gt(least))
                    .order(few_orders::number)
                    .select(few_orders::amount),
            ),
        )
        .expect("the sums");
    let by_hand: Vec<Decimal> = sql!(
        sqlite: "SELECT total FROM (
            SELECT o.id, (SELECT decimal_sum(p.amount) FROM orders AS p WHERE p.id <= o.id) AS total FROM orders AS o
        ) WHERE total COLLATE decimal > {least} ORDER BY id",
        postgres: "SELECT total FROM (
            SELECT o.id, (SELECT sum(p.amount) FROM orders AS p WHERE p.id <= o.id) AS total FROM orders AS o
        ) AS s WHERE total > {least} ORDER BY id",
    )
    .all(db)
    .expect("the sums");
    assert_eq!(found, by_hand);
}

#[mizzle::test]
fn terms_are_like_subselects(db: &Db) {
    fill(db);
    let cases = std::env::var("MIZZLE_TEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let config = Config { failure_persistence: None, ..Config::with_cases(cases.unwrap_or(60)) };
    TestRunner::new(config)
        .run(&case(), |case| {
            check(db, &case);
            Ok(())
        })
        .expect("the same rows");
}
