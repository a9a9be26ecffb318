//! The other ways to read: row by row, page by page, through named queries, and by SQL text, compared with a list of rows.

use std::cmp::Ordering;

use mizzle::prelude::*;
use mizzle::{Cursor, KeysetOrder};

use crate::expression::{Expr, Type};
use crate::model::sure;
use crate::schema::*;
use crate::sql::boolean;
use crate::values;
use test_support::random::Random;

/// How many statements it ran.
pub fn check(db: &Db, things: &[Thing], random: &mut Random) -> usize {
    let depth = random.below(3);
    let condition = Expr::random(Type::Bool, depth, random);
    let Some(kept) = sure(&condition, things) else { return 0 };
    row_by_row(db, &kept, &condition, random)
        + page_by_page(db, &kept, &condition, random)
        + by_terms(db, things, &kept, &condition, random)
        + by_text(db, things, &kept, &condition, random)
}

/// Streams, some of which end before their rows do, with other statements between the rows.
fn row_by_row(db: &Db, kept: &[&Thing], condition: &Expr, random: &mut Random) -> usize {
    let query = Thing::query().filter(boolean(condition)).order_by(things::id.desc());
    let taken = random.below(kept.len() + 2);
    let expected: Vec<Thing> =
        kept.iter().rev().take(taken).map(|thing| (*thing).clone()).collect();
    let found: Vec<Thing> = if random.chance(50) {
        db.transaction(|tx| {
            let found = query.clone().stream(tx)?.take(taken).collect::<mizzle::Result<_>>();
            assert_eq!(query.count(tx)?, kept.len() as u64, "{condition:#?}");
            found
        })
        .expect("the rows")
    } else {
        let mut found = Vec::new();
        for thing in query.clone().stream(db).expect("the stream").take(taken) {
            assert_eq!(query.count(db).expect("a count"), kept.len() as u64, "{condition:#?}");
            found.push(thing.expect("a row"));
        }
        found
    };
    assert_eq!(found, expected, "{condition:#?}");
    let holders = Holder::query()
        .with(Holder::things().filter(boolean(condition)).order_by(things::id))
        .order_by(holders::id);
    for holder in holders.stream(db).expect("the stream") {
        let holder = holder.expect("a holder");
        let found: Vec<i64> = holder.things.iter().map(|thing| thing.id).collect();
        let of = kept.iter().filter(|thing| thing.holder_id == Some(holder.id));
        assert_eq!(found, of.map(|thing| thing.id).collect::<Vec<_>>(), "{condition:#?}");
    }
    2 + taken
}

/// The order of two values that may be NULL.
fn by<T: PartialOrd>(
    a: &Option<T>,
    b: &Option<T>,
    descending: bool,
    nulls_first: bool,
) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => {
            let order = a.partial_cmp(b).expect("no NaN");
            if descending { order.reverse() } else { order }
        }
        (a, b) if nulls_first => a.is_some().cmp(&b.is_some()),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

/// Walks through all pages to the last one, and back.
fn walk<O: KeysetOrder<Thing> + Copy>(
    db: &Db,
    order: O,
    condition: &Expr,
    size: u64,
) -> (Vec<i64>, Vec<i64>, usize) {
    let keyset = || Thing::query().filter(boolean(condition)).keyset(order);
    let ids = |page: &mizzle::KeysetPage<Thing>| -> Vec<i64> {
        assert!(page.items.len() as u64 <= size);
        page.items.iter().map(|thing| thing.id).collect()
    };
    let through_text = |cursor: Cursor| -> Cursor { cursor.to_string().parse().expect("a cursor") };
    let mut page = keyset().page(db, size).expect("the first page");
    let (mut forwards, mut pages) = (ids(&page), 1);
    while let Some(next) = page.next {
        page = keyset().after(through_text(next)).page(db, size).expect("the next page");
        forwards.extend(ids(&page));
        pages += 1;
    }
    let mut backwards = ids(&page);
    while let Some(previous) = page.previous {
        page = keyset().before(through_text(previous)).page(db, size).expect("the page before");
        backwards = [ids(&page), backwards].concat();
        pages += 1;
    }
    (forwards, backwards, pages)
}

