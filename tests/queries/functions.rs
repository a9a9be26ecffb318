//! The functions of `dsl`, against the same in Rust.

use diesel::select;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text};
use mizzle::ErrorCode;
use mizzle::dsl::{
    abs, avg, coalesce, length, lower, replace, round, row, substr, trim, trim_end, trim_start,
    upper,
};
use mizzle::prelude::*;
use test_support::on_each_database;
use test_support::random::Random;

use crate::schema::*;

fn cases() -> u64 {
    std::env::var("MIZZLE_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(80)
}

/// A text of letters whose cases differ in odd ways, spaces, and others.
fn text(random: &mut Random) -> String {
    const ODD: [char; 28] = [
        'ß', 'ẞ', 'Σ', 'σ', 'ς', 'İ', 'ı', 'I', 'i', 'ŉ', 'ﬁ', 'ǅ', 'Ǆ', 'ა', 'Ა', '𐐀', '𐐨', 'Å',
        '\u{301}', '\u{345}', '👩', '\u{200d}', ' ', ' ', '\t', '\u{a0}', '\'', '%',
    ];
    (0..random.below(9))
        .map(|_| match random.below(4) {
            0 => char::from(b'A' + random.below(58) as u8),
            1 => char::from_u32(1 + random.below(0x1c80) as u32).expect("a character"),
            _ => *random.pick(&ODD),
        })
        .collect()
}

fn taken(text: &str, start: i32, length: u32) -> String {
    let characters: Vec<char> = text.chars().collect();
    let place = start.unsigned_abs() as usize;
    let skipped = if start < 0 { characters.len().saturating_sub(place) } else { place - 1 };
    characters.into_iter().skip(skipped).take(length as usize).collect()
}

/// Rounds `digits` with `scale` of them after the point.
fn rounded(digits: i128, scale: u32, to: i8) -> Decimal {
    let dropped = i32::try_from(scale).expect("a small number") - i32::from(to);
    let text = if dropped <= 0 {
        format!("{digits}e-{scale}")
    } else {
        let power = 10_i128.checked_pow(dropped as u32).unwrap_or(i128::MAX);
        let whole =
            digits.abs() / power + i128::from(digits.abs() % power >= power / 2 + power % 2);
        format!("{}e{}", whole * digits.signum(), -i32::from(to))
    };
    decimal(&text)
}

on_each_database! {
    fn texts(db: &Db) {
        for seed in 0..cases() {
            let mut random = Random::new(seed);
            let given = text(&mut random);
            let value = || given.clone().into_sql::<Text>();
            let all: (String, String, i32, String, String, String) = db
                .one(select((
                    lower(value()),
                    upper(value()),
                    length(value()),
                    trim(value()),
                    trim_start(value()),
                    trim_end(value()),
                )))
                .expect("the texts");
            let expected = (
                given.to_lowercase(),
                given.to_uppercase(),
                given.chars().count() as i32,
                given.trim_matches(' ').to_owned(),
                given.trim_start_matches(' ').to_owned(),
                given.trim_end_matches(' ').to_owned(),
            );
            assert_eq!(all, expected, "{seed}: {given:?}");
            let from = if random.chance(80) { taken(&given, 1 + random.below(4) as i32, 1) } else { String::new() };
            let to = text(&mut random);
            let replaced: String =
                db.one(select(replace(value(), &*from, &*to))).expect("the text");
            let expected = if from.is_empty() { given.clone() } else { given.replace(&from, &to) };
            assert_eq!(replaced, expected, "{seed}: {given:?} {from:?} {to:?}");
            let start = 1 + *random.pick(&[0, 1, 2, 3, 8, i32::MAX - 1]);
            let start = if random.chance(50) { -start } else { start };
            let length = *random.pick(&[0, 1, 2, 5, 100, u32::MAX]);
            let part: String =
                db.one(select(substr(value(), start, length))).expect("the text");
            assert_eq!(part, taken(&given, start, length), "{seed}: {given:?} {start} {length}");
        }
    }

    fn texts_of_columns(db: &Db) {
        seed(db);
        let found: Vec<i64> = db
            .load(people::table.filter(lower(people::note).eq("éclair")).select(people::id))
            .expect("the ids");
        assert_eq!(found, [4]);
        let found = Person::query()
            .filter(upper(people::name).eq_any(["BOB", "CID"]))
            .order_by((length(people::note).desc(), substr(people::name, -1, 1)))
            .all(db)
            .expect("the people");
        assert_eq!(names(&found), ["bob", "Cid"]);
        let notes: Vec<(Option<String>, Option<i32>)> = db
            .load(people::table.order(people::id).select((
                replace(people::note, "off", "on"),
                length(people::note),
            )))
            .expect("the notes");
        assert_eq!(notes[0], (None, None));
        assert_eq!(notes[1], (Some("50% on".into()), Some(7)));
        // In both forms: an update, and in an order.
        let changed = db.execute(
            diesel::update(people::table.find(2)).set(people::name.eq(upper(people::name))),
        );
        assert_eq!(changed.expect("the update"), 1);
        let last: String = db
            .one(people::table.order(lower(people::name).desc()).limit(1).select(people::name))
            .expect("a name");
        assert_eq!(last, "Dot");
        let error = db
            .load::<String, _>(people::table.select(substr(people::name, 0, 1)))
            .expect_err("no such place");
        assert_eq!(error.code(), ErrorCode::QueryError);
        assert!(error.to_string().contains("the first character is 1"), "{error}");
    }

    fn values_in_place_of_null(db: &Db) {
        seed(db);
        let notes: Vec<(String, String, Decimal)> = db
            .load(people::table.order(people::id).select((
                coalesce(people::note, "none"),
                coalesce(people::note, people::name),
                coalesce(people::bonus, decimal("10")),
            )))
            .expect("the notes");
        assert_eq!(notes[0], ("none".into(), "Ada".into(), decimal("0.1")));
        assert_eq!(notes[1], ("50% off".into(), "50% off".into(), decimal("10")));
        // As numbers, not as texts.
        let ids: Vec<i64> = db
            .load(
                people::table
                    .filter(coalesce(people::bonus, decimal("9")).lt(decimal("10")))
                    .order((coalesce(people::bonus, decimal("10")).desc(), people::id))
                    .select(people::id),
            )
            .expect("the ids");
        assert_eq!(ids, [2, 4, 3, 1]);
    }

    fn absolute_values(db: &Db) {
        seed(db);
        let all: (i16, i32, i64, Option<i64>) = db
            .one(select((
                abs((-i16::MAX).into_sql::<SmallInt>()),
                abs((-i32::MAX).into_sql::<Integer>()),
                abs((-i64::MAX).into_sql::<BigInt>()),
                abs(None::<i64>.into_sql::<Nullable<BigInt>>()),
            )))
            .expect("the numbers");
        assert_eq!(all, (i16::MAX, i32::MAX, i64::MAX, None));
        for result in [
            db.one::<i16, _>(select(abs(i16::MIN.into_sql::<SmallInt>()))).map(i64::from),
            db.one::<i32, _>(select(abs(i32::MIN.into_sql::<Integer>()))).map(i64::from),
            db.one::<i64, _>(select(abs(i64::MIN.into_sql::<BigInt>()))),
        ] {
            assert_eq!(result.expect_err("too large").code(), ErrorCode::ValueError);
        }
        let numbers: Vec<(Decimal, f64)> = db
            .load(
                people::table
                    .order(abs(people::balance).desc())
                    .select((abs(people::balance), abs(people::height))),
            )
            .expect("the numbers");
        let balances: Vec<Decimal> = numbers.into_iter().map(|(balance, _)| balance).collect();
        assert_eq!(balances, ["100.25", "10", "9.5", "0.01"].map(decimal));
    }

    fn rounded_decimals(db: &Db) {
        db.create_all::<Club>().expect("the tables");
        db.insert(somebody("Ada")).expect("a row");
        for seed in 0..cases() {
            let mut random = Random::new(seed);
            let digits = match random.below(3) {
                0 => 5 * 10_i128.pow(random.below(12) as u32),
                1 => random.next() as i64 as i128,
                _ => random.below(20_000) as i128 - 10_000,
            };
            let digits = if random.chance(50) { -digits } else { digits };
            let (scale, to) = (random.below(20) as u32, random.below(30) as i8 - 10);
            let balance = decimal(&format!("{digits}e-{scale}"));
            db.execute(diesel::update(people::table).set(people::balance.eq(&balance))).expect("a row");
            let result: (Decimal, Option<Decimal>) = db
                .one(people::table.select((round(people::balance, to), round(people::bonus, to))))
                .expect("a decimal");
            assert_eq!(result, (rounded(digits, scale, to), None), "{seed}: {balance} {to}");
        }
    }

    fn averages_of_decimals(db: &Db) {
        db.create_all::<Club>().expect("the tables");
        let none: Option<Decimal> = db.one(people::table.select(avg(people::balance, 2))).expect("NULL");
        assert_eq!(none, None);
        for seed in 0..cases() {
            let mut random = Random::new(seed);
            db.execute(diesel::delete(people::table)).expect("no rows");
            let (scale, to) = (random.below(6) as u32, random.below(8) as u8);
            let values: Vec<i128> = (0..1 + random.below(7))
                .map(|_| random.below(2_000_000) as i128 - if random.chance(50) { 1_000_000 } else { 0 })
                .collect();
            let rows: Vec<NewPerson> = values
                .iter()
                .enumerate()
                .map(|(place, value)| NewPerson {
                    balance: decimal(&format!("{value}e-{scale}")),
                    ..somebody(&place.to_string())
                })
                .collect();
            db.insert_all(rows).expect("the rows");
            // Doubled, so that the half is whole.
            let (sum, count) = (values.iter().sum::<i128>(), values.len() as i128);
            let numerator = sum.abs() * 2 * 10_i128.pow(to.into()) + count * 10_i128.pow(scale);
            let whole = numerator / (2 * count * 10_i128.pow(scale)) * sum.signum();
            let average: Option<Decimal> =
                db.one(people::table.select(avg(people::balance, to))).expect("an average");
            assert_eq!(average, Some(decimal(&format!("{whole}e-{to}"))), "{seed}: {values:?} {scale} {to}");
            let groups: Vec<(bool, Option<Decimal>)> = db
                .load(
                    people::table
                        .group_by(people::active)
                        .having(avg(people::balance, to).le(decimal("1000000000")))
                        .select((people::active, avg(people::balance, to))),
                )
                .expect("the groups");
            assert_eq!(groups, [(true, average)]);
        }
    }

    fn rows_compare_as_their_first_difference(db: &Db) {
        type Pair = (Option<i64>, Option<i64>);
        /// Whether the first comes before the second; unknown if a NULL decides.
        fn order(left: Pair, right: Pair) -> Option<std::cmp::Ordering> {
            let first = left.0?.cmp(&right.0?);
            if first.is_eq() { Some(left.1?.cmp(&right.1?)) } else { Some(first) }
        }
        fn equal(left: Pair, right: Pair) -> Option<bool> {
            let parts = [left.0.zip(right.0), left.1.zip(right.1)].map(|pair| pair.map(|(a, b)| a == b));
            if parts.contains(&Some(false)) { Some(false) } else { parts[0].and(parts[1]) }
        }
        let value = |number: Option<i64>| number.into_sql::<Nullable<BigInt>>();
        let numbers = [None, Some(1), Some(2)];
        for place in 0..81 {
            let number = |power: usize| numbers[place / power % 3];
            let (left, right) = ((number(1), number(3)), (number(9), number(27)));
            let of_left = || row((value(left.0), value(left.1)));
            type Answers = (Option<bool>, Option<bool>, Option<bool>, Option<bool>, Option<bool>, Option<bool>);
            let all: Answers = db
                .one(select((
                    of_left().eq(right),
                    of_left().ne(right),
                    of_left().lt(right),
                    of_left().le(right),
                    of_left().gt(right),
                    of_left().ge((value(right.0), value(right.1))),
                )))
                .expect("the answers");
            let order = order(left, right);
            let expected = (
                equal(left, right),
                equal(left, right).map(|equal| !equal),
                order.map(|order| order.is_lt()),
                order.map(|order| order.is_le()),
                order.map(|order| order.is_gt()),
                order.map(|order| order.is_ge()),
            );
            assert_eq!(all, expected, "{left:?} {right:?}");
        }
        seed(db);
        // Decimals as numbers, and a row of four.
        let after = Person::query()
            .filter(row((people::age, people::balance)).gt((24, decimal("9.50"))))
            .order_by((people::age, people::balance))
            .all(db)
            .expect("the people");
        assert_eq!(names(&after), ["Cid", "Ada", "Dot"]);
        let same = row((people::age, people::name, people::level, people::active));
        let same = Person::query().filter(same.le((36, "Ada", 3, true))).count(db).expect("a count");
        assert_eq!(same, 2);
    }
}
