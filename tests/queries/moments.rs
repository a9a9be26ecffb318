//! Moments cut to the units of a time zone, against jiff's and the server's calendars.

use std::collections::BTreeMap;

use diesel::dsl::{count_star, max};
use jiff::tz::{Disambiguation, OffsetConflict, TimeZone};
use jiff::{Timestamp, ToSpan, ZonedDateTime};
use mizzle::ErrorCode;
use mizzle::dsl::{Unit, date_trunc, key};
use mizzle::now;
use mizzle::prelude::*;
use test_support::on_each_database;
use test_support::random::Random;

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Order {
    #[column(primary_key, auto)]
    pub id: i64,
    pub placed_at: DateTime<Utc>,
    pub paid_at: Option<DateTime<Utc>>,
    #[column(stored = iso8601)]
    pub iso: DateTime<Utc>,
    #[column(stored = sqlite_datetime)]
    pub sqlite: Option<DateTime<Utc>>,
    #[column(stored = unix_seconds)]
    pub seconds: DateTime<Utc>,
    #[column(stored = unix_millis)]
    pub millis: Option<DateTime<Utc>>,
}

mizzle::schema!(pub Shop = [Order]);

/// Zones whose clocks change at midnight, by half an hour, by two hours, by a day, at times far from whole hours, in
/// winter, or never.
const ZONES: [&str; 15] = [
    "UTC",
    "Europe/Zurich",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "Atlantic/Azores",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Antarctica/Troll",
    "Europe/Dublin",
];

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a point in time")
}

fn order(moment: DateTime<Utc>) -> NewOrder {
    NewOrder::builder()
        .placed_at(moment)
        .paid_at(moment)
        .iso(moment)
        .sqlite(moment)
        .seconds(moment)
        .millis(moment)
        .build()
}

/// A moment from 1970 to 2037; half of them within two days of a change of the zone's clocks.
fn moment(random: &mut Random, zone: &TimeZone) -> DateTime<Utc> {
    const YEARS: usize = 68 * 365 * 86_400;
    let mut seconds = random.below(YEARS) as i64;
    let change = zone.following(Timestamp::from_second(seconds).expect("a moment")).next();
    if let Some(change) = change.filter(|_| random.chance(50)) {
        let days = 1 + random.below(2) * 47;
        seconds = change.timestamp().as_second() + random.below(2 * days * 3600) as i64
            - days as i64 * 3600;
    }
    let seconds = seconds.clamp(0, YEARS as i64);
    let micros = [0, 1, 999_999, random.below(1_000_000)];
    let nanos = *random.pick(&micros) as u32 * 1000;
    DateTime::from_timestamp(seconds, nanos).expect("a moment")
}

fn expected(moment: DateTime<Utc>, unit: Unit, zone: &TimeZone) -> DateTime<Utc> {
    let local = Timestamp::from_microsecond(moment.timestamp_micros())
        .expect("a moment")
        .to_zoned_datetime(zone.clone());
    let midnight = |date: jiff::civil::Date| -> ZonedDateTime {
        zone.to_ambiguous_zoned_datetime(date.at(0, 0, 0, 0))
            .disambiguate(Disambiguation::Later)
            .expect("a midnight")
    };
    let date = local.date();
    let begins = match unit {
        Unit::Hour => local
            .with()
            .minute(0)
            .second(0)
            .subsec_nanosecond(0)
            .offset_conflict(OffsetConflict::AlwaysOffset)
            .build()
            .expect("an hour"),
        Unit::Day => midnight(date),
        Unit::Week => midnight(date - i64::from(date.weekday().to_monday_zero_offset()).days()),
        Unit::Month => midnight(date.first_of_month()),
        Unit::Quarter => {
            let month = (date.month() - 1) / 3 * 3 + 1;
            midnight(jiff::civil::date(date.year(), month, 1))
        }
        Unit::Year => midnight(date.first_of_year()),
        unit => panic!("no rule for {unit:?}"),
    };
    DateTime::from_timestamp_micros(begins.timestamp().as_microsecond()).expect("a moment")
}

