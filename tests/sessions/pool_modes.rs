//! PgBouncer's other modes, what its administrator does while clients work, and settings that others leave behind.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use diesel::sql_types::{BigInt, Text};
use mizzle::prelude::*;
use mizzle::{ErrorCategory, ErrorCode};

use crate::pgbouncer::PgBouncer;
use crate::server::Server;
use crate::{Mood, Note, NoteChanges, Notes, notes};
use test_support::{FreshPostgres, SetAtEnd};

fn behind(url: &str, sessions: u32, mode: &str) -> Option<(PgBouncer, String)> {
    let (_, database) = url.rsplit_once('/').unwrap();
    let pooler = PgBouncer::start_in_mode(url, sessions, mode)?;
    let url = pooler.url(database);
    Some((pooler, url))
}

fn note(id: i64) -> Note {
    Note { id, label: format!("note {id}"), mood: Mood::Sad }
}

/// Each statement may run in another session, so there are no transactions: they say why, and do nothing.
#[test]
fn statement_mode() {
    let fresh = FreshPostgres::new();
    Db::connect(&fresh.url).unwrap().create_all::<Notes>().unwrap();
    let Some((_pooler, url)) = behind(&fresh.url, 2, "statement") else { return };
    let db = Db::builder(&url).pool_size(2).connect().unwrap();
    assert_eq!(db.insert(note(1)).unwrap(), note(1));
    let changes = NoteChanges::default().label("other");
    assert_eq!(db.update_by_key::<Note>(1, changes).unwrap().label, "other");
    assert_eq!(Note::query().filter(notes::mood.eq(Mood::Sad)).count(&db).unwrap(), 1);
    for _ in 0..3 {
        for error in [
            db.transaction(|tx| tx.insert(note(2))).unwrap_err(),
            db.transaction_builder()
                .retry(mizzle::TransactionRetry::new(3))
                .run(|tx| tx.insert(note(2)))
                .unwrap_err(),
            // More than one statement takes.
            db.insert_all((2..40_000).map(note).collect::<Vec<_>>()).unwrap_err(),
        ] {
            assert_eq!(error.category(), ErrorCategory::ConfigError, "{error:?}");
            assert!(error.to_string().contains("transaction"), "{error:?}");
            let advice = error.troubleshooting().join("\n");
            assert!(advice.contains("pool_mode"), "{advice}");
        }
    }
    assert_eq!(Note::query().count(&db).unwrap(), 1);
}

/// A client has a session for as long as it is connected.
#[test]
fn session_mode() {
    let fresh = FreshPostgres::new();
    Db::connect(&fresh.url).unwrap().create_all::<Notes>().unwrap();
    let Some((_pooler, url)) = behind(&fresh.url, 4, "session") else { return };
    thread::scope(|scope| {
        for client in 0..8 {
            let url = &url;
            scope.spawn(move || {
                for round in 0..5 {
                    let db = Db::builder(url).pool_size(1).connect().unwrap();
                    let mine = note(client * 100 + round);
                    db.transaction(|tx| tx.insert(mine.clone())).unwrap();
                    assert_eq!(db.find::<Note>(mine.id).unwrap(), Some(mine));
                }
            });
        }
    });
    assert_eq!(Note::query().count(&Db::connect(&fresh.url).unwrap()).unwrap(), 40);
}

