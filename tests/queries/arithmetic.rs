//! Arithmetic and casts fail where the result doesn't fit, on both databases alike.

use diesel::dsl::{case_when, max, sql, sum};
use diesel::sql_types::{
    BigInt, Bool, Double, Float, Integer, Json, Jsonb, Nullable, SmallInt, Text,
};
use mizzle::ErrorCode;
use mizzle::prelude::*;
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "numbers")]
pub struct Number {
    #[column(primary_key)]
    pub id: i64,
    pub small: i16,
    pub middle: i32,
    pub large: i64,
    pub maybe: Option<i32>,
    pub single: f32,
    pub double: f64,
    pub text: String,
}

mizzle::schema!(pub Numbers = [Number]);

#[diesel::declare_sql_function]
extern "SQL" {
    fn coalesce(value: Nullable<Integer>, other: Integer) -> Integer;
}

fn fill(db: &Db) -> Vec<Number> {
    db.create_all::<Numbers>().expect("the table");
    let row = |id, small, middle, large, maybe, single, double, text: &str| Number {
        id,
        small,
        middle,
        large,
        maybe,
        single,
        double,
        text: text.into(),
    };
    let rows = vec![
        row(1, i16::MAX, i32::MAX, i64::MAX, Some(i32::MIN), f32::MAX, f64::MAX, " 12\n"),
        row(2, -7, -7, -7, None, -7.5, -7.5, "-7.25"),
    ];
    for row in &rows {
        db.execute(diesel::insert_into(numbers::table).values(row)).expect("a row");
    }
    rows
}

fn refused<T: std::fmt::Debug>(result: mizzle::Result<T>) {
    let error = result.expect_err("the value doesn't fit");
    assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
}

