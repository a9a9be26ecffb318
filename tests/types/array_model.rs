//! Random arrays of each type of elements, with NULLs: they come back, and each operator returns what a model in Rust
//! returns, on both databases.

use std::cmp::Ordering;

use mizzle::prelude::*;
use proptest::prelude::*;
use test_support::on_each_database;

use crate::{check, strategies};

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    Large,
    Medium,
    Small,
}

/// A PostgreSQL type, which sorts by the order of its variants. So do their labels.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[db(native = "size")]
pub enum NativeSize {
    Large,
    Medium,
    Small,
}

/// How elements compare.
type Compare<T> = fn(&T, &T) -> Ordering;

fn is_same<T>(compare: Compare<T>, a: &Option<T>, b: &Option<T>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if compare(a, b).is_eq())
}

fn contains<T>(compare: Compare<T>, all: &[Option<T>], some: &[Option<T>]) -> bool {
    some.iter().all(|wanted| all.iter().any(|value| is_same(compare, value, wanted)))
}

fn overlaps<T>(compare: Compare<T>, a: &[Option<T>], b: &[Option<T>]) -> bool {
    a.iter().any(|value| b.iter().any(|other| is_same(compare, value, other)))
}

fn any_is<T>(compare: Compare<T>, all: &[Option<T>], value: &Option<T>) -> Option<bool> {
    if all.is_empty() || all.iter().any(|element| is_same(compare, element, value)) {
        return Some(!all.is_empty());
    }
    (value.is_some() && all.iter().all(Option::is_some)).then_some(false)
}

/// NULL comes last.
fn compare_elements<T>(compare: Compare<T>, a: &Option<T>, b: &Option<T>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => compare(a, b),
        _ => a.is_none().cmp(&b.is_none()),
    }
}

fn compare_arrays<T>(compare: Compare<T>, a: &[Option<T>], b: &[Option<T>]) -> Ordering {
    let pairs = a.iter().zip(b).map(|(a, b)| compare_elements(compare, a, b));
    pairs.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
}

fn without<T: Clone>(compare: Compare<T>, all: &[Option<T>], value: &Option<T>) -> Vec<Option<T>> {
    let keeps = |element: &&Option<T>| compare_elements(compare, element, value).is_ne();
    all.iter().filter(keeps).cloned().collect()
}

