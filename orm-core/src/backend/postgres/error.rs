//! The meaning of the server's and libpq's errors.

use pq_sys as ffi;

use super::extension;
use super::lengths::TooLong;
use super::result::Answer;
use super::words::message;
use crate::error::{Constraint, ConstraintKind, Error, ErrorKind};

/// Returns the error in an answer.
pub(super) fn statement_error(answer: &Answer) -> Error {
    let state = answer.error_field(ffi::PG_DIAG_SQLSTATE).unwrap_or_default();
    let error = match violation(&state, answer) {
        Some(constraint) => Error::violation(constraint),
        None => {
            let (message, words) = message(&state, answer);
            let mut error = Error::new(kind_of(&state), message).with_words(words);
            if state == "22001"
                && let Some(said) = answer.error_field(ffi::PG_DIAG_MESSAGE_PRIMARY)
                && let Some(too_long) = TooLong::read(&said)
            {
                error = error.with_source(too_long);
            }
            let said = answer.error_field(ffi::PG_DIAG_MESSAGE_PRIMARY).unwrap_or_default();
            let function = answer.error_field(ffi::PG_DIAG_SOURCE_FUNCTION).unwrap_or_default();
            if let Some(advice) = extension::advice(&state, &said, &function) {
                return error.with_hint(advice).with_database_code(state);
            }
            match answer.error_field(ffi::PG_DIAG_MESSAGE_HINT) {
                // About the names and types in the statement's text.
                Some(hint) if state.starts_with("42") => error.with_hint(hint),
                _ => error,
            }
        }
    };
    error.with_database_code(state)
}

/// With this code PgBouncer refuses whatever it refuses, always in English; newer versions have others for some.
const POOLERS_CODE: &str = "08P01";

/// Returns the error of a pooler that refuses a connection. It may do so late, when it has to connect to the server.
pub(super) fn refusal(message: &str) -> Error {
    let says = |words: &str| message.contains(words);
    if says("pooling mode") {
        return Error::new(ErrorKind::Config, message).with_hint(
            "this pooler may run each statement in another session of the server, which leaves no transactions: set \
             `pool_mode = transaction` for this database in PgBouncer's configuration, or connect to the server itself",
        );
    }
    let kind = if says("no such database") || says("database") && says("does not exist") {
        ErrorKind::DatabaseNotFound
    } else if says("authentication") || says("password") || says("no such user") || says("role \"")
    {
        ErrorKind::Auth
    } else if says("no more connections") || says("too many") || says("query_wait_timeout") {
        ErrorKind::PoolExhausted
    } else if says("SSL") || says("TLS") {
        ErrorKind::Ssl
    } else if says("config error") {
        ErrorKind::Config
    } else {
        // The server behind it is away, or it ends itself.
        ErrorKind::Network
    };
    Error::new(kind, message)
}

/// Groups PostgreSQL's codes (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn kind_of(state: &str) -> ErrorKind {
    match state {
        "28P01" | "28000" => ErrorKind::Auth,
        "3D000" => ErrorKind::DatabaseNotFound,
        "53300" => ErrorKind::PoolExhausted,
        "53100" => ErrorKind::DiskFull,
        "42P01" => ErrorKind::UndefinedTable,
        "42703" => ErrorKind::UndefinedColumn,
        "40001" => ErrorKind::Serialization,
        "40P01" => ErrorKind::Deadlock,
        "55P03" => ErrorKind::Busy,
        "57014" => ErrorKind::Timeout,
        "25006" => ErrorKind::ReadOnly,
        "57P01" | "57P02" | "57P03" | "57P05" => ErrorKind::Network,
        // The program's fault, such as too few values: the connection still works.
        "08P01" => ErrorKind::Query,
        _ if state.starts_with("08") => ErrorKind::Network,
        "22003" => ErrorKind::OutOfRange,
        _ if state.starts_with("22") => ErrorKind::Value,
        _ if state.starts_with("25") => ErrorKind::Transaction,
        _ => ErrorKind::Query,
    }
}

