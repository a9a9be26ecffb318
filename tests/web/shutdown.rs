//! A signal while requests run.

use std::sync::mpsc::RecvTimeoutError;
use std::thread;

use mizzle::prelude::*;
use serde_json::json;
use test_support::each_url;

use super::schema::{Conversation, ConversationChanges, Message};
use super::{Client, LIMIT, Web, server};

#[test]
fn requests_that_run_are_answered_and_streams_end() {
    each_url!(|url| {
        let db = Db::connect(url).unwrap();
        let mut web = Web::start_until(&db, async { server::signal().await.unwrap() });
        let client = web.client();
        let (_, conversation) = client.post("/conversations", &json!({ "title": "Ferns" }));
        let path = format!("/conversations/{}", conversation["id"]);
        let events = client.events(&format!("{path}/events"));
        let id = conversation["id"].as_i64().unwrap();
        let address = web.address.clone();
        let request = db
            .transaction(|tx| {
                // The request waits for this transaction.
                let changes = ConversationChanges::default().title("Moss");
                tx.update_by_key::<Conversation>(id, changes)?;
                let before = db.pool_status().in_use;
                let new = json!({ "author": "Ada", "content": "Hello" });
                let messages = format!("{path}/messages");
                let request = thread::spawn(move || Client::new(&address).post(&messages, &new));
                while db.pool_status().in_use == before {
                    thread::yield_now();
                }
                // SAFETY: the program handles the signal.
                unsafe { libc::raise(libc::SIGTERM) };
                // The stream ends before the request does.
                assert_eq!(events.recv_timeout(LIMIT), Err(RecvTimeoutError::Disconnected));
                assert!(!request.is_finished());
                Ok(request)
            })
            .unwrap();
        let (status, message) = request.join().unwrap();
        assert_eq!((status, &message["content"]), (201, &json!("Hello")), "{message}");
        web.join();
        assert!(std::net::TcpStream::connect(&web.address).is_err());
        assert_eq!(Message::query().count(&db).unwrap(), 1);
        assert_eq!(db.get::<Conversation>(id).unwrap().title, "Moss");
        assert_eq!(db.pool_status().in_use, 0);
    });
}
