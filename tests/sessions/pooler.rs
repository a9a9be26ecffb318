//! Through PgBouncer, which hands each transaction to another session of the server's.

use std::thread;
use std::time::Duration;

use diesel::sql_types::{Integer, Text};
use mizzle::prelude::*;
use mizzle::{Prepare, TransactionRetry};

use crate::pgbouncer::PgBouncer;
use crate::{Mood, Note, NoteChanges, Notes, cases, notes};
use test_support::FreshPostgres;
use test_support::ticks::in_time;

/// A fresh database behind a pooler with so many sessions.
pub fn pooled(sessions: u32, body: impl FnOnce(&FreshPostgres, &str)) {
    let fresh = FreshPostgres::new();
    let (_, database) = fresh.url.rsplit_once('/').unwrap();
    let Some(pooler) = PgBouncer::start(&fresh.url, sessions) else { return };
    body(&fresh, &pooler.url(database));
}

/// A statement that only this client runs, with a place for a value.
fn try_ask(db: &impl Executor, client: usize, value: &str) -> mizzle::Result<String> {
    let sql = format!("SELECT 'from {client} ' || ");
    db.one(diesel::dsl::sql::<Text>(&sql).bind::<Text, _>(value.to_owned()))
}

fn ask(db: &impl Executor, client: usize, value: &str) -> String {
    try_ask(db, client, value).unwrap()
}

fn note(id: i64) -> Note {
    let mood = if id % 2 == 0 { Mood::Happy } else { Mood::Sad };
    Note { id, label: format!("note {id}"), mood }
}

/// What one client does, each of whose answers must be its own.
fn work(db: &Db, client: usize, rounds: u64) {
    let retry = TransactionRetry::new(20);
    for round in 0..rounds {
        let value = format!("round {round}");
        assert_eq!(ask(db, client, &value), format!("from {client} {value}"));
        let mine = note(client as i64 * 1_000_000 + round as i64);
        assert_eq!(db.insert(mine.clone()).unwrap(), mine);
        assert_eq!(db.find::<Note>(mine.id).unwrap().as_ref(), Some(&mine));
        let found = Note::query().filter(notes::id.eq(mine.id)).filter(notes::mood.eq(mine.mood));
        assert_eq!(found.all(db).unwrap(), std::slice::from_ref(&mine));
        let changed = db
            .transaction_builder()
            .retry(retry)
            .run(|tx| {
                let read: i64 = tx.one(notes::table.filter(notes::id.eq(mine.id)).count())?;
                assert_eq!(read, 1);
                let changes = NoteChanges::default().label(value.clone());
                let changed = tx.update_by_key::<Note>(mine.id, changes)?;
                assert_eq!(tx.get::<Note>(mine.id)?, changed);
                Ok(changed)
            })
            .unwrap();
        assert_eq!(changed, Note { label: value, ..mine });
        db.delete(&changed).unwrap();
    }
}

fn answers_are_ones_own(prepare: Option<Prepare>) {
    const CLIENTS: usize = 6;
    pooled(2, |fresh, url| {
        Db::connect(&fresh.url).unwrap().create_all::<Notes>().unwrap();
        thread::scope(|scope| {
            for client in 0..CLIENTS {
                scope.spawn(move || {
                    let mut builder = Db::builder(url).pool_size(2);
                    if let Some(prepare) = prepare {
                        builder = builder.prepare(prepare);
                    }
                    work(&builder.connect().unwrap(), client, cases(20));
                });
            }
        });
    });
}

#[test]
fn answers_are_ones_own_without_a_setting() {
    answers_are_ones_own(None);
}

#[test]
fn answers_are_ones_own_with_names() {
    answers_are_ones_own(Some(Prepare::Always));
}

#[test]
fn answers_are_ones_own_without_names() {
    answers_are_ones_own(Some(Prepare::Never));
}

/// The names of what a session of the server's keeps prepared.
fn prepared(db: &Db) -> i64 {
    db.one(diesel::dsl::sql::<diesel::sql_types::BigInt>(
        "SELECT count(*) FROM pg_prepared_statements",
    ))
    .unwrap()
}

#[test]
fn what_is_prepared() {
    pooled(1, |fresh, url| {
        let direct = Db::builder(&fresh.url).pool_size(1).connect().unwrap();
        assert!(!direct.with_connection(|connection| Ok(connection.is_pooled())).unwrap());
        assert_eq!(ask(&direct, 1, "x"), "from 1 x");
        assert!(prepared(&direct) >= 1);
        for (parameter, is_prepared) in [
            ("", false),
            ("?prepare=auto", false),
            ("?prepare=never", false),
            ("?prepare=always", true),
        ] {
            let db = Db::builder(&format!("{url}{parameter}")).pool_size(1).connect().unwrap();
            assert!(db.with_connection(|connection| Ok(connection.is_pooled())).unwrap());
            assert_eq!(ask(&db, 1, "x"), "from 1 x");
            assert_eq!(prepared(&db) > 0, is_prepared, "{parameter}");
        }
        let db =
            Db::builder(&format!("{}?prepare=never", fresh.url)).pool_size(1).connect().unwrap();
        assert_eq!(ask(&db, 1, "x"), "from 1 x");
        assert_eq!(prepared(&db), 0);
    });
}

/// A statement that takes too long is ended, and nothing of that reaches others' sessions.
#[test]
fn statement_timeouts() {
    pooled(1, |fresh, url| {
        let limited = |url: &str| {
            let builder = Db::builder(url).pool_size(1);
            builder.statement_timeout(Some(Duration::from_millis(300))).connect().unwrap()
        };
        let sleeps = || diesel::sql_query("SELECT pg_sleep(60)");
        for db in [limited(&fresh.url), limited(url)] {
            for _ in 0..2 {
                let error = db.execute(sleeps()).unwrap_err();
                assert!(error.is_timeout(), "{error:?}");
                assert_eq!(in_time(|| try_ask(&db, 1, "x")), "from 1 x");
                let error = db.transaction(|tx| tx.execute(sleeps())).unwrap_err();
                assert!(error.is_timeout(), "{error:?}");
            }
        }
        let other = Db::connect(url).unwrap();
        let setting: String = other
            .one(diesel::dsl::sql::<Text>("SELECT current_setting('statement_timeout')"))
            .unwrap();
        assert_eq!(setting, "0");
        // The URL's own settings come first.
        let url =
            format!("{}?options=-c%20statement_timeout%3D7s%20-c%20work_mem%3D5MB", fresh.url);
        let db = limited(&url);
        for (name, value) in [("statement_timeout", "7s"), ("work_mem", "5MB")] {
            let sql = format!("SELECT current_setting('{name}')");
            assert_eq!(db.one::<String, _>(diesel::dsl::sql::<Text>(&sql)).unwrap(), value);
        }
        assert_eq!(db.one::<i32, _>(diesel::dsl::sql::<Integer>("SELECT 1")).unwrap(), 1);
    });
}
