//! What is written is read back equal, for each type, by every way to write and to read.

use mizzle::prelude::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::{Deserialize, Serialize};
use test_support::log::Log;
use test_support::on_each_database;

use crate::{check, strategies};

/// Stored as text with a check.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[db(rename_all = "kebab-case")]
pub enum Level {
    Low,
    VeryHigh,
    #[db(name = "it's \"odd\"")]
    Odd,
}

/// A native type on PostgreSQL.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[db(native = "Mood of \"day\"")]
pub enum Mood {
    Happy,
    Sad,
    SoSo,
}

#[derive(Newtype, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub i32);

#[derive(Newtype, Debug, Clone, PartialEq, Eq)]
pub struct Name(pub String);

#[derive(Newtype, Debug, Clone, PartialEq, Eq)]
pub struct Money(pub Decimal);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    name: String,
    sides: Option<u8>,
    corners: Vec<(f64, f32)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inner: Option<Box<Shape>>,
}

fn shape() -> impl Strategy<Value = Shape> + Clone {
    let corner = (any::<f64>(), any::<f32>());
    (strategies::text(), any::<Option<u8>>(), proptest::collection::vec(corner, 0..4)).prop_map(
        |(name, sides, corners)| {
            let inner = Shape { name: name.clone(), sides, corners: vec![], inner: None };
            let inner = (!corners.is_empty()).then(|| Box::new(inner));
            Shape { name, sides, corners, inner }
        },
    )
}

fn level() -> impl Strategy<Value = Level> + Clone {
    prop_oneof![Just(Level::Low), Just(Level::VeryHigh), Just(Level::Odd)]
}

fn mood() -> impl Strategy<Value = Mood> + Clone {
    prop_oneof![Just(Mood::Happy), Just(Mood::Sad), Just(Mood::SoSo)]
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day")
}

fn last_moment() -> NaiveTime {
    NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).expect("a time")
}

fn first_timestamp() -> NaiveDateTime {
    day(0, 1, 1).and_time(NaiveTime::MIN)
}

fn last_timestamp() -> NaiveDateTime {
    day(9999, 12, 31).and_time(last_moment())
}

fn just_before_1970() -> NaiveDateTime {
    day(1969, 12, 31).and_time(last_moment())
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a number")
}

fn cidr(text: &str) -> Cidr {
    text.parse().expect("a network")
}

fn inet(text: &str) -> Inet {
    text.parse().expect("an address")
}

