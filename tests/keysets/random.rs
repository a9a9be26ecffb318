//! Random rows in random orders: the pages have each row exactly once, while others come and go.

use std::cell::RefCell;

use chrono::Timelike as _;
use mizzle::prelude::*;
use serde_json::json;
use test_support::random::Random;

use crate::schema::*;

/// How often each order is tried. `MIZZLE_TEST_CASES` sets another number.
fn cases() -> u64 {
    std::env::var("MIZZLE_TEST_CASES").map_or(8, |cases| cases.parse().unwrap())
}

fn maybe<T>(random: &mut Random, value: impl FnOnce(&mut Random) -> T) -> Option<T> {
    (random.below(3) > 0).then(|| value(random))
}

fn moment(random: &mut Random) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_700_000_000_000 + random.below(5) as i64 * 1001).unwrap()
}

/// Few values, so that many rows are equal in most columns.
fn item(random: &mut Random, shelf: &str, number: i32) -> Item {
    let texts = ["", "a", "A", "b", "ä", "a\u{301}", "\"", "zz'z"];
    let text = |random: &mut Random| texts[random.below(texts.len())].to_owned();
    Item {
        shelf: shelf.to_owned(),
        number,
        name: maybe(random, text),
        rank: maybe(random, |random| random.below(4) as i16 - 2),
        weight: [0.1, -2.5, 1e300, 0.0][random.below(4)],
        price: maybe(random, |random| {
            ["9.5", "10", "-0.25", "12345678901234567890.123"][random.below(4)].parse().unwrap()
        }),
        active: maybe(random, |random| random.below(2) == 0),
        day: maybe(random, |random| {
            NaiveDate::from_ymd_opt(2000 + random.below(3) as i32, 2, 28).unwrap()
        }),
        at: maybe(random, moment),
        seen: maybe(random, moment),
        heard: maybe(random, moment),
        token: maybe(random, |random| Uuid::from_u128((random.below(4) as u128) << 100)),
        bytes: maybe(random, |random| vec![random.below(3) as u8; random.below(3)]),
        kind: maybe(random, |random| if random.below(2) == 0 { Kind::Song } else { Kind::Album }),
        time: maybe(random, |random| {
            NaiveTime::from_hms_micro_opt(random.below(3) as u32, 0, 0, 5).unwrap()
        }),
        count: random.below(3) as i64 * 1_000_000_000_000,
        reach: maybe(random, |random| [0.1, -2.5, 1e30, 0.0][random.below(4)]),
        local: maybe(random, |random| moment(random).naive_utc()),
        since: maybe(random, |random| moment(random).naive_utc().with_nanosecond(0).unwrap()),
        host: maybe(random, |random| {
            ["10.0.0.1", "10.0.0.1/8", "9.255.0.0", "::1"][random.below(4)].parse().unwrap()
        }),
        network: maybe(random, |random| {
            ["10.0.0.0/8", "10.0.0.0/9", "::/0"][random.below(3)].parse().unwrap()
        }),
        // A month equals 30 days.
        length: maybe(random, |random| {
            [(1, 0), (0, 30), (0, 29), (-1, 31)]
                .map(|(months, days)| Interval::new(months, days, 5))[random.below(4)]
        }),
        meta: maybe(random, |random| {
            [json!(1), json!(1.5), json!({"a": [null]}), json!("x"), json!(null)][random.below(5)]
                .clone()
        }),
    }
}

fn insert(db: &Db, item: &Item) {
    db.insert(item.clone()).unwrap();
}

/// Checks the order against the database's own, with rows that come and go between the pages.
fn check<O>(db: &Db, random: &mut Random, what: &str, order: O, sorted: &dyn Fn() -> Vec<Item>)
where
    O: mizzle::KeysetOrder<Item> + Copy,
{
    let size = 1 + random.below(7) as u64;
    let expected: Vec<Key> = sorted().iter().map(key).collect();
    let (forwards, backwards) = walk(db, order, size, &mut || ());
    assert_eq!(forwards, expected, "{what}, {size}");
    assert_eq!(backwards, expected, "{what}, {size}, backwards");

    // Rows of another shelf come and go, anywhere.
    let random = RefCell::new(random);
    let mut others = Vec::new();
    let (forwards, backwards) = walk(db, order, size, &mut || {
        let random = &mut **random.borrow_mut();
        let number = random.below(1_000_000) as i32;
        let shelf = ["", "m0", "other", "zz"][random.below(4)];
        let other = item(random, shelf, number);
        if db.find::<Item>((other.shelf.clone(), number)).unwrap().is_none() {
            insert(db, &other);
            others.push(other);
        }
        if random.below(2) == 0 && !others.is_empty() {
            let place = random.below(others.len());
            db.delete(&others.swap_remove(place)).unwrap();
        }
    });
    let stayed = |keys: Vec<Key>| -> Vec<Key> {
        keys.into_iter().filter(|(shelf, _)| shelf == "a" || shelf == "n").collect()
    };
    assert_eq!(stayed(forwards), expected, "{what}, {size}, among others");
    assert_eq!(stayed(backwards), expected, "{what}, {size}, backwards among others");
    others.iter().for_each(|other| db.delete(other).unwrap());
}

macro_rules! orders {
    ($db:ident, $random:ident; $($order:expr;)*) => {
        $(check($db, $random, stringify!($order), $order, &|| {
            Item::query().order_by($order).then_order_by((items::shelf, items::number)).all($db).unwrap()
        });)*
    };
}

fn each_order(db: &Db, random: &mut Random) {
    orders! { db, random;
        items::shelf;
        (items::shelf, items::number);
        (items::number.desc(), items::shelf.desc());
        (items::number, items::shelf.desc());
        items::name;
        items::name.desc();
        items::name.asc().nulls_first();
        items::name.desc().nulls_last();
        (items::rank.desc().nulls_first(), items::name.asc().nulls_last());
        (items::rank, items::weight.desc(), items::active.asc().nulls_last());
        items::weight;
        (items::price, items::count.desc());
        items::price.desc().nulls_last();
        (items::active.desc(), items::day, items::at.desc());
        (items::at.desc().nulls_last(), items::seen.asc().nulls_first());
        items::heard;
        (items::seen.desc(), items::heard.desc());
        (items::token, items::bytes.desc());
        (items::kind.asc().nulls_first(), items::time.desc());
        (items::count.desc(), items::number.desc(), items::shelf.desc());
        (items::reach.desc(), items::local);
        (items::local.desc().nulls_first(), items::since);
        (items::host, items::network.desc());
        (items::length.desc(), items::network);
        items::length.asc().nulls_first();
        items::meta.desc();
        (items::active, items::rank, items::kind, items::name, items::price, items::day);
    }
}

#[mizzle::test(Store)]
fn each_row_is_on_one_page(db: &Db) {
    let random = &mut Random::new(20);
    for _ in 0..cases() {
        Item::query().delete(db).unwrap();
        for number in 0..random.below(40) as i32 {
            let shelf = if random.below(2) == 0 { "a" } else { "n" };
            let row = item(random, shelf, number % 23 + if shelf == "a" { 0 } else { 7 } + number);
            insert(db, &row);
        }
        each_order(db, random);
    }
}
