//! Terms that read themselves.

use diesel::dsl::{count_star, max};
use diesel::sql_types::{BigInt, Integer, Text};
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};

use crate::schema::*;

#[derive(Cte, Debug, Clone, PartialEq)]
struct Count {
    n: i64,
}

#[derive(Cte, Debug, Clone, PartialEq)]
struct Grown {
    text: String,
    amount: Decimal,
    depth: i32,
}

#[derive(Cte, Debug, Clone, PartialEq)]
struct Reached {
    id: i64,
}

#[derive(Cte, Debug, Clone, PartialEq)]
struct Price {
    amount: Decimal,
}

fn link(db: &Db, links: &[(i64, i64)]) {
    let new = |(from, to): &(i64, i64)| NewLink::builder().from_id(*from).to_id(*to).build();
    db.insert_all(links.iter().map(new).collect::<Vec<_>>()).expect("the links");
}

/// What can be reached from `start`.
macro_rules! reached {
    ($start:expr) => {
        Reached::recursive_distinct(
            diesel::select($start.into_sql::<BigInt>()),
            links::table
                .inner_join(reacheds::table.on(reacheds::id.eq(links::from_id)))
                .select(links::to_id),
        )
    };
}

#[mizzle::test]
fn a_step_reads_the_rows_before(db: &Db) {
    for (from, to) in [(1_i64, 5_i64), (3, 3), (7, 20)] {
        let numbers = Count::recursive(
            diesel::select(from.into_sql::<BigInt>()),
            counts::table.filter(counts::n.lt(to)).select(counts::n + 1),
        );
        let all: Vec<Count> =
            db.load(numbers.then(counts::table.order(counts::n))).expect("the numbers");
        assert_eq!(all, (from..=to).map(|n| Count { n }).collect::<Vec<_>>());
    }
    let numbers = || {
        Count::recursive(
            diesel::select(1_i64.into_sql::<BigInt>()),
            counts::table.filter(counts::n.lt(10)).select(counts::n + 1),
        )
    };
    assert_eq!(db.count(numbers().then(counts::table)).expect("a count"), 10);
    let ends: (Option<i64>, i64) = db
        .one(numbers().then(counts::table.select((max(counts::n), count_star()))))
        .expect("the ends");
    assert_eq!(ends, (Some(10), 10));
}

/// `varchar(20)` and `numeric` with a scale aren't the types of the term's columns on PostgreSQL.
#[mizzle::test]
fn the_types_are_those_of_the_columns(db: &Db) {
    fill(db);
    let grown = Grown::recursive(
        orders::table.filter(orders::id.le(2)).select((
            orders::region,
            orders::amount,
            0.into_sql::<Integer>(),
        )),
        growns::table.filter(growns::depth.lt(2)).select((
            growns::text.concat("!"),
            growns::amount.times(decimal("10")),
            growns::depth + 1,
        )),
    );
    let rows: Vec<Grown> = db
        .load(grown.then(growns::table.order((growns::amount, growns::text)).limit(4)))
        .expect("the rows");
    let row = |text: &str, amount: &str, depth: i32| Grown {
        text: text.into(),
        amount: decimal(amount),
        depth,
    };
    let expected = [
        row("north", "9.5", 0),
        row("north", "10", 0),
        row("north!", "95", 1),
        row("north!", "100", 1),
    ];
    assert_eq!(rows, expected);
}

#[mizzle::test]
fn a_start_may_have_an_order_and_a_limit(db: &Db) {
    fill(db);
    let prices = Price::recursive(
        orders::table.order(orders::amount.desc()).limit(1).select(orders::amount),
        prices::table
            .filter(prices::amount.gt(decimal("1")))
            .select(prices::amount.minus(decimal("50"))),
    );
    let all: Vec<Decimal> = db
        .load(prices.then(prices::table.order(prices::amount).select(prices::amount)))
        .expect("the prices");
    assert_eq!(all, ["0", "50", "100"].map(decimal));
}

