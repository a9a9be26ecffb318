//! Bytes on their way to an answer, piece by piece, so that they take no memory.

use axum::body::Bytes;
use tokio::sync::mpsc;

use super::failure::{Failure, Result};

/// The size of the pieces that are sent.
const PIECE: usize = 64 << 10;
/// How many pieces wait for a slow reader.
const WAITING: usize = 8;

/// Takes the bytes of an answer, on a thread that may wait.
pub(super) struct Chunks {
    to: mpsc::Sender<Result<Bytes>>,
    piece: Vec<u8>,
}

impl Chunks {
    /// Returns it, and what it sends to.
    pub(super) fn new() -> (Self, mpsc::Receiver<Result<Bytes>>) {
        let (to, from) = mpsc::channel(WAITING);
        (Self { to, piece: Vec::new() }, from)
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// If nobody reads them any more.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let piece = Bytes::from(std::mem::take(&mut self.piece));
        self.to.blocking_send(Ok(piece)).map_err(|_| Failure::request("nobody reads the answer"))
    }

    /// Sends the rest, or the failure that has ended the answer.
    pub(super) fn end(mut self, written: Result<()>) {
        if let Err(failure) = written.and_then(|()| self.flush()) {
            // It fails if nobody reads.
            let _ = self.to.blocking_send(Err(failure));
        }
    }
}
