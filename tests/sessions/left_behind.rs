//! What a connection must not leave to whoever has it next, and what ends it otherwise.

use std::time::Duration;

use diesel::sql_types::{BigInt, Integer};
use mizzle::ErrorCode;
use mizzle::prelude::*;

use test_support::{FreshPostgres, with_postgres};

fn process(db: &Db) -> i32 {
    db.one(diesel::dsl::sql::<Integer>("SELECT pg_backend_pid()")).unwrap()
}

/// A COPY has rows to send or to read, and no call does that.
#[test]
fn a_copy() {
    for timeout in [None, Some(Duration::from_secs(60))] {
        let fresh = FreshPostgres::new();
        let db = Db::builder(&fresh.url).pool_size(1).statement_timeout(timeout).connect().unwrap();
        db.execute_sql("CREATE TABLE rows AS SELECT generate_series(1, 5000) AS id").unwrap();
        let before = process(&db);
        for sql in [
            "COPY rows TO STDOUT",
            "COPY rows FROM STDIN",
            "COPY rows FROM STDIN; COPY rows TO STDOUT; SELECT 1",
            "COPY rows TO STDOUT; COPY rows FROM STDIN",
        ] {
            let error = db.execute_sql(sql).unwrap_err();
            assert_eq!(error.code(), ErrorCode::QueryError, "{error:?}");
            assert!(error.to_string().contains("COPY"), "{error:?}");
            assert!(!error.troubleshooting().is_empty());
            assert_eq!(process(&db), before);
            if !sql.contains(';') {
                let error = db.execute(diesel::sql_query(sql)).unwrap_err();
                assert!(error.to_string().contains("COPY"), "{error:?}");
                assert_eq!(process(&db), before);
            }
        }
        let rows: i64 = db.one(diesel::dsl::sql::<BigInt>("SELECT count(*) FROM rows")).unwrap();
        assert_eq!(rows, 5000);
    }
}

/// Nobody reads notifications: a session that listens is not lent again.
#[test]
fn listen() {
    with_postgres(|_| {
        let fresh = FreshPostgres::new();
        let db = Db::builder(&fresh.url).pool_size(1).connect().unwrap();
        db.execute_sql(
            "CREATE FUNCTION hear() RETURNS void LANGUAGE plpgsql AS $$ BEGIN LISTEN news; END $$",
        )
        .unwrap();
        let listening = || -> i64 {
            db.one(diesel::dsl::sql::<BigInt>("SELECT count(*) FROM pg_listening_channels()"))
                .unwrap()
        };
        let before = process(&db);
        assert_eq!(process(&db), before);
        db.execute_sql("SELECT 1; LISTEN news; SELECT 2").unwrap();
        assert_eq!(listening(), 0);
        db.execute(diesel::sql_query("listen news")).unwrap();
        assert_eq!(listening(), 0);
        // Where nothing shows it, the first notification does.
        db.execute(diesel::sql_query("SELECT hear()")).unwrap();
        db.execute_sql("NOTIFY news").unwrap();
        assert_eq!(listening(), 0);
    });
}

/// Longer than the server takes: refused before it is sent, and once.
#[test]
fn a_text_that_is_too_long() {
    let fresh = FreshPostgres::new();
    let db = Db::builder(&fresh.url).pool_size(1).connect().unwrap();
    let before = process(&db);
    let text = "x".repeat(1 << 30);
    let query =
        diesel::sql_query("SELECT length($1) AS answer").bind::<diesel::sql_types::Text, _>(text);
    let error = db.execute(query).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
    assert_eq!(process(&db), before);
}

/// A subscriber that panics at a message of the server: the panic stays on this side of libpq.
#[test]
fn a_subscriber_that_panics() {
    struct Panics;
    impl tracing::Subscriber for Panics {
        fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
            metadata.target() == "mizzle::connection"
        }

        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::Id {
            tracing::Id::from_u64(1)
        }

        fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}

        fn record_follows_from(&self, _: &tracing::Id, _: &tracing::Id) {}

        fn event(&self, _: &tracing::Event<'_>) {
            panic!("the subscriber's own");
        }

        fn enter(&self, _: &tracing::Id) {}

        fn exit(&self, _: &tracing::Id) {}
    }
    let fresh = FreshPostgres::new();
    let db = Db::builder(&fresh.url).log_values(true).connect().unwrap();
    tracing::subscriber::with_default(Panics, || {
        db.execute_sql("DO $$ BEGIN RAISE NOTICE 'x'; END $$").unwrap();
        assert!(process(&db) > 0);
    });
}
