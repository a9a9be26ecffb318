//! Queries in FROM.

use diesel::dsl::{count_star, max};
use mizzle::dsl::decimal::sum;
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};
use test_support::random::Random;

use crate::schema::*;

#[derive(Cte, Debug, Clone, PartialEq)]
pub struct LastOrder {
    pub id: i64,
    pub amount: Decimal,
}

#[derive(Cte, Debug, Clone, PartialEq)]
pub struct Digit {
    pub last: i64,
    pub amount: Decimal,
}

macro_rules! totals {
    () => {
        RegionTotal::subquery(
            orders::table.group_by(orders::region).select((orders::region, sum(orders::amount))),
        )
    };
}

#[mizzle::test]
fn a_query_is_read_alone(db: &Db) {
    fill(db);
    let all: Vec<RegionTotal> =
        db.load(totals!().order(region_totals::total.desc())).expect("the totals");
    let names: Vec<&str> = all.iter().map(|total| &*total.region).collect();
    // As numbers, not as texts.
    assert_eq!(names, ["south", "west", "north", "east"]);
    assert_eq!(db.load::<RegionTotal, _>(totals!()).expect("the totals").len(), 4);
    let first: Option<String> = db
        .first(
            totals!()
                .filter(region_totals::total.lt(decimal("20")))
                .order(region_totals::total)
                .select(region_totals::region),
        )
        .expect("a total");
    assert_eq!(first.as_deref(), Some("east"));
    assert_eq!(db.count(totals!()).expect("a count"), 4);
    // The most of the sums: an aggregate of an aggregate.
    let most: Option<Decimal> =
        db.one(totals!().select(max(region_totals::total))).expect("one row");
    assert_eq!(most, Some(decimal("98")));
}

#[mizzle::test]
fn a_query_is_joined(db: &Db) {
    fill(db);
    let goals: Vec<(String, Option<Decimal>)> = db
        .load(
            regions::table
                .inner_join(totals!().on(region_totals::region.eq(regions::name)))
                .filter(region_totals::total.ge(regions::goal.nullable()))
                .order(regions::name)
                .select((regions::name, region_totals::total)),
        )
        .expect("the regions");
    assert_eq!(
        goals,
        [("north".into(), Some(decimal("19.5"))), ("west".into(), Some(decimal("20"))),],
    );
    let limited = TopRegion::subquery(
        Region::query().order_by(regions::goal.desc()).limit(1).select(regions::name),
    );
    let with_top: Vec<(String, Option<String>)> = db
        .load(
            regions::table
                .left_join(limited.on(top_regions::region.eq(regions::name)))
                .order(regions::name)
                .select((regions::name, top_regions::region.nullable())),
        )
        .expect("the regions");
    assert_eq!(
        with_top,
        [("north".into(), None), ("south".into(), Some("south".into())), ("west".into(), None)],
    );
    let pairs: i64 = db
        .one(regions::table.inner_join(totals!().on_true()).select(count_star()))
        .expect("a count");
    assert_eq!(pairs, 12);
}

#[mizzle::test]
fn a_query_groups_by_what_another_computes(db: &Db) {
    fill(db);
    let digits = Digit::subquery(orders::table.select((orders::id / 2, orders::amount)));
    let sums: Vec<(i64, Option<Decimal>)> = db
        .load(
            digits
                .group_by(digits::last)
                .order(digits::last)
                .select((digits::last, sum(digits::amount))),
        )
        .expect("the groups");
    let sums: Vec<_> = sums.into_iter().map(|(last, sum)| (last, sum.expect("a sum"))).collect();
    let expected = [(0, "9.5"), (1, "110"), (2, "18"), (3, "9.5")];
    assert_eq!(sums, expected.map(|(last, sum)| (last, decimal(sum))));
}

#[mizzle::test]
fn rows_are_updated_from_a_query(db: &Db) {
    fill(db);
    let changed = Region::query()
        .using(totals!(), regions::name.eq(region_totals::region))
        .set(
            regions::goal,
            diesel::dsl::case_when(
                region_totals::total.is_not_null(),
                region_totals::total.assume_not_null(),
            )
            .otherwise(regions::goal),
        )
        .update(db);
    assert_eq!(changed.expect("the update"), 3);
    let goals: Vec<Decimal> =
        db.load(regions::table.order(regions::name).select(regions::goal)).expect("the goals");
    assert_eq!(goals, ["19.5", "98", "20"].map(decimal));
}

