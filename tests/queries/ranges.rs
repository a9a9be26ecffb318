//! Counts and first rows of queries with a range, and ranges that are none.

use diesel::dsl::count_star;
use mizzle::ErrorCode;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

fn value_error<T: std::fmt::Debug>(result: mizzle::Result<T>) {
    let error = result.expect_err("a negative number of rows");
    assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
    assert!(error.to_string().contains(" is negative"), "{error}");
}

on_each_database! {
    fn a_count_is_of_the_query_as_it_stands(db: &Db) {
        seed(db);
        let count = |expected: u64, counted: mizzle::Result<u64>| {
            assert_eq!(counted.expect("the count"), expected);
        };
        count(4, db.count(people::table));
        count(2, db.count(people::table.filter(people::age.eq(36))));
        count(2, db.count(people::table.limit(2)));
        count(0, db.count(people::table.limit(0)));
        count(4, db.count(people::table.limit(9)));
        count(1, db.count(people::table.offset(3)));
        count(1, db.count(people::table.limit(3).offset(3)));
        count(0, db.count(people::table.offset(9)));
        count(2, db.count(people::table.order_by(people::id).into_boxed().limit(2)));
        count(3, db.count(people::table.select(people::age).distinct()));
        count(3, db.count(people::table.group_by(people::age).select(people::age)));
        count(
            1,
            db.count(
                people::table
                    .group_by(people::age)
                    .having(count_star().gt(1))
                    .select((people::age, count_star())),
            ),
        );
        // Columns of one name
        count(3, db.count(people::table.inner_join(teams::table)));
        count(4, db.count(people::table.left_join(teams::table)));
        count(1, db.count(people::table.select(count_star())));
        count(
            7,
            db.count(people::table.select(people::id).union_all(teams::table.select(teams::id))),
        );
        count(
            4,
            db.count(people::table.select(people::id).union(teams::table.select(teams::id))),
        );
    }

    fn a_first_row_is_within_the_limit(db: &Db) {
        seed(db);
        let ordered = || people::table.select(people::id).order_by(people::id);
        let first = |expected: Option<i64>, found: mizzle::Result<Option<i64>>| {
            assert_eq!(found.expect("the row"), expected);
        };
        first(Some(1), db.first(ordered()));
        first(None, db.first(ordered().limit(0)));
        first(Some(1), db.first(ordered().limit(5)));
        first(Some(3), db.first(ordered().limit(5).offset(2)));
        first(Some(3), db.first(ordered().offset(2)));
        first(None, db.first(ordered().offset(9)));
        first(None, db.first(ordered().into_boxed().limit(0)));
        first(Some(3), db.first(ordered().into_boxed().limit(2).offset(2)));
        first(Some(3), db.first(ordered().into_boxed().offset(2)));
        first(Some(1), db.first(ordered().into_boxed()));
        first(None, db.first(ordered().limit(0).lock(Lock::share())));
        first(Some(1), db.first(ordered().lock(Lock::share())));
        let inner = teams::table.select(teams::id).order_by(teams::id).limit(0);
        first(Some(1), db.first(ordered().filter(people::id.ne_all(inner))));
        let both = || ordered().union(teams::table.select(teams::id));
        assert!(db.first::<i64, _>(both()).expect("a row").is_some());
        first(None, db.first(both().limit(0)));
        assert_eq!(Person::query().find(1).limit(0).first(db).expect("none"), None);
        assert_eq!(Person::query().limit(0).first(db).expect("none"), None);
        assert!(!Person::query().limit(0).exists(db).expect("none"));
    }

    fn a_negative_number_of_rows_is_refused(db: &Db) {
        seed(db);
        value_error(db.load::<Person, _>(people::table.limit(-1)));
        value_error(db.load::<Person, _>(people::table.offset(-1)));
        value_error(db.load::<Person, _>(people::table.into_boxed().limit(1).offset(-1)));
        value_error(db.first::<Person, _>(people::table.limit(-1)));
        value_error(db.first::<Person, _>(people::table.offset(-1)));
        value_error(db.count(people::table.limit(-1)));
        let inner = teams::table.select(teams::id).limit(-1);
        value_error(db.load::<Person, _>(people::table.filter(people::id.eq_any(inner))));
    }

    fn a_range_may_exceed_what_the_databases_count(db: &Db) {
        seed(db);
        let query = || Person::query().order_by(people::id);
        for rows in [i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
            assert_eq!(query().limit(rows).count(db).expect("the count"), 4);
            assert_eq!(query().limit(rows).all(db).expect("the rows").len(), 4);
            assert_eq!(query().limit(rows).offset(3).all(db).expect("the rows").len(), 1);
            assert_eq!(query().offset(rows).first(db).expect("no row"), None);
            assert_eq!(query().limit(rows).offset(rows).count(db).expect("the count"), 0);
            assert!(!query().offset(rows).exists(db).expect("no row"));
        }
    }
}
