//! Answers that are sent while they are made, so that they take no memory.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use tokio::sync::mpsc;

use super::super::chunks::Chunks;
use super::super::failure::Result;
use super::super::on::Limit;

/// Ends what a request has begun if nobody waits for its answer any more.
pub(super) struct Abandoned(Arc<AtomicBool>);

impl Abandoned {
    pub(super) fn new(limit: &Limit) -> Self {
        Self(Arc::clone(&limit.stop))
    }
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The pieces of an answer.
struct Pieces {
    /// When they are dropped, the statement ends.
    _abandoned: Abandoned,
    first: Option<Bytes>,
    rest: mpsc::Receiver<Result<Bytes>>,
}

impl Stream for Pieces {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let next = self.rest.poll_recv(cx);
        next.map(|next| {
            next.map(|next| {
                next.map_err(|failure| std::io::Error::other(failure.into_parts().message))
            })
        })
    }
}

/// Answers with what `f` writes, as a file. If `f` fails before the first bytes are sent, the answer is its failure; later the
/// connection breaks, so that nobody takes a part for the whole.
pub(super) async fn file(
    name: &str,
    media_type: &'static str,
    f: impl FnOnce(&Limit, &mut Chunks) -> Result<()> + Send + 'static,
) -> Response {
    let limit = Limit::default();
    let abandoned = Abandoned::new(&limit);
    let (mut chunks, mut from) = Chunks::new();
    tokio::task::spawn_blocking(move || {
        let written = f(&limit, &mut chunks);
        chunks.end(written);
    });
    let first = match from.recv().await {
        Some(Ok(first)) => Some(first),
        Some(Err(failure)) => return failure.into_response(),
        None => None,
    };
    let mut response =
        Body::from_stream(Pieces { _abandoned: abandoned, first, rest: from }).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
