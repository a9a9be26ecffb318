//! Queries with terms that don't read themselves.

use diesel::dsl::{count_star, exists, max, min, sql};
use diesel::sql_types::{BigInt, Nullable};
use mizzle::dsl::decimal::sum;
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};

use crate::schema::*;

#[derive(Cte, Debug)]
struct IdSum {
    region: String,
    ids: Option<i64>,
}

/// The totals of all regions.
macro_rules! totals {
    () => {
        RegionTotal::with(
            orders::table.group_by(orders::region).select((orders::region, sum(orders::amount))),
        )
    };
}

#[mizzle::test]
fn rows_are_read_as_the_struct(db: &Db) {
    fill(db);
    let all: Vec<RegionTotal> = db
        .load(totals!().then(region_totals::table.order(region_totals::total.desc())))
        .expect("the totals");
    let expected = [("south", "98"), ("west", "20"), ("north", "19.5"), ("east", "9.5")];
    let expected = expected
        .map(|(region, total)| RegionTotal { region: region.into(), total: Some(decimal(total)) });
    assert_eq!(all, expected);

    let selected: Vec<(RegionTotal, i64)> = db
        .load(
            totals!().then(
                region_totals::table
                    .inner_join(orders::table.on(orders::region.eq(region_totals::region)))
                    .filter(orders::amount.lt(decimal("0")))
                    .select((RegionTotal::as_select(), orders::id)),
            ),
        )
        .expect("a total and an order");
    assert_eq!(selected, [(expected[0].clone(), 4)]);
}

#[mizzle::test]
fn columns_compare_as_those_of_tables(db: &Db) {
    fill(db);
    let regions = |limit: &str| -> Vec<String> {
        db.load(
            totals!().then(
                region_totals::table
                    .filter(region_totals::total.ge(decimal(limit)))
                    .order(region_totals::total)
                    .select(region_totals::region),
            ),
        )
        .expect("the regions")
    };
    assert_eq!(regions("9.5"), ["east", "north", "west", "south"]);
    assert_eq!(regions("20.000"), ["west", "south"]);
    let ends: (Option<Decimal>, Option<Decimal>) = db
        .one(totals!().then(
            region_totals::table.select((min(region_totals::total), max(region_totals::total))),
        ))
        .expect("the ends");
    assert_eq!(ends, (Some(decimal("9.5")), Some(decimal("98"))));
    let equal: Vec<String> = db
        .load(
            totals!().then(
                region_totals::table
                    .inner_join(
                        regions::table.on(regions::goal.nullable().eq(region_totals::total)),
                    )
                    .select(regions::name),
            ),
        )
        .expect("the regions that meet their goals exactly");
    assert_eq!(equal, ["west"]);
    let counts: Vec<(Option<Decimal>, i64)> = db
        .load(
            totals!().then(
                region_totals::table
                    .group_by(region_totals::total)
                    .having(region_totals::total.lt(decimal("20")))
                    .order(region_totals::total.desc())
                    .select((region_totals::total, count_star())),
            ),
        )
        .expect("the groups");
    assert_eq!(counts, [(Some(decimal("19.5")), 1), (Some(decimal("9.5")), 1)]);
}

#[mizzle::test]
fn an_empty_table_has_no_totals(db: &Db) {
    db.create_all::<Shop>().expect("the tables");
    let all: Vec<RegionTotal> = db.load(totals!().then(region_totals::table)).expect("nothing");
    assert_eq!(all, []);
    let none: Option<RegionTotal> =
        db.first(totals!().then(region_totals::table)).expect("nothing");
    assert_eq!(none, None);
    let whole = RegionTotal::with(
        orders::table.group_by(orders::region).select((orders::region, sum(orders::amount))),
    );
    assert_eq!(db.count(whole.then(region_totals::table)).expect("a count"), 0);
}

#[mizzle::test]
fn terms_read_those_before_them(db: &Db) {
    fill(db);
    let terms = || {
        totals!().with(TopRegion::with(
            region_totals::table
                .filter(region_totals::total.gt(decimal("19.99")))
                .select(region_totals::region),
        ))
    };
    let ids: Vec<i64> = db
        .load(
            terms().then(
                orders::table
                    .filter(orders::region.eq_any(top_regions::table.select(top_regions::region)))
                    .order(orders::id)
                    .select(orders::id),
            ),
        )
        .expect("the orders");
    assert_eq!(ids, [3, 4, 5]);
    let both: Vec<(RegionTotal, TopRegion)> = db
        .load(
            terms().then(
                region_totals::table
                    .inner_join(
                        top_regions::table.on(top_regions::region.eq(region_totals::region)),
                    )
                    .order(region_totals::region)
                    .select((RegionTotal::as_select(), TopRegion::as_select())),
            ),
        )
        .expect("both");
    assert_eq!(
        both.iter().map(|(total, top)| (&*total.region, &*top.region)).collect::<Vec<_>>(),
        [("south", "south"), ("west", "west")]
    );
}

