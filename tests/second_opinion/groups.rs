//! Groups and subqueries, compared with a list of rows.

use diesel::dsl::{count_star, max, min};
use mizzle::dsl::decimal as exact;
use mizzle::prelude::*;

use crate::expression::{Column, Expr, Type, Value};
use crate::model::{order, sure};
use crate::schema::*;
use crate::sql::boolean;
use crate::values;
use test_support::random::Random;

/// How many statements it ran.
pub fn check(db: &Db, things: &[Thing], random: &mut Random) -> usize {
    let depth = random.below(3);
    let condition = Expr::random(Type::Bool, depth, random);
    let Some(kept) = sure(&condition, things) else { return 0 };
    let least = random.below(3) as i64;
    macro_rules! groups {
        ($column:ident, $place:ident, $type:ty, $value:expr) => {{
            let query = things::table
                .filter(boolean(&condition))
                .group_by(things::$column)
                .having(count_star().gt(least))
                .select((things::$column, count_star(), max(things::cost), min(things::price)));
            let distinct = things::table.filter(boolean(&condition)).select(things::$column);
            let count = db.count(distinct.distinct()).expect("the count");
            let found: Vec<($type, i64, Option<Decimal>, Option<Decimal>)> =
                db.load(query).expect("the groups");
            let wrapped = $value;
            let found = found
                .into_iter()
                .map(|(value, count, high, low)| (wrapped(value), count, high, low));
            (Column::$place, found.collect::<Vec<_>>(), count)
        }};
    }
    let (column, found, distinct) = match random.below(12) {
        0 => groups!(price, Price, Option<Decimal>, |value: Option<_>| value.map(Value::Decimal)),
        1 => groups!(cost, Cost, Decimal, |value| Some(Value::Decimal(value))),
        2 => groups!(flag, Flag, Option<bool>, |value: Option<_>| value.map(Value::Bool)),
        3 => groups!(text, Text, Option<String>, |value: Option<_>| value.map(Value::Text)),
        4 => groups!(day, Day, Option<NaiveDate>, |value: Option<_>| value.map(Value::Day)),
        5 => groups!(real, Real, Option<f64>, |value: Option<_>| value.map(Value::Real)),
        6 => groups!(time, Time, Option<NaiveTime>, |value: Option<_>| value.map(Value::Time)),
        7 => groups!(moment, Moment, Option<NaiveDateTime>, |value: Option<_>| value
            .map(Value::Moment)),
        8 => groups!(instant, Instant, Option<DateTime<Utc>>, |value: Option<_>| value
            .map(Value::Instant)),
        9 => groups!(token, Token, Option<Uuid>, |value: Option<_>| value.map(Value::Token)),
        10 => groups!(bytes, Bytes, Option<Vec<u8>>, |value: Option<_>| value.map(Value::Bytes)),
        _ => groups!(doc, Doc, Option<serde_json::Value>, |value: Option<_>| value.map(Value::Doc)),
    };
    let mut expected: Vec<(Option<Value>, Vec<&Thing>)> = Vec::new();
    for thing in &kept {
        let value = column.of(thing);
        match expected.iter_mut().find(|group| same(&group.0, &value)) {
            Some(group) => group.1.push(thing),
            None => expected.push((value, vec![thing])),
        }
    }
    assert_eq!(distinct, expected.len() as u64, "{column:?} {condition:#?}");
    expected.retain(|group| group.1.len() as i64 > least);
    assert_eq!(found.len(), expected.len(), "{column:?} {found:?} {condition:#?}");
    for (value, rows) in &expected {
        let group = found.iter().find(|group| same(&group.0, value));
        let (_, count, high, low) = group.expect("each group");
        assert_eq!(*count, rows.len() as i64, "{column:?} {condition:#?}");
        let highest = rows.iter().map(|thing| &thing.cost).max();
        let lowest = rows.iter().filter_map(|thing| thing.price.as_ref()).min();
        assert_eq!((high.as_ref(), low.as_ref()), (highest, lowest), "{column:?} {condition:#?}");
    }
    subqueries(db, things, random);
    5
}

fn same(a: &Option<Value>, b: &Option<Value>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => order(a, b).is_eq(),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// Holders by a decimal of their things, as a condition and as an order.
fn subqueries(db: &Db, things: &[Thing], random: &mut Random) {
    let more = values::int(random);
    let bound = values::decimal(random);
    let kind = random.below(3);
    let of = |holder: i64| -> Option<Decimal> {
        let costs =
            things.iter().filter(|thing| thing.holder_id == Some(holder) && thing.number >= more);
        let costs: Vec<&Decimal> = costs.map(|thing| &thing.cost).collect();
        match kind {
            0 => costs.into_iter().max().cloned(),
            1 => costs.into_iter().min().cloned(),
            _ if costs.is_empty() => None,
            _ => Some(costs.into_iter().sum()),
        }
    };
    macro_rules! holders_by {
        ($aggregate:expr) => {{
            let value = || {
                things::table
                    .filter(things::holder_id.eq(holders::id.nullable()))
                    .filter(things::number.ge(more))
                    .select($aggregate)
                    .single_value()
            };
            let above = holders::table
                .filter(value().ge(&bound))
                .order_by((value(), holders::id))
                .select(holders::id);
            let all = holders::table
                .order_by((value().is_null(), value().desc(), holders::id))
                .select(holders::id);
            (db.load::<i64, _>(above), db.load::<i64, _>(all))
        }};
    }
    let (above, all) = match kind {
        0 => holders_by!(max(things::cost)),
        1 => holders_by!(min(things::cost)),
        _ => holders_by!(exact::sum(things::cost)),
    };
    let mut expected: Vec<(Option<Decimal>, i64)> = (1..=HOLDERS).map(|id| (of(id), id)).collect();
    expected
        .sort_by(|a, b| a.0.is_none().cmp(&b.0.is_none()).then(b.0.cmp(&a.0)).then(a.1.cmp(&b.1)));
    let ids: Vec<i64> = expected.iter().map(|(_, id)| *id).collect();
    assert_eq!(all.expect("the holders"), ids, "{kind} {more}");
    expected.retain(|(value, _)| value.as_ref().is_some_and(|value| *value >= bound));
    expected.sort();
    let ids: Vec<i64> = expected.iter().map(|(_, id)| *id).collect();
    assert_eq!(above.expect("the holders"), ids, "{kind} {bound} {more}");
}
