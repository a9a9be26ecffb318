//! The calls of the page.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, OriginalUri, Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::console::explain::explain;
use super::super::failure::{Failure, Result};
use super::super::on::{Limit, PATIENCE, reading, reading_once};
use super::super::transfer::{export, import};
use super::super::{
    Inner, Studio, catalog, cells, console, count, edit, info, related, rows, schema,
};
use super::guard::{Local, guarded};
use super::streamed::Abandoned;
use super::{assets, streamed};

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

async fn call(State(studio): State<Arc<Inner>>, Path(name): Path<String>, body: Bytes) -> Response {
    let limit = Limit::default();
    if name == "download" {
        return match read::<cells::Request>(&body) {
            Ok(request) => download(studio, request).await,
            Err(failure) => failure.into_response(),
        };
    }
    if name == "export" {
        return match read::<export::Request>(&body) {
            Ok(request) => file_of_rows(studio, request).await,
            Err(failure) => failure.into_response(),
        };
    }
    let _abandoned = Abandoned::new(&limit);
    let answered = tokio::task::spawn_blocking(move || answer(&studio, &name, &body, &limit));
    match answered.await {
        Ok(Ok(answer)) => Json(answer).into_response(),
        Ok(Err(failure)) => failure.into_response(),
        Err(_) => Failure::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "UNKNOWN_ERROR",
            "the studio failed in this call",
        )
        .into_response(),
    }
}

async fn download(studio: Arc<Inner>, request: cells::Request) -> Response {
    let name = request.file_name();
    streamed::file(&name, "application/octet-stream", move |limit, chunks| {
        reading_once(&studio.db, limit, |on| cells::download(on, &request, chunks))
    })
    .await
}

async fn file_of_rows(studio: Arc<Inner>, request: export::Request) -> Response {
    let (name, media_type) = (request.file_name(), request.media_type());
    streamed::file(&name, media_type, move |limit, chunks| {
        export::export(&studio.db, &request, limit, chunks)
    })
    .await
}

fn answer(studio: &Inner, name: &str, body: &[u8], limit: &Limit) -> Result<Value> {
    let db = &studio.db;
    let patient = limit.within(PATIENCE);
    Ok(match name {
        "ping" => {
            info::ping(db)?;
            json!({ "ok": true })
        }
        "info" => info::info(studio, &patient)?,
        "tables" => {
            let mut tables = reading(db, &patient, catalog::shapes)?;
            catalog::sizes::count(db, &mut tables, &patient)?;
            schema::add_labels(&mut tables, studio.structs.as_deref().unwrap_or_default());
            json!({ "tables": tables })
        }
        "schema" => schema::schema(studio, &patient)?,
        "rows" => {
            let request: rows::Request = read(body)?;
            match reading(db, &patient, |on| rows::page(on, &request)) {
                Err(failure) if failure.database_code.is_some() => {
                    // A transaction in which a statement has failed can't be committed.
                    let blamed = reading(db, &patient, |on| match rows::blamed(on, &request) {
                        Some(blamed) => Err(blamed),
                        None => Ok(()),
                    });
                    return Err(blamed.err().unwrap_or(failure));
                }
                page => page?,
            }
        }
        "count" => count::count(studio, &read(body)?, limit)?,
        "cell" => {
            let request = read(body)?;
            reading(db, &patient, |on| cells::cell(on, &request))?
        }
        "related" => related::related(studio, &read(body)?, &patient)?,
        "preview" => edit::preview(studio, &read(body)?, &patient)?,
        "apply" => edit::apply(studio, &read(body)?, &patient)?,
        "import" => import::import(studio, &read(body)?, limit)?,
        "query" => console::query(studio, &read(body)?, limit)?,
        "stop" => {
            let Stopping { id } = read(body)?;
            json!({ "stopped": studio.running.stop(&id) })
        }
        "explain" => explain(studio, &read(body)?, &patient)?,
        "log" => studio.log.entries(),
        _ => return Err(Failure::missing(format!("there is no call {name:?}"))),
    })
}

#[derive(Deserialize)]
struct Stopping {
    id: String,
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    Ok(serde_json::from_slice(body)?)
}
