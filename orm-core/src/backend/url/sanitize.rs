//! A URL without its secrets.

use super::parameters::decoded;

const HIDDEN: &str = "***";

/// Returns the URL in a form for the log: only the parts known to be harmless are left, the rest is `***`.
///
/// Everything before the host's `@` is removed, including the user, as some servers accept tokens there. So are all
/// parameters except those that are known to hold no secret, such as `sslmode`, and any part that can't be identified.
/// The path of an SQLite file stays.
///
/// ```
/// # use orm_core::sanitize_url;
/// assert_eq!(
///     sanitize_url("postgres://app:s3cret@db.example.com:5432/blog?sslmode=require&password=s3cret"),
///     "postgres://***@db.example.com:5432/blog?sslmode=require&***",
/// );
/// assert_eq!(sanitize_url("sqlite:/var/lib/blog.db"), "sqlite:/var/lib/blog.db");
/// ```
pub fn sanitize_url(url: &str) -> String {
    if url == ":memory:" {
        return url.into();
    }
    let Some((scheme, rest)) = url.split_once(':') else {
        // `host=localhost password=…`, a bare token, …
        return HIDDEN.into();
    };
    match scheme.to_ascii_lowercase().as_str() {
        "sqlite" | "sqlite3" | "file" => format!("{scheme}:{}", file(rest)),
        "postgres" | "postgresql" | "mysql" | "mariadb" | "mssql" | "sqlserver" | "libsql"
        | "http" | "https" | "ws" | "wss" | "d1" => match rest.strip_prefix("//") {
            Some(rest) => format!("{scheme}://{}", server(rest)),
            None => format!("{scheme}:{HIDDEN}"),
        },
        _ => HIDDEN.into(),
    }
}

fn file(rest: &str) -> String {
    if rest.split('?').next() == Some(":memory:") {
        return format!(":memory:{}", parameters(rest.split_once('?').map(|(_, query)| query)));
    }
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    // `sqlite://user:password@host/database` isn't the path of a file, but may be a mistake.
    let reads_as_server = decoded(path).is_none_or(|path| path.contains('@'))
        || query.is_some_and(|query| query.contains('@'))
        || path.contains('#')
        // Except the one after a drive's letter.
        || path.char_indices().any(|(place, character)| character == ':' && place != 1);
    if reads_as_server {
        return HIDDEN.into();
    }
    format!("{path}{}", parameters(query))
}

fn server(rest: &str) -> String {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    // An `@` after the host: the password contains a `/`, `?` or `#`, and the host is part of it.
    if rest.contains(['@', '#']) {
        return HIDDEN.into();
    }
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((_, hosts)) => (format!("{HIDDEN}@"), hosts),
        None => (String::new(), authority),
    };
    // If it isn't a host, such as `app:` before a password that begins with `/`, nothing is certain.
    if !hosts.split(',').all(is_host) {
        return HIDDEN.into();
    }
    let path = match path.strip_prefix('/') {
        Some(name) if name.is_empty() || is_word(name, "_-.$") => path.to_owned(),
        Some(_) => format!("/{HIDDEN}"),
        None => String::new(),
    };
    format!("{user}{hosts}{path}{}", parameters(query))
}

/// `name`, `name:5432`, `[::1]:5432`.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => {
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            ("", rest)
        }
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let is_port = |port: &str| match port.strip_prefix(':') {
        // A sign would be read as well.
        Some(port) => is_word(port, "") && port.parse::<u16>().is_ok(),
        None => port.is_empty(),
    };
    is_word(name, "-._") && is_port(port)
}

fn is_word(text: &str, others: &str) -> bool {
    text.chars().all(|character| character.is_ascii_alphanumeric() || others.contains(character))
}

/// Parameters whose values aren't secret: words and numbers that a database defines.
const HARMLESS: [&str; 16] = [
    "cache",
    "channel_binding",
    "connect_timeout",
    "gssencmode",
    "immutable",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "load_balance_hosts",
    "mode",
    "nolock",
    "sslmode",
    "sslnegotiation",
    "target_session_attrs",
    "tcp_user_timeout",
];

/// The words that a harmless parameter may have, in addition to numbers.
const WORDS: [&str; 25] = [
    "allow",
    "any",
    "direct",
    "disable",
    "memory",
    "postgres",
    "prefer",
    "prefer-standby",
    "primary",
    "private",
    "random",
    "read-only",
    "read-write",
    "require",
    "ro",
    "rw",
    "rwc",
    "shared",
    "standby",
    "true",
    "false",
    "on",
    "off",
    "verify-ca",
    "verify-full",
];

fn parameters(query: Option<&str>) -> String {
    let Some(query) = query else {
        return String::new();
    };
    let shown = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if HARMLESS.contains(&name) => {
            let is_number = value.len() <= 6 && value.bytes().all(|byte| byte.is_ascii_digit());
            let value = if is_number || WORDS.contains(&value) { value } else { HIDDEN };
            format!("{name}={value}")
        }
        _ => HIDDEN.to_owned(),
    };
    format!("?{}", query.split('&').map(shown).collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::sanitize_url;

    #[test]
    fn shows_what_is_harmless() {
        for (url, shown) in [
            ("postgres://u:s3cret@h:5432/d", "postgres://***@h:5432/d"),
            ("postgres://s3cret@h/d", "postgres://***@h/d"),
            ("postgres://h/d", "postgres://h/d"),
            ("postgres://u:s3@cret@h/d", "postgres://***@h/d"),
            ("postgres://u:s3/cret@h/d", "postgres://***"),
            ("postgres://u:s3?cret@h/d", "postgres://***"),
            ("postgres://u:s3cret", "postgres://***"),
            ("postgres://u:+5/s3cret", "postgres://***"),
            ("postgres:u:s3cret@h/d", "postgres:***"),
            ("host=h password=s3cret", "***"),
            (
                "postgres://h/d?p%61ssword=s3cret&sslmode=require",
                "postgres://h/d?***&sslmode=require",
            ),
            ("postgres://h/d?PASSWORD=s3cret", "postgres://h/d?***"),
            ("postgres://h/d?sslmode=s3cret", "postgres://h/d?sslmode=***"),
            ("postgres://[::1]:1,h:2/d", "postgres://[::1]:1,h:2/d"),
            ("libsql://db.turso.io?authToken=s3cret", "libsql://db.turso.io?***"),
            ("sqlite:a b.db?key=s3cret&mode=ro", "sqlite:a b.db?***&mode=ro"),
            ("sqlite://u:s3cret@h/d", "sqlite:***"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("s3cret:x", "***"),
            ("", "***"),
        ] {
            assert_eq!(sanitize_url(url), shown, "{url}");
            assert_eq!(sanitize_url(shown), shown);
        }
    }
}
