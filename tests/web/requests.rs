//! What the service answers.

use mizzle::manager::{ConnectionManager, ManagerConfig};
use mizzle::prelude::*;
use serde_json::{Value, json};
use test_support::{each_url, on_each_database};

use super::schema::{Conversation, Message, NewMessage, conversations};
use super::{Client, LIMIT, Web};

/// Creates a conversation, and returns its path.
fn conversation(client: &Client, title: &str) -> String {
    let (status, body) = client.post("/conversations", &json!({ "title": title }));
    assert_eq!((status, &body["title"]), (201, &json!(title)), "{body}");
    format!("/conversations/{}", body["id"])
}

fn message(client: &Client, conversation: &str, content: &str) -> Value {
    let new = json!({ "author": "Ada", "content": content });
    let (status, body) = client.post(&format!("{conversation}/messages"), &new);
    assert_eq!((status, &body["content"]), (201, &json!(content)), "{body}");
    body
}

/// Reads all pages of a list.
fn pages(client: &Client, path: &str, size: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let (status, body) = client.get(&format!("{path}?size={size}{after}"));
        assert_eq!(status, 200, "{body}");
        let items = body["items"].as_array().unwrap();
        all.extend(items.iter().cloned());
        let Some(next) = body["next"].as_str() else { return all };
        assert_eq!(items.len(), size);
        after = format!("&after={next}");
    }
}

#[track_caller]
fn assert_failed((status, body): (u16, Value), expected: u16, code: &str) {
    assert_eq!((status, &body["error"]["code"]), (expected, &json!(code)), "{body}");
    assert!(!body["error"]["message"].as_str().unwrap().is_empty());
    assert!(!body.to_string().contains("s3cret"), "{body}");
}