/// Writes rows while `disturb` runs; each row that a call says is written is there once, and no other twice.
fn disturbed(server: &str, url: &str, disturb: impl FnOnce()) {
    let direct = || Db::connect(server).unwrap();
    direct().create_all::<Notes>().unwrap();
    direct().execute_sql("CREATE TABLE log (note bigint NOT NULL)").unwrap();
    let (over, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut told = Vec::new();
    thread::scope(|scope| {
        let (over, done) = (&over, &done);
        let workers: Vec<_> = (0..4)
            .map(|client| {
                scope.spawn(move || {
                    let db = loop {
                        match Db::builder(url).pool_size(2).connect() {
                            Ok(db) => break db,
                            Err(error) => assert_eq!(
                                error.category(),
                                ErrorCategory::NetworkError,
                                "{error:?}"
                            ),
                        }
                    };
                    let mut mine = Vec::new();
                    for id in (client * 1_000_000)..(client + 1) * 1_000_000 {
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                        let written = if id % 2 == 0 {
                            db.insert(note(id)).map(drop)
                        } else {
                            db.transaction(|tx| {
                                tx.execute(diesel::sql_query(format!(
                                    "INSERT INTO log VALUES ({id})"
                                )))?;
                                tx.insert(note(id))?;
                                assert_eq!(tx.get::<Note>(id)?, note(id));
                                Ok(())
                            })
                        };
                        match written {
                            Ok(()) => {
                                mine.push(id);
                                done.fetch_add(1, Ordering::Relaxed);
                            }
                            Err(error) => {
                                let temporary = matches!(
                                    error.category(),
                                    ErrorCategory::NetworkError | ErrorCategory::PoolExhausted
                                );
                                assert!(temporary, "{error:?} {:?}", error.category());
                            }
                        }
                    }
                    mine
                })
            })
            .collect();
        let end = SetAtEnd(over);
        while done.load(Ordering::Relaxed) < 50 {
            thread::sleep(Duration::from_millis(1));
        }
        disturb();
        let before = done.load(Ordering::Relaxed);
        while done.load(Ordering::Relaxed) < before + 50
            && workers.iter().any(|worker| !worker.is_finished())
        {
            thread::sleep(Duration::from_millis(1));
        }
        drop(end);
        told = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    });
    let there: Vec<i64> =
        direct().load(notes::table.select(notes::id).order_by(notes::id)).unwrap();
    let missing: Vec<_> = told.iter().filter(|id| there.binary_search(id).is_err()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let sql = "SELECT count(*) FROM (SELECT note FROM log GROUP BY note HAVING count(*) <> 1 \
         UNION ALL (SELECT note FROM log EXCEPT SELECT id FROM notes) \
         UNION ALL (SELECT id FROM notes WHERE id % 2 = 1 EXCEPT SELECT note FROM log)) AS wrong";
    assert_eq!(direct().one::<i64, _>(diesel::dsl::sql::<BigInt>(sql)).unwrap(), 0);
}

#[test]
fn what_its_administrator_does() {
    for mode in ["transaction", "session"] {
        for commands in [
            &["PAUSE", "RESUME"][..],
            &["RECONNECT"],
            &["KILL", "RESUME"],
            &["RELOAD", "RECONNECT", "PAUSE", "RESUME"],
        ] {
            let fresh = FreshPostgres::new();
            let sessions = if mode == "session" { 20 } else { 2 };
            let Some((pooler, url)) = behind(&fresh.url, sessions, mode) else { return };
            let (_, database) = url.rsplit_once('/').unwrap();
            disturbed(&fresh.url, &url, || {
                for command in commands {
                    // PAUSE would wait for clients to disconnect.
                    match *command {
                        "PAUSE" if mode == "session" => {}
                        "RESUME" if mode == "session" && commands.contains(&"PAUSE") => {}
                        "RELOAD" => pooler.tell(command),
                        _ => pooler.tell(&format!("{command} {database}")),
                    }
                }
            });
        }
    }
}

#[test]
fn a_restart_of_the_pooler() {
    let fresh = FreshPostgres::new();
    let Some((mut pooler, url)) = behind(&fresh.url, 2, "transaction") else { return };
    disturbed(&fresh.url, &url, || pooler.restart());
}

/// Whoever connects while the server is away hears that this is temporary, as whoever is connected does.
#[test]
fn a_restart_of_the_server_behind() {
    let server = Server::start("").unwrap();
    let Some((_pooler, url)) = behind(&server.url(), 2, "transaction") else { return };
    disturbed(&server.url(), &url, || {
        server.stop().unwrap();
        for _ in 0..3 {
            let error =
                Db::builder(&url).connect_timeout(Duration::from_secs(60)).connect().unwrap_err();
            assert_eq!(error.category(), ErrorCategory::NetworkError, "{error:?}");
        }
        server.up().unwrap();
    });
}

/// What is wrong for good is not called temporary.
#[test]
fn refusals() {
    let fresh = FreshPostgres::new();
    let Some((_pooler, url)) = behind(&fresh.url, 2, "transaction") else { return };
    let (place, _) = url.rsplit_once('/').unwrap();
    // The pooler answers the second time by itself.
    for _ in 0..2 {
        let error = Db::connect(&format!("{place}/missing_database")).unwrap_err();
        assert_eq!(error.code(), ErrorCode::DatabaseNotFound, "{error:?}");
    }
}

/// A session of the server's keeps what its last client has set.
#[test]
fn settings_of_others() {
    let fresh = FreshPostgres::new();
    let direct = Db::connect(&fresh.url).unwrap();
    direct.create_all::<Notes>().unwrap();
    let Some((_pooler, url)) = behind(&fresh.url, 1, "transaction") else { return };
    let other = Db::builder(&url).pool_size(1).connect().unwrap();
    let db = Db::builder(&url).pool_size(1).connect().unwrap();
    let backslash = Note { label: r"c:\new 'x'".into(), ..note(1) };
    for setting in [
        "datestyle = 'German, DMY'",
        "intervalstyle = 'iso_8601'",
        "bytea_output = 'escape'",
        "extra_float_digits = -15",
        "standard_conforming_strings = off",
        "timezone = 'Asia/Kolkata'",
        "statement_timeout = '1h'",
        "transform_null_equals = on",
        "enable_seqscan = off",
        "lc_monetary = 'C'",
        "xmloption = 'document'",
        "array_nulls = off",
        "quote_all_identifiers = on",
        "row_security = off",
        "session_replication_role = 'replica'",
        "default_transaction_isolation = 'serializable'",
        "default_transaction_read_only = on",
    ] {
        other.execute_sql(&format!("SET {setting}")).unwrap();
        let kept = db.insert(backslash.clone());
        if setting.starts_with("default_transaction_read_only") {
            let error = kept.unwrap_err();
            assert!(error.is_read_only(), "{error:?}");
            continue;
        }
        assert_eq!(kept.unwrap(), backslash, "{setting}");
        let found = Note::query().filter(notes::label.eq(&backslash.label));
        assert_eq!(found.all(&db).unwrap(), std::slice::from_ref(&backslash), "{setting}");
        let text: String = db.one(diesel::dsl::sql::<Text>("SELECT 'a\\b'")).unwrap();
        assert_eq!(text, r"a\b", "{setting}");
        db.delete(&backslash).unwrap();
    }
}
