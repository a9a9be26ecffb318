//! New messages as they come, also from other processes.
//!
//! The process listens once, and passes the messages on to all of its clients.

use std::sync::Arc;

use mizzle::Event;
use tokio::sync::broadcast::{self, Receiver, Sender};
use tokio::task::JoinHandle;

use crate::schema::Message;
use crate::store::{NEW_MESSAGES, Store};

/// What a client gets.
#[derive(Debug, Clone)]
pub enum Update {
    /// A new message.
    Message(Arc<Message>),
    /// Messages may be missing here: the client has to read them again.
    Gap,
}

/// The source of updates.
#[derive(Debug)]
pub struct Live {
    sender: Sender<Update>,
    task: JoinHandle<()>,
}

impl Live {
    /// Begins to listen.
    pub async fn start(store: Store) -> mizzle::Result<Self> {
        let mut listener = store.db().listen(NEW_MESSAGES).await?;
        let (sender, _) = broadcast::channel(256);
        let updates = sender.clone();
        let task = tokio::spawn(async move {
            while let Some(event) = listener.next().await {
                let update = match event {
                    // Nobody is there.
                    _ if updates.receiver_count() == 0 => continue,
                    Event::Notification { payload, .. } => update(&store, &payload).await,
                    _ => Some(Update::Gap),
                };
                if let Some(update) = update {
                    let _ = updates.send(update);
                }
            }
        });
        Ok(Self { sender, task })
    }

    /// Returns all updates from now on.
    pub fn subscribe(&self) -> Receiver<Update> {
        self.sender.subscribe()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn update(store: &Store, payload: &str) -> Option<Update> {
    match store.message(payload.parse().ok()?).await {
        Ok(message) => message.map(|message| Update::Message(message.into())),
        Err(error) => {
            tracing::warn!(%error, "a new message can't be read");
            Some(Update::Gap)
        }
    }
}
