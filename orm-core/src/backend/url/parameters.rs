//! The parameters of a URL, after the `?`.

use super::libraries::knows_setting;
use super::problem::{Problems, UrlPart};

pub(super) const PERCENT: &str = "a `%` is not followed by two hexadecimal digits of UTF-8 text; write `%25` for the sign itself";

/// The parameters, decoded.
pub(super) fn each_parameter(parameters: &str, problems: &mut Problems) -> Vec<(String, String)> {
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

/// Returns the text with its `%` sequences decoded; `None` if one isn't a sequence, or if the bytes aren't text.
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

/// Returns the text as SQLite reads it in a URI: everything that isn't harmless becomes a `%` sequence.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~:".contains(&byte) {
            encoded.push(byte.into());
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// libpq's parameters (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>), and `ssl`,
/// which other clients have.
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

/// The parameters whose values come from a fixed list.
const WORDS: [(&str, &[&str]); 12] = [
    ("prepare", &["auto", "always", "never"]),
    ("sslmode", &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]),
    ("gssencmode", &["disable", "prefer", "require"]),
    ("channel_binding", &["disable", "prefer", "require"]),
    ("load_balance_hosts", &["disable", "random"]),
    ("sslnegotiation", &["postgres", "direct"]),
    ("sslcertmode", &["disable", "allow", "require"]),
    ("ssl", &["true"]),
    ("ssl_min_protocol_version", TLS_VERSIONS),
    ("ssl_max_protocol_version", TLS_VERSIONS),
    ("sslsni", &["0", "1"]),
    (
        "target_session_attrs",
        &["any", "read-write", "read-only", "primary", "standby", "prefer-standby"],
    ),
];

const TLS_VERSIONS: &[&str] = &["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

const NUMBERS: [&str; 6] = [
    "connect_timeout",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "tcp_user_timeout",
];

/// Checks the parameters of a server.
pub(super) fn check_settings(parameters: &[(String, String)], problems: &mut Problems) {
    for (name, value) in parameters {
        let Some(name) = SETTINGS.iter().find(|known| *known == name) else {
            let message = "one of them is unknown; PostgreSQL's clients know, among others, sslmode, sslrootcert, \
                           connect_timeout, application_name, options, user, password, host, port, dbname";
            problems.add(UrlPart::Parameters, message);
            continue;
        };
        if !is_known_here(name) {
            let message = format!("`{name}` is too new for the libpq of this program");
            problems.add(UrlPart::Parameters, message);
        }
        if let Some((_, words)) = WORDS.iter().find(|(known, _)| known == name)
            && !words.contains(&value.as_str())
        {
            let message = format!("`{name}` must be one of {}", words.join(", "));
            problems.add(UrlPart::Parameters, message);
        }
        if NUMBERS.contains(name) && value.trim().parse::<i32>().is_err() {
            problems.add(UrlPart::Parameters, format!("`{name}` is not a whole number"));
        }
        if *name == "port" && !value.split(',').all(is_port) {
            problems.add(UrlPart::Port, "the parameter `port` is not a number from 1 to 65535");
        }
        let is_address = |text: &str| text.parse::<std::net::IpAddr>().is_ok();
        if *name == "hostaddr" && !value.split(',').all(is_address) {
            problems.add(UrlPart::Host, "the parameter `hostaddr` is not an IP address");
        }
    }
}

pub(super) fn is_port(text: &str) -> bool {
    matches!(text.parse::<u16>(), Ok(1..)) && !text.starts_with('+')
}

fn is_known_here(name: &str) -> bool {
    matches!(name, "ssl" | "prepare") || knows_setting(name)
}
