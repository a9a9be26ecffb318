//! What the service does with its database.

use mizzle::Cursor;
use mizzle::KeysetPage;
use mizzle::prelude::*;

use crate::schema::{
    Conversation, ConversationChanges, Message, NewConversation, NewMessage, conversations,
    messages,
};

/// The channel on which the number of each new message is told.
pub const NEW_MESSAGES: &str = "new_messages";

/// The conversations and their messages.
#[derive(Debug, Clone)]
pub struct Store {
    db: AsyncDb,
}

impl Store {
    /// A store over a database that has the tables.
    pub fn new(db: AsyncDb) -> Self {
        Self { db }
    }

    /// The database.
    pub fn db(&self) -> &AsyncDb {
        &self.db
    }

    /// A new conversation.
    pub async fn create_conversation(&self, title: String) -> mizzle::Result<Conversation> {
        let now = mizzle::now();
        let new = NewConversation::builder().title(title).created_at(now).updated_at(now);
        self.db.insert(new.build()).await
    }

    /// A conversation.
    pub async fn conversation(&self, id: i64) -> mizzle::Result<Conversation> {
        self.db.get(id).await
    }

    /// A page of the conversations, those with the newest messages first.
    pub async fn conversations(
        &self,
        after: Option<Cursor>,
        size: u64,
    ) -> mizzle::Result<KeysetPage<Conversation>> {
        let newest = (conversations::updated_at.desc(), conversations::id.desc());
        let mut pages = Conversation::query().keyset(newest);
        if let Some(after) = after {
            pages = pages.after(after);
        }
        pages.page(&self.db, size).await
    }

    /// A page of the messages of a conversation, the oldest first.
    pub async fn messages(
        &self,
        conversation: i64,
        after: Option<Cursor>,
        size: u64,
    ) -> mizzle::Result<KeysetPage<Message>> {
        let of_conversation = messages::conversation_id.eq(conversation);
        let mut pages = Message::query().filter(of_conversation).keyset(messages::id);
        if let Some(after) = after {
            pages = pages.after(after);
        }
        let page = pages.page(&self.db, size).await?;
        if page.items.is_empty() {
            // There may be no such conversation.
            self.conversation(conversation).await?;
        }
        Ok(page)
    }

    /// A message, if it is still there.
    pub async fn message(&self, id: i64) -> mizzle::Result<Option<Message>> {
        self.db.find(id).await
    }

    /// Adds a message, moves its conversation to the top, and tells all processes: all of that or nothing.
    pub async fn add_message(
        &self,
        conversation: i64,
        author: String,
        content: String,
    ) -> mizzle::Result<Message> {
        // The client may go away at any time: then nothing of it is committed.
        self.db
            .transaction(async |tx| {
                let now = mizzle::now();
                let moved = ConversationChanges::default().updated_at(now);
                tx.update_by_key::<Conversation>(conversation, moved).await?;
                let new = NewMessage::builder().conversation_id(conversation).author(author);
                let message = tx.insert(new.content(content).created_at(now).build()).await?;
                tx.notify(NEW_MESSAGES, &message.id.to_string()).await?;
                Ok(message)
            })
            .await
    }
}