#[mizzle::test]
fn a_step_has_no_order_and_no_limit(db: &Db) {
    fill(db);
    let start = || diesel::select(1_i64.into_sql::<BigInt>());
    let step = || counts::table.filter(counts::n.lt(9)).select(counts::n + 1);
    let check = |done: mizzle::Result<Vec<Count>>, word: &str| {
        let error = done.expect_err("no such step");
        assert_eq!(error.code(), ErrorCode::QueryError);
        let wanted = format!("the step of a recursive query has no {word}");
        assert!(error.to_string().contains(&wanted), "{error}");
    };
    let limited = Count::recursive(start(), step().limit(1));
    check(db.load(limited.then(counts::table)), "LIMIT");
    let ordered = Count::recursive(start(), step().order(counts::n));
    check(db.load(ordered.then(counts::table)), "ORDER");
    // Those in parentheses are others.
    let inner = Count::recursive(
        start(),
        step().filter(
            counts::n.ne_all(orders::table.order(orders::id).limit(1).select(orders::id + 6)),
        ),
    );
    let found: Vec<Count> = db.load(inner.then(counts::table)).expect("the numbers");
    assert_eq!(found.len(), 7);
}

#[mizzle::test]
fn distinct_rows_end_a_circle(db: &Db) {
    fill(db);
    link(db, &[(1, 2), (2, 3), (3, 1), (3, 4), (7, 8), (2, 3)]);
    let from = |start: i64| -> Vec<i64> {
        db.load(reached!(start).then(reacheds::table.order(reacheds::id).select(reacheds::id)))
            .expect("the ids")
    };
    assert_eq!(from(1), [1, 2, 3, 4]);
    assert_eq!(from(7), [7, 8]);
    assert_eq!(from(9), [9]);
    // Decimals that are equal are the same row, whatever their scale.
    let prices = Price::recursive_distinct(
        diesel::select(decimal("1.50").into_sql::<mizzle::sql_types::ExactNumeric>()),
        orders::table
            .inner_join(prices::table.on(prices::amount.lt(decimal("9"))))
            .select(orders::amount),
    );
    let all: Vec<Decimal> = db
        .load(prices.then(prices::table.order(prices::amount).select(prices::amount)))
        .expect("the prices");
    assert_eq!(all, ["-2", "1.5", "9.5", "10", "20", "100"].map(decimal));
}

#[mizzle::test]
fn writes_read_it(db: &Db) {
    fill(db);
    link(db, &[(1, 2), (2, 3), (4, 5)]);
    let delete = diesel::delete(
        orders::table.filter(orders::id.eq_any(reacheds::table.select(reacheds::id))),
    );
    assert_eq!(db.execute(reached!(1_i64).then(delete)).expect("a delete"), 3);
    let insert = diesel::insert_into(orders::table)
        .values(reacheds::table.select((
            reacheds::id,
            "far".into_sql::<Text>(),
            decimal("1").into_sql::<mizzle::sql_types::ExactNumeric>(),
        )))
        .into_columns((orders::id, orders::region, orders::amount));
    assert_eq!(db.execute(reached!(8_i64).then(insert)).expect("an insert"), 1);
    let ids: Vec<i64> = db.load(orders::table.order(orders::id).select(orders::id)).expect("ids");
    assert_eq!(ids, [4, 5, 6, 8]);
}

/// A limit of the statement, or a time-out, ends it.
#[mizzle::test]
fn a_step_without_an_end(db: &Db) {
    let endless = || {
        Count::recursive(
            diesel::select(1_i64.into_sql::<BigInt>()),
            counts::table.select(counts::n + 1),
        )
    };
    let few: Vec<Count> = db.load(endless().then(counts::table.limit(3))).expect("three");
    assert_eq!(few, [1, 2, 3].map(|n| Count { n }));
    let first: Option<Count> = db.first(endless().then(counts::table)).expect("the first");
    assert_eq!(first, Some(Count { n: 1 }));
    if db.dialect() == Dialect::Postgres {
        let error = db
            .transaction(|tx| {
                tx.execute_sql("SET LOCAL statement_timeout = '300ms'")?;
                tx.count(endless().then(counts::table.filter(counts::n.lt(0))))
            })
            .expect_err("it runs on");
        assert!(error.is_timeout(), "{error:?}");
    }
}

/// SQLite's time-out is that of the program.
#[cfg(feature = "sqlite")]
#[test]
fn sqlite_runs_no_longer_than_it_may() {
    use std::time::Duration;

    let limit = Some(Duration::from_millis(300));
    let db = test_support::ticks::in_time(|| {
        Db::builder("sqlite::memory:").statement_timeout(limit).connect()
    });
    let endless = Count::recursive(
        diesel::select(1_i64.into_sql::<BigInt>()),
        counts::table.select(counts::n + 1),
    );
    let error =
        db.count(endless.then(counts::table.filter(counts::n.lt(0)))).expect_err("it runs on");
    assert!(error.is_timeout(), "{error:?}");
}
