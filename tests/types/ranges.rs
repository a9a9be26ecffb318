//! Ranges, whose operators are compared with sets of values.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::ops::Bound;

use chrono::{NaiveDateTime, TimeDelta};
use mizzle::RangeValue;
use mizzle::prelude::*;
use proptest::prelude::*;
use test_support::on_each_database;

use crate::{assert_value_error, check};

#[derive(Table, Debug, Clone, PartialEq)]
#[table(index(whole, using = gist), index(days, using = gist))]
pub struct Span {
    #[column(primary_key)]
    pub id: i64,
    pub whole: Range<i32>,
    pub big: Range<i64>,
    pub number: Range<Decimal>,
    pub days: Range<NaiveDate>,
    pub moment: Range<NaiveDateTime>,
    pub instant: Option<Range<DateTime<Utc>>>,
}

mizzle::schema!(pub Spans = [Span]);

/// A bound: none, or a number that is in the range or not.
type End = Option<(i32, bool)>;

fn end() -> impl Strategy<Value = End> {
    proptest::option::weighted(0.85, (0..6_i32, any::<bool>()))
}

fn bound<T>((value, is_in): (T, bool)) -> Bound<T> {
    if is_in { Bound::Included(value) } else { Bound::Excluded(value) }
}

fn range<T: RangeValue>((lower, upper): (End, End), of: impl Fn(i32) -> T) -> Range<T> {
    let end = |end: End| end.map_or(Bound::Unbounded, |(n, is_in)| bound((of(n), is_in)));
    Range::new(end(lower), end(upper))
}

/// The halves in a range of numbers from 0 to 5, with some more at both sides for those without bounds. If the numbers are
/// whole, the halves between them are not values.
fn members((lower, upper): (End, End), whole: bool) -> BTreeSet<i32> {
    let is_in = |half: &i32| {
        let above = lower.is_none_or(|(n, is_in)| *half > 2 * n || is_in && *half == 2 * n);
        let below = upper.is_none_or(|(n, is_in)| *half < 2 * n || is_in && *half == 2 * n);
        above && below
    };
    (-6..=18).filter(|half| !whole || half % 2 == 0).filter(is_in).collect()
}

/// What the operators return for two ranges and a number.
#[derive(Debug, PartialEq)]
struct Found {
    contains: bool,
    is_contained: bool,
    overlaps: bool,
    is_adjacent: bool,
    has: bool,
    is_empty: bool,
    equal: bool,
}

fn model(one: (End, End), other: (End, End), number: i32, whole: bool) -> Found {
    let (a, b) = (members(one, whole), members(other, whole));
    let step = if whole { 2 } else { 1 };
    let touches = |a: &BTreeSet<i32>, b: &BTreeSet<i32>| {
        a.last().zip(b.first()).is_some_and(|(last, first)| last + step == *first)
    };
    Found {
        contains: b.is_subset(&a),
        is_contained: a.is_subset(&b),
        overlaps: !a.is_disjoint(&b),
        is_adjacent: a.is_disjoint(&b) && (touches(&a, &b) || touches(&b, &a)),
        has: a.contains(&(2 * number)),
        is_empty: a.is_empty(),
        equal: a == b,
    }
}

macro_rules! operators {
    ($db:expr, $rust:ty, $column:expr, $one:expr, $other:expr, $value:expr) => {{
        let other = $other;
        let found: (bool, bool, bool, bool, bool, bool, bool) = $db
            .first(spans::table.select((
                $column.contains(other.clone()),
                $column.is_contained_by(other.clone()),
                $column.overlaps(other.clone()),
                $column.is_adjacent_to(other.clone()),
                $column.contains_value($value),
                $column.is_empty(),
                $column.eq(other.clone()),
            )))
            .unwrap()
            .unwrap();
        let ends: (Option<$rust>, Option<$rust>) =
            $db.first(spans::table.select(($column.lower(), $column.upper()))).unwrap().unwrap();
        assert_eq!(ends, ($one.lower().cloned(), $one.upper().cloned()), "{:?}", $one);
        let (contains, is_contained, overlaps, is_adjacent, has, is_empty, equal) = found;
        let found = Found { contains, is_contained, overlaps, is_adjacent, has, is_empty, equal };
        assert_eq!(found, in_rust(&$one, &other, &$value), "{:?} {other:?}", $one);
        found
    }};
}

fn in_rust<T: RangeValue>(one: &Range<T>, other: &Range<T>, value: &T) -> Found {
    Found {
        contains: one.contains_range(other),
        is_contained: other.contains_range(one),
        overlaps: one.overlaps(other),
        is_adjacent: one.is_adjacent(other),
        has: one.contains(value),
        is_empty: one.is_empty(),
        equal: one == other,
    }
}

fn day(number: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 2, 27).unwrap() + TimeDelta::days(number.into())
}

