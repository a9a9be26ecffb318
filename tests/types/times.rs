//! Days and times: their order is the order in time, `now` fits in, and both databases keep microseconds.

use diesel::dsl::{max, min};
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::{check, strategies};

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Event {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(default = now)]
    pub moment: DateTime<Utc>,
    #[column(default = now)]
    pub timestamp: NaiveDateTime,
    #[column(default = now)]
    pub date: NaiveDate,
    #[column(default = now)]
    pub time: NaiveTime,
}

mizzle::schema!(pub Calendar = [Event]);

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a point in time")
}

fn event(moment: DateTime<Utc>) -> NewEvent {
    let local = moment.naive_utc();
    NewEvent::builder()
        .moment(moment)
        .timestamp(local)
        .date(local.date())
        .time(local.time())
        .build()
}

on_each_database! {
    fn order_is_the_order_in_time(db: &Db) {
        db.create_all::<Calendar>().unwrap();
        let times = proptest::collection::vec(strategies::moment(), 2..10);
        check((times, strategies::moment()), |(times, limit)| {
            let rows: Vec<_> = times.iter().map(|time| event(*time)).collect();
            db.insert_all(rows).unwrap();
            macro_rules! sorted {
                ($column:ident: $type:ty, $of:expr) => {{
                    let mut expected: Vec<$type> = times.iter().map($of).collect();
                    expected.sort();
                    let found: Vec<$type> =
                        db.load(events::table.select(events::$column).order_by(events::$column)).unwrap();
                    assert_eq!(found, expected);
                    let extremes: (Option<$type>, Option<$type>) =
                        db.one(events::table.select((min(events::$column), max(events::$column)))).unwrap();
                    assert_eq!(extremes, (expected.first().copied(), expected.last().copied()));
                    let limit = $of(&limit);
                    let before = Event::query().filter(events::$column.lt(limit)).count(db).unwrap();
                    let expected = expected.iter().filter(|time| **time < limit).count();
                    assert_eq!(before as usize, expected);
                }};
            }
            sorted!(moment: DateTime<Utc>, |time: &DateTime<Utc>| *time);
            sorted!(timestamp: NaiveDateTime, |time: &DateTime<Utc>| time.naive_utc());
            sorted!(date: NaiveDate, |time: &DateTime<Utc>| time.date_naive());
            sorted!(time: NaiveTime, |time: &DateTime<Utc>| time.time());
            Event::query().delete(db).unwrap();
        });
    }

    fn now_fits_between_written_values(db: &Db) {
        db.create_all::<Calendar>().unwrap();
        // SQLite's clock counts milliseconds, and cuts the rest.
        let before = mizzle::now() - chrono::TimeDelta::milliseconds(1);
        let row = db.insert(NewEvent::builder().build()).unwrap();
        let after = mizzle::now();
        assert!(before <= row.moment && row.moment <= after, "{before} {row:?} {after}");
        let (early, late) = (before.naive_utc(), after.naive_utc());
        assert!(early <= row.timestamp && row.timestamp <= late, "{early} {row:?} {late}");
        assert!(early.date() <= row.date && row.date <= late.date(), "{early} {row:?} {late}");
        if early.date() == late.date() {
            assert!(early.time() <= row.time && row.time <= late.time(), "{early} {row:?} {late}");
        }
        // The same in SQL.
        let found = Event::query()
            .filter(events::moment.between(before, after))
            .filter(events::timestamp.between(early, late))
            .count(db);
        assert_eq!(found.unwrap(), 1);
        assert_eq!(Event::query().filter(events::moment.gt(after)).count(db).unwrap(), 0);
        assert_eq!(Event::query().filter(events::moment.eq(row.moment)).one(db).unwrap(), row);
    }

    fn nanoseconds_are_cut(db: &Db) {
        db.create_all::<Calendar>().unwrap();
        for (written, read) in [
            ("2024-05-06T07:08:09.123456789Z", "2024-05-06T07:08:09.123456Z"),
            ("2024-05-06T07:08:09.999999999Z", "2024-05-06T07:08:09.999999Z"),
            ("1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999Z"),
            ("1999-12-31T23:59:59.000000001Z", "1999-12-31T23:59:59Z"),
            ("0001-02-03T04:05:06.000001999Z", "0001-02-03T04:05:06.000001Z"),
        ] {
            let row = db.insert(event(at(written))).unwrap();
            assert_eq!(row.moment, at(read));
            assert_eq!(row.timestamp, at(read).naive_utc());
            assert_eq!(row.time, at(read).time());
            // A filter cuts alike, so that a row is found by what was written.
            let found = Event::query().filter(events::moment.eq(at(written))).one(db).unwrap();
            assert_eq!(found, row);
            db.delete(&row).unwrap();
        }
    }

    fn a_leap_second_is_the_next_one(db: &Db) {
        db.create_all::<Calendar>().unwrap();
        let leap = NaiveDate::from_ymd_opt(2016, 12, 31)
            .and_then(|day| day.and_hms_milli_opt(23, 59, 59, 1_500))
            .unwrap();
        let new = NewEvent::builder().moment(leap.and_utc()).timestamp(leap).build();
        let row = db.insert(new).unwrap();
        assert_eq!(row.moment, at("2017-01-01T00:00:00.5Z"));
        assert_eq!(row.timestamp, row.moment.naive_utc());
        // A time of day has no next one.
        let error = db.insert(NewEvent::builder().time(leap.time()).build()).unwrap_err();
        assert_eq!(error.code(), mizzle::ErrorCode::ValueError);
    }
}

/// What SQLite's own functions write is read as the same point in time where it is computed. In a column it would compare
/// as another text than mizzle's, so it is an error there.
#[cfg(feature = "sqlite")]
#[test]
fn other_forms_on_sqlite_are_read_where_they_are_computed() {
    use diesel::dsl::sql;
    use diesel::sql_types::Timestamptz;

    let db = Db::connect("sqlite::memory:").unwrap();
    db.create_all::<Calendar>().unwrap();
    for (text, moment) in [
        ("2024-05-06 07:08:09", "2024-05-06T07:08:09Z"),
        ("2024-05-06T07:08:09.5Z", "2024-05-06T07:08:09.5Z"),
        ("2024-05-06 07:08:09.123456+02:00", "2024-05-06T05:08:09.123456Z"),
        ("2024-05-06 07:08-0530", "2024-05-06T12:38:00Z"),
        ("2024-05-06", "2024-05-06T00:00:00Z"),
    ] {
        let computed: Option<DateTime<Utc>> =
            db.first(diesel::select(sql::<Timestamptz>(&format!("'{text}'")))).unwrap();
        assert_eq!(computed, Some(at(moment)), "{text}");
        db.execute_sql(&format!(
            "DELETE FROM events; INSERT INTO events (moment) VALUES ('{text}')"
        ))
        .unwrap();
        crate::assert_value_error(Event::query().one(&db), "events.moment", text);
    }
}