/// Few values, so that arrays have some in common.
fn arrays<T: Clone + std::fmt::Debug>(
    values: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = [Vec<Option<T>>; 3]> {
    let array = || proptest::collection::vec(proptest::option::weighted(0.9, 0..4_usize), 0..6);
    let values = proptest::collection::vec(values, 4);
    (values, array(), array(), proptest::option::weighted(0.9, 0..4_usize)).prop_map(
        |(values, a, b, one)| {
            let of = |places: Vec<Option<usize>>| {
                places.into_iter().map(|place| place.map(|place| values[place].clone())).collect()
            };
            [of(a), of(b), of(vec![one])]
        },
    )
}

macro_rules! agree {
    ($($module:ident: $type:ty, $strategy:expr, $compare:expr $(, $orders:literal)?;)*) => {
        $(mod $module {
            use super::*;

            #[derive(Table, Debug, Clone, PartialEq)]
            #[table(name = "items")]
            pub struct Item {
                #[column(primary_key)]
                pub id: i64,
                pub value: Vec<Option<$type>>,
                pub strict: Vec<$type>,
                pub other: Option<Vec<Option<$type>>>,
            }

            mizzle::schema!(pub Tables = [Item]);

            const COMPARE: Compare<$type> = $compare;

            on_each_database! {
                fn with_a_model(db: &Db) {
                    db.create_all::<Tables>().unwrap();
                    // In one of the ways to write, each time.
                    let way = std::cell::Cell::new(0);
                    check(arrays($strategy), |[a, b, one]| {
                        way.set(way.get() + 1);
                        let strict: Vec<$type> = a.iter().flatten().cloned().collect();
                        let row = Item { id: 1, value: a.clone(), strict, other: Some(b.clone()) };
                        write(db, &row, way.get() % 6);
                        compare(db, &row, &a, &b, &one[0]);
                    });
                }
            }

            fn write(db: &Db, row: &Item, way: u32) {
                let new = || NewItem {
                    id: row.id,
                    value: row.value.clone(),
                    strict: row.strict.clone(),
                    other: row.other.clone(),
                };
                match way {
                    0 => assert_eq!(db.upsert(row.clone()).unwrap(), *row),
                    1 => assert_eq!(db.insert_all(&[new()]).unwrap(), 1),
                    2 => assert_eq!(db.copy_in([new()]).unwrap(), 1),
                    3 => {
                        db.insert(Item { value: vec![], other: None, ..row.clone() }).unwrap();
                        db.update_all(std::slice::from_ref(row)).unwrap();
                    }
                    4 => {
                        let (value, strict, other) = (&row.value, &row.strict, &row.other);
                        sql!("INSERT INTO items (id, value, strict, other) VALUES (1, {value}, {strict}, {other})")
                            .execute(db)
                            .unwrap();
                    }
                    _ => assert_eq!(db.upsert_all(&[new()]).unwrap(), 1),
                }
            }

            #[allow(clippy::ref_option, reason = "an element of a slice")]
            fn compare(
                db: &Db,
                row: &Item,
                a: &[Option<$type>],
                b: &[Option<$type>],
                one: &Option<$type>,
            ) {
                assert_eq!(db.get::<Item>(1).unwrap(), *row);
                let read: Item = sql!("SELECT * FROM items").one(db).unwrap();
                assert_eq!(read, *row);
                let by_value: Vec<Item> = Item::query().filter(items::value.eq(a.to_vec())).all(db).unwrap();
                assert_eq!(by_value, std::slice::from_ref(row));

                type Conditions = (bool, bool, bool, Option<bool>, i32, bool);
                // Once with bound values, once with columns alone.
                let bound: Option<Conditions> = db
                    .first(items::table.select((
                        items::value.contains(b.to_vec()),
                        items::value.is_contained_by(b.to_vec()),
                        items::value.overlaps(b.to_vec()),
                        items::value.any(one.clone()),
                        items::value.length(),
                        items::value.eq(b.to_vec()),
                    )))
                    .unwrap();
                let expected = (
                    contains(COMPARE, a, b),
                    contains(COMPARE, b, a),
                    overlaps(COMPARE, a, b),
                    any_is(COMPARE, a, one),
                    a.len() as i32,
                    compare_arrays(COMPARE, a, b).is_eq(),
                );
                assert_eq!(bound, Some(expected), "{a:?} {b:?} {one:?}");
                let columns: Option<(Option<bool>, Option<bool>, Option<bool>, Option<i32>)> = db
                    .first(items::table.select((
                        items::other.contains(items::value.nullable()),
                        items::other.overlaps(items::value.nullable()),
                        items::other.eq(items::value.nullable()),
                        items::other.length(),
                    )))
                    .unwrap();
                assert_eq!(
                    columns,
                    Some((Some(expected.1), Some(expected.2), Some(expected.5), Some(b.len() as i32)))
                );

                let changed: Option<(Vec<Option<$type>>, Vec<Option<$type>>, Vec<Option<$type>>)> = db
                    .first(items::table.select((
                        items::value.append(one.clone()),
                        items::value.remove(one.clone()),
                        items::value.concat(b.to_vec()),
                    )))
                    .unwrap();
                let appended = [a, std::slice::from_ref(one)].concat();
                let expected = (appended, without(COMPARE, a, one), [a, b].concat());
                assert_eq!(changed, Some(expected));

                let orders = true $(&& ($orders || db.dialect().is_sqlite()))?;
                if orders {
                    let less: Option<(bool, Option<bool>)> = db
                        .first(items::table.select((
                            items::value.lt(b.to_vec()),
                            items::other.gt(items::value.nullable()),
                        )))
                        .unwrap();
                    let is_less = compare_arrays(COMPARE, a, b).is_lt();
                    assert_eq!(less, Some((is_less, Some(is_less))), "{a:?} {b:?}");
                }
                assert!(db.delete_by_key::<Item>(1).unwrap());
            }
        })*
    };
}

// The order of texts is the database's on PostgreSQL.
agree! {
    bools: bool, any::<bool>(), Ord::cmp;
    small_integers: i16, any::<i16>(), Ord::cmp;
    integers: i32, prop_oneof![any::<i32>(), Just(i32::MIN), 0..3], Ord::cmp;
    big_integers: i64, prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), (1_i64 << 53)..(1 << 53) + 3], Ord::cmp;
    floats: f32, strategies::short_float(), |a, b| a.partial_cmp(b).unwrap();
    doubles: f64, strategies::float(), |a, b| a.partial_cmp(b).unwrap();
    texts: String, strategies::text(), Ord::cmp, false;
    words: String, "[ab]{0,1}", Ord::cmp;
    blobs: Vec<u8>, strategies::bytes(), Ord::cmp;
    dates: NaiveDate, strategies::date(), Ord::cmp;
    times: NaiveTime, strategies::time(), Ord::cmp;
    timestamps: NaiveDateTime, strategies::timestamp(), Ord::cmp;
    moments: DateTime<Utc>, strategies::moment(), Ord::cmp;
    uuids: Uuid, strategies::uuid(), Ord::cmp;
    decimals: Decimal, strategies::decimal(), Ord::cmp;
    equal_decimals: Decimal, "-?[01](\\.[05]0{0,2})?".prop_map(|text| text.parse().unwrap()), Ord::cmp;
    addresses: Inet, strategies::inet(), Ord::cmp;
    networks: Cidr, strategies::cidr(), Ord::cmp;
    intervals: Interval, strategies::interval(), Ord::cmp;
    enums: Size, prop_oneof![Just(Size::Large), Just(Size::Medium), Just(Size::Small)], Ord::cmp;
    native_enums: NativeSize, prop_oneof![Just(NativeSize::Large), Just(NativeSize::Medium), Just(NativeSize::Small)], Ord::cmp;
}
