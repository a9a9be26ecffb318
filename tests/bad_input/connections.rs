//! What happens to connections that are open: tables change under them, and they are lost.

use diesel::sql_types::{BigInt, Integer};
use mizzle::ErrorCode;
use mizzle::TransactionRetry;
use mizzle::prelude::*;

use crate::refused;
use test_support::{FreshPostgres, with_postgres};

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Counter {
    #[column(primary_key)]
    pub id: i32,
    pub value: i64,
}

mizzle::schema!(pub Counters = [Counter]);

/// A pool of one connection, and another client.
fn with_two_clients(body: impl FnOnce(&Db, &Db)) {
    let fresh = FreshPostgres::new();
    let db = Db::builder(&fresh.url).pool_size(1).connect().unwrap();
    let other = Db::connect(&fresh.url).unwrap();
    db.create_all::<Counters>().unwrap();
    db.insert(Counter { id: 1, value: 5 }).unwrap();
    body(&db, &other);
}

fn all_ways_to_read(db: &impl Executor) -> mizzle::Result<()> {
    let row = Counter { id: 1, value: 5 };
    assert_eq!(db.find::<Counter>(1)?, Some(row.clone()));
    assert_eq!(Counter::query().all(db)?, std::slice::from_ref(&row));
    assert_eq!(db.load::<Counter, _>(counters::table.find(1))?, std::slice::from_ref(&row));
    assert_eq!(db.update_returning(&row)?, row);
    Ok(())
}

#[test]
fn a_table_that_another_client_alters() {
    with_two_clients(|db, other| {
        for ty in ["integer", "bigint", "smallint", "bigint"] {
            all_ways_to_read(db).unwrap();
            other
                .execute_sql(&format!("ALTER TABLE counters ALTER COLUMN value TYPE {ty}"))
                .unwrap();
            all_ways_to_read(db).unwrap();
        }
        other.execute_sql("ALTER TABLE counters ADD COLUMN more text").unwrap();
        all_ways_to_read(db).unwrap();
        other.execute_sql("ALTER TABLE counters DROP COLUMN more").unwrap();
        all_ways_to_read(db).unwrap();
        other.execute_sql("DROP TABLE counters").unwrap();
        refused(db.find::<Counter>(1), ErrorCode::SchemaError);
        other.create_all::<Counters>().unwrap();
        other.insert(Counter { id: 1, value: 5 }).unwrap();
        all_ways_to_read(db).unwrap();
    });
}

#[test]
fn a_table_that_is_altered_before_a_transaction() {
    with_two_clients(|db, other| {
        all_ways_to_read(db).unwrap();
        other.execute_sql("ALTER TABLE counters ALTER COLUMN value TYPE integer").unwrap();
        // Nothing has been done in the transaction, so it begins again.
        db.transaction(|tx| all_ways_to_read(tx)).unwrap();
        all_ways_to_read(db).unwrap();
    });
}

#[test]
fn a_table_that_is_altered_in_a_transaction() {
    with_two_clients(|db, other| {
        all_ways_to_read(db).unwrap();
        let mut runs = 0;
        let mut read_after_change = |tx: &Tx<'_>| {
            runs += 1;
            tx.execute_sql("SELECT 1")?;
            if runs == 1 {
                other.execute_sql("ALTER TABLE counters ALTER COLUMN value TYPE integer").unwrap();
            }
            all_ways_to_read(tx)
        };
        // What was done before is lost with the failed statement.
        let error = db.transaction(&mut read_after_change).unwrap_err();
        assert!(error.is_serialization_failure() && error.is_temporary(), "{error:?}");
        assert_eq!(error.code(), ErrorCode::QueryError, "{error:?}");
        assert_eq!(error.database_code(), Some("0A000"), "{error:?}");
        db.transaction(&mut read_after_change).unwrap();

        // A retry knows it.
        other.execute_sql("ALTER TABLE counters ALTER COLUMN value TYPE bigint").unwrap();
        all_ways_to_read(db).unwrap();
        runs = 0;
        let retry = TransactionRetry::new(3);
        db.transaction_builder()
            .retry(retry)
            .run(|tx| {
                runs += 1;
                tx.execute_sql("SELECT 1")?;
                if runs == 1 {
                    other
                        .execute_sql("ALTER TABLE counters ALTER COLUMN value TYPE integer")
                        .unwrap();
                }
                all_ways_to_read(tx)
            })
            .unwrap();
        assert_eq!(runs, 2);
    });
}

