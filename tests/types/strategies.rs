//! Random values of each type.

use mizzle::prelude::*;
use proptest::prelude::*;
use serde_json::Value;

/// Text that both databases take: without NUL.
pub fn text() -> impl Strategy<Value = String> + Clone {
    prop_oneof![any::<String>(), "[a-zA-Z0-9 '\"\\\\%_]{0,30}"]
        .prop_map(|text| text.replace('\0', "\u{1}"))
}

pub fn bytes() -> impl Strategy<Value = Vec<u8>> + Clone {
    proptest::collection::vec(any::<u8>(), 0..100)
}

pub fn float() -> impl Strategy<Value = f64> + Clone {
    use proptest::num::f64::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO | INFINITE
}

pub fn short_float() -> impl Strategy<Value = f32> + Clone {
    use proptest::num::f32::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO | INFINITE
}

/// From 0000-01-01 to 9999-12-31.
pub fn date() -> impl Strategy<Value = NaiveDate> + Clone {
    (-365..=3_652_059_i32)
        .prop_map(|days| NaiveDate::from_num_days_from_ce_opt(days).expect("a day of chrono's"))
}

/// In whole microseconds.
pub fn time() -> impl Strategy<Value = NaiveTime> + Clone {
    (0..86_400_u32, 0..1_000_000_u32).prop_map(|(second, micro)| {
        NaiveTime::from_num_seconds_from_midnight_opt(second, micro * 1000).expect("a time of day")
    })
}

pub fn timestamp() -> impl Strategy<Value = NaiveDateTime> + Clone {
    (date(), time()).prop_map(|(date, time)| date.and_time(time))
}

pub fn moment() -> impl Strategy<Value = DateTime<Utc>> + Clone {
    timestamp().prop_map(|time| time.and_utc())
}

pub fn inet() -> impl Strategy<Value = Inet> + Clone {
    (any::<std::net::IpAddr>(), any::<Option<u8>>()).prop_map(|(address, prefix)| {
        let longest = Inet::from(address).prefix();
        Inet::new(address, prefix.map_or(longest, |prefix| prefix % (longest + 1)))
            .expect("a prefix")
    })
}

pub fn cidr() -> impl Strategy<Value = Cidr> + Clone {
    inet().prop_map(Cidr::of)
}

pub fn interval() -> impl Strategy<Value = Interval> + Clone {
    let small = (-30..30, -70..70, -7_200_000_000..7_200_000_000_i64);
    prop_oneof![
        any::<(i32, i32, i64)>()
            .prop_map(|(months, days, micros)| Interval::new(months, days, micros)),
        small.prop_map(|(months, days, micros)| Interval::new(months, days, micros)),
    ]
}

pub fn uuid() -> impl Strategy<Value = Uuid> + Clone {
    any::<u128>().prop_map(Uuid::from_u128)
}

pub fn decimal() -> impl Strategy<Value = Decimal> + Clone {
    let digits = prop_oneof!["-?[0-9]{1,8}(\\.[0-9]{0,4})?", "-?[0-9]{0,60}\\.[0-9]{1,40}"];
    digits.prop_map(|text: String| text.parse().expect("a number"))
}

/// A document without a NUL in a string.
pub fn json() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-1e3..1e3_f64).prop_map(Value::from),
        text().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            proptest::collection::btree_map(text(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
