//! Values that are hard to get right.

use mizzle::prelude::*;
use serde_json::json;

use test_support::random::Random;

pub const TEXTS: &[&str] = &[
    "", " ", "a", "A", "b", "aa", "a%", "a_", "é", "É", "ß", "SS", "1", "01", "1.0", "-1", "1e3",
    " 2 ", "x'y", "q\"z", "-- c", "日本", "İ", "null", "\\",
];

pub const DECIMALS: &[&str] = &[
    "0",
    "0.00",
    "1",
    "1.0",
    "1.50",
    "2.5",
    "10.00",
    "9.99",
    "-1.5",
    "-10",
    "100",
    "0.001",
    "-0.001",
    "99999999999999999999.0001",
    "-99999999999999999999",
];

pub const REALS: &[f64] =
    &[0.0, 1.0, -1.0, 0.5, 2.5, 3.5, -2.5, 1e15, 1e-7, 123_456.789, 1e300, -1e300, 1e-300, 0.1];

pub const FLOATS: &[f32] = &[
    0.0,
    1.0,
    -1.0,
    0.1,
    0.2,
    2.5,
    -3.5,
    1e10,
    16_777_216.0,
    1e30,
    1e-30,
    f32::MAX,
    f32::MIN_POSITIVE,
];

pub fn small(random: &mut Random) -> i16 {
    *random.pick(&[0, 1, -1, 2, 3, 7, 100, i16::MAX, i16::MIN, -30_000])
}

pub fn int(random: &mut Random) -> i32 {
    *random.pick(&[0, 1, -1, 2, 3, 5, 7, 10, 1000, i32::MAX, i32::MIN, 65_536, -40_000])
}

pub fn big(random: &mut Random) -> i64 {
    *random.pick(&[0, 1, -1, 2, 12, 1 << 33, (1 << 53) + 1, i64::MAX, i64::MIN, -5_000_000_000])
}

pub fn decimal(random: &mut Random) -> Decimal {
    random.pick(DECIMALS).parse().expect("a decimal")
}

pub fn day(random: &mut Random) -> NaiveDate {
    // 0 is the year before 1, which PostgreSQL writes as 0001 BC.
    let days = &[
        (0, 1, 1),
        (0, 2, 29),
        (1, 1, 1),
        (1969, 12, 31),
        (1999, 12, 31),
        (2000, 2, 29),
        (9999, 12, 31),
    ];
    let (year, month, day) = *random.pick(days);
    NaiveDate::from_ymd_opt(year, month, day).expect("a day")
}

pub fn time(random: &mut Random) -> NaiveTime {
    let times =
        &[(0, 0, 0, 0), (0, 0, 0, 1), (12, 30, 0, 500_000), (12, 30, 0, 0), (23, 59, 59, 999_999)];
    let (hour, minute, second, micro) = *random.pick(times);
    NaiveTime::from_hms_micro_opt(hour, minute, second, micro).expect("a time")
}

pub fn moment(random: &mut Random) -> NaiveDateTime {
    day(random).and_time(time(random))
}

pub fn instant(random: &mut Random) -> DateTime<Utc> {
    moment(random).and_utc()
}

pub fn token(random: &mut Random) -> Uuid {
    Uuid::from_u128(*random.pick(&[0, 1, u128::MAX, 1 << 127, 0xabcd << 64, 0xABCE << 64]))
}

pub fn bytes(random: &mut Random) -> Vec<u8> {
    random.pick(&[&b""[..], b"\0", b"\0\0", b"a", b"a\0", b"\xff", b"\xff\xfe", b"'x"]).to_vec()
}

pub fn doc(random: &mut Random) -> serde_json::Value {
    random
        .pick(&[
            json!(null),
            json!(1),
            json!(1.0),
            json!("a"),
            json!([]),
            json!([1, "b"]),
            json!({}),
            json!({ "a": 1, "b": null }),
            json!({ "b": null, "a": 1.0 }),
            json!({ "a": { "c": [true] } }),
        ])
        .clone()
}

pub fn text(random: &mut Random) -> String {
    (*random.pick(TEXTS)).to_owned()
}
