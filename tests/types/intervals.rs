//! Intervals compare, sort and refer the same on both databases, and keep their parts.

use diesel::dsl::{max, min};
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::{assert_value_error, check, strategies};

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(plans = Plan))]
pub struct Span {
    #[column(primary_key)]
    pub length: Interval,
    #[column(default = sql("'P1M'"))]
    pub notice: Interval,
    pub grace: Option<Interval>,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Plan {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Span))]
    pub length: Interval,
}

mizzle::schema!(pub Spans = [Span, Plan]);

fn interval(text: &str) -> Interval {
    text.parse().expect("an interval")
}

/// Ascending.
const LENGTHS: [&str; 9] =
    ["P-1M", "PT-0.5S", "PT0S", "PT9H", "PT10H", "P1D", "P29DT23H", "P1M", "P31D"];

fn store(db: &Db) {
    db.create_all::<Spans>().unwrap();
    let spans = LENGTHS.iter().rev().map(|text| NewSpan::builder().length(interval(text)).build());
    db.insert_all(spans.collect::<Vec<_>>()).unwrap();
}

on_each_database! {
    fn they_sort_as_spans_of_time(db: &Db) {
        store(db);
        let all = Span::query().order_by(spans::length).all(db).unwrap();
        let lengths: Vec<String> = all.iter().map(|span| span.length.to_string()).collect();
        assert_eq!(lengths, LENGTHS);
        assert!(all.iter().all(|span| span.notice.months() == 1 && span.grace.is_none()));

        let above = Span::query().filter(spans::length.gt(Interval::new(0, 1, 0)));
        assert_eq!(above.count(db).unwrap(), 3);
        // A month equals 30 days.
        assert!(db.find::<Span>(Interval::new(0, 30, 0)).unwrap().unwrap().length.days() == 0);
        let list = spans::length.eq_any([Interval::new(0, 30, 0), Interval::new(0, 0, 86_400_000_000)]);
        assert_eq!(Span::query().filter(list).count(db).unwrap(), 2);
        let ends: (Option<Interval>, Option<Interval>) =
            db.one(spans::table.select((min(spans::length), max(spans::length)))).unwrap();
        assert_eq!(ends, (Some(interval("P-1M")), Some(interval("P31D"))));
        let error = db.insert(NewSpan::builder().length(interval("P30D")).build()).unwrap_err();
        assert!(error.is_unique_violation(), "{error}");
    }

    fn they_refer(db: &Db) {
        store(db);
        for length in ["P30D", "P1M", "PT24H"] {
            db.insert(NewPlan::builder().length(interval(length)).build()).unwrap();
        }
        let all = Span::query().order_by(spans::length).with(Span::plans()).all(db).unwrap();
        let plans: Vec<usize> = all.iter().map(|span| span.plans.len()).collect();
        assert_eq!(plans, [0, 0, 0, 0, 0, 1, 0, 2, 0]);
        assert!(db.insert(NewPlan::builder().length(interval("P2D")).build()).is_err());
    }

    fn they_keep_their_parts(db: &Db) {
        store(db);
        check(strategies::interval(), |value| {
            let changes = SpanChanges::default().grace(value);
            let stored = db.update_by_key::<Span>(interval("P1D"), changes).unwrap().grace.unwrap();
            // Equality would take a month for 30 days.
            assert_eq!(stored.to_string(), value.to_string());
            let same = Span::query().filter(spans::grace.eq(value));
            assert_eq!(same.count(db).unwrap(), 1);
        });
    }

    fn infinity_is_refused(db: &Db) {
        store(db);
        for infinite in [Interval::new(i32::MAX, i32::MAX, i64::MAX), Interval::new(i32::MIN, i32::MIN, i64::MIN)] {
            let stored = db.insert(NewSpan::builder().length(infinite).build());
            assert_value_error(stored, "interval", "2147483647");
        }
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn what_others_stored_is_read_or_an_error() {
    test_support::with_sqlite(|db| {
        store(db);
        db.execute_sql("UPDATE spans SET grace = '1 mon 04:05:06' WHERE length = 'P1D'").unwrap();
        assert_eq!(db.get::<Span>(interval("P1D")).unwrap().grace, Some(interval("P1MT4H5M6S")));
        db.execute_sql("UPDATE spans SET grace = 's3cret' WHERE length = 'P1D'").unwrap();
        assert_value_error(db.find::<Span>(interval("P1D")), "spans.grace", "s3cret");
    });
}