macro_rules! round_trips {
    ($($module:ident: $type:ty, $strategy:expr, [$($extreme:expr),* $(,)?];)*) => {
        $(mod $module {
            #![allow(clippy::ptr_arg, reason = "the types are the macro's")]

            use super::*;

            #[derive(Table, Debug, Clone, PartialEq)]
            #[table(name = "items")]
            pub struct Item {
                #[column(primary_key, auto)]
                pub id: i64,
                pub value: $type,
                pub optional: Option<$type>,
            }

            mizzle::schema!(pub Tables = [Item]);

            on_each_database! {
                fn any_value(db: &Db) {
                    db.create_all::<Tables>().unwrap();
                    let strategy = $strategy;
                    let values = (strategy.clone(), strategy.clone(), any::<bool>());
                    check(values, |(value, other, given)| comes_back(db, &value, &other, given));
                }

                fn extremes(db: &Db) {
                    db.create_all::<Tables>().unwrap();
                    let extremes: Vec<$type> = vec![$($extreme),*];
                    for (place, value) in extremes.iter().enumerate() {
                        comes_back(db, value, &extremes[(place + 1) % extremes.len()], true);
                        comes_back(db, &extremes[0], value, false);
                    }
                }

                fn many_values(db: &Db) {
                    db.create_all::<Tables>().unwrap();
                    let (strategy, mut runner) = ($strategy, TestRunner::deterministic());
                    let values: Vec<$type> =
                        (0..1500).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
                    let new: Vec<_> = values.iter().map(|value| new(value, None)).collect();
                    let stored = db.insert_all_returning(&new).unwrap();
                    assert_eq!(stored.len(), values.len());
                    for (row, value) in stored.iter().zip(&values) {
                        assert_eq!(row.value, *value);
                    }
                    // Longer than the lists that go as single parameters.
                    let mut found = Item::query()
                        .filter(items::value.eq_any(values.clone()))
                        .order_by(items::id)
                        .all(db)
                        .unwrap();
                    let mut expected = stored.clone();
                    expected.sort_by_key(|row| row.id);
                    assert_eq!(found, expected);
                    found = Item::query().filter(items::value.ne_all(values)).all(db).unwrap();
                    assert_eq!(found, []);
                }
            }

            fn new(value: &$type, optional: Option<$type>) -> NewItem {
                NewItem::builder().value(value.clone()).maybe_optional(optional).build()
            }

            fn comes_back(db: &Db, value: &$type, other: &$type, given: bool) {
                let optional = given.then(|| other.clone());
                let row = db.insert(new(value, optional.clone())).unwrap();
                assert_eq!((&row.value, &row.optional), (value, &optional));
                is_found(db, &row);

                let changed = Item { value: other.clone(), optional: Some(value.clone()), ..row };
                db.update(&changed).unwrap();
                is_found(db, &changed);
                assert_eq!(db.update_returning(&changed).unwrap(), changed);

                let changes = ItemChanges::default().value(value.clone()).clear_optional();
                let changed = db.update_by_key::<Item>(changed.id, changes).unwrap();
                assert_eq!((&changed.value, &changed.optional), (value, &None));
                is_found(db, &changed);

                let again: Item = db
                    .one(
                        diesel::update(items::table.find(changed.id))
                            .set((items::value.eq(other.clone()), items::optional.eq(Some(other.clone()))))
                            .returning(Item::as_returning()),
                    )
                    .unwrap();
                assert_eq!((&again.value, again.optional.as_ref()), (other, Some(other)));
                is_found(db, &again);
                db.delete(&again).unwrap();
            }

            fn is_found(db: &Db, row: &Item) {
                assert_eq!(db.get::<Item>(row.id).unwrap(), *row);
                let by_diesel: Vec<Item> =
                    db.load(items::table.select(Item::as_select())).unwrap();
                assert_eq!(by_diesel, std::slice::from_ref(row));
                let columns: Vec<($type, Option<$type>)> =
                    db.load(items::table.select((items::value, items::optional))).unwrap();
                assert_eq!(columns, [(row.value.clone(), row.optional.clone())]);

                let equal = Item::query().filter(items::value.eq(row.value.clone()));
                assert_eq!(equal.all(db).unwrap(), std::slice::from_ref(row));
                let different = Item::query().filter(items::value.ne(row.value.clone()));
                assert!(!different.exists(db).unwrap());
                let listed = Item::query().filter(items::value.eq_any([row.value.clone()]));
                assert_eq!(listed.count(db).unwrap(), 1);
                let optional = match &row.optional {
                    Some(value) => Item::query().filter(items::optional.eq(Some(value.clone()))),
                    None => Item::query().filter(items::optional.is_null()),
                };
                assert_eq!(optional.first(db).unwrap().as_ref(), Some(row));
            }
        })*
    };
}

