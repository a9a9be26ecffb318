//! Extreme values, long lists and grouped rows: both databases find the same.

use diesel::IntoSql;
use diesel::dsl::{case_when, count, count_star, exists, max, min, not, sum};
use diesel::sql_types::{BigInt, Double, Text};
use mizzle::prelude::*;
use serde_json::{Value, json};

use test_support::{with_postgres, with_sqlite};

diesel::alias!(odds as o2: OtherOdds);

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[db(native = "mood_of_odds")]
pub enum Mood {
    Zen,
    Angry,
    Mild,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "odds")]
pub struct Odd {
    #[column(primary_key)]
    pub id: i64,
    pub text: String,
    pub maybe: Option<String>,
    #[column(max_length = 3)]
    pub short: Option<String>,
    pub int: i32,
    pub small: i16,
    pub big: i64,
    pub single: f32,
    pub double: f64,
    pub dec: Decimal,
    pub maybe_dec: Option<Decimal>,
    pub json: Json<Value>,
    pub mood: Mood,
    pub day: NaiveDate,
    pub moment: DateTime<Utc>,
    pub plain: NaiveDateTime,
    pub time: NaiveTime,
    pub bytes: Vec<u8>,
    pub uuid: Uuid,
    pub flag: bool,
    pub maybe_flag: Option<bool>,
}
mizzle::schema!(pub Odds = [Odd]);

fn number(text: &str) -> Decimal {
    text.parse().expect("a number")
}

/// The first and last values of each type, and what lies between.
fn rows() -> Vec<Odd> {
    let texts = ["", "a", "A", "ä", "a%b_c\\", "  pad  ", "ß", "日本"];
    let decs =
        ["0", "1.0", "1.00", "-1.5", "10", "9", "123456789012345678901234567890.123456789", "0.1"];
    let jsons = [
        json!(null),
        json!({"a":1,"b":[1,2.5,"x"]}),
        json!({"b":[1,2.5,"x"],"a":1}),
        json!(1.0),
        json!(1),
        json!("1"),
        json!([]),
        json!({"a":null}),
    ];
    let doubles =
        [0.0, 1.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, 5e-324, f64::MAX, 0.1];
    let bigs = [0, i64::MAX, i64::MIN, 1 << 53, (1 << 53) + 1, -1, 7, 42];
    let moods = [Mood::Zen, Mood::Angry, Mood::Mild];
    let micros = [
        0,
        -1,
        1,
        253_402_300_799_999_999,
        -62_167_219_200_000_000,
        1_700_000_000_123_456,
        1_700_000_000_123_450,
        999_999,
    ];
    let moment = |micros| DateTime::from_timestamp_micros(micros).expect("a moment");
    (0..8)
        .map(|n| Odd {
            id: n as i64,
            text: texts[n].into(),
            maybe: (n % 3 != 0).then(|| texts[7 - n].into()),
            short: (n % 2 == 0).then(|| "ab ".into()),
            int: [i32::MIN, i32::MAX, 0, 1, -1, 5, 6, 7][n],
            small: [i16::MIN, i16::MAX, 0, 1, -1, 5, 6, 7][n],
            big: bigs[n],
            single: [0.0, 1.0, f32::INFINITY, f32::MAX, f32::MIN_POSITIVE, 0.1, 16777217.0, -3.5]
                [n],
            double: doubles[n],
            dec: number(decs[n]),
            maybe_dec: (n % 2 == 1).then(|| number(decs[7 - n])),
            json: Json(jsons[n].clone()),
            mood: moods[n % 3],
            day: NaiveDate::from_ymd_opt(
                [0, 1, 1970, 1999, 2000, 2024, 9999, 1582][n],
                [1, 1, 1, 12, 2, 2, 12, 10][n],
                [1, 1, 1, 31, 29, 29, 31, 10][n],
            )
            .expect("a value"),
            moment: moment(micros[n]),
            plain: moment(micros[n]).naive_utc(),
            time: NaiveTime::from_num_seconds_from_midnight_opt(
                [0, 1, 86399, 3600, 43200, 7, 8, 9][n],
                [0, 1000, 999_999_000, 0, 500_000_000, 0, 0, 10_000][n],
            )
            .expect("a value"),
            bytes: [
                vec![],
                vec![0],
                vec![255, 0, 1],
                b"abc".to_vec(),
                b"ABC".to_vec(),
                vec![0, 0],
                vec![1],
                vec![39, 34],
            ][n]
                .clone(),
            uuid: Uuid::from_u128([0, 1, u128::MAX, 1 << 127, 2, 3, 4, 5][n]),
            flag: n % 2 == 0,
            maybe_flag: [None, Some(true), Some(false)][n % 3],
        })
        .collect()
}

/// Returns what each case finds: its rows, sorted unless the case sorts them (`o …`), or the code of its error.
macro_rules! outcomes {
    ($db:ident; $($name:literal: $ty:ty = $query:expr;)*) => {
        vec![$({
            let found = match $db.load::<$ty, _>($query) {
                Ok(rows) => {
                    let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
                    if !$name.starts_with("o ") {
                        rows.sort();
                    }
                    rows.join("; ")
                }
                Err(error) => format!("{:?}", error.code()),
            };
            ($name, found)
        }),*]
    };
}