#[mizzle::test]
fn a_term_may_have_terms_of_its_own(db: &Db) {
    fill(db);
    let inner = totals!().then(
        region_totals::table
            .filter(region_totals::total.lt(decimal("20")))
            .select(region_totals::region),
    );
    let outer = RegionTotal::with(
        TopRegion::with(inner).then(
            top_regions::table
                .left_join(regions::table.on(regions::name.eq(top_regions::region)))
                .select((top_regions::region, regions::goal.nullable())),
        ),
    );
    let rows: Vec<RegionTotal> =
        db.load(outer.then(region_totals::table.order(region_totals::region))).expect("rows");
    let row = |region: &str, goal: Option<&str>| RegionTotal {
        region: region.into(),
        total: goal.map(decimal),
    };
    assert_eq!(rows, [row("east", None), row("north", Some("9"))]);
}

#[mizzle::test]
fn first_and_count_are_those_of_the_statement(db: &Db) {
    fill(db);
    let first: Option<RegionTotal> = db
        .first(totals!().then(region_totals::table.order(region_totals::total.desc())))
        .expect("the first");
    assert_eq!(first.map(|first| first.region).as_deref(), Some("south"));
    assert_eq!(db.count(totals!().then(region_totals::table)).expect("a count"), 4);
    assert_eq!(db.count(totals!().then(region_totals::table.limit(3))).expect("a count"), 3);
    // The statement is mizzle's own query: a limit isn't that of the term.
    let statement = || {
        totals!().then(
            Order::query()
                .filter(exists(
                    region_totals::table.filter(region_totals::region.eq(orders::region)),
                ))
                .order_by(orders::id.desc())
                .select(orders::all_columns),
        )
    };
    let last: Option<Order> = db.first(statement()).expect("the last order");
    assert_eq!(last.map(|order| order.id), Some(6));
    assert_eq!(db.load::<Order, _>(statement()).expect("the orders").len(), 6);
    assert_eq!(db.count(statement()).expect("a count"), 6);
}

#[mizzle::test]
fn a_name_of_a_table_hides_nothing(db: &Db) {
    fill(db);
    let few = || {
        FewOrder::with(orders::table.filter(orders::id.lt(3)).select((orders::id, orders::amount)))
    };
    let rows: Vec<FewOrder> =
        db.load(few().then(few_orders::table.order(few_orders::amount))).expect("the orders");
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2]);
    let of_both: Vec<(i64, i64)> = db
        .load(
            few().then(
                few_orders::table
                    .inner_join(orders::table.on(orders::amount.eq(few_orders::amount)))
                    .order((few_orders::number, orders::id))
                    .select((few_orders::number, orders::id)),
            ),
        )
        .expect("the orders of the same amount");
    assert_eq!(of_both, [(1, 1), (1, 6), (2, 2)]);
}

#[mizzle::test]
fn a_name_is_said_once(db: &Db) {
    fill(db);
    let twice = totals!().with(totals!()).then(region_totals::table);
    let error = db.load::<RegionTotal, _>(twice).expect_err("two terms of one name");
    assert_eq!(error.code(), ErrorCode::QueryError, "{error}");
    let error = db.load::<RegionTotal, _>(region_totals::table).expect_err("no term");
    assert_eq!(error.code(), ErrorCode::SchemaError, "{error}");
    assert!(error.to_string().contains("__cte_region_totals"), "{error}");
}

#[mizzle::test]
fn values_are_bound_in_their_order(db: &Db) {
    fill(db);
    let found = |least: &str, region: &str, most: i64| -> Vec<i64> {
        let terms = FewOrder::with(
            orders::table
                .filter(orders::amount.ge(decimal(least)))
                .select((orders::id, orders::amount)),
        )
        .with(TopRegion::with(
            orders::table.filter(orders::region.ne(region)).select(orders::region).distinct(),
        ));
        db.load(
            terms.then(
                orders::table
                    .filter(orders::region.eq_any(top_regions::table.select(top_regions::region)))
                    .filter(orders::id.eq_any(few_orders::table.select(few_orders::number)))
                    .filter(orders::id.le(most))
                    .order(orders::id)
                    .select(orders::id),
            ),
        )
        .expect("the orders")
    };
    // The same statement, prepared once.
    assert_eq!(found("9.5", "south", 100), [1, 2, 5, 6]);
    assert_eq!(found("10", "north", 100), [3, 5]);
    assert_eq!(found("9.500", "west", 3), [1, 2, 3]);
}