fn page_by_page(db: &Db, kept: &[&Thing], condition: &Expr, random: &mut Random) -> usize {
    let size = 1 + random.below(4) as u64;
    let mut sorted = kept.to_vec();
    macro_rules! paged {
        ($order:expr, $compare:expr) => {{
            let compare: fn(&Thing, &Thing) -> Ordering = $compare;
            sorted.sort_by(|a, b| compare(a, b));
            walk(db, $order, condition, size)
        }};
    }
    let (forwards, backwards, pages) = match random.below(7) {
        0 => paged!(things::price.desc().nulls_last(), |a, b| {
            by(&a.price, &b.price, true, false).then(a.id.cmp(&b.id))
        }),
        1 => paged!((things::text.asc().nulls_first(), things::cost.desc()), |a, b| {
            by(&a.text, &b.text, false, true).then(b.cost.cmp(&a.cost)).then(a.id.cmp(&b.id))
        }),
        2 => paged!(
            (things::moment.desc().nulls_first(), things::instant.asc().nulls_last()),
            |a, b| {
                by(&a.moment, &b.moment, true, true)
                    .then_with(|| by(&a.instant, &b.instant, false, false))
                    .then(a.id.cmp(&b.id))
            }
        ),
        3 => paged!(
            (
                things::token.asc().nulls_last(),
                things::bytes.desc().nulls_first(),
                things::id.desc()
            ),
            |a, b| {
                by(&a.token, &b.token, false, false)
                    .then_with(|| by(&a.bytes, &b.bytes, true, true))
                    .then(b.id.cmp(&a.id))
            }
        ),
        4 => {
            paged!((things::real.asc().nulls_first(), things::float.desc().nulls_last()), |a, b| {
                by(&a.real, &b.real, false, true)
                    .then_with(|| by(&a.float, &b.float, true, false))
                    .then(a.id.cmp(&b.id))
            })
        }
        5 => paged!((things::day.desc().nulls_last(), things::time.asc().nulls_last()), |a, b| {
            by(&a.day, &b.day, true, false)
                .then_with(|| by(&a.time, &b.time, false, false))
                .then(a.id.cmp(&b.id))
        }),
        _ => paged!(
            (things::word.desc(), things::number, things::flag.asc().nulls_first()),
            |a, b| {
                b.word
                    .cmp(&a.word)
                    .then(a.number.cmp(&b.number))
                    .then_with(|| by(&a.flag, &b.flag, false, true))
                    .then(a.id.cmp(&b.id))
            }
        ),
    };
    let expected: Vec<i64> = sorted.iter().map(|thing| thing.id).collect();
    assert_eq!(forwards, expected, "pages of {size}, {condition:#?}");
    assert_eq!(backwards, expected, "backwards, pages of {size}, {condition:#?}");
    pages
}

/// What a condition keeps of the things.
#[derive(Cte, Debug, Clone, PartialEq)]
struct Kept {
    id: i64,
    holder_id: Option<i64>,
    number: i32,
    price: Option<Decimal>,
    cost: Decimal,
    doc: Option<serde_json::Value>,
    instant: Option<DateTime<Utc>>,
}

/// A thing, and those that follow it by their keys.
#[derive(Cte, Debug, Clone, PartialEq)]
struct Following {
    id: i64,
    most: Decimal,
    step: i64,
}

fn by_terms(
    db: &Db,
    things: &[Thing],
    kept: &[&Thing],
    condition: &Expr,
    random: &mut Random,
) -> usize {
    let term = Kept::with(things::table.filter(boolean(condition)).select((
        things::id,
        things::holder_id,
        things::number,
        things::price,
        things::cost,
        things::doc,
        things::instant,
    )));
    let term = match random.below(3) {
        0 => term.materialized(),
        1 => term.not_materialized(),
        _ => term,
    };
    let least = values::decimal(random);
    let above = |thing: &&&Thing| thing.cost >= least;
    match random.below(5) {
        0 => {
            let query =
                kepts::table.filter(kepts::cost.ge(&least)).order((kepts::cost.desc(), kepts::id));
            let found: Vec<Kept> = db.load(term.then(query)).expect("the rows");
            let mut expected: Vec<&Thing> = kept.iter().filter(above).copied().collect();
            expected.sort_by(|a, b| b.cost.cmp(&a.cost).then(a.id.cmp(&b.id)));
            let expected: Vec<Kept> = expected
                .into_iter()
                .map(|thing| Kept {
                    id: thing.id,
                    holder_id: thing.holder_id,
                    number: thing.number,
                    price: thing.price.clone(),
                    cost: thing.cost.clone(),
                    doc: thing.doc.clone(),
                    instant: thing.instant,
                })
                .collect();
            assert_eq!(found, expected, "{condition:#?}");
        }
        1 => {
            let query = holders::table
                .left_join(kepts::table.on(kepts::holder_id.eq(holders::id.nullable())))
                .group_by(holders::id)
                .select((
                    holders::id,
                    diesel::dsl::count(kepts::id.nullable()),
                    diesel::dsl::max(kepts::cost.nullable()),
                    diesel::dsl::min(kepts::instant.nullable()),
                ))
                .order(holders::id);
            type Group = (i64, i64, Option<Decimal>, Option<DateTime<Utc>>);
            let found: Vec<Group> = db.load(term.then(query)).expect("the groups");
            for (id, count, most, first) in &found {
                let of = || kept.iter().filter(|thing| thing.holder_id == Some(*id));
                let expected = (
                    of().count() as i64,
                    of().map(|thing| &thing.cost).max(),
                    of().filter_map(|thing| thing.instant).min(),
                );
                assert_eq!((*count, most.as_ref(), *first), expected, "{id} {condition:#?}");
            }
            assert_eq!(found.len(), HOLDERS as usize);
        }
        2 => {
            let query = kepts::table.filter(kepts::price.lt(&least).or(kepts::price.is_null()));
            let expected =
                kept.iter().filter(|thing| thing.price.as_ref().is_none_or(|price| *price < least));
            assert_eq!(
                db.count(term.then(query)).expect("a count"),
                expected.count() as u64,
                "{condition:#?}"
            );
        }
        3 => {
            // A write that reads the term, undone at the end.
            let target = things::table.filter(things::id.eq_any(kepts::table.select(kepts::id)));
            let changed: Result<(), Undone> = db.try_transaction(|tx| {
                let count = if random.chance(50) {
                    tx.execute(term.then(diesel::update(target).set(things::number.eq(41))))
                } else {
                    tx.execute(term.then(diesel::delete(target)))
                };
                Err(Undone::Here(count))
            });
            match changed {
                Err(Undone::Here(count)) => {
                    assert_eq!(count.expect("a write"), kept.len() as u64, "{condition:#?}")
                }
                Err(Undone::Failed(error)) => panic!("{error:?}"),
                Ok(()) => panic!("it was committed"),
            }
        }
        _ => {
            let start = things::table
                .filter(boolean(condition))
                .order(things::id)
                .limit(1)
                .select((things::id, things::cost, 0_i64.into_sql::<diesel::sql_types::BigInt>()));
            let step = things::table
                .inner_join(followings::table.on(things::id.eq(followings::id + 1)))
                .select((things::id, followings::most.plus(things::cost), followings::step + 1));
            let query = followings::table.order(followings::id);
            let found: Vec<Following> =
                db.load(Following::recursive(start, step).then(query)).expect("the rows");
            let mut expected: Vec<Following> = Vec::new();
            let mut next = kept.iter().map(|thing| thing.id).min();
            while let Some(thing) = things.iter().find(|thing| Some(thing.id) == next) {
                let before = expected.last();
                expected.push(Following {
                    id: thing.id,
                    most: before.map_or(thing.cost.clone(), |before| &before.most + &thing.cost),
                    step: before.map_or(0, |before| before.step + 1),
                });
                next = Some(thing.id + 1);
            }
            assert_eq!(found, expected, "{condition:#?}");
        }
    }
    1
}

