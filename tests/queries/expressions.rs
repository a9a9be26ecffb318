//! CASE, CAST, arithmetic, and equality that knows NULL.

use diesel::dsl::{case_when, not, select};
use diesel::sql_types::{BigInt, Bool, Double, Float, Integer, Nullable, SmallInt, Text};
use mizzle::ErrorCode;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

on_each_database! {
    fn case(db: &Db) {
        seed(db);
        let words: Vec<String> = db
            .load(
                people::table.order(people::id).select(
                    case_when(people::age.lt(30), "young".into_sql::<Text>())
                        .when(people::age.gt(40), "old")
                        .otherwise("between"),
                ),
            )
            .expect("the words");
        assert_eq!(words, ["between", "young", "between", "old"]);
        let points: Vec<Option<i64>> = db
            .load(
                people::table
                    .order(people::id)
                    .select(case_when(people::active, people::points * 10)),
            )
            .expect("the points");
        assert_eq!(points, [Some(1000), Some(500), None, Some(0)]);
        let balances: Vec<Decimal> = db
            .load(
                people::table.order(people::id).select(
                    case_when(
                        people::balance.lt(decimal("0")),
                        decimal("0").into_sql::<mizzle::sql_types::ExactNumeric>(),
                    )
                    .otherwise(people::balance),
                ),
            )
            .expect("the balances");
        assert_eq!(balances, ["10", "9.5", "0", "0.01"].map(decimal));
    }

    fn case_in_order_and_update(db: &Db) {
        seed(db);
        let rank = || {
            case_when(people::status.eq(Status::Member), 0.into_sql::<Integer>())
                .when(people::status.eq(Status::Trial), 1)
                .otherwise(2)
        };
        let sorted: Vec<i64> = db
            .load(people::table.order((rank(), people::id.desc())).select(people::id))
            .expect("the ids");
        assert_eq!(sorted, [2, 1, 3, 4]);
        db.execute(diesel::update(people::table).set(people::age.eq(rank() + 1))).expect("all");
        let ages: Vec<i32> =
            db.load(people::table.order(people::id).select(people::age)).expect("the ages");
        assert_eq!(ages, [1, 1, 2, 3]);
    }

    fn casts(db: &Db) {
        seed(db);
        let ada = people::table.find(1);
        let texts: (String, String) = db
            .one(ada.select((people::age.cast::<Text>(), people::points.cast::<Text>())))
            .expect("the texts");
        assert_eq!(texts, ("36".into(), "100".into()));
        let numbers: (i64, f64, f32, f64) = db
            .one(ada.select((
                people::age.cast::<BigInt>(),
                people::points.cast::<Double>(),
                people::age.cast::<Float>(),
                people::reach.cast::<Double>(),
            )))
            .expect("the numbers");
        assert_eq!(numbers, (36, 100.0, 36.0, 0.75));
        let nullable: Option<String> =
            db.one(ada.select(people::team_id.cast::<Nullable<Text>>())).expect("the text");
        assert_eq!(nullable, Some("1".into()));
        let parsed: (i32, i64, f64) = db
            .one(select((
                "12".into_sql::<Text>().fallible_cast::<Integer>(),
                "-9000000000".into_sql::<Text>().fallible_cast::<BigInt>(),
                "1.5".into_sql::<Text>().fallible_cast::<Double>(),
            )))
            .expect("the numbers");
        assert_eq!(parsed, (12, -9_000_000_000, 1.5));
        let narrowed: Vec<i64> = db
            .load(
                people::table
                    .filter(people::points.fallible_cast::<Integer>().eq(people::age + 64))
                    .select(people::id),
            )
            .expect("the ids");
        assert_eq!(narrowed, [1]);
    }

    fn arithmetic(db: &Db) {
        seed(db);
        let values: (i32, i32, i32, i32, f64, i64) = db
            .one(people::table.find(1).select((
                people::age + 1,
                people::age - 40,
                people::age * 2,
                people::age / 5,
                people::height / 2.0,
                people::points + people::points,
            )))
            .expect("the values");
        assert_eq!(values, (37, -4, 72, 7, 0.875, 200));
        let decimals: (Decimal, Option<Decimal>, Option<Decimal>) = db
            .one(people::table.find(1).select((
                people::balance.plus(decimal("0.05")).times(decimal("-1.5")),
                people::bonus.plus(decimal("0.2")),
                people::bonus.minus(None::<Decimal>),
            )))
            .expect("the values");
        assert_eq!(decimals, (decimal("-15.075"), Some(decimal("0.3")), None));
        let columns: Decimal = db
            .one(people::table.find(2).select(people::balance.minus(people::balance)))
            .expect("the value");
        assert_eq!(columns, decimal("0"));
    }

    fn division_by_zero_is_an_error(db: &Db) {
        seed(db);
        let quotient = db
            .load::<Option<i64>, _>(people::table.find(1).select((people::points / 0).nullable()));
        assert_eq!(quotient.expect_err("a division by zero").code(), ErrorCode::ValueError);
    }

    fn not_holds_for_its_operand_alone(db: &Db) {
        seed(db);
        // Ada, bob and Dot are active.
        let ids = |condition: Box<dyn diesel::BoxableExpression<people::table, mizzle::backend::Any, SqlType = diesel::sql_types::Bool>>| {
            let query = people::table.filter(condition).order(people::id).select(people::id);
            db.load::<i64, _>(query).expect("the ids")
        };
        let active = || people::active;
        assert_eq!(ids(Box::new(not(active()).lt(active()))), [1, 2, 4]);
        assert_eq!(ids(Box::new(not(active()).eq_any([true, false]))), [1, 2, 3, 4]);
        assert_eq!(ids(Box::new(not(active()).is_not_distinct_from(not(active())))), [1, 2, 3, 4]);
        assert_eq!(ids(Box::new(not(not(active())))), [1, 2, 4]);
        assert_eq!(ids(Box::new(not(active()).or(people::id.eq(1)))), [1, 3]);
    }

    fn null_safe_equality(db: &Db) {
        seed(db);
        let ids = |team: Option<i64>| -> Vec<i64> {
            let query = people::table.filter(people::team_id.is_not_distinct_from(team));
            db.load(query.order(people::id).select(people::id)).expect("the ids")
        };
        assert_eq!(ids(Some(CORE)), [1, 2]);
        assert_eq!(ids(None), [4]);
        let others = |team: Option<i64>| -> Vec<i64> {
            let query = people::table.filter(people::team_id.is_distinct_from(team));
            db.load(query.order(people::id).select(people::id)).expect("the ids")
        };
        assert_eq!(others(Some(CORE)), [3, 4]);
        assert_eq!(others(None), [1, 2, 3]);
        // Never NULL itself.
        let same: Vec<bool> = db
            .load(
                people::table
                    .order(people::id)
                    .select(people::bonus.is_not_distinct_from(decimal("0.10"))),
            )
            .expect("the answers");
        assert_eq!(same, [true, false, false, false]);
        let teamless = Person::query().filter(people::team_id.is_not_distinct_from(None::<i64>));
        assert_eq!(names(&teamless.all(db).expect("the row")), ["Dot"]);
        let columns = people::born.is_not_distinct_from(people::born).and(people::active);
        assert_eq!(db.count(people::table.filter(columns)).expect("the count"), 3);
    }

    fn conditions_are_values(db: &Db) {
        seed(db);
        let values: Vec<(bool, Option<bool>)> = db
            .load(
                people::table
                    .order(people::id)
                    .select((people::age.gt(30), people::born.lt(date(1995, 1, 1)))),
            )
            .expect("the values");
        assert_eq!(values, [(true, Some(true)), (false, None), (true, None), (true, Some(false)),]);
        let constant: (bool, Option<bool>, i16) = db
            .one(select((
                true.into_sql::<Bool>(),
                None::<bool>.into_sql::<Nullable<Bool>>(),
                7_i16.into_sql::<SmallInt>(),
            )))
            .expect("the values");
        assert_eq!(constant, (true, None, 7));
    }
}