on_each_database! {
    fn pages_go_on_from_their_cursors(db: &Db) {
        let web = Web::start(db);
        let client = web.client();
        assert_eq!(client.get("/conversations"), (200, json!({ "items": [], "next": null })));
        let paths: Vec<String> =
            (0..7).map(|number| conversation(&client, &format!("Title {number} ü\"'"))).collect();
        for number in 0..11 {
            message(&client, &paths[2], &format!("{number}\n\u{1F600}"));
        }
        message(&client, &paths[5], "later");
        let newest = (conversations::updated_at.desc(), conversations::id.desc());
        let expected = Conversation::query().order_by(newest).all(db).unwrap();
        let expected: Vec<Value> =
            expected.iter().map(|row| serde_json::to_value(row).unwrap()).collect();
        for size in [1, 2, 3, 7, 100] {
            assert_eq!(pages(&client, "/conversations", size), expected);
        }
        let titles = |place: usize| expected[place]["title"].as_str().unwrap().to_owned();
        assert_eq!((titles(0), titles(1)), ("Title 5 ü\"'".to_owned(), "Title 2 ü\"'".to_owned()));
        assert_eq!(client.get(&paths[5]), (200, expected[0].clone()));

        let messages = pages(&client, &format!("{}/messages", paths[2]), 4);
        let contents: Vec<&str> =
            messages.iter().map(|message| message["content"].as_str().unwrap()).collect();
        let expected: Vec<String> = (0..11).map(|number| format!("{number}\n\u{1F600}")).collect();
        assert_eq!(contents, expected);
        assert_eq!(pages(&client, &format!("{}/messages", paths[0]), 4), [Value::Null; 0]);
    }

    fn bad_input_is_an_error_with_a_code(db: &Db) {
        let web = Web::start(db);
        let client = web.client();
        let path = conversation(&client, "Title");
        let messages = format!("{path}/messages");
        for body in ["", "{", "[]", "{\"title\": \"s3cret\"", "\"s3cret\"", "{\"title\": 5}", "{}"] {
            let (status, answer) = client.post_text("/conversations", "application/json", body);
            // Not JSON, or not a conversation.
            assert!(status == 400 || status == 422, "{body}: {status}");
            assert_eq!(answer["error"]["code"], "BAD_REQUEST", "{answer}");
        }
        let answer = client.post_text("/conversations", "text/plain", "{\"title\": \"s3cret\"}");
        assert_failed(answer, 415, "BAD_REQUEST");
        let new = |author: &str, content: &str| json!({ "author": author, "content": content });
        for (body, code) in [
            (new("", "s3cret"), "CONSTRAINT_ERROR"),
            (new("Ada", ""), "CONSTRAINT_ERROR"),
            (new(&"s3cret".repeat(100), "x"), "CONSTRAINT_ERROR"),
            (new("Ada", &"s3cret".repeat(10_000)), "CONSTRAINT_ERROR"),
        ] {
            assert_failed(client.post(&messages, &body), 422, code);
        }
        assert_failed(client.post("/conversations", &json!({ "title": "" })), 422, "CONSTRAINT_ERROR");
        for path in ["/conversations/999", "/conversations/999/messages", "/conversations/999/events"] {
            assert_failed(client.get(path), 404, "NOT_FOUND");
        }
        assert_failed(client.post("/conversations/999/messages", &new("Ada", "x")), 404, "NOT_FOUND");
        assert_failed(client.get("/conversations/s3cre-t"), 400, "BAD_REQUEST");
        assert_failed(client.get("/conversations?size=-1"), 400, "BAD_REQUEST");
        assert_failed(client.get("/conversations?after=nonsense"), 422, "VALUE_ERROR");
        // The cursor of another list.
        conversation(&client, "Title");
        let (_, page) = client.get("/conversations?size=1");
        let foreign = format!("{messages}?after={}", page["next"].as_str().unwrap());
        assert_failed(client.get(&foreign), 422, "VALUE_ERROR");
        assert_failed(client.get("/nowhere"), 404, "NO_ROUTE");
        assert_failed(client.delete("/conversations"), 405, "NO_ROUTE");
        // Nothing of it was stored.
        assert_eq!((Conversation::query().count(db).unwrap(), Message::query().count(db).unwrap()), (2, 0));
    }

    fn new_messages_are_told_to_all_who_watch(db: &Db) {
        let web = Web::start(db);
        let client = web.client();
        let (ferns, moss) = (conversation(&client, "Ferns"), conversation(&client, "Moss"));
        let streams = [&ferns, &ferns, &moss].map(|path| client.events(&format!("{path}/events")));
        let mut expected = [Vec::new(), Vec::new()];
        for number in 0..20 {
            let place = number % 3 % 2;
            let path = [&ferns, &moss][place];
            let told = message(&client, path, &format!("{number}\n\nevent: x\ndata: {{}}"));
            expected[place].push(told);
        }
        // Of another process, whose transaction is committed later.
        db.transaction(|tx| {
            let id = expected[0][0]["conversation_id"].as_i64().unwrap();
            let new = NewMessage::builder().conversation_id(id).author("Bob").content("late");
            let late = tx.insert(new.build())?;
            tx.notify(crate::store::NEW_MESSAGES, &late.id.to_string())?;
            expected[0].push(serde_json::to_value(late).unwrap());
            Ok(())
        })
        .unwrap();
        // What is no message is nothing.
        db.notify(crate::store::NEW_MESSAGES, "nonsense").unwrap();
        db.notify(crate::store::NEW_MESSAGES, "-1").unwrap();
        expected[1].push(message(&client, &moss, "end"));
        for (stream, place) in streams.iter().zip([0, 0, 1]) {
            for message in &expected[place] {
                let (name, data) = stream.recv_timeout(LIMIT).unwrap();
                assert_eq!((name.as_str(), &data), ("message", message));
            }
        }
    }
}

#[test]
fn its_health_is_that_of_the_database() {
    each_url!(|url| {
        let manager = ConnectionManager::with_config(ManagerConfig::new(Db::builder(url)));
        let web = Web::start(&manager.initialize().unwrap());
        let client = web.client();
        let (status, body) = client.get("/health");
        assert_eq!((status, &body["ok"]), (200, &json!(true)), "{body}");
        assert_eq!(body["pool"]["size"], 10);
        manager.disconnect();
        let (status, body) = client.get("/health");
        assert_eq!((status, &body["ok"]), (503, &json!(false)), "{body}");
        // Nothing of the inside is told.
        let (status, body) = client.get("/conversations");
        assert_eq!((status, &body["error"]["code"]), (500, &json!("CONFIG_ERROR")), "{body}");
        assert_eq!(body["error"]["message"], "the service can't do this now");
    });
}
