//! Servers that can't be reached, and those that refuse.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use mizzle::prelude::*;

use mizzle::{Error, ErrorCode};
use test_support::ticks::Stopwatch;

use crate::refused;
use test_support::{postgres_url, with_database};

/// The server's URL with another user and password, and the part from the host on.
fn as_user(user: &str, password: &str) -> String {
    let url = postgres_url();
    let (_, server) = url.rsplit_once('@').expect("a URL with a user");
    format!("postgres://{user}:{password}@{server}")
}

fn user() -> String {
    let url = postgres_url();
    let (user, _) = url.strip_prefix("postgres://").unwrap().split_once(':').unwrap();
    user.to_owned()
}

fn connect(url: &str, code: ErrorCode) -> Error {
    let builder = Db::builder(url).connect_timeout(Duration::from_secs(5));
    refused(builder.connect(), code)
}

#[test]
fn a_port_where_nobody_listens() {
    let port = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.local_addr().unwrap().port()
    };
    let error =
        connect(&format!("postgres://u:s3cret@127.0.0.1:{port}/x"), ErrorCode::NetworkError);
    assert!(error.is_temporary() && error.is_connection_lost(), "{error:?}");
    assert!(error.to_string().contains(&port.to_string()), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    let socket = "postgres:///x?host=/nowhere/at/all";
    assert!(connect(socket, ErrorCode::NetworkError).is_temporary());
}

#[test]
fn a_server_that_never_answers() {
    // Connections wait in its queue.
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    for timeout in [Duration::from_millis(300), Duration::from_millis(1200)] {
        let start = Stopwatch::start();
        let builder = Db::builder(&format!("postgres://u@127.0.0.1:{port}/x?sslmode=disable"));
        let error = refused(builder.connect_timeout(timeout).connect(), ErrorCode::NetworkError);
        let slack = Duration::from_millis(5);
        assert!(start.elapsed() + slack >= timeout, "{start:?}");
        assert!(start.within(timeout + Duration::from_secs(2)), "{start:?}");
        assert!(error.to_string().contains("did not answer"), "{error}");
    }
}

#[test]
fn a_timeout_in_the_url() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("postgres://u@127.0.0.1:{port}/x?sslmode=disable&connect_timeout=1");
    let start = Stopwatch::start();
    let error = connect(&url, ErrorCode::NetworkError);
    assert!(error.to_string().contains("1000 ms"), "{error}");
    assert!(start.within(Duration::from_secs(3)));
}

#[test]
fn a_server_that_is_no_postgres() {
    for answer in
        [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"", b"\0\0\0\0\0\0\0\0", b"E\xff\xff\xff\xff"]
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::scope(|scope| {
            scope.spawn(|| {
                let (mut stream, _) = listener.accept().expect("the test connects");
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(answer);
            });
            let url = format!("postgres://u@127.0.0.1:{port}/x?sslmode=disable");
            connect(&url, ErrorCode::NetworkError);
        });
    }
}

#[test]
fn a_host_without_an_address() {
    let error = connect("postgres://u:s3cret@nowhere.invalid/x", ErrorCode::DnsError);
    assert!(error.is_temporary(), "{error:?}");
    assert!(error.to_string().contains("nowhere.invalid"), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[test]
fn a_wrong_password() {
    for url in [as_user(&user(), "s3cret"), as_user("nobody_at_all", "s3cret")] {
        let error = connect(&url, ErrorCode::AuthFailed);
        assert!(!error.is_temporary(), "{error:?}");
        assert_eq!(error.database_code(), Some("28P01"));
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    let url = as_user(&user(), "").replace(":@", "@");
    connect(&url, ErrorCode::AuthFailed);
}

#[test]
fn a_missing_database() {
    let error = connect(&with_database(&postgres_url(), "nowhere"), ErrorCode::DatabaseNotFound);
    assert!(error.to_string().contains("nowhere"), "{error}");
    assert!(!error.is_temporary(), "{error:?}");
}

#[test]
fn an_encryption_that_the_server_lacks() {
    let url = format!("{}?sslmode=require", postgres_url());
    let error = connect(&url, ErrorCode::SslError);
    assert!(!error.is_temporary(), "{error:?}");
}

#[test]
fn more_connections_than_the_server_takes() {
    let server = Db::connect(&postgres_url()).unwrap();
    let role = format!("crowd_{}", Uuid::new_v4().simple());
    server
        .execute_sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'p' CONNECTION LIMIT 0"))
        .unwrap();
    let error = connect(&as_user(&role, "p"), ErrorCode::PoolExhausted);
    assert!(error.is_temporary(), "{error:?}");
    assert_eq!(error.database_code(), Some("53300"));
    server.execute_sql(&format!("DROP ROLE {role}")).unwrap();
}

#[test]
fn malformed_urls() {
    for url in [
        "postgres://u:s3cret@host:port/x",
        "postgres://u:s3cret@host:99999999999/x",
        "postgres://u:s3cret%zz@host/x",
        "postgres://u:s3cret@[::1/x",
        "postgres://host/x?nonsense=s3cret",
        "postgres://host/x?nonsense",
        "postgres://host/x?connect_timeout=s3cret",
        "postgres://host/x?sslmode=s3cret",
        "postgres://host/x?port=0",
        "postgres://host/x\u{1}?target_session_attrs=s3cret",
    ] {
        eprintln!("{url}");
        let error = connect(url, ErrorCode::ConfigError);
        assert!(error.troubleshooting()[0].contains("postgres://user:password@host"), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("s3cret"), "{url}: {error:?}");
    }
}