fn terminate(db: &Db, other: &Db) {
    let pid: i32 = db.one(diesel::dsl::sql::<Integer>("SELECT pg_backend_pid()")).unwrap();
    terminate_backend(pid, other);
}

fn terminate_backend(pid: i32, other: &Db) {
    let killed = diesel::sql_query("SELECT pg_terminate_backend($1, 5000)").bind::<Integer, _>(pid);
    other.execute(killed).unwrap();
}

#[test]
fn a_connection_that_the_server_ends() {
    with_two_clients(|db, other| {
        for _ in 0..3 {
            all_ways_to_read(db).unwrap();
            // A read is run again, on a new connection.
            terminate(db, other);
            all_ways_to_read(db).unwrap();
            let row = Counter { id: 1, value: 5 };
            terminate(db, other);
            let error = db.update(&row).unwrap_err();
            assert!(error.is_connection_lost() && error.is_temporary(), "{error:?}");
            assert_eq!(error.code(), ErrorCode::NetworkError);
            assert!(!error.troubleshooting().is_empty(), "{error:?}");
            all_ways_to_read(db).unwrap();

            terminate(db, other);
            let error = db.execute_sql("SELECT 1").unwrap_err();
            assert!(error.is_connection_lost(), "{error:?}");
            terminate(db, other);
            let error = db.transaction(|tx| all_ways_to_read(tx)).unwrap_err();
            assert!(error.is_connection_lost(), "{error:?}");
        }
    });
}

#[test]
fn a_connection_that_is_lost_inside_of_a_transaction() {
    with_two_clients(|db, other| {
        let error = db
            .transaction(|tx| {
                tx.insert(Counter { id: 2, value: 0 })?;
                let pid = tx.one(diesel::dsl::sql::<Integer>("SELECT pg_backend_pid()"))?;
                terminate_backend(pid, other);
                let error = tx.insert(Counter { id: 3, value: 0 }).unwrap_err();
                assert!(error.is_connection_lost(), "{error:?}");
                tx.transaction(|inner| inner.insert(Counter { id: 4, value: 0 }))
            })
            .unwrap_err();
        assert!(error.is_connection_lost(), "{error:?}");
        // Lost at the commit.
        let error = db
            .transaction(|tx| {
                tx.insert(Counter { id: 2, value: 0 })?;
                let pid = tx.one(diesel::dsl::sql::<Integer>("SELECT pg_backend_pid()"))?;
                terminate_backend(pid, other);
                Ok(())
            })
            .unwrap_err();
        assert!(error.is_connection_lost(), "{error:?}");
        assert_eq!(error.sql(), Some("COMMIT"));
        assert_eq!(db.count(counters::table).unwrap(), 1);
        all_ways_to_read(db).unwrap();
    });
}

/// A batch is split, a list is one parameter; a statement with too many conditions can't be either.
#[test]
fn more_values_than_a_statement_takes() {
    with_postgres(|db| {
        db.create_all::<Counters>().unwrap();
        let query = diesel::sql_query("SELECT 1").into_boxed::<mizzle::backend::Any>();
        let query = (0..70_000).fold(query, |query, id: i64| query.bind::<BigInt, _>(id));
        let error = db.execute(query).unwrap_err();
        assert_eq!(error.code(), ErrorCode::QueryError);
        assert!(error.to_string().contains("70000 parameters"), "{error}");
    });
}