on_each_database! {
    fn an_update_that_overflows_changes_nothing(db: &Db) {
        let rows = fill(db);
        use numbers::{double, large, maybe, middle, single, small};
        let one = || diesel::update(numbers::table.find(1));
        refused(db.execute(one().set(small.eq(small + 1))));
        refused(db.execute(one().set(small.eq(small * small))));
        refused(db.execute(one().set(middle.eq(middle + 1))));
        refused(db.execute(one().set(middle.eq(middle * 2 - middle))));
        refused(db.execute(one().set(large.eq(large + 1))));
        refused(db.execute(one().set(large.eq(large * 2))));
        refused(db.execute(one().set(maybe.eq(maybe - 1))));
        refused(db.execute(one().set(single.eq(single * 2.0))));
        refused(db.execute(one().set(double.eq(double * 2.0))));
        refused(db.execute(one().set(middle.eq(middle / 0))));
        refused(db.execute(one().set(double.eq(double / 0.0))));
        refused(db.load::<i64, _>(numbers::table.select(numbers::id).filter((large + 1).gt(0))));
        assert_eq!(Number::query().order_by(numbers::id).all(db).expect("the rows"), rows);
    }

    fn sql_text_is_a_single_operand(db: &Db) {
        fill(db);
        use numbers::{large, middle};
        let row = numbers::table.find(2);
        let minus = row.select(large - sql::<BigInt>("id - 1"));
        assert_eq!(db.one::<i64, _>(minus).expect("a number"), -8);
        let times = row.select(middle * sql::<Integer>("small + 1"));
        assert_eq!(db.one::<i32, _>(times).expect("a number"), 42);
        let changed = diesel::update(row).set(large.eq(large - sql::<BigInt>("id - 1")));
        assert_eq!(db.execute(changed).expect("a change"), 1);
        assert_eq!(db.get::<Number>(2_i64).expect("the row").large, -8);
    }

    fn what_fits_is_computed_alike(db: &Db) {
        fill(db);
        use numbers::{double, large, maybe, middle, single, small};
        let row = || numbers::table.find(2);
        let ints: (i16, i32, i64, Option<i32>) = db
            .one(row().select((small / 2, (middle + 1) * middle - 2, large - 1, maybe + 1)))
            .expect("the row");
        assert_eq!(ints, (-3, 40, -8, None));
        let reals: (f32, f64) = db.one(row().select((single * 0.1, double / 3.0))).expect("a row");
        assert_eq!(reals, (-7.5_f32 * 0.1, -2.5));
        let set = diesel::update(row()).set((maybe.eq(maybe + 1), middle.eq(middle + middle)));
        assert_eq!(db.execute(set).expect("the update"), 1);
        assert_eq!(db.get::<Number>(2).expect("the row").middle, -14);
        let sorted: Vec<i64> =
            db.load(numbers::table.select(numbers::id).order_by(small * -1)).expect("the rows");
        assert_eq!(sorted, [1, 2]);
        let highest: Option<i32> = db.one(numbers::table.select(max(middle - 1))).expect("one");
        assert_eq!(highest, Some(i32::MAX - 1));
    }

    /// The left side is a value, a function, a `CASE`, a subselect or a column of an alias, and the column comes later.
    fn an_expression_that_overflows_changes_nothing(db: &Db) {
        let rows = fill(db);
        use numbers::{double, large, maybe, middle, single, small};
        let one = || diesel::update(numbers::table.find(1));
        refused(db.execute(one().set(small.eq(1_i16.into_sql::<SmallInt>() + small))));
        refused(db.execute(one().set(middle.eq(1.into_sql::<Integer>() + middle))));
        refused(db.execute(one().set(middle.eq(2.into_sql::<Integer>() * (middle - 1) - 5))));
        refused(db.execute(one().set(large.eq(1_i64.into_sql::<BigInt>() + large))));
        refused(db.execute(one().set(maybe.eq((-2).into_sql::<Nullable<Integer>>() + maybe))));
        refused(db.execute(one().set(single.eq(2.0_f32.into_sql::<Float>() * single))));
        refused(db.execute(one().set(double.eq(2.0.into_sql::<Double>() * double))));
        refused(db.execute(one().set(double.eq(2.0.into_sql::<Double>() / (double * 0.0)))));
        refused(db.execute(one().set(middle.eq(1.into_sql::<Integer>() / (middle * 0)))));
        let case = || case_when::<_, _, Integer>(middle.gt(0), middle).otherwise(1);
        refused(db.execute(one().set(middle.eq(case() + 1))));
        let case = case_when::<_, _, Integer>(large.gt(0), 7).when(large.lt(0), 1).otherwise(middle);
        refused(db.execute(diesel::update(numbers::table).set(middle.eq(case * i32::MAX))));
        refused(db.execute(one().set(middle.eq(coalesce(maybe, middle) - 1))));
        let other = diesel::alias!(numbers as other);
        let highest = other.select(max(other.field(middle))).single_value();
        refused(db.execute(one().set(maybe.eq(highest + 1))));
        let sums = || other.select(other.field(small) + 1_i16);
        refused(db.load::<i16, _>(sums()));
        let columns = (numbers::id, small, middle, large, single, double, numbers::text);
        let more = (
            numbers::id + 5,
            small,
            1.into_sql::<Integer>() + middle,
            large,
            single,
            double,
            numbers::text,
        );
        refused(db.execute(
            diesel::insert_into(numbers::table)
                .values(numbers::table.filter(numbers::id.eq(1)).select(more))
                .into_columns(columns),
        ));
        refused(db.load::<i64, _>(
            numbers::table.select(numbers::id).filter((1.into_sql::<Integer>() + middle).gt(0)),
        ));
        assert_eq!(Number::query().order_by(numbers::id).all(db).expect("the rows"), rows);
    }

    fn an_expression_that_fits_is_computed_alike(db: &Db) {
        fill(db);
        use numbers::{large, maybe, middle, single, small};
        let row = || numbers::table.find(2);
        let ints: (i16, i32, i64, Option<i32>) = db
            .one(row().select((
                3_i16.into_sql::<SmallInt>() * small / 2_i16,
                1.into_sql::<Integer>() - (middle + middle) * 2,
                i64::MAX.into_sql::<BigInt>() + large,
                1.into_sql::<Nullable<Integer>>() + maybe,
            )))
            .expect("the row");
        assert_eq!(ints, (-10, 29, i64::MAX - 7, None));
        let tenth: f32 = db.one(row().select(0.1_f32.into_sql::<Float>() * single)).expect("a row");
        assert_eq!(tenth, 0.1_f32 * -7.5);
        let other = diesel::alias!(numbers as other);
        let least: i32 = db
            .one(other.select(other.field(middle) * 3 + 1).filter(other.field(numbers::id).eq(2)))
            .expect("a row");
        assert_eq!(least, -20);
        let all: Vec<i64> = db
            .load(
                numbers::table
                    .select(numbers::id)
                    .filter((1.into_sql::<Integer>() * middle).eq_any([-7, i32::MAX]))
                    .order_by(2_i16.into_sql::<SmallInt>() - small / 2_i16),
            )
            .expect("both");
        assert_eq!(all, [1, 2]);
    }

    fn a_sum_of_integers_is_an_integer(db: &Db) {
        fill(db);
        use numbers::{large, middle};
        let total: Option<i64> = db.one(numbers::table.select(sum(large))).expect("the sum");
        assert_eq!(total, Some(i64::MAX - 7));
        let total: Option<i128> = db.one(numbers::table.select(sum(large))).expect("the sum");
        assert_eq!(total, Some(i128::from(i64::MAX) - 7));
        let total: Option<i64> = db.one(numbers::table.select(sum(middle))).expect("the sum");
        assert_eq!(total, Some(i64::from(i32::MAX) - 7));
        let none = numbers::table.filter(numbers::id.eq(9)).select(sum(large));
        assert_eq!(db.one::<Option<i64>, _>(none).expect("no sum"), None);
        db.execute(diesel::update(numbers::table).set(large.eq(i64::MAX))).expect("the update");
        refused(db.one::<Option<i64>, _>(numbers::table.select(sum(large))));
    }

    fn casts_fit_or_fail(db: &Db) {
        fill(db);
        use numbers::{double, large, middle, single, text};
        let (first, second) = (|| numbers::table.find(1), || numbers::table.find(2));
        refused(db.one::<i32, _>(first().select(large.fallible_cast::<Integer>())));
        refused(db.one::<i32, _>(first().select(double.fallible_cast::<Integer>())));
        refused(db.one::<f32, _>(first().select(double.fallible_cast::<Float>())));
        refused(db.one::<i32, _>(second().select(text.fallible_cast::<Integer>())));
        refused(db.execute(
            diesel::update(first()).set(middle.eq(large.fallible_cast::<Integer>())),
        ));
        let read: i32 = db.one(first().select(text.fallible_cast::<Integer>())).expect("12");
        assert_eq!(read, 12);
        let read: (i64, f64, f64, String) = db
            .one(second().select((
                single.cast::<BigInt>(),
                text.fallible_cast::<Double>(),
                middle.cast::<Double>(),
                large.cast::<Text>(),
            )))
            .expect("a row");
        assert_eq!(read, (-8, -7.25, -7.0, "-7".into()));
        let texts: Vec<String> =
            db.load(numbers::table.select(double.cast::<Text>()).order_by(numbers::id)).expect("2");
        assert_eq!(texts, ["1.7976931348623157e+308", "-7.5"]);
        let nothing: Option<i64> = db
            .one(second().select(numbers::maybe.cast::<Nullable<BigInt>>()))
            .expect("the row");
        assert_eq!(nothing, None);
    }

    fn a_result_of_values_alone_has_to_fit_its_column(db: &Db) {
        let rows = fill(db);
        use numbers::{middle, small};
        let sum = |more: i32| 2_000_000_000.into_sql::<Integer>() + more;
        let set = |more: i32| {
            db.execute(diesel::update(numbers::table.find(2)).set(middle.eq(sum(more))))
        };
        refused(set(1_000_000_000));
        let product = || 200.into_sql::<SmallInt>() * 200_i16;
        refused(db.execute(diesel::update(numbers::table.find(2)).set(small.eq(product()))));
        let insert = |more: i32| {
            let row = (numbers::id.eq(3), small.eq(1), middle.eq(sum(more)));
            let rest = (numbers::large.eq(1), numbers::single.eq(1.0), numbers::double.eq(1.0));
            db.execute(diesel::insert_into(numbers::table).values((row, rest, numbers::text.eq(""))))
        };
        refused(insert(1_000_000_000));
        assert_eq!(Number::query().order_by(numbers::id).all(db).expect("the rows"), rows);
        assert_eq!(set(7).expect("an update"), 1);
        assert_eq!(insert(8).expect("a row"), 1);
        let stored: Vec<i32> =
            db.load(numbers::table.filter(numbers::id.ge(2)).select(middle).order_by(numbers::id)).expect("2");
        assert_eq!(stored, [2_000_000_007, 2_000_000_008]);
    }

    fn casts_to_booleans_and_documents(db: &Db) {
        fill(db);
        use numbers::{maybe, middle, text};
        let second = || numbers::table.find(2);
        let set = |to: &str| {
            db.execute(diesel::update(second()).set(text.eq(to))).expect("an update");
        };
        for (number, truth) in [(0, false), (1, true), (-7, true)] {
            db.execute(diesel::update(second()).set(middle.eq(number))).expect("an update");
            let read: bool = db.one(second().select(middle.cast::<Bool>())).expect("a boolean");
            assert_eq!(read, truth, "{number}");
        }
        let nothing: Option<bool> =
            db.one(second().select(maybe.cast::<Nullable<Bool>>())).expect("the row");
        assert_eq!(nothing, None);
        for (word, truth) in
            [(" TRUE ", true), ("t", true), ("on", true), ("1", true), ("ye", true), ("of", false), ("N", false)]
        {
            set(word);
            let read: bool =
                db.one(second().select(text.fallible_cast::<Bool>())).expect("a boolean");
            assert_eq!(read, truth, "{word}");
            let found = numbers::table.filter(numbers::id.eq(2)).filter(text.fallible_cast::<Bool>());
            assert_eq!(db.count(found).expect("a number"), u64::from(truth), "{word}");
        }
        for word in ["", "o", "2", "truth", "tr ue"] {
            set(word);
            refused(db.one::<bool, _>(second().select(text.fallible_cast::<Bool>())));
        }
        set(r#"{"a": [1, null]}"#);
        let read: serde_json::Value =
            db.one(second().select(text.fallible_cast::<Jsonb>())).expect("a document");
        assert_eq!(read, serde_json::json!({"a": [1, null]}));
        let read: serde_json::Value =
            db.one(second().select(text.fallible_cast::<Json>())).expect("a document");
        assert_eq!(read, serde_json::json!({"a": [1, null]}));
        let read: serde_json::Value = db
            .one(second().select(text.fallible_cast::<Json>().cast::<Jsonb>()))
            .expect("a document");
        assert_eq!(read, serde_json::json!({"a": [1, null]}));
        for word in ["", "{", "secret", "[1,]"] {
            set(word);
            refused(db.one::<serde_json::Value, _>(second().select(text.fallible_cast::<Json>())));
        }
    }
}
