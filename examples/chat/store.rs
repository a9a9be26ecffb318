//! A chat service's tables, and the store that an application would write over them.

use mizzle::batch;
use mizzle::prelude::*;
use serde::{Deserialize, Serialize};

/// A client's session.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "client_sessions", index(last_activity.desc()))]
pub struct ClientSession {
    /// Chosen by the client.
    #[column(primary_key)]
    pub id: String,
    /// When it began.
    #[column(default = now)]
    pub created_at: DateTime<Utc>,
    /// When it was used last.
    #[column(default = now)]
    pub last_activity: DateTime<Utc>,
    /// What the client says about itself: a JSON document in the database, a struct here.
    pub metadata: Option<Json<Metadata>>,
}

/// What a client says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The program.
    pub user_agent: String,
    /// The languages that it would like.
    pub languages: Vec<String>,
}

/// A conversation in a session.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(
    name = "conversations",
    index(session_id, updated_at.desc()),
    index(updated_at.desc()),
    has_many(messages = Message)
)]
pub struct Conversation {
    /// A random UUID.
    #[column(primary_key, default_fn = new_id)]
    pub id: String,
    /// Goes with its session.
    #[column(references(ClientSession, on_delete = cascade))]
    pub session_id: String,
    /// What it is about.
    pub title: Option<String>,
    /// When it began.
    #[column(default = now)]
    pub created_at: DateTime<Utc>,
    /// When its last message came.
    #[column(default = now)]
    pub updated_at: DateTime<Utc>,
}

/// A message in a conversation.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "messages", index(conversation_id, created_at))]
pub struct Message {
    /// A random UUID.
    #[column(primary_key, default_fn = new_id)]
    pub id: String,
    /// Goes with its conversation.
    #[column(references(Conversation, on_delete = cascade))]
    pub conversation_id: String,
    /// Who wrote it.
    pub role: Role,
    /// The text.
    pub content: String,
    /// When it came.
    #[column(default = now)]
    pub created_at: DateTime<Utc>,
}

/// Who wrote a message: text in the database, with a check that allows `user` and `assistant` alone.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The person.
    User,
    /// The program.
    Assistant,
}

mizzle::schema! {
    /// All tables of the chat service.
    pub Chat = [ClientSession, Conversation, Message]
}

fn new_id() -> String {
    Uuid::new_v4().to_string()
}

/// What the chat service does with its database.
#[derive(Debug, Clone)]
pub struct ChatStore {
    db: Db,
}

impl ChatStore {
    /// A store over a database that has the tables of [`Chat`].
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The session with this id, now active; a new one if there is none.
    pub fn get_or_create_session(
        &self,
        id: &str,
        metadata: Option<Metadata>,
    ) -> mizzle::Result<ClientSession> {
        let now = mizzle::now();
        let new = NewClientSession::builder()
            .id(id)
            .last_activity(now)
            .maybe_metadata(metadata.map(Json))
            .build();
        // Any statement of diesel's runs, on both databases.
        self.db.one(
            diesel::insert_into(client_sessions::table)
                .values(new)
                .on_conflict(client_sessions::id)
                .do_update()
                .set(client_sessions::last_activity.eq(now))
                .returning(ClientSession::as_select()),
        )
    }

    /// A new conversation of a session.
    pub fn create_conversation(
        &self,
        session_id: &str,
        title: Option<&str>,
    ) -> mizzle::Result<Conversation> {
        let title = title.map(str::to_owned);
        self.db.insert(NewConversation::builder().session_id(session_id).maybe_title(title).build())
    }

    /// Adds a message and moves its conversation to the top, both or neither.
    pub fn create_message(
        &self,
        conversation_id: &str,
        role: Role,
        content: &str,
    ) -> mizzle::Result<Message> {
        // In microseconds, which keep the order of messages; SQLite's own default counts milliseconds.
        let now = mizzle::now();
        let new = NewMessage::builder()
            .conversation_id(conversation_id)
            .role(role)
            .content(content)
            .created_at(now)
            .build();
        let changes = ConversationChanges::default().updated_at(now);
        // A batch is a transaction, and goes to the database in one exchange.
        let (message, _) = self.db.batch((
            batch::insert(new),
            batch::update_by_key::<Conversation>(conversation_id, changes),
        ))?;
        Ok(message)
    }

    /// The newest conversations of a session.
    pub fn list_conversations(
        &self,
        session_id: &str,
        limit: u64,
    ) -> mizzle::Result<Vec<Conversation>> {
        Conversation::query()
            .filter(conversations::session_id.eq(session_id))
            .order_by((conversations::updated_at.desc(), conversations::id))
            .limit(limit)
            .all(&self.db)
    }

    /// A conversation and its messages, the oldest first.
    pub fn get_conversation_with_messages(&self, id: &str) -> mizzle::Result<Option<WithMessages>> {
        Conversation::query()
            .find(id)
            .with(Conversation::messages().order_by((messages::created_at, messages::id)))
            .first(&self.db)
    }

    /// Deletes a session with everything that belongs to it. Returns whether there was one.
    pub fn delete_session(&self, id: &str) -> mizzle::Result<bool> {
        self.db.delete_by_key::<ClientSession>(id)
    }

    /// How many messages each role has written.
    pub fn messages_per_role(&self) -> mizzle::Result<Vec<(Role, i64)>> {
        self.db.load(
            messages::table
                .group_by(messages::role)
                .select((messages::role, diesel::dsl::count_star()))
                .order_by(messages::role),
        )
    }
}
