//! The requests that the service answers.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use mizzle::{Cursor, KeysetPage};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tracing::Instrument;

use crate::failure::Failure;
use crate::live::{Live, Update};
use crate::schema::{Conversation, Message};
use crate::store::Store;

type Answer<T> = Result<T, Failure>;

/// What the requests share.
pub struct Service {
    /// The database.
    pub store: Store,
    /// New messages.
    pub live: Live,
    /// Whether the service is shutting down.
    pub stopping: watch::Receiver<bool>,
}

/// Returns the service's routes.
pub fn routes(service: Service) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/conversations", get(list_conversations).post(create_conversation))
        .route("/conversations/{id}", get(read_conversation))
        .route("/conversations/{id}/messages", get(list_messages).post(add_message))
        .route("/conversations/{id}/events", get(events))
        .fallback(async || Failure::no_route())
        .method_not_allowed_fallback(async || {
            (StatusCode::METHOD_NOT_ALLOWED, Failure::no_route()).into_response()
        })
        .layer(middleware::from_fn(in_span))
        .with_state(Arc::new(service))
}

/// Runs each request in a span, in which mizzle's own events appear, too.
async fn in_span(request: Request, next: Next) -> Response {
    let span =
        tracing::info_span!("request", method = %request.method(), path = request.uri().path());
    async move {
        let start = Instant::now();
        let response = next.run(request).await;
        tracing::info!(status = response.status().as_u16(), elapsed = ?start.elapsed(), "answered");
        response
    }
    .instrument(span)
    .await
}

/// A page, and the cursor for the next one.
#[derive(Serialize)]
struct PageOf<T> {
    items: Vec<T>,
    next: Option<Cursor>,
}

impl<T> From<KeysetPage<T>> for PageOf<T> {
    fn from(page: KeysetPage<T>) -> Self {
        Self { items: page.items, next: page.next }
    }
}

/// Which page: `?size=20&after=…`.
#[derive(Deserialize)]
struct Which {
    size: Option<u64>,
    after: Option<String>,
}

impl Which {
    fn size(&self) -> u64 {
        self.size.unwrap_or(20).clamp(1, 100)
    }

    fn after(&self) -> mizzle::Result<Option<Cursor>> {
        self.after.as_deref().map(str::parse).transpose()
    }
}

#[derive(Deserialize)]
struct ConversationBody {
    title: String,
}

#[derive(Deserialize)]
struct MessageBody {
    author: String,
    content: String,
}

async fn health(State(service): State<Arc<Service>>) -> Response {
    let db = service.store.db();
    let pool = db.pool_status();
    match db.ping(Duration::from_secs(2)).await {
        Ok(elapsed) => {
            Json(json!({ "ok": true, "milliseconds": elapsed.as_millis(), "pool": pool }))
                .into_response()
        }
        Err(error) => {
            let body = json!({ "ok": false, "code": error.code().to_string(), "pool": pool });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

async fn list_conversations(
    State(service): State<Arc<Service>>,
    which: Result<Query<Which>, QueryRejection>,
) -> Answer<Json<PageOf<Conversation>>> {
    let Query(which) = which?;
    Ok(Json(service.store.conversations(which.after()?, which.size()).await?.into()))
}

async fn create_conversation(
    State(service): State<Arc<Service>>,
    body: Result<Json<ConversationBody>, JsonRejection>,
) -> Answer<(StatusCode, Json<Conversation>)> {
    let Json(body) = body?;
    let conversation = service.store.create_conversation(body.title).await?;
    Ok((StatusCode::CREATED, Json(conversation)))
}

async fn read_conversation(
    State(service): State<Arc<Service>>,
    id: Result<Path<i64>, PathRejection>,
) -> Answer<Json<Conversation>> {
    let Path(id) = id?;
    Ok(Json(service.store.conversation(id).await?))
}

async fn list_messages(
    State(service): State<Arc<Service>>,
    id: Result<Path<i64>, PathRejection>,
    which: Result<Query<Which>, QueryRejection>,
) -> Answer<Json<PageOf<Message>>> {
    let (Path(id), Query(which)) = (id?, which?);
    Ok(Json(service.store.messages(id, which.after()?, which.size()).await?.into()))
}

async fn add_message(
    State(service): State<Arc<Service>>,
    id: Result<Path<i64>, PathRejection>,
    body: Result<Json<MessageBody>, JsonRejection>,
) -> Answer<(StatusCode, Json<Message>)> {
    let (Path(id), Json(body)) = (id?, body?);
    let message = service.store.add_message(id, body.author, body.content).await?;
    Ok((StatusCode::CREATED, Json(message)))
}

/// Sends the new messages of a conversation: events `message` with the message, and `gap` if the client has to read them
/// again. Ends with the service.
async fn events(
    State(service): State<Arc<Service>>,
    id: Result<Path<i64>, PathRejection>,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let Path(id) = id?;
    // Before the conversation is read, so that nothing is missed in between.
    let updates = service.live.subscribe();
    service.store.conversation(id).await?;
    let stopping = service.stopping.clone();
    let events =
        stream::unfold((updates, stopping), move |(mut updates, mut stopping)| async move {
            loop {
                let update = tokio::select! {
                    _ = stopping.wait_for(|stops| *stops) => return None,
                    update = updates.recv() => update,
                };
                let event = match update {
                    Ok(Update::Message(message)) if message.conversation_id != id => continue,
                    Ok(Update::Message(message)) => Event::default()
                        .event("message")
                        .id(message.id.to_string())
                        .json_data(&*message)
                        .unwrap_or_else(|_| gap()),
                    // The client was too slow.
                    Ok(Update::Gap) | Err(RecvError::Lagged(_)) => gap(),
                    Err(RecvError::Closed) => return None,
                };
                return Some((Ok(event), (updates, stopping)));
            }
        });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

fn gap() -> Event {
    Event::default().event("gap").data("{}")
}
