//! The calls of the page.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, OriginalUri, Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::failure::{Failure, Result};
use super::super::on::{Limit, PATIENCE, reading};
use super::super::{Inner, Studio, catalog, info, rows};
use super::assets;
use super::guard::{Local, guarded};

/// The longest request: a file of CSV.
const LONGEST: usize = 256 << 20;

/// Returns the routes. Without `local`, whoever mounts them decides who may ask.
pub(in super::super) fn router(studio: Studio, local: Option<Local>) -> Router {
    let studio = Arc::new(studio.into_inner(local));
    Router::new()
        .route("/", get(page))
        .route("/assets/{name}", get(asset))
        .route("/api/{name}", post(call))
        .layer(DefaultBodyLimit::max(LONGEST))
        .layer(middleware::from_fn_with_state(Arc::clone(&studio), guarded))
        .with_state(studio)
}

/// The page's links are relative, so its address ends with a slash.
async fn page(State(studio): State<Arc<Inner>>, OriginalUri(uri): OriginalUri) -> Response {
    if !uri.path().ends_with('/') {
        let last = uri.path().rsplit('/').next().unwrap_or_default();
        return match HeaderValue::from_str(&format!("{last}/")) {
            Ok(to) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, to)]).into_response(),
            Err(_) => StatusCode::NOT_FOUND.into_response(),
        };
    }
    assets::page(studio.local.is_none())
}

async fn asset(Path(name): Path<String>) -> Response {
    assets::file(&name)
}

/// Ends what a request has begun if nobody waits for its answer any more.
struct Abandoned(Arc<AtomicBool>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

async fn call(State(studio): State<Arc<Inner>>, Path(name): Path<String>, body: Bytes) -> Response {
    let limit = Limit::default();
    let _abandoned = Abandoned(Arc::clone(&limit.stop));
    let answered = tokio::task::spawn_blocking(move || answer(&studio, &name, &body, &limit));
    match answered.await {
        Ok(Ok(answer)) => answer.into_response(),
        Ok(Err(failure)) => failure.into_response(),
        Err(_) => Failure::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "UNKNOWN_ERROR",
            "the studio failed in this call",
        )
        .into_response(),
    }
}

/// What a call answers.
enum Answer {
    Document(Value),
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Document(document) => Json(document).into_response(),
        }
    }
}

fn answer(studio: &Inner, name: &str, body: &[u8], limit: &Limit) -> Result<Answer> {
    let db = &studio.db;
    let patient = limit.within(PATIENCE);
    Ok(Answer::Document(match name {
        "ping" => {
            info::ping(db)?;
            json!({ "ok": true })
        }
        "info" => info::info(studio, &patient)?,
        "tables" => json!({ "tables": reading(db, &patient, catalog::tables)? }),
        "rows" => {
            let request: rows::Request = read(body)?;
            match reading(db, &patient, |on| rows::page(on, &request)) {
                Err(failure) if failure.database_code.is_some() => {
                    let explained = reading(db, &patient, |on| Ok(rows::blamed(on, &request)));
                    return Err(explained.ok().flatten().unwrap_or(failure));
                }
                page => page?,
            }
        }
        _ => return Err(Failure::missing(format!("there is no call {name:?}"))),
    }))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    Ok(serde_json::from_slice(body)?)
}
