//! Values that a database can't hold: an error, never another value.

use mizzle::ErrorCode;
use mizzle::prelude::*;
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Reading {
    #[column(primary_key, auto)]
    pub id: i64,
    pub double: Option<f64>,
    pub float: Option<f32>,
    pub decimal: Option<Decimal>,
    pub date: Option<NaiveDate>,
    pub moment: Option<DateTime<Utc>>,
}

mizzle::schema!(pub Readings = [Reading]);

fn not_numbers() -> [NewReading; 2] {
    [NewReading::builder().double(f64::NAN).build(), NewReading::builder().float(f32::NAN).build()]
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_refuses_what_it_would_change() {
    let db = Db::connect("sqlite::memory:").unwrap();
    db.create_all::<Readings>().unwrap();
    let too_far = NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap();
    let too_early = NaiveDate::from_ymd_opt(-1, 12, 31).unwrap();
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let refused = not_numbers().into_iter().chain([
        NewReading::builder().date(too_far).build(),
        NewReading::builder().date(too_early).build(),
        NewReading::builder().moment(midnight(too_far)).build(),
        NewReading::builder().moment(midnight(too_early)).build(),
    ]);
    for new in refused {
        let error = db.insert(new).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
        assert!(error.sql().is_some_and(|sql| sql.starts_with("INSERT")), "{error:?}");
        assert!(!format!("{error:?}").contains("10000"), "{error:?}");
    }
    let filtered = Reading::query().filter(readings::double.eq(f64::NAN)).all(&db);
    assert_eq!(filtered.unwrap_err().code(), ErrorCode::ValueError);
    assert_eq!(Reading::query().count(&db).unwrap(), 0);
}

#[cfg(feature = "postgres")]
#[test]
fn postgres_stores_nan_and_far_dates() {
    test_support::with_postgres(|db| {
        db.create_all::<Readings>().unwrap();
        for new in not_numbers() {
            let row = db.insert(new).unwrap();
            assert!(
                row.double.is_some_and(f64::is_nan) || row.float.is_some_and(f32::is_nan),
                "{row:?}"
            );
        }
        let far = NaiveDate::from_ymd_opt(200_000, 1, 1).unwrap();
        let row = db.insert(NewReading::builder().date(far).build()).unwrap();
        assert_eq!(row.date, Some(far));
        // Before the year -4713 even PostgreSQL ends.
        for new in [
            NewReading::builder().date(NaiveDate::MIN).build(),
            NewReading::builder().moment(DateTime::<Utc>::MIN_UTC).build(),
        ] {
            let error = db.insert(new).unwrap_err();
            assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
        }
    });
}

on_each_database! {
    fn a_decimal_of_too_many_digits(db: &Db) {
        db.create_all::<Readings>().unwrap();
        let one = Decimal::from(1);
        let tenth: Decimal = format!("0.{}1", "0".repeat(16_382)).parse().unwrap();
        let large: Decimal = "1e131071".parse().unwrap();
        for decimal in [&tenth * &tenth, &large * &large] {
            let new = NewReading::builder().decimal(decimal.clone()).build();
            assert_eq!(db.insert(new).unwrap_err().code(), ErrorCode::ValueError);
            let found = Reading::query().filter(readings::decimal.eq(Some(decimal))).exists(db);
            assert_eq!(found.unwrap_err().code(), ErrorCode::ValueError);
        }
        for decimal in [tenth, large, one] {
            let new = NewReading::builder().decimal(decimal.clone()).build();
            assert_eq!(db.insert(new).unwrap().decimal, Some(decimal));
        }
    }
}