/// What ends a transaction without a trace.
pub enum Undone {
    Here(mizzle::Result<u64>),
    Failed(mizzle::Error),
}

impl From<mizzle::Error> for Undone {
    fn from(error: mizzle::Error) -> Self {
        Self::Failed(error)
    }
}

/// SQL by hand: whole statements, and conditions beside others.
fn by_text(
    db: &Db,
    things: &[Thing],
    kept: &[&Thing],
    condition: &Expr,
    random: &mut Random,
) -> usize {
    let (most, word, text) =
        (values::int(random), values::text(random), random.maybe(values::text));
    let found = Thing::query()
        .filter(boolean(condition))
        .filter(sql!("number <= {most} OR {#things::word} = {word}"))
        .filter(sql!("{#things::text} IS NOT DISTINCT FROM {text} OR small IS NOT NULL"))
        .order_by(things::id)
        .all(db)
        .expect("the rows");
    let expected: Vec<Thing> = kept
        .iter()
        .filter(|thing| thing.number <= most || thing.word == word)
        .filter(|thing| thing.text == text || thing.small.is_some())
        .map(|thing| (*thing).clone())
        .collect();
    assert_eq!(found, expected, "{condition:#?}");

    let ids: Vec<i64> = things.iter().map(|thing| thing.id).filter(|_| random.chance(60)).collect();
    let (cost, moment, instant) =
        (values::decimal(random), values::moment(random), values::instant(random));
    let (token, bytes, day, time) =
        (values::token(random), values::bytes(random), values::day(random), values::time(random));
    let query = sql!(
        Thing,
        "SELECT * FROM things WHERE id IN ({..ids}) AND ({#things::cost} >= {cost}
            OR {#things::moment} < {moment} OR {#things::instant} > {instant} OR {#things::token} = {token}
            OR {#things::bytes} >= {bytes} OR {#things::day} = {day} OR {#things::time} = {time})
        ORDER BY {#things::cost} DESC, id"
    );
    let mut expected: Vec<Thing> = things
        .iter()
        .filter(|thing| ids.contains(&thing.id))
        .filter(|thing| {
            thing.cost >= cost
                || thing.moment.is_some_and(|value| value < moment)
                || thing.instant.is_some_and(|value| value > instant)
                || thing.token.is_some_and(|value| value == token)
                || thing.bytes.as_ref().is_some_and(|value| *value >= bytes)
                || thing.day.is_some_and(|value| value == day)
                || thing.time.is_some_and(|value| value == time)
        })
        .cloned()
        .collect();
    expected.sort_by(|a, b| b.cost.cmp(&a.cost).then(a.id.cmp(&b.id)));
    let found: Vec<Thing> = if random.chance(50) {
        query.all(db).expect("the rows")
    } else {
        query.stream(db).expect("the stream").collect::<mizzle::Result<_>>().expect("the rows")
    };
    assert_eq!(found, expected);
    2
}
