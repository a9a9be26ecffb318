//! The chat service of the example, on both databases.

#[path = "../examples/chat/store.rs"]
mod store;

use std::thread;
use std::time::Duration;
use test_support::on_each_database;

use mizzle::ErrorCode;
use mizzle::prelude::*;
use store::*;

fn store(db: &Db) -> ChatStore {
    db.create_all::<Chat>().expect("the tables");
    ChatStore::new(db.clone())
}

/// A store with the session `s` and a conversation in it.
fn store_with_conversation(db: &Db) -> (ChatStore, Conversation) {
    let store = store(db);
    store.get_or_create_session("s", None).expect("the session");
    let conversation = store.create_conversation("s", Some("Tea")).expect("the conversation");
    (store, conversation)
}

fn metadata() -> Metadata {
    Metadata {
        user_agent: "curl/8.0 \"quoted\" 'n' \\slashed — ünïcode \u{1F600}".into(),
        languages: vec!["en".into(), String::new(), "de-CH".into()],
    }
}

/// Time as a database keeps it, later than all before.
fn tick() -> DateTime<Utc> {
    thread::sleep(Duration::from_millis(2));
    mizzle::now()
}

on_each_database! {
    fn a_session_is_created_and_found_again(db: &Db) {
        let store = store(db);
        let before = mizzle::now();
        let first = store.get_or_create_session("s", Some(metadata())).expect("a new session");
        assert_eq!(first.id, "s");
        assert_eq!(first.metadata, Some(Json(metadata())));
        assert!((before..=mizzle::now()).contains(&first.last_activity));

        let later = tick();
        let again = store.get_or_create_session("s", None).expect("the session");
        assert!(again.last_activity >= later);
        // What the session was created with stays.
        assert_eq!(again, ClientSession { last_activity: again.last_activity, ..first.clone() });
        assert_eq!(db.get::<ClientSession>("s").expect("the row"), again);

        let other = store.get_or_create_session("t", None).expect("a new session");
        assert_eq!((other.id.as_str(), other.metadata), ("t", None));
        assert_eq!(ClientSession::query().count(db).expect("the count"), 2);
    }

    fn metadata_is_a_document_in_the_database(db: &Db) {
        let store = store(db);
        store.get_or_create_session("s", Some(metadata())).expect("the session");
        let agent = match db.dialect() {
            mizzle::Dialect::Postgres => "metadata->>'user_agent'",
            mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => "json_extract(metadata, '$.user_agent')",
        };
        let agent: String = db
            .one(client_sessions::table.select(diesel::dsl::sql::<diesel::sql_types::Text>(agent)))
            .expect("the member");
        assert_eq!(agent, metadata().user_agent);
    }

    fn two_callers_create_one_session(db: &Db) {
        let store = store(db);
        let sessions: Vec<ClientSession> = thread::scope(|scope| {
            let create = || store.get_or_create_session("s", None).expect("the session");
            let callers: Vec<_> = (0..4).map(|_| scope.spawn(create)).collect();
            callers.into_iter().map(|caller| caller.join().expect("no panic")).collect()
        });
        assert!(sessions.iter().all(|session| session.created_at == sessions[0].created_at));
        assert_eq!(ClientSession::query().count(db).expect("the count"), 1);
    }

    fn a_conversation_belongs_to_a_session(db: &Db) {
        let (store, conversation) = store_with_conversation(db);
        assert_eq!(conversation.session_id, "s");
        assert_eq!(conversation.title.as_deref(), Some("Tea"));
        assert_eq!(conversation.created_at, conversation.updated_at);
        assert_eq!(Uuid::parse_str(&conversation.id).expect("a UUID").get_version_num(), 4);
        let untitled = store.create_conversation("s", None).expect("a conversation");
        assert_eq!(untitled.title, None);
        assert_ne!(untitled.id, conversation.id);

        let error =
            store.create_conversation("nobody", None).expect_err("there is no such session");
        assert!(error.is_foreign_key_violation(), "{error:?}");
        let constraint = error.constraint().expect("a constraint");
        assert_eq!(constraint.name.as_deref(), Some("conversations_session_id_fkey"));
        assert_eq!(constraint.columns, ["session_id"]);
        assert!(!format!("{error:?}").contains("nobody"), "{error:?}");
    }

    fn a_message_bumps_its_conversation(db: &Db) {
        let (store, conversation) = store_with_conversation(db);
        let later = tick();
        let message =
            store.create_message(&conversation.id, Role::User, "Earl Grey?").expect("a message");
        assert_eq!(message.conversation_id, conversation.id);
        assert_eq!((message.role, message.content.as_str()), (Role::User, "Earl Grey?"));
        let (bumped, messages) = store
            .get_conversation_with_messages(&conversation.id)
            .expect("a query")
            .expect("the conversation")
            .into_parts();
        assert!(bumped.updated_at >= later);
        let expected = Conversation { updated_at: bumped.updated_at, ..conversation };
        assert_eq!((bumped, messages), (expected, vec![message]));
    }

    fn a_message_and_its_bump_are_rolled_back_together(db: &Db) {
        let (store, conversation) = store_with_conversation(db);
        // The bump fails after the message is written.
        let forbid = match db.dialect() {
            mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => {
                "CREATE TRIGGER forbid BEFORE UPDATE ON conversations \
                 BEGIN SELECT RAISE(ABORT, 'no'); END"
            }
            mizzle::Dialect::Postgres => {
                "CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'no'; END $$; \
                 CREATE TRIGGER forbid BEFORE UPDATE ON conversations \
                 FOR EACH ROW EXECUTE FUNCTION forbid()"
            }
        };
        db.execute_sql(forbid).expect("the trigger");
        tick();
        let error = store.create_message(&conversation.id, Role::User, "Hello?");
        let error = error.expect_err("the bump is forbidden");
        assert_eq!(error.code(), ErrorCode::UpdateError, "{error:?}");
        let found = store.get_conversation_with_messages(&conversation.id).expect("a query");
        let found = found.map(WithMessages::into_parts);
        assert_eq!(found, Some((conversation.clone(), vec![])));

        let error = store.create_message("nowhere", Role::User, "Hello?");
        assert!(error.expect_err("there is no such conversation").is_foreign_key_violation());
        assert_eq!(Message::query().count(db).expect("the count"), 0);
    }

    fn conversations_are_listed_newest_first(db: &Db) {
        let store = store(db);
        for session in ["s", "t"] {
            store.get_or_create_session(session, None).expect("the session");
        }
        let titles = |limit| -> Vec<String> {
            let conversations = store.list_conversations("s", limit).expect("the conversations");
            conversations.into_iter().filter_map(|conversation| conversation.title).collect()
        };
        assert_eq!(titles(10), [""; 0]);
        let [first, ..] = ["one", "two", "three"].map(|title| {
            tick();
            store.create_conversation("s", Some(title)).expect("a conversation")
        });
        store.create_conversation("t", Some("another's")).expect("a conversation");
        assert_eq!(titles(10), ["three", "two", "one"]);
        assert_eq!(titles(2), ["three", "two"]);
        assert_eq!(titles(0), [""; 0]);
        tick();
        store.create_message(&first.id, Role::Assistant, "Still here.").expect("a message");
        assert_eq!(titles(2), ["one", "three"]);
    }

    fn messages_come_oldest_first(db: &Db) {
        let (store, conversation) = store_with_conversation(db);
        let written: Vec<Message> = ["a", "b", "c"]
            .iter()
            .enumerate()
            .map(|(place, content)| {
                tick();
                let role = if place % 2 == 0 { Role::User } else { Role::Assistant };
                store.create_message(&conversation.id, role, content).expect("a message")
            })
            .collect();
        let found = store.get_conversation_with_messages(&conversation.id).expect("a query");
        assert_eq!(found.expect("the conversation").messages, written);
        assert_eq!(store.get_conversation_with_messages("nowhere").expect("a query"), None);
        let per_role = store.messages_per_role().expect("the counts");
        assert_eq!(per_role, [(Role::Assistant, 1), (Role::User, 2)]);
    }

    fn deleting_a_session_deletes_what_belongs_to_it(db: &Db) {
        let (store, conversation) = store_with_conversation(db);
        store.create_message(&conversation.id, Role::User, "Bye.").expect("a message");
        store.get_or_create_session("t", None).expect("another session");
        let kept = store.create_conversation("t", None).expect("another conversation");
        store.create_message(&kept.id, Role::User, "Hello.").expect("another message");

        assert!(store.delete_session("s").expect("the delete"));
        assert!(!store.delete_session("s").expect("nothing to delete"));
        assert_eq!(db.find::<ClientSession>("s").expect("no row"), None);
        assert_eq!(store.get_conversation_with_messages(&conversation.id).expect("a query"), None);
        let conversations: Vec<String> =
            db.load(messages::table.select(messages::conversation_id)).expect("the messages");
        assert_eq!(conversations, [kept.id]);
        assert_eq!(ClientSession::query().count(db).expect("the count"), 1);
    }

    fn a_role_that_is_none_is_refused_by_the_database(db: &Db) {
        let (_, conversation) = store_with_conversation(db);
        let sql = format!(
            "INSERT INTO messages (id, conversation_id, role, content) \
             VALUES ('m', '{}', 'narrator', 'Once')",
            conversation.id
        );
        let error = db.execute_sql(&sql).expect_err("the check");
        assert!(error.is_check_violation(), "{error:?}");
        assert_eq!(error.constraint().expect("a constraint").columns, ["role"]);
    }

    fn a_role_that_is_none_is_a_clear_error_where_it_is_found(db: &Db) {
        // As another program might have made it: without the check.
        let time = match db.dialect() {
            mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => "TIMESTAMPTZ_TEXT",
            mizzle::Dialect::Postgres => "timestamptz",
        };
        db.execute_sql(&format!(
            "CREATE TABLE messages (id text PRIMARY KEY, conversation_id text NOT NULL, \
             role text NOT NULL, content text NOT NULL, created_at {time} NOT NULL);
             INSERT INTO messages VALUES \
             ('m1', 'c', 'user', 'Hi', '2024-01-01 00:00:00.000000+00:00'), \
             ('m2', 'c', 'narrator', 'Once', '2024-01-01 00:00:00.000000+00:00')"
        ))
        .expect("the table");
        let first = db.get::<Message>("m1").expect("a row that can be read");
        assert_eq!(first.role, Role::User);

        let typed = Message::query().all(db).map(drop);
        let found = db.find::<Message>("m2").map(drop);
        let loaded = db.load::<Message, _>(messages::table).map(drop);
        let deleted =
            db.transaction(|tx| tx.load::<Message, _>(diesel::delete(messages::table)).map(drop));
        for result in [typed, found, loaded, deleted] {
            let error = result.expect_err("no such role");
            assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
            let shown = format!("{error} {error:?}");
            assert!(error.to_string().contains("messages.role"), "{error}");
            assert!(error.to_string().contains("user, assistant"), "{error}");
            assert!(!shown.contains("narrator"), "{shown}");
        }
        // A column alone is one of the result's, not of the table's.
        let role = db.one::<Role, _>(messages::table.find("m2").select(messages::role));
        let error = role.expect_err("no such role");
        assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
        assert!(error.to_string().starts_with("role: "), "{error}");
        assert!(error.to_string().contains("user, assistant"), "{error}");
        assert!(!format!("{error:?}").contains("narrator"), "{error:?}");
    }
}
