//! The log: one event for each statement, without bound values unless they are asked for.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use test_support::log;
use test_support::{each_url, on_each_database};

use std::time::{Duration, Instant};

use log::{Log, Logged};
use mizzle::Dialect;
use mizzle::prelude::*;
use tracing::Level;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "notes")]
struct Note {
    #[column(primary_key, auto)]
    id: i64,
    text: String,
    data: Option<Vec<u8>>,
    document: Option<serde_json::Value>,
    ratio: Option<f64>,
}

mizzle::schema!(Notes = [Note]);

fn note(text: &str) -> NewNote {
    NewNote::builder().text(text).build()
}

/// The statements that were logged, each checked for what all of them have.
fn statements(events: Vec<Logged>) -> Vec<Logged> {
    let events: Vec<Logged> =
        events.into_iter().filter(|event| event.target == "mizzle::query").collect();
    for event in &events {
        assert_eq!(event.level, Level::DEBUG, "{event:?}");
        let micros: u64 = event.field("micros").expect("a duration").parse().expect("a number");
        assert!(micros < 60_000_000, "{event:?}");
        assert!(event.field("sql").is_some_and(|sql| !sql.is_empty()), "{event:?}");
        assert!(event.field("rows").is_some() != event.field("code").is_some(), "{event:?}");
    }
    events
}

fn logged<R>(f: impl FnOnce() -> R) -> (R, Vec<Logged>) {
    let (result, events) = Log::of(f);
    (result, statements(events))
}

/// The first word of each statement, and its rows.
fn summary(events: &[Logged]) -> Vec<(String, String)> {
    let word = |sql: &str| sql.split(' ').next().unwrap_or_default().to_owned();
    events
        .iter()
        .map(|event| {
            let rows = event.field("rows").or(event.field("code")).unwrap_or_default();
            (word(event.field("sql").unwrap_or_default()), rows.to_owned())
        })
        .collect()
}

fn assert_summary(events: &[Logged], expected: &[(&str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(sql, rows)| ((*sql).to_owned(), (*rows).to_owned())).collect();
    assert_eq!(summary(events), expected);
}

on_each_database! {
    fn one_event_for_each_statement(db: &Db) {
        db.create_all::<Notes>().unwrap();
        let (row, events) = logged(|| db.insert(note("s3cret")).unwrap());
        assert_summary(&events, &[("INSERT", "1")]);
        assert_eq!(events[0].field("message"), Some("statement"));
        assert_eq!(events[0].field("values"), None);
        let placeholder = if db.dialect() == Dialect::Sqlite { "?" } else { "$1" };
        assert!(events[0].field("sql").unwrap().contains(placeholder), "{events:?}");

        let ((), events) = logged(|| {
            db.insert_all([note("a"), note("b")]).unwrap();
            assert_eq!(Note::query().filter(notes::id.gt(0)).all(db).unwrap().len(), 3);
            assert_eq!(Note::query().count(db).unwrap(), 3);
            assert!(db.find::<Note>(row.id).unwrap().is_some());
            assert!(db.find::<Note>(-1).unwrap().is_none());
            db.update(&row).unwrap();
            db.load::<Note, _>(notes::table).unwrap();
            assert_eq!(db.execute(diesel::update(notes::table).set(notes::text.eq("x"))).unwrap(), 3);
            db.execute_sql("SELECT 1").unwrap();
            assert!(!db.delete_by_key::<Note>(-1).unwrap());
            assert_eq!(Note::query().delete(db).unwrap(), 3);
        });
        assert_summary(&events, &[
            ("INSERT", "2"),
            ("SELECT", "3"),
            ("SELECT", "1"),
            ("SELECT", "1"),
            ("SELECT", "0"),
            ("UPDATE", "1"),
            ("SELECT", "3"),
            ("UPDATE", "3"),
            ("SELECT", "0"),
            ("DELETE", "0"),
            ("DELETE", "3"),
        ]);
    }

    fn transactions_are_logged(db: &Db) {
        db.create_all::<Notes>().unwrap();
        let ((), events) = logged(|| {
            db.transaction(|tx| {
                tx.insert(note("a"))?;
                let _ = tx.transaction(|inner| {
                    inner.insert(note("b"))?;
                    Err::<(), _>(mizzle::Error::application("stop"))
                });
                Ok(())
            })
            .unwrap();
        });
        assert_summary(&events, &[
            ("BEGIN", "0"),
            ("INSERT", "1"),
            ("SAVEPOINT", "0"),
            ("INSERT", "1"),
            ("ROLLBACK", "0"),
            ("COMMIT", "0"),
        ]);
    }

    fn failures_are_logged(db: &Db) {
        db.create_all::<Notes>().unwrap();
        let row = db.insert(note("s3cret")).unwrap();
        let (error, events) = logged(|| {
            db.insert(NewNote { id: Some(row.id), ..note("s3cret") }).unwrap_err()
        });
        assert_summary(&events, &[("INSERT", "CONSTRAINT_ERROR")]);
        assert_eq!(events[0].field("message"), Some("statement failed"));
        assert_eq!(events[0].field("error"), Some(error.to_string().as_str()));
        let (_, events) = logged(|| db.execute_sql("SELECT * FROM nowhere").unwrap_err());
        assert_summary(&events, &[("SELECT", "SCHEMA_ERROR")]);
        assert!(!log::text(&events).contains("s3cret"), "{events:?}");
    }

    fn no_values_by_default(db: &Db) {
        let ((), events) = Log::of(|| {
            db.create_all::<Notes>().unwrap();
            let new = NewNote { data: Some(b"s3cret".to_vec()), ..note("s3cret") };
            let row = db.insert(NewNote { document: Some("s3cret".into()), ..new }).unwrap();
            db.update(&row).unwrap();
            Note::query().filter(notes::text.eq_any(["s3cret", "other"])).all(db).unwrap();
            let _ = db.execute(diesel::sql_query("SELECT nowhere").bind::<diesel::sql_types::Text, _>("s3cret"));
        });
        let text = log::text(&events);
        assert!(events.len() >= 5 && !text.contains("s3cret"), "{text}");
        assert!(events.iter().all(|event| event.field("values").is_none()), "{text}");
    }

    fn the_duration_is_the_statements(db: &Db) {
        let slow = match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) \
                                SELECT max(i) FROM n",
            _ => "SELECT pg_sleep(0.1)",
        };
        let start = Instant::now();
        let ((), events) = logged(|| db.execute_sql(slow).unwrap());
        let took = start.elapsed();
        let micros: u64 = events[0].field("micros").unwrap().parse().unwrap();
        let told = Duration::from_micros(micros);
        // What the clock says of this thread is more, on a busy machine by any amount.
        let least = if db.dialect() == Dialect::Postgres { 100_000 } else { 1000 };
        assert!(told <= took && micros >= least, "{told:?} of {took:?}");
    }
}

