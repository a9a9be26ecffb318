//! The settings of a connection from the URL, the environment and the program, unless only libpq can read them.

use std::ffi::{CStr, CString};
use std::ptr;
use std::time::Duration;

use pq_sys as ffi;
use uuid::Uuid;

use super::error::malformed_url;
use super::places::Place;
use crate::backend::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};

/// The settings of a connection that both the URL and the program can set.
pub(super) struct Settings {
    pub(super) timeout: Duration,
    /// For the server's session, as libpq's `options`.
    pub(super) session: Option<String>,
    /// The places to look for a server, in their order; none if only libpq knows them.
    pub(super) places: Vec<Place>,
    /// The wanted kinds of servers, one after the other.
    pub(super) wanted: Vec<Option<&'static CStr>>,
}

impl Settings {
    pub(super) fn of(url: &str, options: &ConnectOptions) -> Result<Self> {
        let nul =
            |_| Error::new(ErrorKind::Config, "a connection setting contains a NUL character");
        let url = CString::new(url).map_err(nul)?;
        let mut message = ptr::null_mut();
        // SAFETY: the text ends with NUL; memory that libpq allocates is freed.
        unsafe {
            let parsed = ffi::PQconninfoParse(url.as_ptr(), &raw mut message);
            if !parsed.is_null() {
                let given = |name, variable: &str| {
                    option(parsed, name).or_else(|| std::env::var(variable).ok())
                };
                let timeout = option(parsed, c"connect_timeout");
                let text = given(c"options", "PGOPTIONS");
                let has_service = given(c"service", "PGSERVICE").is_some();
                let (hosts, addresses, ports) = (
                    given(c"host", "PGHOST"),
                    given(c"hostaddr", "PGHOSTADDR"),
                    given(c"port", "PGPORT"),
                );
                let wanted = given(c"target_session_attrs", "PGTARGETSESSIONATTRS");
                let order = given(c"load_balance_hosts", "PGLOADBALANCEHOSTS");
                ffi::PQconninfoFree(parsed);
                let timeout = timeout.map(|text| parse_seconds(&text)).transpose()?;
                let mut places = Vec::new();
                // A service file may name others, which only libpq knows.
                if !has_service {
                    places = Place::all(hosts.as_deref(), addresses.as_deref(), ports.as_deref());
                }
                if order.as_deref() == Some("random") {
                    places.sort_by_cached_key(|_| Uuid::new_v4());
                }
                return Ok(Self {
                    timeout: timeout.unwrap_or(options.connect_timeout),
                    session: session(options, text).filter(|_| !has_service),
                    places,
                    wanted: match wanted.as_deref() {
                        // libpq searches each place separately.
                        Some("prefer-standby") => vec![Some(c"standby"), Some(c"any")],
                        _ => vec![None],
                    },
                });
            }
            let error = if message.is_null() {
                malformed_url("")
            } else {
                malformed_url(&CStr::from_ptr(message).to_string_lossy())
            };
            ffi::PQfreemem(message.cast());
            Err(error)
        }
    }
}

/// Returns the statement timeout, before the settings of the URL or the environment, which come last and so apply. If a
/// service file may set more, the timeout is left out: then only the client ends statements.
fn session(options: &ConnectOptions, given: Option<String>) -> Option<String> {
    let milliseconds = options.statement_timeout?.as_millis().clamp(1, i32::MAX as u128);
    Some(format!("-c statement_timeout={milliseconds} {}", given.unwrap_or_default()))
}

/// # Safety
/// `options` must be a list of libpq, which ends with an entry without a keyword.
unsafe fn option(mut options: *const ffi::PQconninfoOption, name: &CStr) -> Option<String> {
    // SAFETY: promised by the caller; keywords and values end with NUL.
    unsafe {
        while !(*options).keyword.is_null() {
            if CStr::from_ptr((*options).keyword) == name {
                let value = (*options).val;
                return (!value.is_null())
                    .then(|| CStr::from_ptr(value).to_string_lossy().into_owned());
            }
            options = options.add(1);
        }
    }
    None
}

/// As libpq reads it: 0 and less mean no timeout.
fn parse_seconds(text: &str) -> Result<Duration> {
    const FOR_EVER: Duration = Duration::from_secs(i32::MAX as u64);
    let seconds: i32 = text.trim().parse().map_err(|_| {
        malformed_url("invalid integer value for connection option connect_timeout")
    })?;
    Ok(u64::try_from(seconds)
        .ok()
        .filter(|seconds| *seconds > 0)
        .map_or(FOR_EVER, Duration::from_secs))
}