round_trips! {
    booleans: bool, any::<bool>(), [true, false];
    small_integers: i16, any::<i16>(), [i16::MIN, -1, 0, i16::MAX];
    integers: i32, any::<i32>(), [i32::MIN, -1, 0, i32::MAX];
    big_integers: i64, any::<i64>(), [i64::MIN, -1, 0, i64::MAX, 1 << 53, (1 << 53) + 1];
    floats: f32, strategies::short_float(), [
        f32::MIN, f32::MAX, f32::MIN_POSITIVE, f32::from_bits(1), -0.0, 0.1,
        f32::INFINITY, f32::NEG_INFINITY, f32::EPSILON, 16_777_217.0,
    ];
    doubles: f64, strategies::float(), [
        f64::MIN, f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1), -0.0, 0.1,
        f64::INFINITY, f64::NEG_INFINITY, f64::EPSILON, 9_007_199_254_740_993.0, 1e15, 1e-300,
    ];
    texts: String, strategies::text(), [
        String::new(), "é€😀\u{10ffff}".into(), "\u{1}\r\n\t\u{7f}".into(), "x".repeat(1 << 20),
        "1.50".into(), "'; DROP TABLE items; --".into(), " ".into(), "NULL".into(),
    ];
    blobs: Vec<u8>, strategies::bytes(), [
        vec![], vec![0], vec![0; 3], vec![255, 0, 255], (0..=255).collect(), vec![7; 1 << 20],
    ];
    dates: NaiveDate, strategies::date(), [
        day(0, 1, 1), day(9999, 12, 31), day(1, 1, 1), day(2000, 1, 1), day(1970, 1, 1),
        day(1999, 12, 31), day(2024, 2, 29), day(0, 2, 29), day(1582, 10, 10),
    ];
    times: NaiveTime, strategies::time(), [
        NaiveTime::MIN, last_moment(), NaiveTime::from_hms_micro_opt(0, 0, 0, 1).expect("a time"),
    ];
    timestamps: NaiveDateTime, strategies::timestamp(), [
        first_timestamp(), last_timestamp(), just_before_1970(), day(2000, 1, 1).and_time(NaiveTime::MIN),
    ];
    moments: DateTime<Utc>, strategies::moment(), [
        first_timestamp().and_utc(), last_timestamp().and_utc(), just_before_1970().and_utc(),
        DateTime::UNIX_EPOCH,
    ];
    uuids: Uuid, strategies::uuid(), [Uuid::nil(), Uuid::max(), Uuid::from_u128(1)];
    exact_numbers: Decimal, strategies::decimal(), [
        decimal("0"), decimal("99999999999999999999999999999999999999"),
        decimal("-0.00000000000000000000000000000000000001"), decimal("1.50"), decimal("-0"),
        decimal("1e30"), decimal("1e-30"), decimal(&"123456789".repeat(1000)),
        decimal(&format!("0.{}1", "0".repeat(16_000))), decimal("10000"), decimal("0.0001"),
    ];
    addresses: Inet, strategies::inet(), [
        inet("0.0.0.0"), inet("255.255.255.255"), inet("10.0.0.1/8"), inet("0.0.0.0/0"), inet("::"),
        inet("::/0"), inet("2001:db8::1/127"), inet("::ffff:192.0.2.1"), inet("::192.0.2.1"),
    ];
    networks: Cidr, strategies::cidr(), [
        cidr("0.0.0.0/0"), cidr("255.255.255.255"), cidr("10.0.0.0/8"), cidr("::/0"), cidr("::"), cidr("2001:db8::/32"),
        cidr("::ffff:192.0.2.0/120"),
    ];
    intervals: Interval, strategies::interval(), [
        Interval::default(), Interval::new(i32::MIN, i32::MAX, i64::MIN), Interval::new(i32::MAX, i32::MIN, i64::MAX),
        Interval::new(1, 0, 0), Interval::new(0, 30, 0), Interval::new(0, 0, -1), Interval::new(-14, 3, 3_599_999_999),
    ];
    documents: serde_json::Value, strategies::json(), [
        serde_json::Value::Null, serde_json::json!({}), serde_json::json!([]), serde_json::json!(""),
        serde_json::json!({"": {"a": [1, 2.5, "é\u{10ffff}", null, true, u64::MAX, i64::MIN]}}),
        serde_json::json!([1e16, -1e16, 1e19, -1e19, 1.8446744073709552e19, 1e20, f64::MAX, f64::MIN,
            f64::MIN_POSITIVE, 5e-324, 1.0, 0.1, 123_456_789_012_345_680.0, -0.5]),
        serde_json::json!("\\u0000 is no NUL, nor is \\\\u0000"),
        serde_json::json!("x".repeat(1 << 20)),
    ];
    shapes: Json<Shape>, shape().prop_map(Json), [
        Json(Shape { name: String::new(), sides: None, corners: vec![], inner: None }),
        Json(Shape {
            name: "é".into(),
            sides: Some(255),
            corners: vec![(1e17, 1e17), (f64::MAX, f32::MAX), (5e-324, 1e-45)],
            inner: None,
        }),
    ];
    lists: Json<Vec<Option<i64>>>, any::<Vec<Option<i64>>>().prop_map(Json), [
        Json(vec![]), Json(vec![None, Some(i64::MIN), Some(i64::MAX)]),
    ];
    checked_enums: Level, level(), [Level::Low, Level::VeryHigh, Level::Odd];
    native_enums: Mood, mood(), [Mood::Happy, Mood::Sad, Mood::SoSo];
    number_newtypes: Number, any::<i32>().prop_map(Number), [Number(i32::MIN), Number(i32::MAX)];
    text_newtypes: Name, strategies::text().prop_map(Name), [Name(String::new()), Name("é".into())];
    decimal_newtypes: Money, strategies::decimal().prop_map(Money), [
        Money(decimal("0.00")), Money(decimal("-12345678901234567890.123456789")),
    ];
}