fn violation(state: &str, answer: &Answer) -> Option<Constraint> {
    let kind = match state {
        "23505" => ConstraintKind::Unique,
        // Newer servers report the second code for RESTRICT.
        "23503" | "23001" => ConstraintKind::ForeignKey,
        "23502" => ConstraintKind::NotNull,
        "23514" => ConstraintKind::Check,
        "23P01" => ConstraintKind::Exclusion,
        _ => return None,
    };
    let columns = match kind {
        ConstraintKind::NotNull => {
            answer.error_field(ffi::PG_DIAG_COLUMN_NAME).into_iter().collect()
        }
        // For a foreign key: its own columns if they have no parent, those of the parent if it still has children.
        // `describe_violation` distinguishes the two.
        ConstraintKind::Unique | ConstraintKind::ForeignKey => {
            let detail = answer.error_field(ffi::PG_DIAG_MESSAGE_DETAIL).unwrap_or_default();
            key_columns(&detail)
        }
        _ => Vec::new(),
    };
    Some(Constraint {
        kind,
        name: answer.error_field(ffi::PG_DIAG_CONSTRAINT_NAME),
        table: answer.error_field(ffi::PG_DIAG_TABLE_NAME),
        columns,
    })
}

/// Returns the columns in `Key (a, b)=(1, 2) already exists.`, in any language. None for an expression.
fn key_columns(detail: &str) -> Vec<String> {
    let Some((columns, _)) = detail.split_once(")=(") else {
        return Vec::new();
    };
    let Some((_, columns)) = columns.split_once('(') else {
        return Vec::new();
    };
    if columns.contains('(') {
        return Vec::new();
    }
    let unquoted = |name: &str| match name.strip_prefix('"').and_then(|name| name.strip_suffix('"'))
    {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => name.to_owned(),
    };
    columns.split(", ").map(unquoted).collect()
}

/// Returns the error of a connection that failed, which was encrypted or not. libpq's message contains the server's code
/// if the server answered at all.
pub(super) fn connect_error(message: &str, encrypted: bool) -> Error {
    let unencrypted = !encrypted && is_refused_as_it_is(message);
    let message = message.lines().next().unwrap_or_default().trim();
    let state = server_code(message);
    let mut hint = None;
    let kind = match state {
        Some(POOLERS_CODE) => return refusal(message).with_database_code(POOLERS_CODE),
        // The server doesn't know a setting or its value, or doesn't change it for a connection.
        Some("22023" | "42704" | "55P02") => {
            hint = Some("check `options` in the URL, which sets this when the connection begins");
            ErrorKind::Config
        }
        Some(state) => match kind_of(state) {
            ErrorKind::Auth if unencrypted => ErrorKind::Ssl,
            ErrorKind::Query => ErrorKind::Unknown,
            kind => kind,
        },
        // `invalid sslmode value: "on"`, and the like
        None if message.starts_with("invalid ") && message.contains(" value: ") => {
            return malformed_url(message);
        }
        // The names of settings and files are the URL's, which were read before connecting.
        None if message.contains("service file")
            || message.starts_with("definition of service") =>
        {
            ErrorKind::Config
        }
        None if message.contains("could not translate host name") => ErrorKind::Dns,
        None if message.contains("no password supplied")
            || message.contains("authentication method") =>
        {
            ErrorKind::Auth
        }
        None if message.contains("SSL") || message.contains("certificate") => ErrorKind::Ssl,
        None if message.contains("connection option")
            || message.contains("invalid port number") =>
        {
            return malformed_url(message);
        }
        None => ErrorKind::Network,
    };
    let mut error = Error::new(kind, message);
    if let Some(hint) = hint {
        error = error.with_hint(hint);
    }
    match state {
        Some(state) => error.with_database_code(state),
        None => error,
    }
}

/// Returns whether pg_hba.conf refuses the kind of connection, for any user and any password. Only then does the message
/// name this function of the server, whose name is the same in each language. libpq may try twice, encrypted and not: if
/// both are refused, it is about something else.
fn is_refused_as_it_is(message: &str) -> bool {
    let attempts = message.lines().filter(|line| server_code(line).is_some()).count();
    attempts == 1 && message.contains(" ClientAuthentication, ")
}

/// Returns the code in `FATAL:  28P01: password authentication failed`.
fn server_code(message: &str) -> Option<&str> {
    message.split(": ").map(str::trim).find(|part| {
        part.len() == 5
            && part.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
            && part.bytes().any(|byte| byte.is_ascii_digit())
    })
}

