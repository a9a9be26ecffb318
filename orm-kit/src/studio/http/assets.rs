//! The page: its files, which are compiled in.

use std::borrow::Cow;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

include!(concat!(env!("OUT_DIR"), "/studio_assets.rs"));

/// The mark in the page that says whether it needs a token.
const LOCAL: &str = r#"name="mizzle-studio" content="local""#;
const MOUNTED: &str = r#"name="mizzle-studio" content="mounted""#;

/// Answers with a file of the page.
pub(super) fn file(name: &str) -> Response {
    match contents(name) {
        Some(contents) => ([(header::CONTENT_TYPE, media_type(name))], contents).into_response(),
        None => (StatusCode::NOT_FOUND, "there is no such file").into_response(),
    }
}

/// Answers with the page itself.
pub(super) fn page(is_mounted: bool) -> Response {
    let Some(contents) = contents("index.html") else {
        return (StatusCode::NOT_FOUND, "the page is missing").into_response();
    };
    let text = String::from_utf8_lossy(&contents);
    let text = if is_mounted { text.replace(LOCAL, MOUNTED) } else { text.into_owned() };
    ([(header::CONTENT_TYPE, media_type("index.html"))], text).into_response()
}

fn contents(name: &str) -> Option<Cow<'static, [u8]>> {
    if let Some(contents) = in_folder(name) {
        return Some(contents);
    }
    ASSETS.iter().find(|(known, _)| *known == name).map(|(_, contents)| Cow::Borrowed(*contents))
}

/// Returns the file in the folder that the environment names, for who works on the page.
#[cfg(debug_assertions)]
fn in_folder(name: &str) -> Option<Cow<'static, [u8]>> {
    let folder = std::env::var_os("MIZZLE_STUDIO_ASSETS")?;
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    if !is_plain || name.starts_with('.') {
        return None;
    }
    std::fs::read(std::path::Path::new(&folder).join(name)).ok().map(Cow::Owned)
}

#[cfg(not(debug_assertions))]
fn in_folder(_: &str) -> Option<Cow<'static, [u8]>> {
    None
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
