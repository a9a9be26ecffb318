//! Requests, and what can go wrong with them.

use std::io;
use std::time::Duration;

use ureq::Agent;

use super::address::Address;
use crate::backend::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::wait;

/// How long a request may take if the program sets no time: longer than D1 runs a statement.
const LONGEST: Duration = Duration::from_secs(100);

/// The largest answer that is read.
const LARGEST: u64 = 1 << 30;

/// Sends requests to one database.
#[derive(Clone)]
pub(super) struct Client {
    agent: Agent,
    address: Address,
}

/// What the server answered.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// How long the server asks to wait.
    pub(super) retry_after: Option<Duration>,
}

impl Client {
    pub(super) fn new(address: Address, options: &ConnectOptions) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(options.connect_timeout))
            .user_agent(concat!("mizzle/", env!("CARGO_PKG_VERSION")));
        Self { agent: config.build().into(), address }
    }

    /// Sends a request, in an async call on another thread, and waits for at most `limit`.
    pub(super) fn send(&self, body: Vec<u8>, limit: Option<Duration>) -> Result<Response> {
        let client = self.clone();
        wait::blocking(move || client.send_here(&body, limit.unwrap_or(LONGEST)))?
    }

    fn send_here(&self, body: &[u8], limit: Duration) -> Result<Response> {
        let request = self
            .agent
            .post(&self.address.url)
            .config()
            .timeout_global(Some(limit))
            .build()
            .header("Authorization", self.address.token.header())
            .header("Content-Type", "application/json");
        let mut response = request.send(body).map_err(|error| failed(&error, limit))?;
        let header = response.headers().get("Retry-After");
        let retry_after = header.and_then(|value| value.to_str().ok()).and_then(seconds);
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(LARGEST).read_to_vec();
        let body = body.map_err(|error| failed(&error, limit))?;
        Ok(Response { status, body, retry_after })
    }
}

/// Reads a number of seconds. The header may have a date instead, which Cloudflare doesn't send.
fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
}

/// Returns the error for a request without an answer. It quotes neither the URL nor a header.
fn failed(error: &ureq::Error, limit: Duration) -> Error {
    let plain = |kind, message: &str| Error::new(kind, message.to_owned());
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            plain(ErrorKind::Network, "no connection to D1's API could be opened in time")
        }
        ureq::Error::Timeout(_) => Error::new(
            ErrorKind::Timeout,
            format!(
                "D1 didn't answer within {} ms; it may have run the statement",
                limit.as_millis()
            ),
        ),
        ureq::Error::HostNotFound => {
            plain(ErrorKind::Dns, "the host of D1's API is not known to this machine")
        }
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            plain(ErrorKind::Ssl, "the encrypted connection to D1's API could not be opened")
        }
        ureq::Error::BodyExceedsLimit(_) => plain(
            ErrorKind::Query,
            "the answer of D1 is larger than 1 GiB: read fewer rows at once",
        ),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
            plain(ErrorKind::Network, "the connection to D1's API was silent for too long")
        }
        ureq::Error::Io(error) => Error::new(
            ErrorKind::Network,
            format!("the connection to D1's API was lost ({})", error.kind()),
        ),
        _ => plain(ErrorKind::Network, "the connection to D1's API was lost"),
    }
}