/// A row of all types at once, so that no column depends on its place.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "everything")]
pub struct Everything {
    #[column(primary_key)]
    pub id: Uuid,
    pub flag: bool,
    pub small: Option<i16>,
    pub integer: i32,
    pub big: Option<i64>,
    pub float: f32,
    pub double: Option<f64>,
    pub text: String,
    pub bytes: Option<Vec<u8>>,
    pub date: NaiveDate,
    pub time: Option<NaiveTime>,
    pub timestamp: NaiveDateTime,
    pub moment: Option<DateTime<Utc>>,
    pub decimal: Decimal,
    pub document: Option<serde_json::Value>,
    pub address: Option<Inet>,
    pub network: Option<Cidr>,
    pub interval: Option<Interval>,
    pub list: Json<Vec<i32>>,
    pub level: Option<Level>,
    pub mood: Mood,
    pub name: Option<Name>,
}

mizzle::schema!(pub All = [Everything]);

#[test]
fn everything_has_every_type() {
    let table = <All as mizzle::Schema>::tables().remove(0);
    for ty in mizzle::schema::ColumnType::PLAIN {
        let is_there = table.columns.iter().any(|column| column.ty == *ty);
        assert!(is_there, "no column of `Everything` is {}", ty.described());
    }
}

fn row_of_all_types() -> impl Strategy<Value = Everything> {
    use proptest::option::of;
    let numbers = (
        any::<bool>(),
        any::<Option<i16>>(),
        any::<i32>(),
        any::<Option<i64>>(),
        strategies::short_float(),
        of(strategies::float()),
    );
    let texts =
        (strategies::text(), of(strategies::bytes()), of(strategies::text().prop_map(Name)));
    let times = (
        strategies::date(),
        of(strategies::time()),
        strategies::timestamp(),
        of(strategies::moment()),
    );
    let others = (
        strategies::decimal(),
        of(strategies::json()),
        (of(strategies::inet()), of(strategies::cidr())),
        of(strategies::interval()),
        any::<Vec<i32>>(),
        of(level()),
        mood(),
    );
    (strategies::uuid(), numbers, texts, times, others).prop_map(
        |(id, numbers, (text, bytes, name), (date, time, timestamp, moment), others)| {
            let (flag, small, integer, big, float, double) = numbers;
            let (decimal, document, (address, network), interval, list, level, mood) = others;
            let list = Json(list);
            Everything {
                id,
                flag,
                small,
                integer,
                big,
                float,
                double,
                text,
                bytes,
                date,
                time,
                timestamp,
                moment,
                decimal,
                document,
                address,
                network,
                interval,
                list,
                level,
                mood,
                name,
            }
        },
    )
}

on_each_database! {
    fn copied_rows_are_like_inserted_ones(db: &Db) {
        db.create_all::<All>().unwrap();
        check(proptest::collection::vec(row_of_all_types(), 1..4), |mut rows| {
            rows.sort_by_key(|row| row.id);
            let read = || Everything::query().order_by(everything::id).all(db).unwrap();
            assert_eq!(db.insert_all(&rows).unwrap(), rows.len() as u64);
            let inserted = read();
            assert_eq!(inserted, rows);
            assert_eq!(Everything::query().delete(db).unwrap(), rows.len() as u64);
            let (stored, statements) = Log::of(|| db.copy_in(rows.clone()).unwrap());
            assert_eq!(stored, rows.len() as u64);
            let copies = statements.iter().filter_map(|event| event.field("sql"));
            let copies = copies.filter(|sql| sql.starts_with("COPY")).count();
            assert_eq!(copies, usize::from(db.dialect() == mizzle::Dialect::Postgres));
            assert!(!statements.iter().any(|event| event.field("error").is_some()), "{statements:?}");
            assert_eq!(read(), inserted);
            assert_eq!(Everything::query().delete(db).unwrap(), rows.len() as u64);
        });
    }

    fn a_row_of_all_types(db: &Db) {
        db.create_all::<All>().unwrap();
        check(proptest::collection::vec(row_of_all_types(), 1..4), |rows| {
            let stored = db.insert_all_returning(&rows).unwrap();
            assert_eq!(stored, rows);
            for row in &rows {
                assert_eq!(db.find::<Everything>(row.id).unwrap().as_ref(), Some(row));
                let by_diesel: Everything = db
                    .one(everything::table.find(row.id).select(Everything::as_select()))
                    .unwrap();
                assert_eq!(by_diesel, *row);
            }
            assert_eq!(Everything::query().delete(db).unwrap(), rows.len() as u64);
        });
    }
}
