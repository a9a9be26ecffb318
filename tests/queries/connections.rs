//! Code that is written for diesel's own traits, on a connection of the pool.

use diesel::connection::DefaultLoadingMode;
use diesel::{Connection, OptionalExtension, RunQueryDsl};
use mizzle::ErrorCode;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

on_each_database! {
    fn reads(db: &Db) {
        seed(db);
        db.with_connection(|connection| {
            let query = people::table.order(people::id);
            let all: Vec<Person> = query.load(connection)?;
            assert_eq!(all, club());
            let first: Person = query.first(connection)?;
            assert_eq!(first, club()[0]);
            let names: Vec<String> = query.select(people::name).get_results(connection)?;
            assert_eq!(names, ["Ada", "bob", "Cid", "Dot"]);
            let ages = query.select(people::age).load_iter::<i32, DefaultLoadingMode>(connection)?;
            let ages = ages.collect::<diesel::QueryResult<Vec<i32>>>()?;
            assert_eq!(ages, [36, 24, 36, 41]);
            let none = people::table.find(77).first::<Person>(connection).optional()?;
            assert_eq!(none, None);
            let count: i64 = people::table.count().get_result(connection)?;
            assert_eq!(count, 4);
            Ok(())
        })
        .expect("the queries");
    }

    fn writes(db: &Db) {
        seed(db);
        db.with_connection(|connection| {
            let row: Person = diesel::insert_into(people::table)
                .values(somebody("Eve"))
                .returning(Person::as_returning())
                .get_result(connection)?;
            assert_eq!(row, stored(5, "Eve"));
            let gone = diesel::delete(people::table.find(5)).execute(connection)?;
            assert_eq!(gone, 1);
            let failed = connection.transaction(|connection| {
                diesel::delete(people::table).execute(connection)?;
                diesel::insert_into(teams::table).values(teams::name.eq("core")).execute(connection)
            });
            let error = mizzle::Error::from(failed.expect_err("the name is taken"));
            assert!(error.is_unique_violation(), "{error:?}");
            Ok(())
        })
        .expect("the statements");
        assert_eq!(Person::query().order_by(people::id).all(db).expect("the rows"), club());
    }

    fn errors_pass_through(db: &Db) {
        seed(db);
        let error = db
            .with_connection(|connection| Ok(people::table.find(77).first::<Person>(connection)?))
            .expect_err("there is none");
        assert!(error.is_not_found());
        let error = db
            .with_connection(|connection| {
                Ok(diesel::update(people::table).set(people::age.eq(0)).execute(connection)?)
            })
            .expect_err("the check");
        assert_eq!(error.code(), ErrorCode::ConstraintError);
        assert_eq!(
            error.constraint().expect("a constraint").name.as_deref(),
            Some("age_is_positive")
        );
        let inside = db.with_connection(|_| db.count(people::table));
        assert_eq!(inside.expect_err("it would wait").code(), ErrorCode::TransactionError);
    }
}
