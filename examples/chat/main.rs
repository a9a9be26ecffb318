//! A chat service on mizzle: `cargo run --example chat`.

#[allow(dead_code, reason = "the same store is tested in tests/chat.rs")]
mod store;

use std::path::PathBuf;

use clap::Parser;
use mizzle::prelude::*;
use store::{Chat, ChatStore, Metadata, Role};

/// Plays a small chat service on a fresh database and prints what it does.
///
/// Without a URL it uses an SQLite file in a temporary folder:
///
///   cargo run --example chat
///
/// With one it does the same on PostgreSQL or Cloudflare D1, with the same output. The database must not have the
/// example's tables yet; they are dropped at the end:
///
///   cargo run --example chat --features postgres -- postgres://user:password@localhost/database
///   D1_TOKEN=… cargo run --example chat --features d1 -- d1://account/database
#[derive(Parser)]
#[command(verbatim_doc_comment)]
struct Arguments {
    /// The database: `postgres://…`, `d1://…`, `sqlite:path/to/file.db` or `sqlite::memory:`
    url: Option<String>,
}

/// A temporary folder, removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let folder = Folder(std::env::temp_dir().join(format!("mizzle-chat-{}", std::process::id())));
    let url = match arguments.url {
        Some(url) => url,
        None => {
            std::fs::create_dir_all(&folder.0)?;
            format!("sqlite:{}", folder.0.join("chat.db").display())
        }
    };

    println!("Connecting, and creating the tables of the structs in examples/chat/store.rs");
    let db = Db::connect(&url)?;
    db.create_all::<Chat>()?;
    let played = play(&db);
    db.execute_sql("DROP TABLE messages; DROP TABLE conversations; DROP TABLE client_sessions")?;
    Ok(played?)
}

fn play(db: &Db) -> mizzle::Result<()> {
    let store = ChatStore::new(db.clone());

    println!("\nA client comes, and comes again: one session, its metadata a typed struct");
    let metadata =
        Metadata { user_agent: "terminal".into(), languages: vec!["en".into(), "sv".into()] };
    let first = store.get_or_create_session("client-1", Some(metadata))?;
    let again = store.get_or_create_session("client-1", None)?;
    println!("  same session: {}", first.created_at == again.created_at);
    println!("  more recently active: {}", again.last_activity > first.last_activity);
    println!("  metadata: {:?}", again.metadata);

    println!("\nTwo conversations; a message moves its own to the top, in one transaction");
    let ferns = store.create_conversation("client-1", Some("Ferns"))?;
    let moss = store.create_conversation("client-1", Some("Moss"))?;
    store.create_message(&ferns.id, Role::User, "Do ferns have flowers?")?;
    store.create_message(&ferns.id, Role::Assistant, "No. They have spores.")?;
    store.create_message(&moss.id, Role::User, "And moss?")?;
    store.create_message(&ferns.id, Role::User, "Thank you.")?;
    for conversation in store.list_conversations("client-1", 10)? {
        println!("  {}", conversation.title.as_deref().unwrap_or("untitled"));
    }

    println!("\nA conversation with its messages");
    if let Some(conversation) = store.get_conversation_with_messages(&ferns.id)? {
        println!("  {}", conversation.title.as_deref().unwrap_or("untitled"));
        for message in &conversation.messages {
            println!("    {:<9} {}", message.role.to_string(), message.content);
        }
    }

    println!("\nAny query of diesel's: a count by role");
    for (role, count) in store.messages_per_role()? {
        println!("  {role:<9} {count}");
    }

    println!("\nWhat the database refuses is a typed error");
    let no_session = store.create_conversation("nobody", None).map(drop);
    print_error("a conversation without a session", no_session);
    let robot = db.execute_sql(&format!(
        "INSERT INTO messages (id, conversation_id, role, content) VALUES ('1', '{}', 'robot', 'beep')",
        ferns.id
    ));
    print_error("a role that is not in the enum", robot);
    print_error("a row that is not there", db.get::<store::Message>("unknown").map(drop));

    println!("\nDeleting the session takes its conversations and messages with it");
    println!("  deleted: {}", store.delete_session("client-1")?);
    println!("  messages left: {}", store::Message::query().count(db)?);
    Ok(())
}

fn print_error(what: &str, result: mizzle::Result<()>) {
    match result {
        Ok(()) => println!("  {what}: accepted"),
        Err(error) => println!("  {what}: {}: {error}", error.code()),
    }
}
