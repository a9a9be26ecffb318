//! Values come back from the engine of D1 as they were sent.

use mizzle::prelude::*;
use test_support::{Fresh, is_d1};

#[derive(Table, Debug, Clone, PartialEq)]
struct Value {
    #[column(primary_key)]
    id: i64,
    integer: Option<i64>,
    real: Option<f64>,
    text: Option<String>,
    bytes: Option<Vec<u8>>,
}

mizzle::schema!(All = [Value]);

fn empty(id: i64) -> Value {
    Value { id, integer: None, real: None, text: None, bytes: None }
}

fn values() -> Vec<Value> {
    let mut rows = vec![empty(1)];
    let integers = [
        0,
        1,
        -1,
        1 << 53,
        (1 << 53) + 1,
        -(1 << 53) - 1,
        i64::MAX,
        i64::MIN,
        i64::MAX - 1,
        1_152_921_504_606_846_977,
    ];
    rows.extend(integers.iter().map(|&integer| Value { integer: Some(integer), ..empty(0) }));
    let reals = [
        0.0,
        1.0,
        -3.0,
        0.1,
        1e300,
        -1e-300,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        9_007_199_254_740_993.0,
        1_152_921_504_606_846_976.0,
        1e18,
        1e20,
        123_456_789.123_456_79,
        2.5e-5,
    ];
    rows.extend(reals.iter().map(|&real| Value { real: Some(real), ..empty(0) }));
    let texts = ["", "a'b\"c\\", "i5", "t", "é 日本 😀", "\u{1}\u{7f}", "null", "[1]", "1e5"];
    rows.extend(texts.iter().map(|&text| Value { text: Some(text.into()), ..empty(0) }));
    let bytes: [&[u8]; 4] = [&[], &[0, 255, 39], &[1; 300], b"text"];
    rows.extend(bytes.iter().map(|&bytes| Value { bytes: Some(bytes.into()), ..empty(0) }));
    for (id, row) in rows.iter_mut().enumerate() {
        row.id = id as i64;
    }
    rows
}

#[test]
fn values_survive_all_ways_in_and_out() {
    if !is_d1() {
        return;
    }
    let Fresh { db, .. } = &Fresh::d1();
    db.create_all::<All>().unwrap();
    let rows = values();
    assert_eq!(db.insert_all_returning(&rows).unwrap(), rows);
    // The first read finds rounded values, the second one knows.
    for _ in 0..2 {
        assert_eq!(Value::query().order_by(values::id.asc()).all(db).unwrap(), rows);
        for row in &rows {
            assert_eq!(&db.find::<Value>(row.id).unwrap(), &Some(row.clone()));
        }
    }
    for row in &rows {
        assert_eq!(&db.update_returning(row).unwrap(), row);
        let found = Value::query()
            .filter(values::integer.is_not_distinct_from(row.integer))
            .filter(values::real.is_not_distinct_from(row.real))
            .filter(values::text.is_not_distinct_from(row.text.clone()))
            .filter(values::bytes.is_not_distinct_from(row.bytes.clone()))
            .filter(values::id.eq(row.id))
            .count(db);
        assert_eq!(found.unwrap(), 1, "{row:?}");
    }
}

#[test]
fn what_sql_by_hand_returns_is_exact_or_an_error() {
    if !is_d1() {
        return;
    }
    let Fresh { db, .. } = &Fresh::d1();
    db.execute_sql("CREATE TABLE t (n INTEGER)").unwrap();
    let most = i64::MAX;
    sql!("INSERT INTO t (n) VALUES ({most})").execute(db).unwrap();
    assert_eq!(sql!("SELECT n - 1 FROM t").one::<i64>(db).unwrap(), most - 1);
    assert_eq!(sql!("SELECT * FROM t").one::<i64>(db).unwrap(), most);
    assert_eq!(sql!("UPDATE t SET n = n - 1 RETURNING n").one::<i64>(db).unwrap(), most - 1);
    let failed = sql!("UPDATE t SET n = n RETURNING *").one::<i64>(db).unwrap_err();
    assert!(failed.to_string().contains("has run"), "{failed:?}");
    assert_eq!(sql!("SELECT n FROM t").one::<i64>(db).unwrap(), most - 1);
}

#[test]
fn the_number_of_changed_rows_is_that_of_the_statement() {
    if !is_d1() {
        return;
    }
    let Fresh { db, .. } = &Fresh::d1();
    db.execute_sql(
        "CREATE TABLE parents (id INTEGER PRIMARY KEY); \
         CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents ON DELETE CASCADE); \
         CREATE TABLE log (text TEXT); \
         CREATE TRIGGER logs AFTER DELETE ON parents BEGIN INSERT INTO log VALUES ('a'); INSERT INTO log VALUES ('b'); END; \
         INSERT INTO parents VALUES (1), (2); INSERT INTO children VALUES (1, 1), (2, 1)",
    )
    .unwrap();
    assert_eq!(sql!("DELETE FROM parents WHERE id = 1").execute(db).unwrap(), 1);
    assert_eq!(sql!("DELETE FROM parents WHERE id = 1").execute(db).unwrap(), 0);
    assert_eq!(sql!("SELECT count(*) FROM log").one::<i64>(db).unwrap(), 2);
}

#[derive(Table, Debug, Clone, PartialEq)]
struct Price {
    #[column(primary_key)]
    id: i64,
    amount: Decimal,
}

mizzle::schema!(Prices = [Price]);

#[test]
fn decimals_compare_as_numbers() {
    if !is_d1() {
        return;
    }
    let Fresh { db, .. } = &Fresh::d1();
    db.create_all::<Prices>().unwrap();
    let sorted = ["-1000", "-10", "-1.5", "-1.25", "0.00", "0.5", "1.50", "9", "10", "1000"];
    let decimal = |text: &str| text.parse::<Decimal>().unwrap();
    let rows: Vec<Price> = (0..)
        .zip(sorted.iter().rev())
        .map(|(id, text)| Price { id, amount: decimal(text) })
        .collect();
    db.insert_all(&rows).unwrap();
    let mut expected = rows.clone();
    expected.reverse();
    assert_eq!(Price::query().order_by(prices::amount.asc()).all(db).unwrap(), expected);
    for (place, text) in sorted.iter().enumerate() {
        let above = Price::query().filter(prices::amount.gt(decimal(text))).count(db).unwrap();
        assert_eq!(above as usize, sorted.len() - place - 1, "{text}");
    }
    assert_eq!(Price::query().filter(prices::amount.eq(decimal("1.5"))).count(db).unwrap(), 1);
    assert_eq!(Price::query().filter(prices::amount.eq(decimal("-0"))).count(db).unwrap(), 1);
}