/// The moment to which each column of an order is cut.
type Cut = (
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
);

on_each_database! {
    fn agree_with_calendars(db: &Db) {
        db.create_all::<Shop>().expect("the table");
        let cases = std::env::var("MIZZLE_TEST_CASES").ok().and_then(|cases| cases.parse().ok());
        for seed in 0..cases.unwrap_or(90_u64) {
            let mut random = Random::new(seed);
            let name = *random.pick(&ZONES);
            let zone = TimeZone::get(name).expect("a zone");
            let unit = *random.pick(&Unit::ALL);
            let moments: Vec<_> = (0..20).map(|_| moment(&mut random, &zone)).collect();
            Order::query().delete(db).expect("no orders");
            db.insert_all(moments.iter().copied().map(order).collect::<Vec<_>>()).expect("the orders");

            let cut: Vec<Cut> = db
                .load(orders::table.order(orders::id).select((
                    date_trunc(unit, orders::placed_at, name),
                    date_trunc(unit, orders::paid_at, name),
                    date_trunc(unit, orders::iso, name),
                    date_trunc(unit, orders::sqlite, name),
                    date_trunc(unit, orders::seconds, name),
                    date_trunc(unit, orders::millis, name),
                )))
                .expect("the moments");
            let of = |moment| expected(moment, unit, &zone);
            for (moment, cut) in moments.iter().zip(cut) {
                let begins = of(*moment);
                let all = (begins, Some(begins), begins, Some(begins), begins, Some(begins));
                assert_eq!(cut, all, "{unit:?} of {moment} in {name}");
            }

            let group = key("group", date_trunc(unit, orders::placed_at, name.to_lowercase()));
            let groups: Vec<(DateTime<Utc>, i64, Option<DateTime<Utc>>)> = db
                .load(
                    orders::table
                        .group_by(group.name())
                        .order(group.name().desc())
                        .select((group, count_star(), max(orders::placed_at))),
                )
                .expect("the groups");
            let mut model = BTreeMap::<_, (i64, Option<DateTime<Utc>>)>::new();
            for moment in &moments {
                let (count, last) = model.entry(of(*moment)).or_default();
                (*count, *last) = (*count + 1, (*last).max(Some(*moment)));
            }
            let model: Vec<_> =
                model.into_iter().rev().map(|(begins, (count, last))| (begins, count, last)).collect();
            assert_eq!(groups, model, "{unit:?} in {name}");

            let begins = of(moments[0]);
            let cut = || date_trunc(unit, orders::placed_at, name);
            let found = Order::query().filter(cut().eq(begins)).count(db).expect("a number");
            let same = moments.iter().filter(|moment| of(**moment) == begins).count();
            assert_eq!(found as usize, same, "{unit:?} in {name}");
            let found = Order::query().order_by((cut().desc(), orders::id)).all(db).expect("orders");
            let mut sorted = moments.clone();
            sorted.sort_by_key(|moment| std::cmp::Reverse(of(*moment)));
            let found: Vec<_> = found.into_iter().map(|order| order.placed_at).collect();
            assert_eq!(found, sorted, "{unit:?} in {name}");
        }
    }

    fn know_when_clocks_change(db: &Db) {
        db.create_all::<Shop>().expect("the table");
        for (moment, unit, zone, begins) in [
            // Midnight is skipped: the day begins at one o'clock.
            ("2018-11-04T12:00:00Z", Unit::Day, "America/Sao_Paulo", "2018-11-04T03:00:00Z"),
            // Midnight comes twice.
            ("2024-10-27T00:30:00Z", Unit::Day, "Atlantic/Azores", "2024-10-27T01:00:00Z"),
            ("2024-10-27T12:00:00Z", Unit::Day, "Atlantic/Azores", "2024-10-27T01:00:00Z"),
            // An hour comes twice, and is two.
            ("2024-10-27T00:59:59Z", Unit::Hour, "Europe/Zurich", "2024-10-27T00:00:00Z"),
            ("2024-10-27T01:00:01Z", Unit::Hour, "Europe/Zurich", "2024-10-27T01:00:00Z"),
            // A day of 25 hours and one of 23.
            ("2024-10-27T22:59:59.999999Z", Unit::Day, "Europe/Zurich", "2024-10-26T22:00:00Z"),
            ("2024-03-31T21:59:59.999999Z", Unit::Day, "Europe/Zurich", "2024-03-30T23:00:00Z"),
            ("2024-03-31T22:00:00Z", Unit::Day, "Europe/Zurich", "2024-03-31T22:00:00Z"),
            // The year of a week's Thursday doesn't matter.
            ("2023-01-01T12:00:00Z", Unit::Week, "Europe/Zurich", "2022-12-25T23:00:00Z"),
            // A day that the whole island skipped.
            ("2011-12-30T10:30:00Z", Unit::Day, "Pacific/Apia", "2011-12-30T10:00:00Z"),
            ("2011-12-30T09:30:00Z", Unit::Day, "Pacific/Apia", "2011-12-29T10:00:00Z"),
            // The last day of the last year that columns hold, which is in the next one there.
            ("9999-12-31T23:30:00Z", Unit::Year, "Europe/Zurich", "9999-12-31T23:00:00Z"),
            ("9999-12-31T23:30:00Z", Unit::Month, "UTC", "9999-12-01T00:00:00Z"),
        ] {
            let id = db.insert(order(at(moment))).expect("an order").id;
            let cut: Vec<DateTime<Utc>> = db
                .load(
                    orders::table
                        .find(id)
                        .select(date_trunc(unit, orders::placed_at, zone)),
                )
                .expect("a moment");
            assert_eq!(cut, [at(begins)], "{unit:?} of {moment} in {zone}");
        }
    }

    fn of_null_are_null(db: &Db) {
        db.create_all::<Shop>().expect("the table");
        let new = NewOrder::builder().placed_at(now()).iso(now()).seconds(now()).build();
        db.insert(new).expect("an order");
        type Maybe = Option<DateTime<Utc>>;
        let all: Vec<(Maybe, Maybe, Maybe)> = db
            .load(orders::table.select((
                date_trunc(Unit::Day, orders::paid_at, "Europe/Zurich"),
                date_trunc(Unit::Day, orders::sqlite, "Europe/Zurich"),
                date_trunc(Unit::Day, orders::millis, "Europe/Zurich"),
            )))
            .expect("a row");
        assert_eq!(all, [(None, None, None)]);
    }

    fn in_unknown_zones_are_errors(db: &Db) {
        db.create_all::<Shop>().expect("the table");
        for zone in ["", "Mars/Olympus_Mons", "abc3", "<+03>-3", "Europe/Zurich'", "a\0b", "../etc/passwd", "+02:00", "CET", "wet", "Etc/Unknown"] {
            let error = Order::query()
                .filter(date_trunc(Unit::Day, orders::placed_at, zone).lt(now()))
                .all(db)
                .expect_err(zone);
            assert_eq!(error.code(), ErrorCode::QueryError, "{zone}: {error}");
            assert!(error.to_string().contains("isn't in the tz database"), "{error}");
        }
        db.insert(order(now())).expect("the connection still works");
    }
}

/// PostgreSQL's years go on.
#[cfg(feature = "sqlite")]
#[test]
fn before_the_first_year_are_errors_on_sqlite() {
    let db = Db::connect("sqlite::memory:").expect("a database");
    db.create_all::<Shop>().expect("the table");
    db.insert(order(at("0000-01-01T00:30:00Z"))).expect("an order");
    let error = db
        .load::<DateTime<Utc>, _>(orders::table.select(date_trunc(
            Unit::Day,
            orders::placed_at,
            "America/New_York",
        )))
        .expect_err("no such year");
    assert_eq!(error.code(), ErrorCode::ValueError, "{error}");
}
