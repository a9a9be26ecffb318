//! The URL of a D1 database: `d1://account/database`.

use super::problem::{Problems, UrlPart};

/// Reads what follows `d1:`. Returns the account and the database.
pub(super) fn read(rest: &str, problems: &mut Problems) -> String {
    let Some(rest) = rest.strip_prefix("//") else {
        problems.add(UrlPart::Scheme, "it is not followed by `//`");
        return String::new();
    };
    if rest.contains('@') {
        let message = "a D1 URL has no user and no password; the token comes from D1_TOKEN";
        problems.add(UrlPart::User, message);
        return String::new();
    }
    let (rest, parameters) = match rest.split_once(['?', '#']) {
        Some((rest, _)) => (rest, true),
        None => (rest, false),
    };
    if parameters {
        problems.add(UrlPart::Parameters, "a D1 URL has none");
    }
    let (account, database) = rest.split_once('/').unwrap_or((rest, ""));
    let database = database.strip_suffix('/').unwrap_or(database);
    check(account, UrlPart::Host, "the account is missing: `d1://account/database`", problems);
    check(database, UrlPart::Database, "its id is missing: `d1://account/database`", problems);
    format!("{account}/{database}")
}

fn check(id: &str, part: UrlPart, missing: &str, problems: &mut Problems) {
    if id.is_empty() {
        problems.add(part, missing);
    } else if !id
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || "-_".contains(character))
    {
        problems.add(part, "it contains a character that ids of Cloudflare don't have");
    }
}
