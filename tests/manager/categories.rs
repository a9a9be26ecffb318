//! What errors say about themselves.

#[cfg(feature = "sqlite")]
use mizzle::Error;
use mizzle::ErrorCategory;
use mizzle::prelude::*;
use proptest::prelude::*;

/// Property 4: Network errors are temporary and say what to do.
#[cfg(feature = "postgres")]
mod network {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::world::free_port;

    #[derive(Debug, Clone)]
    enum Server {
        Absent,
        /// Takes the connection, sends these bytes, and breaks off.
        Breaking(Vec<u8>),
        Silent,
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]

        #[test]
        fn network_errors_are_temporary(
            server in prop_oneof![
                4 => Just(Server::Absent),
                4 => prop::collection::vec(any::<u8>().prop_filter("no answer to a request for TLS", |byte| !b"RENS".contains(byte)), 0..40).prop_map(Server::Breaking),
                1 => Just(Server::Silent),
            ],
            password in "[a-z0-9]{10,20}",
            host in prop_oneof![Just("127.0.0.1"), Just("localhost"), Just("127.0.0.9")],
        ) {
            let listener = TcpListener::bind(("0.0.0.0", 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            let url = |port| format!("postgres://app:{password}@{host}:{port}/blog?sslmode=disable&gssencmode=disable");
            let connect = |url: &str, timeout| Db::builder(url).connect_timeout(timeout).connect();
            // Longer than a busy machine needs.
            let long = Duration::from_secs(60);
            let result = match &server {
                Server::Absent => connect(&url(free_port()), long),
                // A name would have to be looked up in this time as well.
                Server::Silent => connect(&url(port).replace("localhost", "127.0.0.1"), Duration::from_millis(30)),
                Server::Breaking(bytes) => thread::scope(|scope| {
                    let breaking = scope.spawn(|| {
                        let (mut client, _) = listener.accept().unwrap();
                        let _ = client.read(&mut [0; 1024]);
                        let _ = client.write_all(bytes);
                    });
                    let result = connect(&url(port), long);
                    breaking.join().unwrap();
                    result
                }),
            };
            let error = result.unwrap_err();
            prop_assert_eq!(error.category(), ErrorCategory::NetworkError, "{:?}", error);
            prop_assert!(error.is_temporary() && error.category().is_temporary());
            prop_assert!(error.troubleshooting().len() >= 2, "{:?}", error);
            prop_assert!(error.troubleshooting().iter().all(|step| step.len() > 10));
            let shown = format!("{error} {error:?}");
            prop_assert!(!shown.contains(password.as_str()), "{}", shown);
        }
    }
}

#[test]
fn temporary_and_permanent() {
    use ErrorCategory::*;
    for category in ErrorCategory::ALL {
        let temporary = matches!(
            category,
            NetworkError
                | PoolExhausted
                | DnsError
                | UnknownError
                | TransactionConflict
                | StatementTimeout
        );
        assert_eq!(category.is_temporary(), temporary, "{category}");
        let written = serde_json::to_string(&category).unwrap();
        assert_eq!(written, format!("\"{category}\""));
        assert_eq!(serde_json::from_str::<ErrorCategory>(&written).unwrap(), category);
    }
}

/// Errors of every kind that a program can bring about without an outage.
#[cfg(feature = "sqlite")]
fn an_error(which: usize, text: &str) -> Error {
    let db = || Db::connect("sqlite::memory:").unwrap();
    let fails = |sql: &str| db().execute_sql(sql).unwrap_err();
    match which {
        0 => Error::application(std::io::Error::other(text.to_owned())),
        1 => Db::connect("").unwrap_err(),
        2 => Db::connect("sqlite:/nowhere/at/all.db").unwrap_err(),
        3 => fails("SELECT * FROM missing"),
        4 => fails("CREATE TABLE t (a INTEGER UNIQUE); INSERT INTO t VALUES (1), (1)"),
        5 => fails("PRAGMA query_only = ON; CREATE TABLE t (a INTEGER)"),
        6 => fails("nonsense"),
        _ => {
            let db = db();
            db.transaction(|_| db.execute_sql("SELECT 1")).unwrap_err()
        }
    }
}

#[cfg(feature = "sqlite")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Property 10: What an error says doesn't change by being asked, and is the same for the same failure.
    #[test]
    fn categories_are_pure(which in 0_usize..8, text in "\\PC{0,20}") {
        let (one, other) = (an_error(which, &text), an_error(which, &text));
        for _ in 0..3 {
            prop_assert_eq!(one.category(), other.category());
            prop_assert_eq!(one.code(), other.code());
            prop_assert_eq!(one.is_temporary(), one.category().is_temporary());
            prop_assert_eq!(one.troubleshooting(), other.troubleshooting());
            prop_assert_eq!(one.to_string(), other.to_string());
        }
        let expected = [
            ErrorCategory::ApplicationError,
            ErrorCategory::ConfigError,
            ErrorCategory::DatabaseNotFound,
            ErrorCategory::SchemaError,
            ErrorCategory::StatementError,
            ErrorCategory::AuthFailed,
            ErrorCategory::StatementError,
            ErrorCategory::StatementError,
        ];
        prop_assert_eq!(one.category(), expected[which], "{:?}", one);
    }
}
