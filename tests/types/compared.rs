//! Values that SQLite stores as text of another order compare by what they are, wherever they stand in an expression.

use diesel::dsl::{case_when, count_star, max, min};
use diesel::sql_types::Nullable;
use mizzle::dsl::decimal as exact;
use mizzle::prelude::*;
use mizzle::sql_types::ExactNumeric;
use serde_json::json;
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "writers")]
pub struct Writer {
    #[column(primary_key)]
    pub id: i64,
    pub cheap: bool,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "titles")]
pub struct Title {
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Writer))]
    pub writer_id: i64,
    pub price: Decimal,
    pub old_price: Option<Decimal>,
    pub text: String,
    pub meta: serde_json::Value,
    pub fee: Option<Money>,
    pub size: Size,
    pub grade: Grade,
}

#[derive(Newtype, Debug, Clone, PartialEq)]
pub struct Money(Decimal);

#[derive(Newtype, Debug, Clone, PartialEq)]
pub struct Size(String);

#[derive(Enum, Debug, Clone, Copy, PartialEq)]
pub enum Grade {
    #[db(name = "1.0")]
    First,
    #[db(name = "1.00")]
    Second,
}

mizzle::schema!(pub Prices = [Writer, Title]);

diesel::define_sql_function! {
    fn coalesce(value: Nullable<ExactNumeric>, other: ExactNumeric) -> ExactNumeric;
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// Writers 1, 2 and 3 with titles of 10.00, 2.50 and 9.
fn fill(db: &Db) {
    db.create_all::<Prices>().expect("the tables");
    for (id, price, old) in [(1, "10.00", None), (2, "2.50", Some("100")), (3, "9", Some("20.0"))] {
        db.insert(NewWriter { id, cheap: id == 2 }).expect("a writer");
        let new = NewTitle {
            id,
            writer_id: id,
            price: decimal(price),
            old_price: old.map(decimal),
            text: price.into(),
            meta: json!({ "a": id, "b": [1.5, null] }),
            fee: Some(Money(decimal(price))),
            size: Size(price.into()),
            grade: if id == 2 { Grade::Second } else { Grade::First },
        };
        db.insert(new).expect("a title");
    }
}

/// The ids, as `$query` sorts them.
macro_rules! ids {
    ($db:expr, $query:expr) => {
        $db.load::<i64, _>($query).expect("the ids")
    };
}

on_each_database! {
    fn decimals_sort_as_numbers_whatever_is_made_of_them(db: &Db) {
        fill(db);
        use titles::{id, old_price, price, writer_id};
        let grouped = || titles::table.group_by(writer_id).select(writer_id);
        assert_eq!(ids!(db, grouped().order_by(max(price))), [2, 3, 1]);
        assert_eq!(ids!(db, grouped().order_by(min(price).desc())), [1, 3, 2]);
        assert_eq!(ids!(db, grouped().having(max(price).gt(decimal("9.5"))).order_by(writer_id)), [1]);
        assert_eq!(ids!(db, grouped().order_by(exact::sum(price))), [2, 3, 1]);
        let all = || titles::table.select(id);
        let either = || coalesce(old_price, price);
        assert_eq!(ids!(db, all().order_by(either())), [1, 3, 2]);
        assert_eq!(ids!(db, all().filter(either().gt(decimal("9"))).order_by(id)), [1, 2, 3]);
        assert_eq!(ids!(db, all().filter(either().eq(decimal("20"))).order_by(id)), [3]);
        assert_eq!(
            ids!(db, all().filter(either().between(decimal("11"), decimal("100.00"))).order_by(id)),
            [2, 3]
        );
        assert_eq!(
            ids!(db, all().filter(either().eq_any([decimal("10"), decimal("20.00")])).order_by(id)),
            [1, 3]
        );
        let case = || case_when(id.eq(1), price).otherwise(decimal("9.1"));
        assert_eq!(ids!(db, all().order_by((case(), id))), [2, 3, 1]);
        let literal = |text: &str| decimal(text).into_sql::<ExactNumeric>();
        let literals = || case_when(id.eq(1), literal("10.00")).otherwise(literal("9.5"));
        assert_eq!(ids!(db, all().order_by((literals(), id))), [2, 3, 1]);
        assert_eq!(ids!(db, all().filter(literals().lt(decimal("9.50001"))).order_by(id)), [2, 3]);
        let aliased = diesel::alias!(titles as other);
        assert_eq!(
            ids!(
                db,
                aliased
                    .group_by(aliased.field(writer_id))
                    .select(aliased.field(writer_id))
                    .order_by(max(aliased.field(price)))
            ),
            [2, 3, 1]
        );
        let texts = case_when(price.gt(decimal("5")), titles::text).otherwise("1.0");
        assert_eq!(ids!(db, all().filter(texts.eq("1.00"))), [0_i64; 0]);
    }

    fn types_of_the_users_own_sort_as_what_they_hold(db: &Db) {
        fill(db);
        use titles::{fee, grade, id, size, writer_id};
        let grouped = || titles::table.group_by(writer_id).select(writer_id);
        assert_eq!(ids!(db, grouped().order_by(max(fee))), [2, 3, 1]);
        assert_eq!(ids!(db, grouped().order_by(max(size))), [1, 2, 3]);
        assert_eq!(ids!(db, grouped().order_by((max(grade), writer_id))), [1, 3, 2]);
        let all = || titles::table.select(id);
        let fees = || case_when(id.gt(1), fee).otherwise(fee);
        assert_eq!(ids!(db, all().order_by(fees())), [2, 3, 1]);
        assert_eq!(ids!(db, all().filter(fees().eq(Money(decimal("10"))))), [1]);
        assert_eq!(ids!(db, all().filter(size.eq(Size("9.0".into())))), [0_i64; 0]);
        assert_eq!(ids!(db, all().filter(grade.eq(Grade::Second))), [2]);
    }

    fn decimals_of_subqueries_sort_as_numbers(db: &Db) {
        fill(db);
        let spent = || {
            titles::table
                .filter(titles::writer_id.eq(writers::id))
                .select(exact::sum(titles::price))
                .single_value()
        };
        let all = || writers::table.select(writers::id);
        assert_eq!(ids!(db, all().order_by(spent())), [2, 3, 1]);
        assert_eq!(ids!(db, all().filter(spent().gt(decimal("3"))).order_by(writers::id)), [1, 3]);
        assert_eq!(ids!(db, all().filter(spent().eq(decimal("9.000")))), [3]);
        let highest = || {
            titles::table
                .filter(titles::writer_id.eq(writers::id))
                .select(max(titles::price))
                .single_value()
        };
        assert_eq!(ids!(db, all().order_by(highest().desc())), [1, 3, 2]);
    }

    fn decimals_group_as_numbers(db: &Db) {
        fill(db);
        let update = diesel::update(titles::table.find(3)).set(titles::price.eq(decimal("2.5")));
        db.execute(update).expect("the update");
        let groups: Vec<i64> = db
            .load(titles::table.group_by(titles::price).select(count_star()).order_by(count_star()))
            .expect("the groups");
        assert_eq!(groups, [1, 2]);
        assert_eq!(db.count(titles::table.select(titles::price).distinct()).expect("the count"), 2);
        let distinct: i64 = db
            .one(titles::table.select(diesel::dsl::count(titles::price).aggregate_distinct()))
            .expect("the count");
        assert_eq!(distinct, 2);
    }

    fn json_is_equal_by_what_it_says(db: &Db) {
        fill(db);
        // As another program may write it.
        db.execute_sql(
            "UPDATE titles SET meta = '{ \"b\":[1.50,null],  \"a\" : 2.0 }' WHERE id = 3",
        )
        .expect("the update");
        let same = json!({ "b": [1.5, null], "a": 2 });
        let found = || titles::table.select(titles::id).order_by(titles::id);
        assert_eq!(ids!(db, found().filter(titles::meta.eq(same.clone()))), [2, 3]);
        assert_eq!(ids!(db, found().filter(titles::meta.ne(same.clone()))), [1]);
        assert_eq!(ids!(db, found().filter(titles::meta.eq_any([same]))), [2, 3]);
        let groups = titles::table.select(titles::meta).distinct();
        assert_eq!(db.count(groups).expect("the count"), 2);
        let query = Title::query().filter(titles::meta.eq(json!({ "a": 1, "b": [1.50, null] })));
        assert_eq!(query.one(db).expect("the row").id, 1);
    }
}
