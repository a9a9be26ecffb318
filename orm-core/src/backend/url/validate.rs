//! What is wrong with a URL, all of it at once.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::FORMS;
use crate::error::{Error, ErrorKind};

/// A part of a database's URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UrlPart {
    /// What stands before the first `:`.
    Scheme,
    /// The user and the password.
    User,
    /// The server's name or address.
    Host,
    /// The server's port.
    Port,
    /// The database's name, or the path of a file.
    Database,
    /// What stands after the `?`.
    Parameters,
}

impl fmt::Display for UrlPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "scheme",
            Self::User => "user",
            Self::Host => "host",
            Self::Port => "port",
            Self::Database => "database",
            Self::Parameters => "parameters",
        })
    }
}

/// One thing that is wrong with a URL. It quotes no part of the URL but names of parameters that are known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrlProblem {
    /// Where.
    pub part: UrlPart,
    /// What, in a sentence.
    pub message: String,
}

/// All that is wrong with a URL: at least one problem, in the order of the parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrlError {
    /// What is wrong.
    pub problems: Vec<UrlProblem>,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the database URL is not valid: ")?;
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", problem.part, problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for UrlError {}

impl From<UrlError> for Error {
    fn from(error: UrlError) -> Self {
        Self::new(ErrorKind::Config, error.to_string()).with_hint(FORMS).with_source(error)
    }
}

/// Checks a database's URL without connecting: scheme, user, host, port, database and parameters.
///
/// It is a little stricter than [`Db::connect`](crate::Db::connect): a PostgreSQL URL must name a database
/// (the server would take the user's name for it), and a host wherever it names a user or a port.
///
/// ```
/// # use orm_core::validate_url;
/// let error = validate_url("postgres://app:pw@:99999/").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the database URL is not valid: host: it is empty; port: it is not a number from 1 to 65535; \
///      database: its name is missing after the host's `/`",
/// );
/// assert!(validate_url("sqlite:blog.db").is_ok());
/// ```
///
/// # Errors
/// Every problem at once. None quotes a password.
pub fn validate_url(url: &str) -> Result<(), UrlError> {
    let mut problems = Problems(Vec::new());
    check(url, &mut problems);
    let mut problems = problems.0;
    problems.sort_by_key(|problem| problem.part);
    if problems.is_empty() { Ok(()) } else { Err(UrlError { problems }) }
}

struct Problems(Vec<UrlProblem>);

impl Problems {
    fn add(&mut self, part: UrlPart, message: impl Into<String>) {
        let problem = UrlProblem { part, message: message.into() };
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }
}

fn check(url: &str, problems: &mut Problems) {
    if url.contains('\0') {
        problems.add(UrlPart::Database, "the URL contains a NUL character");
    }
    if url == ":memory:" || url.starts_with("file:") {
        return check_file(url.strip_prefix("file:").unwrap_or(url), problems);
    }
    let Some((scheme, rest)) = url.split_once(':') else {
        let empty = url.trim().is_empty();
        let message = if empty { "the URL is empty" } else { "there is none" };
        return problems.add(UrlPart::Scheme, format!("{message}; {FORMS}"));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "sqlite" | "sqlite3" => check_file(rest.strip_prefix("//").unwrap_or(rest), problems),
        "postgres" | "postgresql" => match rest.strip_prefix("//") {
            Some(rest) => check_server(rest, problems),
            None => problems.add(UrlPart::Scheme, "it is not followed by `//`"),
        },
        _ => {
            problems.add(UrlPart::Scheme, format!("it is none of a database here; {FORMS}"));
            // What else is wrong shows only where it reads like the URL of a server.
            if let Some(rest) = rest.strip_prefix("//") {
                check_server(rest, problems);
            }
        }
    }
}

/// SQLite's own parameters (<https://sqlite.org/uri.html>), and the values they take.
const FILE_PARAMETERS: [(&str, &[&str]); 7] = [
    ("mode", &["ro", "rw", "rwc", "memory"]),
    ("cache", &["shared", "private"]),
    ("immutable", &[]),
    ("nolock", &[]),
    ("psow", &[]),
    ("vfs", &[]),
    ("modeof", &[]),
];

fn check_file(path: &str, problems: &mut Problems) {
    let (path, parameters) = match path.split_once('?') {
        Some((path, parameters)) => (path, Some(parameters)),
        None => (path, None),
    };
    if path.is_empty() {
        problems.add(UrlPart::Database, "it names no file");
    }
    // Only with parameters is the path read as a URI, in which `%` means something.
    if parameters.is_some() && decoded(path).is_none() {
        problems.add(UrlPart::Database, PERCENT);
    }
    for (name, value) in each_parameter(parameters.unwrap_or_default(), problems) {
        let Some((name, allowed)) = FILE_PARAMETERS.iter().find(|known| known.0 == name) else {
            problems.add(UrlPart::Parameters, "SQLite knows no parameter of such a name");
            continue;
        };
        if !allowed.is_empty() && !allowed.contains(&value.as_str()) {
            let message = format!("`{name}` is none of {}", allowed.join(", "));
            problems.add(UrlPart::Parameters, message);
        }
    }
}