/// libpq's message may quote the URL, so only its beginning is used.
pub(super) fn malformed_url(message: &str) -> Error {
    let reason = message.split(['"', '\n']).next().unwrap_or_default().trim_end_matches([' ', ':']);
    let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    Error::new(ErrorKind::Config, format!("the PostgreSQL URL is malformed{reason}")).with_hint(
        "write `postgres://user:password@host:5432/database`; special characters in the user or the \
         password must be percent-encoded, such as `%40` for `@`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_columns_of_a_key() {
        let columns = |detail: &str| key_columns(detail).join("|");
        assert_eq!(columns("Key (email)=(a@b.c) already exists."), "email");
        assert_eq!(columns("Schlüssel (a, \"b c\")=(1, )=() existiert bereits."), "a|b c");
        assert_eq!(columns("Key (lower(email))=(x) already exists."), "");
        assert_eq!(columns(""), "");
    }

    #[test]
    fn tells_connection_errors_apart() {
        for (message, kind) in [
            (
                "connection to server at \"h\" (1.2.3.4), port 1 failed: FATAL:  28P01: password",
                ErrorKind::Auth,
            ),
            (
                "connection to server failed: FATAL:  3D000: database \"x\" does not exist",
                ErrorKind::DatabaseNotFound,
            ),
            (
                "connection to server failed: FATAL:  42704: unrecognized configuration parameter \"x\"",
                ErrorKind::Config,
            ),
            (
                "connection failed: FATAL:  28000: kein pg_hba.conf-Eintrag für Host »h«, keine Verschlüsselung\n\
                 ORT:  ClientAuthentication, auth.c:543\n",
                ErrorKind::Ssl,
            ),
            (
                "connection failed: FATAL:  28000: no pg_hba.conf entry for host \"h\", SSL encryption\n\
                 LOCATION:  ClientAuthentication, auth.c:543\n\
                 connection failed: FATAL:  28000: no pg_hba.conf entry for host \"h\", no encryption\n\
                 LOCATION:  ClientAuthentication, auth.c:543\n",
                ErrorKind::Auth,
            ),
            (
                "connection failed: FATAL:  28000: role \"no encryption\" is not permitted to log in\n\
                 LOCATION:  InitializeSessionUserId, miscinit.c:811\n",
                ErrorKind::Auth,
            ),
            (
                "connection failed: FATAL:  57P03: the database system is starting up",
                ErrorKind::Network,
            ),
            (
                "connection failed: FATAL:  53300: sorry, too many clients already",
                ErrorKind::PoolExhausted,
            ),
            (
                "could not translate host name \"nowhere\" to address: Name or service not known",
                ErrorKind::Dns,
            ),
            (
                "connection failed: FATAL:  08P01: database \"x\" does not exist",
                ErrorKind::DatabaseNotFound,
            ),
            (
                "connection failed: FATAL:  08P01: server login has been failing, cached error: password \
                 authentication failed for user \"x\" (server_login_retry)",
                ErrorKind::Auth,
            ),
            (
                "connection failed: FATAL:  08P01: no more connections allowed (max_client_conn)",
                ErrorKind::PoolExhausted,
            ),
            ("connection failed: FATAL:  08P01: SSL required", ErrorKind::Ssl),
            (
                "connection failed: FATAL:  08P01: server login has been failing, try again later",
                ErrorKind::Network,
            ),
            (
                "connection failed: FATAL:  22023: invalid value for parameter \"DateStyle\": \"x\"",
                ErrorKind::Config,
            ),
            ("connection to server failed: Connection refused", ErrorKind::Network),
            (
                "connection failed: server does not support SSL, but SSL was required",
                ErrorKind::Ssl,
            ),
            ("connection failed: fe_sendauth: no password supplied", ErrorKind::Auth),
            ("invalid integer value \"s3cret\" for connection option \"port\"", ErrorKind::Config),
            ("invalid sslmode value: \"s3cret\"", ErrorKind::Config),
        ] {
            let error = connect_error(message, false);
            assert_eq!(error.kind(), kind, "{message}");
            assert!(!format!("{error:?}").contains("s3cret"));
            let is_of_setting = message.contains("parameter");
            assert_eq!(
                error.hint().is_some_and(|hint| hint.contains("check `options`")),
                is_of_setting,
                "{message}"
            );
        }
    }
}
