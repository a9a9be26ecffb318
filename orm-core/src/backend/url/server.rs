//! The URL of a PostgreSQL server.
//!
//! Only this module reads it: libpq gets the parts, not the URL. So libpq has nothing to quote if it reads a URL
//! differently.

use super::parameters::{PERCENT, check_settings, decoded, each_parameter, is_port};
use super::problem::{Problems, UrlPart};
use crate::backend::Prepare;

/// Which server, and how.
#[derive(Debug)]
pub(super) struct Server {
    /// The settings for libpq.
    pub(super) address: String,
    pub(super) prepare: Option<Prepare>,
}

/// The parts of a server's URL, decoded.
#[derive(Debug, Default)]
struct Parts {
    settings: Vec<(String, String)>,
}

impl Parts {
    fn add(&mut self, name: &str, value: String) {
        self.settings.push((name.into(), value));
    }

    /// Writes the settings for libpq: `user='app' host='db.example.com'`. Later settings override earlier ones.
    fn connection_string(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.settings {
            let value = value.replace('\\', "\\\\").replace('\'', "\\'");
            let separator = if text.is_empty() { "" } else { " " };
            text.push_str(&format!("{separator}{name}='{value}'"));
        }
        text
    }
}

/// Reads what follows `postgres://`.
pub(super) fn read(rest: &str, problems: &mut Problems) -> Server {
    let mut parts = Parts::default();
    // As libpq does: a password may contain a `?` or a `#`, but no `/`.
    let end = rest.find('/').unwrap_or(rest.len());
    let (user, rest) = match rest[..end].find('@') {
        Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
        None => (None, rest),
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (hosts, rest) = rest.split_at(end);
    let (path, parameters) = match rest.split_once('?') {
        Some((path, parameters)) => (path, parameters),
        None => (rest, ""),
    };
    // If it isn't certain where the password ends, the URL is refused.
    if hosts.contains('@') || rest.contains('@') {
        let message = "an `@` in the user, the password or a parameter must be written `%40`, and a `/` in the \
                       user or the password `%2F`";
        problems.add(UrlPart::User, message);
    }
    if hosts.contains('#') || rest.contains('#') {
        let message = "a `#` after the host is not allowed; write `%23` for the sign itself";
        problems.add(UrlPart::Database, message);
    }
    let parameters = each_parameter(parameters, problems);
    let has =
        |name: &str| parameters.iter().any(|(given, value)| given == name && !value.is_empty());

    if let Some(user) = user {
        read_user(user, &mut parts, problems);
    }
    let host_elsewhere = has("host") || has("hostaddr") || has("service");
    // `postgres:///blog` is the server on this machine.
    if !(hosts.is_empty() && (user.is_none() || host_elsewhere)) && !hosts.contains(['@', '#']) {
        read_hosts(hosts, host_elsewhere, &mut parts, problems);
    }
    match decoded(path.strip_prefix('/').unwrap_or(path)) {
        None => problems.add(UrlPart::Database, PERCENT),
        Some(name) if name.is_empty() && !has("dbname") && !has("service") => {
            problems.add(UrlPart::Database, "its name is missing after the host's `/`");
        }
        Some(name) if name.contains('\0') => {
            problems.add(UrlPart::Database, "its name contains a NUL character");
        }
        Some(name) if name.is_empty() => {}
        Some(name) => parts.add("dbname", name),
    }
    check_settings(&parameters, problems);
    let mut prepare = None;
    for (name, value) in parameters {
        match name.as_str() {
            // mizzle's own.
            "prepare" => {
                prepare = Some(match value.as_str() {
                    "always" => Prepare::Always,
                    "never" => Prepare::Never,
                    _ => Prepare::Auto,
                });
            }
            "ssl" => parts.add("sslmode", "require".into()),
            _ => parts.add(&name, value),
        }
    }
    check_counts(&parts, problems);
    Server { address: parts.connection_string(), prepare }
}

fn read_user(text: &str, parts: &mut Parts, problems: &mut Problems) {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (text, None),
    };
    if user.is_empty() {
        problems.add(UrlPart::User, "its name is empty");
    }
    for (name, part) in [("user", Some(user)), ("password", password)] {
        match part.map(decoded) {
            None => {}
            Some(None) => problems.add(UrlPart::User, PERCENT),
            Some(Some(value)) if value.contains('\0') => {
                problems.add(UrlPart::User, "it contains a NUL character");
            }
            Some(Some(value)) if value.is_empty() => {}
            Some(Some(value)) => parts.add(name, value),
        }
    }
}

fn read_hosts(hosts: &str, elsewhere: bool, parts: &mut Parts, problems: &mut Problems) {
    let mut names = Vec::new();
    let mut ports = Vec::new();
    for host in hosts.split(',') {
        let Some((name, port)) = name_and_port(host, problems) else {
            continue;
        };
        if name.is_empty() && !elsewhere {
            problems.add(UrlPart::Host, "it is empty");
        }
        if port.is_some_and(|port| !is_port(port)) {
            problems.add(UrlPart::Port, "it is not a number from 1 to 65535");
        }
        names.push(name);
        ports.push(port.unwrap_or_default());
    }
    if names.iter().any(|name| !name.is_empty()) {
        parts.add("host", names.join(","));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        parts.add("port", ports.join(","));
    }
}

fn name_and_port<'h>(host: &'h str, problems: &mut Problems) -> Option<(String, Option<&'h str>)> {
    if let Some(rest) = host.strip_prefix('[') {
        let Some((address, rest)) = rest.split_once(']') else {
            problems.add(UrlPart::Host, "the `[` of an IPv6 address is not closed");
            return None;
        };
        let Some(address) = decoded(address) else {
            problems.add(UrlPart::Host, PERCENT);
            return None;
        };
        // A zone may follow, such as `%eth0`.
        let (plain, zone) = address.split_once('%').unwrap_or((&address, ""));
        if plain.parse::<std::net::Ipv6Addr>().is_err() || !zone.chars().all(may_be_in_host) {
            problems.add(UrlPart::Host, "the address in `[…]` is not an IPv6 address");
        }
        if !(rest.is_empty() || rest.starts_with(':')) {
            problems.add(UrlPart::Host, "only `:` and a port may follow the `]`");
            return None;
        }
        return Some((address, rest.strip_prefix(':')));
    }
    let (name, port) = match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let Some(name) = decoded(name) else {
        problems.add(UrlPart::Host, PERCENT);
        return None;
    };
    // Or a folder of sockets.
    let is_host = name.chars().all(may_be_in_host) || name.starts_with('/');
    if !is_host || name.contains(['\0', ',']) {
        problems.add(UrlPart::Host, "it contains a character that host names can't contain");
    }
    Some((name, port))
}

fn may_be_in_host(character: char) -> bool {
    character.is_alphanumeric() || "-._".contains(character)
}

/// One port applies to all hosts; one address applies only to its own host.
fn check_counts(parts: &Parts, problems: &mut Problems) {
    let count = |name: &str| {
        let given =
            parts.settings.iter().rfind(|(given, value)| given == name && !value.is_empty());
        given.map(|(_, value)| value.split(',').count())
    };
    let (hosts, addresses) = (count("host"), count("hostaddr"));
    if let (Some(hosts), Some(addresses)) = (hosts, addresses)
        && hosts != addresses
    {
        problems.add(UrlPart::Host, "there are more or fewer addresses (`hostaddr`) than hosts");
    }
    if let Some(ports) = count("port")
        && ports != 1
        && ports != addresses.or(hosts).unwrap_or(1)
    {
        problems.add(UrlPart::Port, "there are more or fewer ports than hosts");
    }
}