#[mizzle::test]
fn the_database_is_told_to_keep_the_rows_or_not(db: &Db) {
    fill(db);
    for (terms, words) in [
        (totals!(), " AS ("),
        (totals!().materialized(), " AS MATERIALIZED ("),
        (totals!().not_materialized(), " AS NOT MATERIALIZED ("),
    ] {
        let statement = terms.then(region_totals::table);
        let sql = db.sql(&statement).expect("the text");
        assert!(
            sql.starts_with(&format!(
                "WITH \"__cte_region_totals\"(\"region\", \"total\"){words}SELECT"
            )),
            "{sql}"
        );
        assert_eq!(db.load::<RegionTotal, _>(statement).expect("the rows").len(), 4);
    }
    // It is said of the last term.
    let both = totals!()
        .materialized()
        .with(TopRegion::with(region_totals::table.select(region_totals::region)));
    let sql = db.sql(&both.then(top_regions::table)).expect("the text");
    assert!(sql.contains("\"total\") AS MATERIALIZED ("), "{sql}");
    assert!(sql.contains("\"__cte_top_regions\"(\"region\") AS (SELECT"), "{sql}");
}

/// Their type is diesel's `Numeric`, which no field has.
#[mizzle::test]
fn sums_of_integers_are_cast(db: &Db) {
    fill(db);
    let sums = IdSum::with(
        orders::table
            .group_by(orders::region)
            .select((orders::region, sql::<Nullable<BigInt>>("CAST(sum(orders.id) AS bigint)"))),
    );
    let large: Vec<IdSum> = db
        .load(sums.then(id_sums::table.filter(id_sums::ids.gt(5)).order(id_sums::ids)))
        .expect("the sums");
    assert_eq!(large.iter().map(|sum| sum.ids).collect::<Vec<_>>(), [Some(6), Some(7)]);
    assert_eq!(large[0].region, "east");
}

#[mizzle::test]
fn terms_of_mizzles_own_queries(db: &Db) {
    fill(db);
    let terms = FewOrder::with(
        Order::query()
            .filter(orders::region.eq("north"))
            .order_by(orders::amount.desc())
            .limit(1)
            .select((orders::id, orders::amount)),
    );
    let rows: Vec<FewOrder> = db.load(terms.then(few_orders::table)).expect("one order");
    assert_eq!(rows, [FewOrder { number: 2, amount: decimal("10.00") }]);
}

#[mizzle::test]
fn a_statement_is_a_part_of_a_condition(db: &Db) {
    fill(db);
    let larger_than = |least| {
        totals!().then(
            region_totals::table
                .filter(region_totals::total.gt(decimal(least)))
                .select(region_totals::region),
        )
    };
    let of = |least| {
        Order::query().filter(orders::region.eq_any(larger_than(least))).order_by(orders::id)
    };
    let ids = |query: &Query<'_, Order>| {
        query.all(db).expect("the orders").iter().map(|order| order.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&of("19")), [1, 2, 3, 4, 5]);
    // A clone has what was written.
    assert_eq!(ids(&of("19.9").clone().offset(1)), [4, 5]);
    assert_eq!(of("19.9").count(db).expect("a number"), 3);
    assert_eq!(of("19.9").first(db).expect("an order").map(|order| order.id), Some(3));
    let page = of("19").page(db, 2, 2).expect("a page");
    assert_eq!((page.total, page.items.len(), page.items[0].id), (5, 2, 3));
    let others =
        || orders::table.filter(orders::region.ne_all(larger_than("19.9"))).select(orders::id);
    assert_eq!(db.load::<i64, _>(others().order(orders::id)).expect("ids"), [1, 2, 6]);
    assert_eq!(db.first::<i64, _>(others().order(orders::id)).expect("an id"), Some(1));
    assert_eq!(db.count(others().limit(2)).expect("a number"), 2);

    // A term may have such a condition, and its condition again.
    let few = FewOrder::with(
        orders::table
            .filter(orders::region.eq_any(larger_than("50")))
            .select((orders::id, orders::amount)),
    );
    let few = few.then(
        few_orders::table.filter(few_orders::amount.gt(decimal("0"))).select(few_orders::number),
    );
    let nested = Order::query().filter(orders::id.eq_any(few.clone())).limit(7);
    assert_eq!(ids(&nested), [3]);
    assert_eq!(db.load::<i64, _>(few).expect("an id"), [3]);

    // Writes.
    let changes = OrderChanges::default().large(true);
    assert_eq!(of("50").limit(1).update(db, changes).expect("an order"), 1);
    assert_eq!(of("50").filter(orders::large.eq(true)).count(db).expect("a number"), 1);
    let deleted = diesel::delete(orders::table.filter(orders::region.eq_any(larger_than("50"))));
    assert_eq!(db.execute(deleted).expect("two orders"), 2);
    assert_eq!(of("19.9").delete(db).expect("an order"), 1);
}

