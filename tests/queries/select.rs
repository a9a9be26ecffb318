//! SELECT through diesel: filters, order, limits, distinct, boxed queries.

use diesel::dsl::{max, not, sql};
use diesel::sql_types::{BigInt, Bool, Integer};
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

/// The ids of the people for whom `condition` is true.
macro_rules! ids {
    ($db:expr, $condition:expr) => {
        $db.load::<i64, _>(people::table.filter($condition).order(people::id).select(people::id))
            .expect("the ids")
    };
}

on_each_database! {
    fn comparisons(db: &Db) {
        seed(db);
        assert_eq!(ids!(db, people::age.eq(36)), [1, 3]);
        assert_eq!(ids!(db, people::age.ne(36)), [2, 4]);
        assert_eq!(ids!(db, people::age.gt(36)), [4]);
        assert_eq!(ids!(db, people::age.ge(36)), [1, 3, 4]);
        assert_eq!(ids!(db, people::age.lt(36)), [2]);
        assert_eq!(ids!(db, people::age.le(36)), [1, 2, 3]);
        assert_eq!(ids!(db, people::age.between(25, 36)), [1, 3]);
        assert_eq!(ids!(db, people::age.not_between(25, 36)), [2, 4]);
        assert_eq!(ids!(db, people::born.is_null()), [2, 3]);
        assert_eq!(ids!(db, people::born.is_not_null()), [1, 4]);
        assert_eq!(ids!(db, people::born.lt(date(2000, 1, 1))), [1]);
        assert_eq!(ids!(db, people::status.eq(Status::Member)), [1, 2]);
        assert_eq!(ids!(db, people::token.eq(Uuid::from_u128(3))), [3]);
        assert_eq!(ids!(db, people::level.eq(3_i16)), [1]);
        assert_eq!(ids!(db, people::height.gt(1.3)), [1, 3, 4]);
        assert_eq!(ids!(db, people::reach.gt(0.6_f32)), [1]);
        assert_eq!(ids!(db, people::active), [1, 2, 4]);
        assert_eq!(ids!(db, not(people::active)), [3]);
        assert_eq!(ids!(db, people::age.eq(36).and(people::active)), [1]);
        assert_eq!(ids!(db, people::age.eq(24).or(people::active.eq(false))), [2, 3]);
        assert_eq!(ids!(db, not(people::age.eq(24).or(people::active.eq(false)))), [1, 4]);
        assert_eq!(ids!(db, people::points.gt(people::age.cast::<BigInt>())), [1, 2, 3]);
        assert_eq!(ids!(db, sql::<Bool>("length(name) = ").bind::<Integer, _>(3)), [1, 2, 3, 4]);
    }

    fn decimals_compare_as_numbers(db: &Db) {
        seed(db);
        assert_eq!(ids!(db, people::balance.eq(decimal("10"))), [1]);
        assert_eq!(ids!(db, people::balance.eq(decimal("9.500"))), [2]);
        assert_eq!(ids!(db, people::balance.gt(decimal("9.5"))), [1]);
        assert_eq!(ids!(db, people::balance.lt(decimal("0"))), [3]);
        assert_eq!(ids!(db, people::balance.between(decimal("-200"), decimal("0.01"))), [3, 4]);
        assert_eq!(ids!(db, people::bonus.ge(decimal("0.10"))), [1, 3]);
        assert_eq!(ids!(db, people::balance.plus(decimal("0.5")).eq(decimal("10"))), [2]);
        assert_eq!(ids!(db, people::balance.minus(decimal("0.5")).gt(decimal("8.99"))), [1, 2]);
    }

    fn filter_and_or_filter(db: &Db) {
        seed(db);
        let query = people::table
            .filter(people::age.eq(36))
            .filter(people::active)
            .or_filter(people::name.eq("Dot"))
            .order(people::id)
            .select(people::name);
        assert_eq!(db.load::<String, _>(query).expect("the names"), ["Ada", "Dot"]);
    }

    fn order(db: &Db) {
        seed(db);
        let query = people::table.select(people::id);
        let sorted = db.load::<i64, _>(query.order((people::age.desc(), people::id.desc())));
        assert_eq!(sorted.expect("the ids"), [4, 3, 1, 2]);
        let sorted = db.load::<i64, _>(query.order(people::age).then_order_by(people::id.desc()));
        assert_eq!(sorted.expect("the ids"), [2, 3, 1, 4]);
        let sorted = db.load::<i64, _>(query.order((people::balance.desc(),)));
        assert_eq!(sorted.expect("the ids"), [1, 2, 4, 3]);
        let sorted = db.load::<i64, _>(query.order((people::status, people::id)));
        assert_eq!(sorted.expect("the ids"), [4, 1, 2, 3]);
        let sorted = db.load::<i64, _>(query.order((people::height * people::height, people::id)));
        assert_eq!(sorted.expect("the ids"), [2, 3, 4, 1]);
        // Where NULL stands is asked for: by default it is first on SQLite, last on PostgreSQL.
        let sorted =
            db.load::<i64, _>(query.order((people::born.is_null(), people::born, people::id)));
        assert_eq!(sorted.expect("the ids"), [1, 4, 2, 3]);
    }

    fn limit_and_offset(db: &Db) {
        seed(db);
        let query = people::table.select(people::id).order(people::id);
        assert_eq!(db.load::<i64, _>(query.limit(2)).expect("the ids"), [1, 2]);
        assert_eq!(db.load::<i64, _>(query.offset(3)).expect("the ids"), [4]);
        assert_eq!(db.load::<i64, _>(query.limit(2).offset(1)).expect("the ids"), [2, 3]);
        assert_eq!(db.load::<i64, _>(query.limit(1)).expect("the ids"), [1]);
    }

    fn distinct(db: &Db) {
        seed(db);
        let ages =
            db.load::<i32, _>(people::table.select(people::age).distinct().order(people::age));
        assert_eq!(ages.expect("the ages"), [24, 36, 41]);
        let pairs = people::table
            .select((people::age, people::reach))
            .distinct()
            .order(people::age.desc())
            .limit(2);
        let pairs: Vec<(i32, f32)> = db.load(pairs).expect("the pairs");
        assert_eq!(pairs.len(), 2);
        assert_eq!(pairs[0], (41, 0.5));
        // Equal as numbers, whichever digits they were written with.
        db.execute(diesel::update(people::table.find(2)).set(people::balance.eq(decimal("10"))))
            .expect("the update");
        let balances: Vec<Decimal> = db
            .load(people::table.select(people::balance).distinct().order(people::balance))
            .expect("the balances");
        assert_eq!(balances, [decimal("-100.25"), decimal("0.01"), decimal("10")]);
    }

    fn boxed(db: &Db) {
        seed(db);
        let search =
            |name: Option<&str>, oldest: Option<i32>, descending: bool, page: Option<i64>| {
                let mut query = people::table.select(people::name).into_boxed();
                if let Some(name) = name {
                    query = query.filter(people::name.like(format!("%{name}%")));
                }
                if let Some(oldest) = oldest {
                    query = query.filter(people::age.le(oldest));
                }
                query = match descending {
                    true => query.order(people::name.desc()).then_order_by(people::id),
                    false => query.order(people::id),
                };
                if let Some(page) = page {
                    query = query.limit(1).offset(page);
                }
                db.load::<String, _>(query).expect("the names")
            };
        assert_eq!(search(None, None, false, None), ["Ada", "bob", "Cid", "Dot"]);
        assert_eq!(search(None, Some(36), false, None), ["Ada", "bob", "Cid"]);
        assert_eq!(search(Some("d"), Some(36), false, None), ["Ada", "Cid"]);
        assert_eq!(search(Some("d"), None, true, None), ["Cid", "Ada"]);
        assert_eq!(search(None, None, false, Some(2)), ["Cid"]);

        let offset = people::table.select(people::id).order(people::id).offset(3).into_boxed();
        assert_eq!(db.load::<i64, _>(offset).expect("the ids"), [4]);
        let limit = people::table.select(people::id).order(people::id).limit(1).into_boxed();
        assert_eq!(db.load::<i64, _>(limit.or_filter(people::id.gt(0))).expect("the ids"), [1]);
        let distinct = people::table.select(people::age).distinct().into_boxed();
        assert_eq!(db.load::<i32, _>(distinct.order(people::age)).expect("the ages"), [24, 36, 41]);
        let joined = people::table.inner_join(teams::table).into_boxed();
        let joined = joined.filter(teams::name.eq("web")).select(people::id);
        assert_eq!(db.load::<i64, _>(joined).expect("the ids"), [3]);
        let both =
            people::table.select(people::id).limit(2).offset(1).order(people::id).into_boxed();
        assert_eq!(db.first::<i64, _>(both).expect("the id"), Some(2));
        let counted = people::table.filter(people::age.eq(36)).into_boxed();
        assert_eq!(db.count(counted).expect("the count"), 2);
    }

    fn columns_and_tuples(db: &Db) {
        seed(db);
        let nested: Vec<(Person, (i64, bool))> = db
            .load(
                people::table
                    .find(1)
                    .select((Person::as_select(), (people::id, people::age.gt(30)))),
            )
            .expect("the row");
        assert_eq!(nested, [(club().remove(0), (1, true))]);
        let none: Option<Option<i32>> = db
            .first(people::table.filter(people::id.lt(0)).select(max(people::age)))
            .expect("a row");
        assert_eq!(none, Some(None));
        let all: Vec<(i64, String, Option<i64>)> =
            db.load(teams::table.order(teams::id)).expect("the teams");
        assert_eq!(all[1], (2, "web".into(), Some(CORE)));
    }

    fn without_a_table(db: &Db) {
        let value: (i32, String) = db
            .one(diesel::select((
                7.into_sql::<Integer>(),
                "seven".into_sql::<diesel::sql_types::Text>(),
            )))
            .expect("the values");
        assert_eq!(value, (7, "seven".into()));
    }

    fn sql_text_with_parameters(db: &Db) {
        seed(db);
        #[derive(diesel::QueryableByName, Debug, PartialEq)]
        struct Found {
            #[diesel(sql_type = BigInt)]
            id: i64,
            #[diesel(sql_type = Integer)]
            age: i32,
        }
        let sql = "WITH old AS (SELECT id, age FROM people WHERE age > $1) \
                   SELECT age, id FROM old ORDER BY id";
        let found: Vec<Found> =
            db.load(diesel::sql_query(sql).bind::<Integer, _>(30)).expect("the rows");
        let expected = [(1, 36), (3, 36), (4, 41)].map(|(id, age)| Found { id, age });
        assert_eq!(found, expected);
    }
}
