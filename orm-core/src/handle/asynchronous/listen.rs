//! Listeners of async programs.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_core::stream::FusedStream;

use super::db::AsyncDb;
use crate::backend::Event;
use crate::backend::notify::Inbox;
use crate::handle::listen::{Channels, Ear, open};
use crate::run::Run;
use crate::wait::Fiber;

/// The events of channels, in their order: what [`AsyncDb::listen`] returns, a
/// [`futures::Stream`](https://docs.rs/futures/latest/futures/stream/trait.Stream.html).
///
/// It ends if the database handle is closed or the runtime in which it was made shuts down. Dropping it ends the connection that
/// it has.
#[must_use = "events wait in memory until they are read"]
pub struct AsyncListener(Ear);

impl fmt::Debug for AsyncListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncListener")
            .field("channels", &self.0.channels())
            .finish_non_exhaustive()
    }
}

impl AsyncDb {
    /// Listens to channels: see [`Db::listen`](crate::Db::listen). A task of the runtime reads the connection.
    ///
    /// ```
    /// # use orm_core::{AsyncDb, Event, Executor};
    /// # async fn f(db: &AsyncDb) -> orm_core::Result<()> {
    /// let mut listener = db.listen(["orders", "payments"]).await?;
    /// db.notify("orders", "17").await?;
    /// while let Some(event) = listener.next().await {
    ///     match event {
    ///         Event::Notification { channel, payload, .. } => println!("{channel}: {payload}"),
    ///         _ => println!("anything may have changed"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`Db::listen`](crate::Db::listen); `CONFIG_ERROR` outside a runtime.
    pub fn listen(&self, channels: impl Channels) -> Run<'_, AsyncListener> {
        let channels = channels.into_names();
        Run::new(async move {
            let runtime = self.db.runtime()?;
            let db = &self.db;
            let (ear, driver) = Fiber::new(move || open(db, channels)).await?;
            if let Some(driver) = driver {
                drop(runtime.spawn(Fiber::new(move || {
                    driver.run();
                    Ok(())
                })));
            }
            Ok(AsyncListener(ear))
        })
    }
}

impl AsyncListener {
    /// Waits for the next event. `None` if there can't be another one.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Waits for the next event, for at most `limit`. `None` if there is none until then, or if there can't be another one: see
    /// [`is_closed`](AsyncListener::is_closed).
    pub async fn next_within(&mut self, limit: Duration) -> Option<Event> {
        tokio::time::timeout(limit, self.next()).await.ok().flatten()
    }

    /// Returns whether all events are read and there can't be another one: see
    /// [`Listener::is_closed`](crate::Listener::is_closed).
    pub fn is_closed(&self) -> bool {
        self.0.inbox().is_none_or(Inbox::is_done)
    }
}

impl Stream for AsyncListener {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.0.inbox().map_or(Poll::Ready(None), |inbox| inbox.poll(context))
    }
}

impl FusedStream for AsyncListener {
    fn is_terminated(&self) -> bool {
        self.is_closed()
    }
}