fn found(db: &Db) -> Vec<(&'static str, String)> {
    use self::odds::*;
    db.create_all::<Odds>().expect("the table");
    db.insert_all(rows()).expect("the rows");
    let stored = Odd::query().order_by(id).all(db).expect("the rows");
    assert_eq!(stored, rows());
    for row in &stored {
        db.update(row).expect("the same row");
    }
    let all = || odds::table;
    outcomes! { db;
        "group json": i64 = all().group_by(json).select(count_star());
        "distinct json n": i64 = all().select(count(json).aggregate_distinct());
        "distinct dec n": i64 = all().select(count(dec).aggregate_distinct());
        "having dec": (Option<Decimal>, i64) = all().group_by(mood).having(max(dec).gt(number("5"))).select((max(dec), count_star()));
        "having dec2": (Option<Decimal>, i64) = all().group_by(mood).having(min(dec).lt(number("-0.5"))).select((min(dec), count_star()));
        "min/max maybe_dec": (Option<Decimal>, Option<Decimal>) = all().select((min(maybe_dec), max(maybe_dec)));
        "dec between": i64 = all().filter(dec.between(number("1"), number("10.0"))).select(id);
        "dec in": i64 = all().filter(dec.eq_any(vec![number("1"), number("10.000")])).select(id);
        "dec in long": i64 = all().filter(dec.eq_any((0..3000).map(|n| number(&format!("{n}.00"))).collect::<Vec<_>>())).select(id);
        "dec not in": i64 = all().filter(dec.ne_all(vec![number("1"), number("10.000")])).select(id);
        "dec distinct": Decimal = all().select(dec).distinct().filter(dec.ne(number("1")));
        "dec in sub": i64 = all().filter(dec.nullable().eq_any(o2.select(o2.field(maybe_dec)))).select(id);
        "dec eq sub": i64 = all().filter(dec.nullable().eq(o2.select(max(o2.field(maybe_dec))).single_value())).select(id);
        "o dec order": i64 = all().order_by((dec.desc(), id)).select(id);
        "o dec order case": i64 = all().order_by((case_when(id.gt(3), dec.nullable()).otherwise(maybe_dec).is_null(), case_when(id.gt(3), dec.nullable()).otherwise(maybe_dec), id)).select(id);
        "dec union": Decimal = all().select(dec).filter(id.eq(0)).union(all().select(dec).filter(id.eq(4)));
        "json eq": i64 = all().filter(json.eq(Json(json!({"b":[1.0,2.5,"x"],"a":1})))).select(id);
        "json eq 1": i64 = all().filter(json.eq(Json(json!(1)))).select(id);
        "json ne": i64 = all().filter(json.ne(Json(json!(null)))).select(id);
        "json in": i64 = all().filter(json.eq_any(vec![Json(json!([])), Json(json!(1))])).select(id);
        "json in long": i64 = all().filter(json.eq_any((0..2000).map(|n| Json(json!(n))).collect::<Vec<_>>())).select(id);
        "mood in": i64 = all().filter(mood.eq_any(vec![Mood::Zen, Mood::Mild])).select(id);
        "mood ne": i64 = all().filter(mood.ne(Mood::Zen)).select(id);
        "mood distinct": Mood = all().select(mood).distinct();
        "mood case": Mood = all().select(case_when(flag, mood).otherwise(Mood::Angry));
        "mood coalesce": i64 = all().group_by(mood).select(count_star());
        "ilike": i64 = all().filter(text.ilike("A%")).select(id);
        "ilike2": i64 = all().filter(text.ilike("Ä")).select(id);
        "ilike null": i64 = all().filter(maybe.ilike("%a%")).select(id);
        "not ilike null": i64 = all().filter(maybe.not_ilike("%a%")).select(id);
        "like": i64 = all().filter(text.like("a\\%b\\_c\\\\")).select(id);
        "like col maybe": i64 = all().filter(text.nullable().like(maybe)).select(id);
        "like esc": i64 = all().filter(text.like("a!%b%").escape('!')).select(id);
        "double -0": i64 = all().filter(double.eq(0.0)).select(id);
        "double inf": i64 = all().filter(double.eq(f64::INFINITY)).select(id);
        "double gt": i64 = all().filter(double.gt(1e300)).select(id);
        "double in": i64 = all().filter(double.eq_any(vec![-0.0, f64::NEG_INFINITY, 5e-324, 0.1])).select(id);
        "double in long": i64 = all().filter(double.eq_any((0..2000).map(|n| n as f64 / 10.0).collect::<Vec<_>>())).select(id);
        "single in": i64 = all().filter(single.eq_any(vec![0.1f32, f32::INFINITY, 16777216.0])).select(id);
        "single eq": i64 = all().filter(single.eq(0.1f32)).select(id);
        "o double order": i64 = all().order_by((double, id)).select(id);
        "o single order": i64 = all().order_by((single.desc(), id)).select(id);
        "sum double": Option<f64> = all().filter(double.lt(1e10).and(double.gt(-1e10))).select(sum(double));
        "sum small": Option<i64> = all().select(sum(small));
        "sum int": Option<i64> = all().select(sum(int));
        "sum big": Option<i128> = all().select(sum(big));
        "big in": i64 = all().filter(big.eq_any(vec![i64::MAX, i64::MIN, (1 << 53) + 1])).select(id);
        "big eq": i64 = all().filter(big.eq((1 << 53) + 1)).select(id);
        "cast big text": String = all().select(big.cast::<Text>());
        "cast int double": f64 = all().select(int.cast::<Double>());
        "cast big double": f64 = all().select(big.cast::<Double>());
        "cast small big": i64 = all().select(int.cast::<BigInt>());
        "o day order": i64 = all().order_by(day).select(id);
        "day gt": i64 = all().filter(day.gt(NaiveDate::from_ymd_opt(1582, 10, 9).expect("a value"))).select(id);
        "o moment order": i64 = all().order_by(moment.desc()).select(id);
        "moment in": i64 = all().filter(moment.eq_any(vec![DateTime::from_timestamp_micros(-1).expect("a value"), DateTime::from_timestamp_micros(999999).expect("a value")])).select(id);
        "moment between": i64 = all().filter(moment.between(DateTime::from_timestamp_micros(-1).expect("a value"), DateTime::from_timestamp_micros(1).expect("a value"))).select(id);
        "moment nanos": i64 = all().filter(moment.eq(DateTime::from_timestamp(0, 1500).expect("a value"))).select(id);
        "plain nanos": i64 = all().filter(plain.eq(DateTime::from_timestamp(0, 1500).expect("a value").naive_utc())).select(id);
        "time nanos": i64 = all().filter(time.eq(NaiveTime::from_num_seconds_from_midnight_opt(1, 1001).expect("a value"))).select(id);
        "o bytes order": i64 = all().order_by(bytes).select(id);
        "bytes in": i64 = all().filter(bytes.eq_any(vec![vec![], vec![0u8], b"abc".to_vec()])).select(id);
        "bytes in long": i64 = all().filter(bytes.eq_any((0..2000u32).map(|n| n.to_le_bytes()[..1].to_vec()).collect::<Vec<_>>())).select(id);
        "o uuid order": i64 = all().order_by(uuid).select(id);
        "uuid in long": i64 = all().filter(uuid.eq_any((0..2000u128).map(Uuid::from_u128).collect::<Vec<_>>())).select(id);
        "text in long": i64 = all().filter(text.eq_any((0..2000u32).map(|n| if n == 7 { "".into() } else { format!("{n}") }).chain(["日本".to_string()]).collect::<Vec<_>>())).select(id);
        "text not in empty": i64 = all().filter(text.ne_all(Vec::<String>::new())).select(id);
        "maybe not in": i64 = all().filter(maybe.ne_all(vec!["a"])).select(id);
        "maybe in null": i64 = all().filter(maybe.eq_any(vec![None, Some("a")])).select(id);
        "maybe not in null": i64 = all().filter(maybe.ne_all(vec![None, Some("a")])).select(id);
        "is not distinct": i64 = all().filter(maybe_dec.is_not_distinct_from(Some(number("10.00")))).select(id);
        "maybe_flag": i64 = all().filter(maybe_flag).select(id);
        "not maybe_flag": i64 = all().filter(not(maybe_flag)).select(id);
        "flag eq": i64 = all().filter(flag.nullable().eq(maybe_flag)).select(id);
        "flag in": i64 = all().filter(maybe_flag.eq_any(vec![Some(true), None])).select(id);
        "concat maybe": Option<String> = all().select(text.nullable().concat(maybe));
        "int*-1": i32 = all().filter(id.ne(0)).select(int * -1);
        "int*-1 over": i32 = all().select(int * -1);
        "big-1": i64 = all().filter(id.eq(2)).select(big - 1);
        "double*2": f64 = all().filter(id.ne(6)).select(double * 2.0);
        "single+": f32 = all().filter(id.gt(4)).select(single + 0.1);
        "dec*": Decimal = all().select(dec.times(number("1.10")));
        "dec-": Option<Decimal> = all().select(maybe_dec.minus(dec.nullable()));
        "dec cmp expr": i64 = all().filter(dec.times(number("2")).gt(number("10"))).select(id);
        "dec lit cmp": i64 = all().filter(number("9").into_sql::<mizzle::sql_types::ExactNumeric>().lt(dec)).select(id);
        "limit 0": i64 = all().select(id).limit(0);
        "exists": i64 = all().select(id).filter(exists(o2.filter(o2.field(id).eq(99))));
        "o nulls": i64 = all().select(id).order_by((maybe.is_null(), maybe.is_null().desc(), id.desc()));
    }
}

#[test]
fn both_databases_find_the_same() {
    let (mut on_sqlite, mut on_postgres) = (Vec::new(), Vec::new());
    with_sqlite(|db| on_sqlite = found(db));
    with_postgres(|db| on_postgres = found(db));
    for (sqlite, postgres) in on_sqlite.iter().zip(&on_postgres) {
        assert_eq!(sqlite, postgres);
    }
}
