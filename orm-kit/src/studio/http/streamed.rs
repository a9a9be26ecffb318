//! Answers that are sent while they are made, so that they take no memory.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use tokio::sync::mpsc;

use super::super::failure::{Failure, Result};

/// The size of the pieces that are sent.
const PIECE: usize = 64 << 10;
/// How many pieces wait for a slow reader.
const WAITING: usize = 8;

/// Takes the bytes of an answer.
pub(in super::super) struct Chunks {
    to: mpsc::Sender<Result<Bytes>>,
    piece: Vec<u8>,
}

impl Chunks {
    /// Sends bytes.
    ///
    /// # Errors
    /// If nobody reads them any more.
    pub(in super::super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let piece = Bytes::from(std::mem::take(&mut self.piece));
        self.to.blocking_send(Ok(piece)).map_err(|_| Failure::request("nobody reads the answer"))
    }
}

impl std::io::Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Chunks::write(self, bytes).map_err(|failure| std::io::Error::other(failure.message))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The pieces of an answer.
struct Pieces {
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
            next.map(|next| next.map_err(|failure| std::io::Error::other(failure.message)))
        })
    }
}

/// Answers with what `f` writes, as a file. If `f` fails before the first bytes are sent, the answer is its failure; later the
/// connection breaks, so that nobody takes a part for the whole.
pub(super) async fn file(
    name: &str,
    media_type: &'static str,
    f: impl FnOnce(&mut Chunks) -> Result<()> + Send + 'static,
) -> Response {
    let (to, mut from) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let mut chunks = Chunks { to: to.clone(), piece: Vec::new() };
        let written = f(&mut chunks).and_then(|()| chunks.flush());
        if let Err(failure) = written {
            // It fails if nobody reads.
            let _ = to.blocking_send(Err(failure));
        }
    });
    let first = match from.recv().await {
        Some(Ok(first)) => Some(first),
        Some(Err(failure)) => return failure.into_response(),
        None => None,
    };
    let mut response = Body::from_stream(Pieces { first, rest: from }).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