#[mizzle::test]
fn a_statement_has_rows_for_an_outer_row(db: &Db) {
    fill(db);
    let reached = || {
        totals!().exists(
            region_totals::table
                .filter(region_totals::region.eq(regions::name))
                .filter(region_totals::total.gt(regions::goal.nullable())),
        )
    };
    let names = |query: Query<'_, Region>| -> Vec<String> {
        let rows = query.order_by(regions::name).all(db).expect("the regions");
        rows.into_iter().map(|region| region.name).collect()
    };
    assert_eq!(names(Region::query().filter(reached())), ["north"]);
    assert_eq!(names(Region::query().filter(diesel::dsl::not(reached()))), ["south", "west"]);
    let all: Vec<(String, bool)> = db
        .load(regions::table.order(regions::name).select((regions::name, reached())))
        .expect("the regions");
    let expected = [("north", true), ("south", false), ("west", false)];
    assert_eq!(all, expected.map(|(name, reached)| (name.to_owned(), reached)));
    let empty = totals!().exists(region_totals::table.filter(region_totals::region.eq("none")));
    assert!(!db.one::<bool, _>(diesel::select(empty)).expect("a condition"));
}

#[mizzle::test]
fn a_query_is_a_value_of_another(db: &Db) {
    fill(db);
    let largest =
        || Order::query().filter(orders::amount.lt(decimal("100"))).order_by(orders::amount.desc());
    let ids = |value: Query<'_, Order>| -> Vec<i64> {
        db.load(value.order_by(orders::id).select(orders::id)).expect("the ids")
    };
    let value = || largest().select(orders::amount).single_value();
    assert_eq!(ids(Order::query().filter(orders::amount.nullable().ge(value()))), [3, 5]);
    let with = || {
        totals!().then(
            largest().filter(
                orders::region.eq_any(
                    region_totals::table
                        .filter(region_totals::total.lt(decimal("20")))
                        .select(region_totals::region),
                ),
            ),
        )
    };
    let value = || with().select(orders::amount).single_value();
    assert_eq!(ids(Order::query().filter(orders::amount.nullable().ge(value()))), [2, 3, 5]);
    assert_eq!(ids(Order::query().filter(value().lt(orders::amount.nullable()))), [3, 5]);
    let found: Option<Decimal> = db.one(diesel::select(value())).expect("a value");
    assert_eq!(found, Some(decimal("10")));
    assert_eq!(ids(Order::query().filter(with().has_row()).limit(2)), [1, 2]);
    let none = with().filter(orders::id.lt(0));
    assert_eq!(ids(Order::query().filter(diesel::dsl::not(none.clone().has_row())).limit(1)), [1]);
    assert_eq!(ids(Order::query().filter(none.has_row())), [0_i64; 0]);
}

#[mizzle::test]
fn a_term_that_writes_is_no_part_of_a_condition(db: &Db) {
    fill(db);
    let deleted = TopRegion::with(
        diesel::delete(orders::table.filter(orders::region.eq("north"))).returning(orders::region),
    );
    let error = Order::query()
        .filter(orders::region.eq_any(deleted.then(top_regions::table.select(top_regions::region))))
        .all(db)
        .expect_err("it writes");
    assert_eq!(error.code(), ErrorCode::QueryError, "{error}");
    // A condition with terms inside one that writes.
    let north = TopRegion::with(orders::table.select(orders::region).limit(1));
    let north = north.then(top_regions::table.select(top_regions::region));
    let deleted = TopRegion::with(
        diesel::delete(orders::table.filter(orders::region.eq_any(north)))
            .returning(orders::region),
    );
    let deleted = db.load::<TopRegion, _>(deleted.then(top_regions::table));
    match db.dialect() {
        Dialect::Postgres => assert_eq!(deleted.expect("two rows").len(), 2),
        Dialect::Sqlite | Dialect::D1 => {
            let error = deleted.expect_err("it writes");
            assert!(error.to_string().contains("SQLite has no DELETE inside a WITH"), "{error}");
            assert_eq!(db.count(orders::table).expect("a number"), 6);
        }
    }
}

#[test]
fn no_value_is_shown() {
    let statement = FewOrder::with(
        orders::table.filter(orders::region.eq("a secret")).select((orders::id, orders::amount)),
    );
    assert!(!format!("{statement:?}").contains("secret"));
    let statement = statement.then(few_orders::table);
    let shown = format!("{statement:?}");
    assert!(shown.contains("__cte_orders") && !shown.contains("secret"), "{shown}");
}
