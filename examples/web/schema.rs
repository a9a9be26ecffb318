//! The tables of the chat service.

use mizzle::prelude::*;
use serde::Serialize;

/// A conversation.
#[derive(Table, Debug, Clone, PartialEq, Serialize)]
#[table(index(updated_at.desc(), id.desc()), has_many(messages = Message))]
pub struct Conversation {
    /// Its number.
    #[column(primary_key, auto)]
    pub id: i64,
    /// What it is about.
    #[column(max_length = 200, check = "title <> ''")]
    pub title: String,
    /// When it began.
    #[column(default = now)]
    pub created_at: DateTime<Utc>,
    /// When its last message came.
    #[column(default = now)]
    pub updated_at: DateTime<Utc>,
}

/// A message in a conversation.
#[derive(Table, Debug, Clone, PartialEq, Serialize)]
#[table(index(conversation_id, id))]
pub struct Message {
    /// Its number. A later message has a larger one.
    #[column(primary_key, auto)]
    pub id: i64,
    /// Goes with its conversation.
    #[column(references(Conversation, on_delete = cascade))]
    pub conversation_id: i64,
    /// Who wrote it.
    #[column(max_length = 100, check = "author <> ''")]
    pub author: String,
    /// The text.
    #[column(max_length = 10_000, check = "content <> ''")]
    pub content: String,
    /// When it came.
    #[column(default = now)]
    pub created_at: DateTime<Utc>,
}

mizzle::schema! {
    /// All tables of the service.
    pub Chat = [Conversation, Message]
}