#[test]
fn values_where_they_are_asked_for() {
    each_url!(|url| {
        let db = Db::builder(url).log_values(true).connect().unwrap();
        db.create_all::<Notes>().unwrap();
        let values = |events: &[Logged]| -> Vec<String> {
            events.iter().map(|event| event.field("values").unwrap_or("none").to_owned()).collect()
        };
        let new = NewNote {
            data: Some(vec![1, 2, 3]),
            document: Some(serde_json::json!({ "a": [1, "b"] })),
            ratio: Some(0.5),
            ..note("two\nlines \"quoted\" \u{1b}[31m")
        };
        let (row, events) = logged(|| db.insert(new).unwrap());
        assert_eq!(
            values(&events),
            [r#"["two\nlines \"quoted\" \u{1b}[31m", <3 bytes>, "{\"a\":[1,\"b\"]}", 0.5]"#]
        );
        let (_, events) = logged(|| db.find::<Note>(row.id).unwrap());
        assert_eq!(values(&events), [format!("[{}]", row.id)]);
        let (_, events) =
            logged(|| Note::query().filter(notes::text.like("%x%")).all(&db).unwrap());
        assert_eq!(values(&events), ["[\"%x%\"]"]);
        let (_, events) = logged(|| db.update(&Note { data: None, ..row.clone() }).unwrap());
        assert!(values(&events)[0].contains("NULL"), "{events:?}");

        // What is long is cut.
        let (_, events) = logged(|| db.insert(note(&"é".repeat(100_000))).unwrap());
        let shown = values(&events).remove(0);
        assert!(shown.starts_with("[\"éé") && shown.contains("bytes more"), "{shown}");
        assert!(shown.len() < 1000, "{shown}");
        let many: Vec<i64> = (0..5000).collect();
        let (_, events) = logged(|| Note::query().filter(notes::id.eq_any(many)).all(&db).unwrap());
        let shown = values(&events).remove(0);
        assert!(shown.contains("0, 1, 2, ") && shown.contains(" more]"), "{shown}");
        assert!(shown.len() < 1000, "{shown}");

        // A failure has them too; SQL text has none.
        let (error, events) =
            logged(|| db.insert(NewNote { id: Some(row.id), ..note("failed") }).unwrap_err());
        assert!(values(&events)[0].contains("\"failed\""), "{events:?}");
        assert!(!format!("{error:?}").contains("\"failed\""), "{error:?}");
        let (_, events) = logged(|| db.execute_sql("SELECT 1").unwrap());
        assert_eq!(values(&events), ["none"]);
    });
}

#[cfg(feature = "postgres")]
#[test]
fn notices_of_the_server() {
    test_support::with_postgres(|quiet| {
        let notices = |db: &Db| {
            let (result, events) =
                Log::of(|| db.execute_sql("DO $$ BEGIN RAISE NOTICE 's3cret'; END $$"));
            result.unwrap();
            events
                .into_iter()
                .filter(|event| event.target == "mizzle::connection")
                .collect::<Vec<_>>()
        };
        assert!(!log::text(&notices(quiet)).contains("s3cret"));
        let url: String = {
            use diesel::sql_types::Text;
            let name: String =
                quiet.one(diesel::dsl::sql::<Text>("SELECT current_database()::text")).unwrap();
            test_support::with_database(&test_support::postgres_url(), &name)
        };
        let open = Db::builder(&url).log_values(true).connect().unwrap();
        assert!(log::text(&notices(&open)).contains("s3cret"));
    });
}
