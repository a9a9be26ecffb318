//! Errors through diesel's own traits have the same kinds as those of diesel's connections.

use diesel::dsl::{insert_into, sql, update};
use diesel::result::{DatabaseErrorKind, Error, OptionalEmptyChangesetExtension};
use diesel::sql_types::Integer;
use diesel::{QueryResult, RunQueryDsl};
use mizzle::backend::AnyConnection;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

fn with<R>(db: &Db, f: impl FnOnce(&mut AnyConnection) -> R) -> R {
    db.with_connection(|connection| Ok(f(connection))).expect("a connection")
}

on_each_database! {
    fn an_empty_changeset(db: &Db) {
        db.create_all::<Club>().expect("the tables");
        with(db, |connection| {
            let nothing = || {
                update(people::table.filter(people::id.eq(1))).set(PersonChanges::default())
            };
            let error = nothing().execute(connection).expect_err("nothing to set");
            assert!(matches!(error, Error::QueryBuilderError(_)), "{error:?}");
            let done = nothing().execute(connection).optional_empty_changeset();
            assert_eq!(done, Ok(None));
            let row = nothing().get_result::<Person>(connection).optional_empty_changeset();
            assert_eq!(row, Ok(None));
        });
        let error = db
            .execute(update(people::table).set(PersonChanges::default()))
            .expect_err("nothing to set");
        assert_eq!(error.code(), mizzle::ErrorCode::QueryError, "{error:?}");
    }

    fn rows_that_cannot_be_read(db: &Db) {
        with(db, |connection| {
            let null: QueryResult<i32> = diesel::select(sql::<Integer>("NULL")).get_result(connection);
            assert!(matches!(null, Err(Error::DeserializationError(_))), "{null:?}");
            let none: QueryResult<i32> =
                diesel::select(sql::<Integer>("1")).filter(sql::<diesel::sql_types::Bool>("1 = 2"))
                    .get_result(connection);
            assert_eq!(none, Err(Error::NotFound));
        });
    }

    fn values_that_cannot_be_bound(db: &Db) {
        with(db, |connection| {
            let error: QueryResult<f64> =
                diesel::select(f64::NAN.into_sql::<diesel::sql_types::Double>())
                    .get_result(connection);
            match connection.dialect() {
                mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => {
                    assert!(matches!(error, Err(Error::SerializationError(_))), "{error:?}");
                }
                mizzle::Dialect::Postgres => assert!(error.is_ok_and(f64::is_nan)),
            }
        });
    }

    fn violations_also_in_text(db: &Db) {
        use diesel::connection::SimpleConnection as _;
        db.create_all::<Club>().expect("the tables");
        db.insert(somebody("Eve")).expect("a row");
        with(db, |connection| {
            let error = insert_into(people::table).values(somebody("Eve")).execute(connection);
            let kind = |error: QueryResult<()>| match error {
                Err(Error::DatabaseError(kind, _)) => kind,
                other => panic!("{other:?}"),
            };
            assert!(matches!(kind(error.map(drop)), DatabaseErrorKind::UniqueViolation));
            let error = connection
                .batch_execute("UPDATE people SET name = 'Eve' WHERE 1 = 0; UPDATE people SET name = NULL");
            assert!(matches!(kind(error), DatabaseErrorKind::NotNullViolation));
        });
    }
}

#[cfg(feature = "postgres")]
#[test]
fn what_the_server_says_of_values_is_its_own() {
    use diesel::sql_types::{SmallInt, Text};
    test_support::with_postgres(|db| {
        with(db, |connection| {
            for (text, code) in [
                ("CAST(1 / CAST(text '0' AS int) AS int)", "22012"),
                ("CAST(text 'x' AS int)", "22P02"),
                ("CAST(CAST(70000 AS int) AS smallint)", "22003"),
            ] {
                let result: QueryResult<i32> =
                    diesel::select(sql::<Integer>(text)).get_result(connection);
                let Err(error) = result else { panic!("{text} is refused") };
                assert!(
                    matches!(error, Error::DatabaseError(DatabaseErrorKind::Unknown, _)),
                    "{text}: {error:?}"
                );
                let error = mizzle::Error::from(error);
                let _ = (error, code);
            }
            let _: QueryResult<i16> =
                diesel::select(1_i16.into_sql::<SmallInt>()).get_result(connection);
            let _: QueryResult<String> =
                diesel::select("x".into_sql::<Text>()).get_result(connection);
        });
        let error = db
            .one::<i32, _>(diesel::select(sql::<Integer>("1 / CAST(text '0' AS int)")))
            .expect_err("a division by zero");
        assert_eq!(error.code(), mizzle::ErrorCode::ValueError);
        assert_eq!(error.database_code(), Some("22012"));
    });
}