const PERCENT: &str =
    "a `%` is not followed by two hexadecimal digits; write `%25` for the sign itself";

fn check_server(rest: &str, problems: &mut Problems) {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (path, parameters) = match path.split_once('?') {
        Some((path, parameters)) => (path, parameters),
        None => (path, ""),
    };
    let parameters = each_parameter(parameters, problems);
    let has =
        |name: &str| parameters.iter().any(|(given, value)| given == name && !value.is_empty());

    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (Some(user), hosts),
        None => (None, authority),
    };
    if let Some(user) = user {
        check_user(user, problems);
    }
    let host_elsewhere = has("host") || has("hostaddr") || has("service");
    // `postgres:///blog` is the server of this machine.
    if !(hosts.is_empty() && (user.is_none() || host_elsewhere)) {
        for host in hosts.split(',') {
            check_host(host, host_elsewhere, problems);
        }
    }
    if path.contains('#') {
        let message = "a `#` is not allowed; write `%23` for the sign itself, also in a password";
        problems.add(UrlPart::Database, message);
    } else if path.contains('@') {
        let message = "an `@` follows the host; if the password has a `/`, `?` or `#`, it must be \
                       percent-encoded";
        problems.add(UrlPart::User, message);
    } else {
        match decoded(path.strip_prefix('/').unwrap_or(path)) {
            None => problems.add(UrlPart::Database, PERCENT),
            Some(name) if name.is_empty() && !has("dbname") && !has("service") => {
                problems.add(UrlPart::Database, "its name is missing after the host's `/`");
            }
            Some(name) if name.contains('\0') => {
                problems.add(UrlPart::Database, "its name contains a NUL character");
            }
            Some(_) => {}
        }
    }
    check_settings(&parameters, problems);
}

fn check_user(user: &str, problems: &mut Problems) {
    if decoded(user).is_none() {
        problems.add(UrlPart::User, PERCENT);
    } else if decoded(user).is_some_and(|user| user.contains('\0')) {
        problems.add(UrlPart::User, "it contains a NUL character");
    }
    if user.contains('@') {
        problems.add(UrlPart::User, "an `@` in the user or the password must be written `%40`");
    }
    if user.is_empty() || user.starts_with(':') {
        problems.add(UrlPart::User, "its name is empty");
    }
}

fn check_host(host: &str, elsewhere: bool, problems: &mut Problems) {
    let (name, port) = if let Some(rest) = host.strip_prefix('[') {
        match rest.split_once(']') {
            Some((address, rest)) => {
                let plain = address.split('%').next().unwrap_or_default();
                if plain.parse::<std::net::Ipv6Addr>().is_err() {
                    problems.add(UrlPart::Host, "the address in `[…]` is no IPv6 address");
                }
                match rest.strip_prefix(':') {
                    Some(port) => ("[]", Some(port)),
                    None if rest.is_empty() => ("[]", None),
                    None => {
                        return problems
                            .add(UrlPart::Host, "only `:` and a port may follow the `]`");
                    }
                }
            }
            None => return problems.add(UrlPart::Host, "the `[` of an IPv6 address is not closed"),
        }
    } else {
        match host.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (host, None),
        }
    };
    if name.is_empty() && !elsewhere {
        problems.add(UrlPart::Host, "it is empty");
    }
    match decoded(name) {
        None => problems.add(UrlPart::Host, PERCENT),
        // A folder of sockets.
        Some(name) if name.starts_with('/') => {}
        Some(decoded) if name != "[]" && !decoded.chars().all(may_be_in_host) => {
            problems.add(UrlPart::Host, "it contains a character that no host's name has");
        }
        Some(_) => {}
    }
    match port {
        Some(port) if !matches!(port.parse::<u16>(), Ok(1..)) || port.starts_with('+') => {
            problems.add(UrlPart::Port, "it is not a number from 1 to 65535");
        }
        _ => {}
    }
}

fn may_be_in_host(character: char) -> bool {
    character.is_alphanumeric() || "-._".contains(character)
}

