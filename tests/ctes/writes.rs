//! Statements and terms that write.

use mizzle::dsl::decimal::sum;
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};

use crate::schema::*;

fn large() -> mizzle::With<impl mizzle::cte::Terms> {
    FewOrder::with(
        orders::table.filter(orders::amount.ge(decimal("10"))).select((orders::id, orders::amount)),
    )
}

fn ids(db: &Db) -> Vec<i64> {
    db.load(orders::table.order(orders::id).select(orders::id)).expect("the ids")
}

#[mizzle::test]
fn an_update_reads_a_term(db: &Db) {
    fill(db);
    let update = diesel::update(
        orders::table.filter(orders::id.eq_any(few_orders::table.select(few_orders::number))),
    )
    .set(orders::large.eq(true));
    assert_eq!(db.execute(large().then(update)).expect("an update"), 3);
    let marked: Vec<i64> = db
        .load(orders::table.filter(orders::large).order(orders::id).select(orders::id))
        .expect("the ids");
    assert_eq!(marked, [2, 3, 5]);
    let update = diesel::update(
        orders::table.filter(orders::id.eq_any(few_orders::table.select(few_orders::number))),
    )
    .set(orders::large.eq(false))
    .returning(orders::id);
    let mut changed: Vec<i64> = db.load(large().then(update)).expect("the ids");
    changed.sort_unstable();
    assert_eq!(changed, [2, 3, 5]);
}

#[mizzle::test]
fn a_delete_reads_a_term(db: &Db) {
    fill(db);
    let delete = diesel::delete(
        orders::table.filter(orders::id.ne_all(few_orders::table.select(few_orders::number))),
    );
    assert_eq!(db.execute(large().then(delete)).expect("a delete"), 3);
    assert_eq!(ids(db), [2, 3, 5]);
}

#[mizzle::test]
fn an_insert_reads_a_term(db: &Db) {
    fill(db);
    let insert = diesel::insert_into(archiveds::table)
        .values(few_orders::table.select((few_orders::number, few_orders::amount)))
        .into_columns((archiveds::id, archiveds::amount));
    assert_eq!(db.execute(large().then(insert)).expect("an insert"), 3);
    let total: Option<Decimal> =
        db.one(archiveds::table.select(sum(archiveds::amount))).expect("the sum");
    assert_eq!(total, Some(decimal("130")));
    let insert = diesel::insert_into(archiveds::table)
        .values(few_orders::table.select((few_orders::number + 100, few_orders::amount)))
        .into_columns((archiveds::id, archiveds::amount))
        .returning(archiveds::id);
    let mut stored: Vec<i64> = db.load(large().then(insert)).expect("the ids");
    stored.sort_unstable();
    assert_eq!(stored, [102, 103, 105]);
}

#[mizzle::test]
fn a_term_writes_if_the_database_has_such_terms(db: &Db) {
    fill(db);
    let moved = || {
        FewOrder::with(
            diesel::delete(orders::table.filter(orders::amount.ge(decimal("10"))))
                .returning((orders::id, orders::amount)),
        )
    };
    let archive = || {
        diesel::insert_into(archiveds::table)
            .values(few_orders::table.select((few_orders::number, few_orders::amount)))
            .into_columns((archiveds::id, archiveds::amount))
    };
    let done = db.execute(moved().then(archive()));
    if db.dialect() == Dialect::Postgres {
        assert_eq!(done.expect("a move"), 3);
        assert_eq!(ids(db), [1, 4, 6]);
        assert_eq!(db.count(archiveds::table).expect("a count"), 3);
        // Counting runs the term as well.
        let inserted = FewOrder::with(
            diesel::insert_into(archiveds::table)
                .values((archiveds::id.eq(50), archiveds::amount.eq(decimal("1"))))
                .returning((archiveds::id, archiveds::amount)),
        );
        assert_eq!(db.count(inserted.then(few_orders::table)).expect("a count"), 1);
        assert_eq!(db.count(archiveds::table).expect("a count"), 4);
        let updated = FewOrder::with(
            diesel::update(orders::table.filter(orders::id.lt(5)))
                .set(orders::large.eq(true))
                .returning((orders::id, orders::amount)),
        );
        let first: Option<FewOrder> =
            db.first(updated.then(few_orders::table.order(few_orders::amount))).expect("an order");
        assert_eq!(first.map(|order| order.number), Some(4));
        assert_eq!(db.count(orders::table.filter(orders::large)).expect("a count"), 2);
    } else {
        let error = done.expect_err("no such terms");
        assert_eq!(error.code(), ErrorCode::QueryError);
        assert!(error.to_string().contains("SQLite has no DELETE inside a WITH"), "{error}");
        let inner = moved().then(archive().returning((archiveds::id, archiveds::amount)));
        let nested = FewOrder::with(inner).then(few_orders::table);
        let error = db.load::<FewOrder, _>(nested).expect_err("no such terms");
        assert!(error.to_string().contains("SQLite has no"), "{error}");
        let error = db.count(moved().then(few_orders::table)).expect_err("no such terms");
        assert!(error.to_string().contains("SQLite has no DELETE inside a WITH"), "{error}");
        assert_eq!(ids(db), [1, 2, 3, 4, 5, 6]);
    }
}

#[mizzle::test]
fn a_term_writes_in_a_transaction_that_rolls_back(db: &Db) {
    fill(db);
    if db.dialect() == Dialect::Postgres {
        let failed = db.transaction(|tx| {
            let moved = FewOrder::with(
                diesel::delete(orders::table).returning((orders::id, orders::amount)),
            );
            assert_eq!(tx.count(moved.then(few_orders::table))?, 6);
            assert_eq!(tx.count(orders::table)?, 0);
            tx.get::<Archived>(1).map(drop)
        });
        assert!(failed.expect_err("no such row").is_not_found());
        assert_eq!(ids(db).len(), 6);
    }
}

/// A term that writes makes its statement a write, whatever the statement is.
#[cfg(feature = "postgres")]
#[test]
fn only_what_reads_is_run_again() {
    let fresh = test_support::FreshPostgres::new();
    let db = Db::builder(&fresh.url).pool_size(1).connect().expect("a database");
    let other = Db::connect(&fresh.url).expect("a database");
    fill(&db);
    let lose_connection = || {
        let pid: i32 = sql!("SELECT pg_backend_pid()").one(&db).expect("a number");
        sql!("SELECT pg_terminate_backend({pid}, 5000)").one::<bool>(&other).expect("an end");
    };
    let reads = || {
        FewOrder::with(orders::table.filter(orders::id.lt(3)).select((orders::id, orders::amount)))
            .then(few_orders::table)
    };
    lose_connection();
    assert_eq!(db.load::<FewOrder, _>(reads()).expect("the rows").len(), 2);
    lose_connection();
    assert_eq!(db.count(reads()).expect("a count"), 2);

    let writes = || {
        FewOrder::with(diesel::delete(orders::table).returning((orders::id, orders::amount)))
            .then(few_orders::table)
    };
    lose_connection();
    let error = db.load::<FewOrder, _>(writes()).expect_err("no second run");
    assert!(error.is_connection_lost(), "{error:?}");
    lose_connection();
    let error = db.count(writes()).expect_err("no second run");
    assert!(error.is_connection_lost(), "{error:?}");
    assert_eq!(ids(&db).len(), 6);
}
