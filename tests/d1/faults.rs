//! What goes wrong between a program and D1.

use std::time::Duration;

use mizzle::prelude::*;
use mizzle::{Db, Error, ErrorCategory, ErrorCode};

use crate::server::{Reply, Server, TOKEN, error, well};

/// A read that returns the number 1.
fn read(db: &Db) -> mizzle::Result<i64> {
    sql!("SELECT 1").one(db)
}

fn write(db: &Db) -> mizzle::Result<()> {
    db.execute_sql("DELETE FROM t")
}

/// Checks an error, and that it says nothing of the token.
#[track_caller]
fn check(error: &Error, code: ErrorCode, category: ErrorCategory) {
    assert_eq!((error.code(), error.category()), (code, category), "{error:?}");
    assert!(!error.troubleshooting().is_empty(), "{error:?}");
    assert!(!format!("{error:?} {error}").contains(TOKEN));
}

#[test]
fn a_read_is_run_again_and_a_write_never() {
    let wait = || Reply::Answer(429, "Retry-After: 0\r\n", "{}".into());
    let faults = [
        ("a connection that is cut", Reply::Cut, ErrorCategory::NetworkError),
        ("a connection that ends", Reply::Close, ErrorCategory::NetworkError),
        ("a failure", error(500, 7500, "Internal error"), ErrorCategory::NetworkError),
        (
            "a failure in between",
            Reply::Answer(502, "", "<html>".into()),
            ErrorCategory::NetworkError,
        ),
        ("too many requests", wait(), ErrorCategory::PoolExhausted),
        ("no JSON", Reply::Answer(200, "", "<html>".into()), ErrorCategory::NetworkError),
    ];
    for (what, fault, category) in faults {
        let server = Server::start(vec![fault.clone()], well());
        assert_eq!(read(&server.db()).unwrap(), 1, "{what}");
        assert_eq!(server.count(), 2, "{what}");

        let server = Server::start(vec![fault.clone()], well());
        let failed = write(&server.db()).unwrap_err();
        assert_eq!(failed.category(), category, "{what}: {failed:?}");
        assert!(failed.is_temporary(), "{what}: {failed:?}");
        assert_eq!(server.count(), 1, "{what}");

        let server = Server::start(vec![], fault.clone());
        assert!(read(&server.db()).is_err(), "{what}");
        assert_eq!(server.count(), 4, "{what}");

        let server = Server::start(vec![fault], well());
        assert!(read(&server.builder().retry_reads(false).connect().unwrap()).is_err(), "{what}");
        assert_eq!(server.count(), 1, "{what}");
    }
}

#[test]
fn what_returns_rows_and_writes_is_not_run_again() {
    let server = Server::start(vec![Reply::Cut], well());
    let failed = sql!("DELETE FROM t RETURNING 1").one::<i64>(&server.db()).unwrap_err();
    assert!(failed.is_connection_lost(), "{failed:?}");
    assert_eq!(server.count(), 1);
}

#[test]
fn says_how_long_to_wait() {
    let reply = Reply::Answer(429, "Retry-After: 1234\r\n", "{}".into());
    let server = Server::start(vec![], reply);
    let failed = write(&server.db()).unwrap_err();
    assert_eq!(failed.retry_after(), Some(Duration::from_secs(1234)));
    check(&failed, ErrorCode::DeleteError, ErrorCategory::PoolExhausted);
    // Nobody waits for so long.
    assert_eq!(read(&server.db()).unwrap_err().retry_after(), Some(Duration::from_secs(1234)));
    assert_eq!(server.count(), 2);
}

#[test]
fn a_wrong_token_and_a_wrong_database() {
    for status in [401, 403] {
        let server = Server::start(vec![], error(status, 10000, "Authentication error"));
        let failed = read(&server.db()).unwrap_err();
        check(&failed, ErrorCode::AuthFailed, ErrorCategory::AuthFailed);
        assert_eq!(server.count(), 1);
    }
    let server = Server::start(vec![], error(404, 7404, "The database could not be found"));
    let failed = read(&server.db()).unwrap_err();
    check(&failed, ErrorCode::DatabaseNotFound, ErrorCategory::DatabaseNotFound);
    assert_eq!(server.count(), 1);
}

#[test]
fn silence_ends_with_the_statement_timeout() {
    let server = Server::start(vec![], Reply::Silence);
    let limit = Some(Duration::from_millis(200));
    let db = server.builder().statement_timeout(limit).connect().unwrap();
    for failed in [read(&db).unwrap_err(), write(&db).unwrap_err()] {
        assert!(failed.is_timeout(), "{failed:?}");
        assert!(failed.to_string().contains("may have run"), "{failed}");
    }
    assert_eq!(server.count(), 2);
}

#[test]
fn nobody_answers() {
    let db = Db::builder("d1://account/database").d1_api("http://127.0.0.1:1").d1_token(TOKEN);
    let failed = write(&db.connect().unwrap()).unwrap_err();
    check(&failed, ErrorCode::NetworkError, ErrorCategory::NetworkError);
}

#[test]
fn answers_that_make_no_sense_are_errors() {
    for body in [
        "[]",
        "{}",
        r#"{"success":true}"#,
        r#"{"success":true,"result":[]}"#,
        r#"{"success":true,"result":[{"results":{"columns":["a"],"rows":[[1,2]]}}]}"#,
        r#"{"success":true,"result":[{"results":{"columns":["a"],"rows":[[{"b":1}]]}}]}"#,
        r#"{"success":true,"result":[{"results":{"columns":["a"],"rows":[[[256]]]}}]}"#,
        r#"{"success":false,"errors":[]}"#,
    ] {
        let server = Server::start(vec![], Reply::Answer(200, "", body.into()));
        assert!(read(&server.db()).is_err(), "{body}");
    }
}

#[test]
fn the_token_is_in_the_request_alone() {
    let server = Server::start(vec![], well());
    let builder = server.builder();
    assert!(!format!("{builder:?}").contains(TOKEN));
    let db = builder.connect().unwrap();
    assert!(!format!("{db:?}").contains(TOKEN));
    read(&db).unwrap();
    let requests = server.take();
    assert!(requests[0].head.contains(&format!("Bearer {TOKEN}")));
    assert!(requests[0].head.starts_with("POST /accounts/account/d1/database/database/raw "));
}

#[test]
fn a_missing_token_is_told_by_name() {
    let is_set = |name| std::env::var_os(name).is_some();
    if is_set("D1_TOKEN") || is_set("CLOUDFLARE_API_TOKEN") {
        return;
    }
    let failed = Db::connect("d1://account/database").unwrap_err();
    assert_eq!(failed.code(), ErrorCode::ConfigError);
    for name in ["D1_TOKEN", "CLOUDFLARE_API_TOKEN"] {
        assert!(failed.to_string().contains(name), "{failed}");
    }
}

#[test]
fn wrong_urls_are_refused() {
    for url in [
        "d1:account/database",
        "d1://account",
        "d1:///database",
        "d1://a/b?c=d",
        "d1://u:p@a/b",
        "d1://a/b/c",
    ] {
        let failed = Db::builder(url).d1_token(TOKEN).connect().unwrap_err();
        assert_eq!(failed.code(), ErrorCode::ConfigError, "{url}");
    }
    let api = Db::builder("d1://account/database").d1_token(TOKEN).d1_api("ftp://host");
    assert_eq!(api.connect().unwrap_err().code(), ErrorCode::ConfigError);
}