/// libpq's parameters (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>).
const SETTINGS: &[&str] = &[
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "options",
    "passfile",
    "password",
    "port",
    // mizzle's own.
    "prepare",
    "replication",
    "require_auth",
    "requirepeer",
    "requiressl",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "ssl",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslkeylogfile",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// The parameters that take one of some words.
const WORDS: [(&str, &[&str]); 8] = [
    ("prepare", &["auto", "always", "never"]),
    ("sslmode", &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]),
    ("gssencmode", &["disable", "prefer", "require"]),
    ("channel_binding", &["disable", "prefer", "require"]),
    ("load_balance_hosts", &["disable", "random"]),
    ("sslnegotiation", &["postgres", "direct"]),
    ("ssl", &["true"]),
    (
        "target_session_attrs",
        &["any", "read-write", "read-only", "primary", "standby", "prefer-standby"],
    ),
];

const NUMBERS: [&str; 6] = [
    "connect_timeout",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "tcp_user_timeout",
];

fn check_settings(parameters: &[(String, String)], problems: &mut Problems) {
    for (name, value) in parameters {
        let Some(name) = SETTINGS.iter().find(|known| *known == name) else {
            problems
                .add(UrlPart::Parameters, "PostgreSQL's clients know no parameter of such a name");
            continue;
        };
        if let Some((_, words)) = WORDS.iter().find(|(known, _)| known == name)
            && !words.contains(&value.as_str())
        {
            let message = format!("`{name}` is none of {}", words.join(", "));
            problems.add(UrlPart::Parameters, message);
        }
        if NUMBERS.contains(name) && value.trim().parse::<i32>().is_err() {
            problems.add(UrlPart::Parameters, format!("`{name}` is no whole number"));
        }
        if *name == "port" && !value.split(',').all(|port| matches!(port.parse::<u16>(), Ok(1..))) {
            problems.add(UrlPart::Port, "the parameter `port` is not a number from 1 to 65535");
        }
    }
}

/// The parameters, decoded.
fn each_parameter(parameters: &str, problems: &mut Problems) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for parameter in parameters.split('&').filter(|_| !parameters.is_empty()) {
        match parameter.split_once('=').map(|(name, value)| (decoded(name), decoded(value))) {
            None => problems.add(UrlPart::Parameters, "one of them has no `=`"),
            Some((Some(name), Some(value))) => {
                if name.contains('\0') || value.contains('\0') {
                    problems.add(UrlPart::Parameters, "one of them contains a NUL character");
                }
                all.push((name, value));
            }
            Some(_) => problems.add(UrlPart::Parameters, PERCENT),
        }
    }
    all
}

/// The text with its `%` sequences decoded; `None` where one is no sequence, or the bytes are no text.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        bytes.push(u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> Vec<UrlPart> {
        match validate_url(url) {
            Ok(()) => Vec::new(),
            Err(error) => error.problems.into_iter().map(|problem| problem.part).collect(),
        }
    }

    #[test]
    fn accepts_what_connects() {
        for url in [
            "sqlite::memory:",
            ":memory:",
            "sqlite:blog.db",
            "sqlite:///var/lib/blog.db",
            "sqlite:50%.db",
            "sqlite:blog.db?mode=ro&cache=private",
            "file:blog.db?immutable=1",
            "postgres:///blog",
            "postgres:///blog?host=/run/postgresql",
            "postgres://app:p%40ss@db.example.com:5432/blog?sslmode=require&connect_timeout=3",
            "postgresql://app@[::1]:5432/blog",
            "POSTGRES://one:5432,two:5433/blog?target_session_attrs=read-write",
            "postgres://app@%2Frun%2Fpostgresql/blog",
            "postgres://h?dbname=blog",
        ] {
            assert_eq!(validate_url(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn names_every_problem_at_once() {
        use UrlPart::*;
        for (url, expected) in [
            ("", vec![Scheme]),
            ("blog.db", vec![Scheme]),
            ("mysql://:x@:0/", vec![Scheme, User, Host, Port, Database]),
            ("postgres:blog", vec![Scheme]),
            ("postgres://app:pw@:99999/", vec![Host, Port, Database]),
            ("postgres://h:x/d?sslmode=on&nonsense=1", vec![Port, Parameters, Parameters]),
            ("postgres://u:p/w@h/d", vec![Port, User]),
            ("postgres://[::1/d", vec![Host]),
            ("postgres://a b/d", vec![Host]),
            ("postgres://u:%zz@h/d", vec![User]),
            ("postgres://h", vec![Database]),
            ("sqlite:", vec![Database]),
            ("sqlite:a.db?mode=write&x", vec![Parameters, Parameters]),
            ("sqlite:a\0b", vec![Database]),
        ] {
            let mut expected = expected;
            expected.sort_unstable();
            assert_eq!(parts(url), expected, "{url}");
        }
    }
}