fn moment(number: i32) -> NaiveDateTime {
    day(0).and_hms_micro_opt(23, 59, 59, 999_998).unwrap() + TimeDelta::microseconds(number.into())
}

fn decimal(number: i32) -> Decimal {
    // Equal numbers have different texts.
    Decimal::new(i64::from(number) * 1000, if number % 2 == 0 { 3 } else { 2 })
        * Decimal::from(if number % 2 == 0 { 10 } else { 1 })
}

fn row(id: i64, ends: (End, End)) -> Span {
    Span {
        id,
        whole: range(ends, |n| n),
        big: range(ends, i64::from),
        number: range(ends, decimal),
        days: range(ends, day),
        moment: range(ends, moment),
        instant: ends.0.map(|_| range(ends, |n| moment(n).and_utc())),
    }
}

on_each_database! {
    fn operators_are_those_of_sets(db: &Db) {
        db.create_all::<Spans>().unwrap();
        check(((end(), end()), (end(), end()), 0..6_i32), |(one, other, number)| {
            let (a, b) = (row(1, one), row(2, other));
            assert_eq!(db.insert(a.clone()).unwrap(), a);
            let found: Span = sql!("SELECT * FROM spans").one(db).unwrap();
            assert_eq!(found, a);
            let whole = model(one, other, number, true);
            let between = model(one, other, number, false);
            assert_eq!(operators!(db, i32, spans::whole, a.whole, b.whole, number), whole, "{one:?} {other:?}");
            assert_eq!(operators!(db, i64, spans::big, a.big, b.big, i64::from(number)), whole);
            assert_eq!(operators!(db, NaiveDate, spans::days, a.days, b.days, day(number)), whole);
            assert_eq!(operators!(db, Decimal, spans::number, a.number, b.number, decimal(number)), between, "{one:?} {other:?}");
            assert_eq!(operators!(db, NaiveDateTime, spans::moment, a.moment, b.moment, moment(number)), between);
            let wanted = b.instant.clone();
            let of_null: Option<Option<bool>> =
                db.first(spans::table.select(spans::instant.overlaps(wanted.clone()))).unwrap();
            let expected = a.instant.as_ref().zip(wanted.as_ref()).map(|(a, b)| a.overlaps(b));
            assert_eq!(of_null, Some(expected));
            let wanted = a.whole.clone();
            assert_eq!(Span::query().filter(spans::whole.eq(wanted.clone())).one(db).unwrap(), a);
            let by_sql: Vec<i64> = sql!("SELECT id FROM spans WHERE whole = {wanted}").all(db).unwrap();
            assert_eq!(by_sql, [1]);
            assert!(db.delete_by_key::<Span>(1).unwrap());
        });
    }

    fn what_others_write_is_read(db: &Db) {
        db.create_all::<Spans>().unwrap();
        let insert = |whole: &str, number: &str, instant: &str| {
            let sql = format!(
                "INSERT INTO spans (id, whole, big, number, days, moment, instant) \
                 VALUES (1, '{whole}', 'empty', '{number}', '[2024-02-28,2024-02-29]', '(,)', '{instant}')"
            );
            db.execute_sql(&sql).unwrap();
            let row = db.get::<Span>(1);
            db.execute_sql("DELETE FROM spans").unwrap();
            row
        };
        let row = insert("(0,4]", "[1.50,)", "[\"2024-05-06 07:08:09+02\",)").unwrap();
        assert_eq!((row.whole, row.big), (Range::from(1..5), Range::empty()));
        assert_eq!(row.number, Range::from(Decimal::new(15, 1)..));
        assert_eq!(row.days, Range::from(day(1)..=day(2)));
        assert_eq!(row.instant.unwrap().to_string(), "[2024-05-06 05:08:09.000000+00:00,)");
        if db.dialect().is_sqlite() {
            assert_value_error(insert("[secret,)", "empty", "empty"), "spans.whole", "secret");
        } else {
            // chrono has no infinite moments.
            assert_value_error(insert("empty", "empty", "[2024-01-01,infinity]"), "spans.instant", "infinity");
        }
    }

    fn wrong_ones_are_errors(db: &Db) {
        db.create_all::<Spans>().unwrap();
        let far = NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap();
        let days = Range::from(far..);
        assert_value_error(db.insert(Span { days, ..row(1, (None, None)) }), "years 1 to 9999", "10000");
        if db.dialect().is_sqlite() {
            db.insert(row(1, (None, None))).unwrap();
            db.execute_sql("UPDATE spans SET whole = 'secret'").unwrap();
            let overlaps = spans::whole.overlaps(Range::from(1..));
            assert_value_error(db.first::<bool, _>(spans::table.select(overlaps)), "a text is not a range", "secret");
        }
    }
}
