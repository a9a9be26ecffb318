//! What async calls return.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream as FuturesStream;
use futures_core::stream::FusedStream;

use super::sealed::Sealed;
use super::stream::{Reader, Stream};
use crate::error::{Error, Result};
use crate::wait;

/// A running call: the future of its result.
///
/// Nothing happens before it is polled. If it is dropped before its end, the statement that runs is cancelled in the background,
/// and its transaction is rolled back; the connection returns to the pool when the server says that it is idle. As with every
/// request whose answer is missing, a write may have been committed.
#[must_use = "a call does nothing before it is awaited"]
pub struct Run<'a, T, E = Error>(Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>);

impl<'a, T, E> Run<'a, T, E> {
    pub(crate) fn new(future: impl Future<Output = Result<T, E>> + Send + 'a) -> Self {
        Self(Box::pin(future))
    }
}

impl<T, E> Future for Run<'_, T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T, E>> {
        self.0.as_mut().poll(context)
    }
}

impl<T, E> fmt::Debug for Run<'_, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

/// The rows of a query, one by one: a [`futures::Stream`](https://docs.rs/futures/latest/futures/stream/trait.Stream.html).
///
/// All that is said about the rows of a [`Stream`](crate::Stream) is true of these. An error of starting the statement is the
/// first item. Some rows are read ahead, up to 64.
#[must_use = "a stream does nothing until its rows are read"]
pub struct RowStream<'a, T> {
    /// Reads rows into `ready`, and waits when there are enough. `None` after the last row.
    reads: Option<Run<'a, ()>>,
    ready: Ready<T>,
}

/// Rows that were read.
struct Ready<T>(Arc<Mutex<VecDeque<Result<T>>>>);

impl<T> Ready<T> {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Result<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many rows are read ahead.
const AHEAD: usize = 64;

impl<'a, T: Send + 'a> RowStream<'a, T> {
    /// Returns a stream without rows, and what puts rows into it.
    pub(crate) fn new<F>(reader: F) -> (Self, ReadRows<F, T>) {
        let ready = Ready(Arc::default());
        let rows = Ready(Arc::clone(&ready.0));
        (Self { reads: None, ready }, ReadRows { reader, rows })
    }

    /// Sets the call that reads the rows.
    pub(crate) fn read_by(self, reads: Run<'a, ()>) -> Self {
        Self { reads: Some(reads), ..self }
    }
}

/// Puts rows into a stream.
pub(crate) struct ReadRows<F, T> {
    reader: F,
    rows: Ready<T>,
}

impl<F, T> ReadRows<F, T> {
    /// Reads all rows, and waits whenever enough of them are there.
    pub(crate) fn read<R: Reader<T>>(self, on: &impl Sealed) -> Result<()>
    where
        F: FnOnce() -> Result<R>,
    {
        let rows = self.rows;
        for row in Stream::open(on, (self.reader)()?)? {
            let row = row?;
            let many = {
                let mut rows = rows.lock();
                rows.push_back(Ok(row));
                rows.len() >= AHEAD
            };
            if many {
                // Whoever takes the last row polls again.
                wait::until(poll_fn(|_| match rows.lock().is_empty() {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                }))?;
            }
        }
        Ok(())
    }
}

impl<T> RowStream<'_, T> {
    /// Waits for the next row: `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T> FuturesStream for RowStream<'_, T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let take = |ready: &Ready<T>| ready.lock().pop_front();
        if let Some(row) = take(&self.ready) {
            return Poll::Ready(Some(row));
        }
        let Some(reads) = &mut self.reads else { return Poll::Ready(None) };
        let end = match Pin::new(reads).poll(context) {
            Poll::Pending => None,
            Poll::Ready(end) => {
                self.reads = None;
                Some(end)
            }
        };
        match (take(&self.ready), end) {
            (None, None) => Poll::Pending,
            (None, Some(end)) => Poll::Ready(end.err().map(Err)),
            (row, None | Some(Ok(()))) => Poll::Ready(row),
            // After the rows before it.
            (row, Some(Err(error))) => {
                self.ready.lock().push_back(Err(error));
                Poll::Ready(row)
            }
        }
    }
}

impl<T> FusedStream for RowStream<'_, T> {
    fn is_terminated(&self) -> bool {
        self.reads.is_none() && self.ready.lock().is_empty()
    }
}

// Neither the call nor the rows refer to the stream itself.
impl<T> Unpin for RowStream<'_, T> {}

impl<T> fmt::Debug for RowStream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowStream").field("ended", &self.reads.is_none()).finish_non_exhaustive()
    }
}