#[mizzle::test]
fn a_lateral_query_reads_the_row_before_it(db: &Db) {
    fill(db);
    let newest = || {
        LastOrder::lateral(
            regions::table,
            orders::table
                .filter(orders::region.eq(regions::name))
                .order(orders::id.desc())
                .limit(1)
                .select((orders::id, orders::amount)),
        )
    };
    let rows = db.load::<(String, i64), _>(
        regions::table
            .inner_join(newest().on_true())
            .order(regions::name)
            .select((regions::name, last_orders::id)),
    );
    let all = db.load::<(String, Option<Decimal>), _>(
        regions::table
            .left_join(newest().on_true())
            .order(regions::name)
            .select((regions::name, last_orders::amount.nullable())),
    );
    match db.dialect() {
        Dialect::Sqlite | Dialect::D1 => {
            for error in [rows.expect_err("no LATERAL"), all.expect_err("no LATERAL")] {
                assert_eq!(error.code(), ErrorCode::QueryError);
                assert!(error.to_string().contains("SQLite has no LATERAL"), "{error}");
            }
        }
        Dialect::Postgres => {
            let expected = [("north", 2), ("south", 4), ("west", 5)];
            assert_eq!(rows.expect("the rows"), expected.map(|(name, id)| (name.into(), id)));
            assert_eq!(all.expect("the rows")[1].1, Some(decimal("-2")));
        }
    }
}

#[mizzle::test]
fn a_query_that_writes_is_refused(db: &Db) {
    fill(db);
    let writing =
        LastOrder::subquery(diesel::delete(orders::table).returning((orders::id, orders::amount)));
    assert!(db.load::<LastOrder, _>(writing).is_err());
    assert_eq!(db.count(orders::table).expect("a count"), ORDERS.len() as u64);
}

#[mizzle::test]
fn random_queries_find_the_rows_of_sql_by_hand(db: &Db) {
    db.create_all::<Shop>().expect("the tables");
    for seed in 0..40 {
        let mut random = Random::new(seed);
        db.execute(diesel::delete(orders::table)).expect("no rows");
        let regions = ["north", "it's", "west"];
        let rows: Vec<NewOrder> = (0..random.below(12))
            .map(|_| {
                let amount = format!("{}e-{}", random.below(400) as i64 - 200, random.below(3));
                NewOrder::builder().region(*random.pick(&regions)).amount(decimal(&amount)).build()
            })
            .collect();
        db.insert_all(&rows).expect("the orders");
        let (least, most) = (random.below(200) as i64 - 100, random.below(300) as i64 - 50);
        let limit = random.below(5) as i64;
        let (least, most) = (Decimal::from(least), Decimal::from(most));
        let totals = RegionTotal::subquery(
            orders::table
                .filter(orders::amount.gt(least.clone()))
                .group_by(orders::region)
                .select((orders::region, sum(orders::amount))),
        );
        let typed: Vec<(i64, Option<Decimal>)> = db
            .load(
                orders::table
                    .left_join(
                        totals.on(region_totals::region
                            .eq(orders::region)
                            .and(region_totals::total.lt(most.clone()))),
                    )
                    .filter(orders::id.gt(0))
                    .order((region_totals::total.nullable().desc().nulls_last(), orders::id))
                    .limit(limit)
                    .select((orders::id, region_totals::total.nullable())),
            )
            .expect("the rows");
        let by_hand: Vec<(i64, Option<Decimal>)> = match db.dialect() {
                Dialect::Sqlite | Dialect::D1 => sql!(
                    "SELECT o.id, t.total FROM orders o LEFT JOIN (SELECT region, decimal_sum(amount) AS total \
                     FROM orders WHERE amount > {&least} COLLATE decimal GROUP BY region) t \
                     ON t.region = o.region AND t.total COLLATE decimal < {&most} \
                     ORDER BY t.total IS NULL, t.total COLLATE decimal DESC, o.id LIMIT {limit}"
                )
                .all(db),
                Dialect::Postgres => sql!(
                    "SELECT o.id, t.total FROM orders o LEFT JOIN (SELECT region, sum(amount) AS total \
                     FROM orders WHERE amount > {&least} GROUP BY region) t \
                     ON t.region = o.region AND t.total < {&most} ORDER BY t.total DESC NULLS LAST, o.id LIMIT {limit}"
                )
                .all(db),
            }
            .expect("the rows by hand");
        assert_eq!(typed, by_hand, "{seed}");
    }
}
