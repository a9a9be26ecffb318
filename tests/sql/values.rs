//! Values of every type, bound and read.

use std::borrow::Cow;

use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Meta {
    tags: Vec<String>,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub(crate) struct Everything {
    #[column(primary_key)]
    id: Uuid,
    yes: bool,
    small: i16,
    int: i32,
    big: i64,
    single: f32,
    double: f64,
    text: String,
    bytes: Vec<u8>,
    date: NaiveDate,
    time: NaiveTime,
    datetime: NaiveDateTime,
    moment: DateTime<Utc>,
    decimal: Decimal,
    address: Inet,
    interval: Interval,
    json: serde_json::Value,
    meta: Json<Meta>,
    kind: Kind,
    user: UserId,
    note: Option<String>,
    maybe: Option<Decimal>,
}

mizzle::schema!(All = [Everything]);

fn everything() -> Everything {
    Everything {
        id: Uuid::from_u128(7),
        yes: true,
        small: i16::MIN,
        int: i32::MAX,
        big: i64::MIN,
        single: 0.5,
        double: -1.25e-300,
        text: "it's \"quoted\" {braces} $1 ? :x \\ ü".into(),
        bytes: vec![0, 255, 39],
        date: at(0).date_naive(),
        time: at(23).time(),
        datetime: at(5).naive_utc(),
        moment: at(6),
        decimal: "12345678901234567890.000000000100".parse().unwrap(),
        address: "2001:db8::/32".parse().unwrap(),
        interval: Interval::new(14, -3, 1_500_000),
        json: serde_json::json!({"a": [1, null, "x"]}),
        meta: Json(Meta { tags: vec!["a".into()] }),
        kind: Kind::Refund,
        user: UserId(9),
        note: None,
        maybe: Some("0.10".parse().unwrap()),
    }
}

on_each_database! {
    fn are_stored_and_read_alike(db: &Db) {
        db.create_all::<All>().unwrap();
        let row = everything();
        let Everything {
            id, yes, small, int, big, single, double, text, bytes, date, time, datetime, moment, decimal, address, interval,
            json, meta, kind, user, note, maybe,
        } = &row;
        let inserted = sql!("
            INSERT INTO everythings VALUES (
                {id}, {yes}, {small}, {int}, {big}, {single}, {double}, {text}, {bytes}, {date}, {time}, {datetime}, {moment},
                {decimal}, {address}, {interval}, {json}, {meta}, {kind}, {user}, {note}, {maybe}
            )").execute(db).unwrap();
        assert_eq!(inserted, 1);
        assert_eq!(sql!("SELECT * FROM everythings").all::<Everything>(db).unwrap(), std::slice::from_ref(&row));
        assert_eq!(db.get::<Everything>(row.id).unwrap(), row);
        let count: i64 = sql!("
            SELECT count(*) FROM everythings WHERE id = {id} AND yes = {yes} AND small = {small} AND int = {int}
            AND big = {big} AND single = {single} AND double = {double} AND text = {text} AND bytes = {bytes}
            AND date = {date} AND time = {time} AND datetime = {datetime} AND moment = {moment} AND decimal = {decimal}
            AND address = {address} AND interval = {interval} AND kind = {kind} AND {#everythings::user} = {user} AND maybe = {maybe} AND note IS NULL").one(db).unwrap();
        assert_eq!(count, 1);
    }

    fn borrowed_forms_are_values(db: &Db) {
        let text: &str = "a";
        let owned: &String = &"b".to_owned();
        let cow: Cow<'_, str> = "c".into();
        let bytes: &[u8] = &[1, 2];
        let maybe: Option<&str> = Some("d");
        let row: (String, String, String, Vec<u8>, Option<String>) =
            sql!("SELECT {text}, {&owned}, {cow}, {bytes}, {maybe}").one(db).unwrap();
        assert_eq!(row, ("a".into(), "b".into(), "c".into(), vec![1, 2], Some("d".into())));
    }

    fn nulls_have_a_type(db: &Db) {
        fill(db);
        let none: (Option<i64>, Option<String>, Option<Uuid>) =
            sql!("SELECT {None::<i64>}, {None::<String>}, {None::<Uuid>}").one(db).unwrap();
        assert_eq!(none, (None, None, None));
        sql!("UPDATE users SET name = {None::<&str>}").execute(db).unwrap();
        assert_eq!(sql!("SELECT count(*) FROM users WHERE name IS NULL").one::<i64>(db).unwrap(), 3);
        assert_eq!(sql!("SELECT coalesce({None::<i64>}, {5_i64})").one::<i64>(db).unwrap(), 5);
    }

    fn numbers_of_other_widths_compare(db: &Db) {
        fill(db);
        let (small, int, big) = (36_i16, 500_i32, 36_i64);
        let ada = sql!("SELECT id FROM users WHERE age = {small} AND cents = {int} AND age = {big}");
        assert_eq!(ada.all::<UserId>(db).unwrap(), [UserId(1)]);
        assert_eq!(sql!("SELECT cents - {int} FROM users WHERE id = {UserId(1)}").one::<i64>(db).unwrap(), 0);
    }

    fn a_value_that_cant_be_stored_is_an_error(db: &Db) {
        let year = at(0).with_timezone(&Utc).checked_add_months(chrono_months()).unwrap();
        if db.dialect() == mizzle::Dialect::Sqlite {
            let error = sql!("SELECT {year}").one::<DateTime<Utc>>(db).unwrap_err();
            assert_eq!(error.code(), mizzle::ErrorCode::ValueError);
            let error = sql!("SELECT {f64::NAN}").one::<f64>(db).unwrap_err();
            assert_eq!(error.code(), mizzle::ErrorCode::ValueError);
        } else {
            let error = sql!("SELECT {\"a\\0b\"}").one::<String>(db).unwrap_err();
            assert_eq!(error.code(), mizzle::ErrorCode::ValueError);
        }
    }
}

fn chrono_months() -> chrono::Months {
    chrono::Months::new(12 * 9000)
}
