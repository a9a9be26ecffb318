//! The environment variables of tests.

use std::env;

/// Names the server.
pub(super) const URL: &str = "MIZZLE_TEST_POSTGRES_URL";
/// Makes it an error if there is none.
const REQUIRED: &str = "MIZZLE_TEST_REQUIRE_POSTGRES";

/// Returns the URL of the server, if there is one.
pub(super) fn url() -> Option<String> {
    let url = env::var_os(URL)?;
    // What isn't text is no URL, which connecting will say.
    Some(url.to_string_lossy().into_owned()).filter(|url| !url.is_empty())
}

/// Returns whether there must be a server.
pub(super) fn is_required() -> bool {
    env::var_os(REQUIRED).is_some_and(|value| !value.is_empty() && value != "0")
}
