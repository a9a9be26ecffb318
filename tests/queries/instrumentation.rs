//! diesel's instrumentation hears of every statement of a connection, without its values.

use std::sync::{Arc, Mutex};

use diesel::connection::{InstrumentationEvent, SimpleConnection as _};
use diesel::prelude::{Connection as _, RunQueryDsl as _};
use mizzle::backend::AnyConnection;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

type Events = Arc<Mutex<Vec<String>>>;

fn listen(connection: &mut AnyConnection) -> Events {
    let events = Events::default();
    let heard = Arc::clone(&events);
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        let event = match event {
            InstrumentationEvent::StartQuery { query, .. } => format!("start {query}"),
            InstrumentationEvent::FinishQuery { query, error, .. } => {
                format!("finish {query}{}", if error.is_some() { ": failed" } else { "" })
            }
            InstrumentationEvent::BeginTransaction { depth, .. } => format!("begin {depth}"),
            InstrumentationEvent::CommitTransaction { depth, .. } => format!("commit {depth}"),
            InstrumentationEvent::RollbackTransaction { depth, .. } => format!("rollback {depth}"),
            other => format!("{other:?}"),
        };
        heard.lock().expect("the events").push(event);
    });
    events
}

fn take(events: &Events) -> Vec<String> {
    std::mem::take(&mut *events.lock().expect("the events"))
}

on_each_database! {
    fn hears_of_statements_before_and_after(db: &Db) {
        seed(db);
        let query = people::table.filter(people::name.eq("secret")).select(people::id);
        let gone = diesel::delete(people::table.filter(people::note.eq("secret")));
        let select = db.sql(&query).expect("the SQL");
        let delete = db.sql(&gone).expect("the SQL");
        db.with_connection(|connection| {
            let events = listen(connection);
            assert_eq!(query.load::<i64>(connection)?, [0; 0]);
            assert_eq!(take(&events), [format!("start {select}"), format!("finish {select}")]);
            assert_eq!(gone.execute(connection)?, 0);
            assert_eq!(take(&events), [format!("start {delete}"), format!("finish {delete}")]);

            connection.batch_execute("SELECT 1; SELECT 2")?;
            assert_eq!(take(&events), ["start SELECT 1; SELECT 2", "finish SELECT 1; SELECT 2"]);
            assert!(connection.batch_execute("no sql").is_err());
            assert_eq!(take(&events), ["start no sql", "finish no sql: failed"]);
            let failed = diesel::sql_query("also none").execute(connection);
            assert!(failed.is_err());
            assert_eq!(take(&events), ["start also none", "finish also none: failed"]);
            Ok(())
        })
        .expect("a connection");
    }

    fn hears_of_transactions(db: &Db) {
        seed(db);
        db.with_connection(|connection| {
            let events = listen(connection);
            let of_transactions = |events: &Events| {
                let mut events = take(events);
                events.retain(|event| !event.starts_with("start") && !event.starts_with("finish"));
                events
            };
            connection.transaction(|connection| {
                connection.transaction(|_| diesel::QueryResult::Ok(()))
            })?;
            assert_eq!(of_transactions(&events), ["begin 1", "begin 2", "commit 2", "commit 1"]);
            let rolled_back: diesel::QueryResult<()> =
                connection.transaction(|_| Err(diesel::result::Error::RollbackTransaction));
            assert!(rolled_back.is_err());
            assert_eq!(of_transactions(&events), ["begin 1", "rollback 1"]);
            Ok(())
        })
        .expect("a connection");
    }
}

/// A listener that `on_connect` sets hears of mizzle's own statements.
#[cfg(feature = "sqlite")]
#[test]
fn hears_of_all_statements_of_a_pool() {
    let all = Events::default();
    let heard = Arc::clone(&all);
    let db = Db::builder("sqlite::memory:")
        .on_connect(move |connection| {
            let heard = Arc::clone(&heard);
            connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                if let InstrumentationEvent::StartQuery { query, .. } = event {
                    heard.lock().expect("the events").push(query.to_string());
                }
            });
            Ok(())
        })
        .connect()
        .expect("a database");
    seed(&db);
    take(&all);
    assert!(db.find::<Person>(1).expect("a row").is_some());
    let found = take(&all);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("SELECT ") && found[0].contains("\"people\""), "{found:?}");
    // An INSERT that needs two statements is heard of in its parts.
    let rows = vec![somebody("Eve"), NewPerson { active: Some(false), ..somebody("Fay") }];
    assert_eq!(db.execute(diesel::insert_into(people::table).values(rows)).expect("rows"), 2);
    let inserts = take(&all).iter().filter(|sql| sql.starts_with("INSERT")).count();
    assert_eq!(inserts, 2);
}
