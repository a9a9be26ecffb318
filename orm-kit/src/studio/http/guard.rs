//! Which requests are answered, and the headers of all answers.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::super::Inner;
use super::super::failure::Failure;

/// Who may ask.
#[derive(Clone)]
pub(in super::super) struct Local {
    /// The port on which the studio listens.
    pub(in super::super) port: u16,
    /// The hash of the token. The token itself isn't kept.
    pub(in super::super) token: [u8; 32],
}

impl Local {
    pub(in super::super) fn new(port: u16, token: &str) -> Self {
        Self { port, token: Sha256::digest(token).into() }
    }
}

const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
         connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Answers a request only if it comes from the studio's own page.
pub(super) async fn guarded(
    State(studio): State<Arc<Inner>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match check(studio.local.as_ref(), &request) {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn check(local: Option<&Local>, request: &Request) -> Result<(), Failure> {
    let (headers, uri) = (request.headers(), request.uri());
    let host = host(headers, uri).ok_or_else(|| refused("the request names no single host"))?;
    if let Some(local) = local {
        check_host(host, local.port)?;
    }
    check_origin(headers, host)?;
    match *request.method() {
        // The files of the page contain nothing secret. A link may lead to it, and a frame may not.
        Method::GET | Method::HEAD => {
            let is_framed = value(headers, "sec-fetch-dest")
                .is_some_and(|to| ["iframe", "frame", "embed", "object"].contains(&to));
            if is_framed { Err(refused("the studio shows itself in no frame")) } else { Ok(()) }
        }
        Method::POST => {
            check_site(headers)?;
            check_json(headers)?;
            local.map_or(Ok(()), |local| check_token(headers, local))
        }
        _ => Err(Failure::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "REQUEST_ERROR",
            "calls are made by POST",
        )),
    }
}

fn refused(message: &str) -> Failure {
    Failure::new(StatusCode::FORBIDDEN, "REFUSED", message)
}

fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Returns the host, with its port, that the request is for.
fn host<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> Option<&'r str> {
    let mut given = headers.get_all(header::HOST).iter();
    let host = given.next().and_then(|host| host.to_str().ok());
    if given.next().is_some() {
        return None;
    }
    match (uri.authority(), host) {
        (Some(of_uri), Some(host)) if of_uri.as_str() != host => None,
        (Some(of_uri), _) => Some(of_uri.as_str()),
        (None, host) => host,
    }
}

/// A page of another name that resolves to this machine would otherwise be of the same origin.
fn check_host(host: &str, port: u16) -> Result<(), Failure> {
    let known = ["127.0.0.1", "localhost", "[::1]"];
    let is_known = host.rsplit_once(':').is_some_and(|(name, given)| {
        known.iter().any(|known| known.eq_ignore_ascii_case(name)) && given.parse() == Ok(port)
    });
    if is_known {
        return Ok(());
    }
    Err(refused("the studio answers under 127.0.0.1 and localhost only"))
}

fn check_origin(headers: &HeaderMap, host: &str) -> Result<(), Failure> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return Ok(()) };
    let is_own = origin.to_str().is_ok_and(|origin| {
        ["http://", "https://"]
            .iter()
            .filter_map(|scheme| origin.strip_prefix(scheme))
            .any(|of| of.eq_ignore_ascii_case(host))
    });
    if is_own && origins.next().is_none() {
        return Ok(());
    }
    Err(refused("the request comes from another page"))
}

/// A browser says where a request comes from, and its pages can't change that.
fn check_site(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        None | Some(b"same-origin") => Ok(()),
        _ => Err(refused("the request comes from another page")),
    }
}

/// A form of another page can't send this type, and its script would first have to ask.
fn check_json(headers: &HeaderMap) -> Result<(), Failure> {
    let is_json = value(headers, "content-type").is_some_and(|given| {
        let kind = given.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/json")
    });
    if is_json {
        return Ok(());
    }
    Err(Failure::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "REQUEST_ERROR",
        "calls have the content type application/json",
    ))
}

fn check_token(headers: &HeaderMap, local: &Local) -> Result<(), Failure> {
    let given = value(headers, "authorization").and_then(|given| given.strip_prefix("Bearer "));
    // Hashes of equal length: how long the comparison takes says nothing about the token.
    let given: [u8; 32] = Sha256::digest(given.unwrap_or_default()).into();
    let differs = given.iter().zip(&local.token).fold(0, |seen, (one, other)| seen | (one ^ other));
    if differs == 0 {
        return Ok(());
    }
    Err(Failure::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "the token is wrong")
        .advised("open the URL that the terminal has printed"))
}
