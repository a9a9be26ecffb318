//! The URL of an SQLite database.

use super::libraries::knows_vfs;
use super::parameters::{PERCENT, decoded, each_parameter, encoded};
use super::problem::{Problems, UrlPart};

/// SQLite's own parameters (<https://sqlite.org/uri.html>), and their values.
const PARAMETERS: [(&str, &[&str]); 7] = [
    ("mode", &["ro", "rw", "rwc", "memory"]),
    ("cache", &["shared", "private"]),
    ("immutable", BOOLEANS),
    ("nolock", BOOLEANS),
    ("psow", BOOLEANS),
    ("vfs", &[]),
    ("modeof", &[]),
];

const BOOLEANS: &[&str] = &["1", "0", "true", "false", "yes", "no", "on", "off"];

/// Which file, and how.
#[derive(Debug)]
pub(super) struct File {
    /// A path, a `file:` URI, or `:memory:`.
    pub(super) address: String,
    /// Whether each connection has a separate database.
    pub(super) is_private_memory: bool,
}

/// Reads what follows `sqlite:`, a path, or `file:`, a URI.
pub(super) fn read(rest: &str, is_uri: bool, problems: &mut Problems) -> File {
    let (path, parameters) = match rest.split_once('?') {
        Some((path, parameters)) => (path, Some(parameters)),
        None => (rest, None),
    };
    let path = if is_uri { path_of_uri(path, problems) } else { path };
    // Without parameters it is a literal path, in which `%` means nothing.
    let name = if is_uri || parameters.is_some() {
        decoded(path).unwrap_or_else(|| {
            problems.add(UrlPart::Database, PERCENT);
            String::new()
        })
    } else {
        path.to_owned()
    };
    if path.is_empty() {
        problems.add(UrlPart::Database, "it names no file");
    }
    if name.contains('\0') {
        problems.add(UrlPart::Database, "its name contains a NUL character");
    }
    let parameters = each_parameter(parameters.unwrap_or_default(), problems);
    check(&parameters, problems);
    let has = |name: &str, value: &str| {
        parameters.iter().rfind(|(given, _)| given == name).is_some_and(|(_, given)| given == value)
    };
    let is_memory = name == ":memory:" || has("mode", "memory");
    let address = if parameters.is_empty() && !name.starts_with("file:") {
        name
    } else {
        let parameters: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        // Two slashes at the start would be read as the start of a host's name.
        let host = if name.starts_with("//") { "//" } else { "" };
        format!("file:{host}{}?{}", encoded(&name), parameters.join("&"))
    };
    File { address, is_private_memory: is_memory && !has("cache", "shared") }
}

/// Reads `file:path`, `file:/path`, `file:///path` and `file://localhost/path`.
fn path_of_uri<'u>(uri: &'u str, problems: &mut Problems) -> &'u str {
    if uri.contains('#') {
        problems.add(UrlPart::Database, "a `#` is not allowed; write `%23` for the sign itself");
    }
    let Some(rest) = uri.strip_prefix("//") else {
        return uri;
    };
    match rest.strip_prefix("localhost").unwrap_or(rest) {
        path if path.starts_with('/') => path,
        _ => {
            problems.add(UrlPart::Host, "a file has none: write `file:path` or `file:///path`");
            rest
        }
    }
}

fn check(parameters: &[(String, String)], problems: &mut Problems) {
    for (place, (name, value)) in parameters.iter().enumerate() {
        if parameters[..place].iter().any(|(earlier, _)| earlier == name) {
            problems.add(UrlPart::Parameters, "one of them is given twice");
        }
        let Some((name, allowed)) = PARAMETERS.iter().find(|known| known.0 == name) else {
            let known: Vec<&str> = PARAMETERS.iter().map(|known| known.0).collect();
            let message = format!("one of them is unknown; SQLite knows {}", known.join(", "));
            problems.add(UrlPart::Parameters, message);
            continue;
        };
        if !allowed.is_empty() && !allowed.contains(&value.as_str()) {
            let message = format!("`{name}` must be one of {}", allowed.join(", "));
            problems.add(UrlPart::Parameters, message);
        }
        if *name == "vfs" && !knows_vfs(value) {
            problems.add(UrlPart::Parameters, "`vfs` is unknown to this program");
        }
    }
}
