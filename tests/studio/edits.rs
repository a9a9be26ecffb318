//! Edits: together or not at all, and only on rows that are still as they were seen.

use super::*;

fn fill(db: &Db) {
    run(
        db,
        "CREATE TABLE accounts (id int PRIMARY KEY, owner text NOT NULL UNIQUE, balance int CHECK (balance >= 0)); \
         INSERT INTO accounts VALUES (1, 'ada', 10), (2, 'bob', 20), (3, 'cyd', NULL)",
    );
}

fn all(client: &Client) -> Value {
    client.query("SELECT id, owner, balance FROM accounts ORDER BY id", false)["results"][0]["rows"]
        .clone()
}

fn update(db: &Db, id: &str, seen: Value, set: Value) -> Value {
    json!({ "kind": "update", "table": named(db, "accounts"), "key": [["i", id]], "seen": seen, "set": set })
}

on_each_database! {
    fn edits_are_previewed_and_applied(db: &Db) {
        fill(db);
        let client = Client::new(db);
        let table = named(db, "accounts");
        let edits = json!({ "edits": [
            update(db, "1", json!({ "owner": ["s", "ada"], "balance": ["i", "10"] }), json!({ "owner": "o'hara", "balance": null })),
            { "kind": "insert", "table": table, "values": { "id": "4", "owner": ["s", ""] } },
            { "kind": "delete", "table": table, "key": [["i", "2"]], "seen": { "id": ["i", "2"], "owner": ["s", "bob"], "balance": ["i", "20"] } },
        ] });
        let statements = client.call("preview", &edits)["statements"].clone();
        assert_eq!(
            statements.as_array().unwrap().iter().map(|one| one.as_str().unwrap().replace("\"public\".", "").replace('\'', "")).collect::<Vec<_>>(),
            [
                "UPDATE \"accounts\" SET \"owner\" = ohara, \"balance\" = NULL WHERE \"id\" = 1",
                "INSERT INTO \"accounts\" (\"id\", \"owner\") VALUES (4, )",
                "DELETE FROM \"accounts\" WHERE \"id\" = 2",
            ]
        );
        assert!(statements[0].as_str().unwrap().contains("'o''hara'"));
        assert_eq!(all(&client).as_array().unwrap().len(), 3, "a preview changes nothing");
        let applied = client.call("apply", &edits);
        assert_eq!(applied["applied"], 3);
        assert_eq!(applied["rows"][0]["cells"], json!([["i", "1"], ["s", "o'hara"], null]));
        assert_eq!(applied["rows"][1]["key"], json!([["i", "4"]]));
        assert_eq!(applied["rows"][2], Value::Null);
        assert_eq!(
            all(&client),
            json!([[["i", "1"], ["s", "o'hara"], null], [["i", "3"], ["s", "cyd"], null], [["i", "4"], ["s", ""], null]])
        );
        let log = client.call("log", &json!({}));
        assert_eq!(log["entries"][0]["statements"], statements);
        assert_eq!((&log["entries"][0]["ok"], &log["entries"][0]["rows"]), (&json!(true), &json!(3)));
    }

    fn a_failing_edit_undoes_the_others(db: &Db) {
        fill(db);
        let client = Client::new(db);
        let before = all(&client);
        let first = update(db, "1", json!({}), json!({ "balance": "11" }));
        for (edit, status, code) in [
            (update(db, "2", json!({}), json!({ "owner": "ada" })), 422, "UNIQUE_VIOLATION"),
            (update(db, "2", json!({}), json!({ "balance": "-1" })), 422, "CHECK_VIOLATION"),
            (update(db, "2", json!({}), json!({ "owner": null })), 422, "NOT_NULL_VIOLATION"),
            (update(db, "2", json!({}), json!({ "balance": "many" })), 422, "VALUE_ERROR"),
            (update(db, "2", json!({}), json!({ "nothing": "1" })), 404, "NOT_FOUND"),
        ] {
            let error = client.fail("apply", &json!({ "edits": [first, edit] }), status);
            assert_eq!((&error["code"], &error["edit"]), (&json!(code), &json!(1)), "{error}");
            assert_eq!(all(&client), before, "{code}");
        }
        let log = client.call("log", &json!({}));
        assert_eq!(log["entries"][0]["ok"], false);
    }

    fn a_changed_row_is_a_conflict(db: &Db) {
        fill(db);
        let client = Client::new(db);
        run(db, "UPDATE accounts SET balance = 12 WHERE id = 1");
        run(db, "DELETE FROM accounts WHERE id = 3");
        let before = all(&client);
        let edits = json!({ "edits": [
            update(db, "2", json!({ "balance": ["i", "20"] }), json!({ "balance": "21" })),
            update(db, "1", json!({ "owner": ["s", "ada"], "balance": ["i", "10"] }), json!({ "balance": "11" })),
            { "kind": "delete", "table": named(db, "accounts"), "key": [["i", "3"]], "seen": { "owner": ["s", "cyd"] } },
        ] });
        let (status, document) = client.try_call("apply", &edits);
        assert_eq!((status, &document["error"]["code"]), (409, &json!("STALE_ROW")));
        assert_eq!(
            document["conflicts"],
            json!([
                { "edit": 1, "row": [["i", "1"]], "gone": false,
                  "columns": [{ "name": "balance", "seen": ["i", "10"], "now": ["i", "12"], "wanted": "11" }] },
                { "edit": 2, "row": [["i", "3"]], "gone": true, "columns": [] },
            ])
        );
        assert_eq!(all(&client), before);
        // NULL and the empty text are not the same.
        run(db, "UPDATE accounts SET owner = ''  WHERE id = 2");
        let edit = update(db, "2", json!({ "owner": null }), json!({ "balance": "1" }));
        client.fail("apply", &json!({ "edits": [edit] }), 409);
    }

    fn a_write_meanwhile_is_not_overwritten(db: &Db) {
        fill(db);
        let client = Client::new(db);
        let edit = |from: i64| {
            let set = json!({ "balance": (from + 1).to_string() });
            json!({ "edits": [update(db, "1", json!({ "balance": ["i", from.to_string()] }), set)] })
        };
        // Of all who have seen the same value, one succeeds.
        for round in 10..15 {
            let applied = std::thread::scope(|scope| {
                let threads: Vec<_> =
                    (0..4).map(|_| scope.spawn(|| client.try_call("apply", &edit(round)).0)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).filter(|status| *status == 200).count()
            });
            assert_eq!(applied, 1, "{round}");
        }
        assert_eq!(client.one("SELECT balance FROM accounts WHERE id = 1"), json!(["i", "15"]));
    }

    fn what_the_database_computes_stays_its_own(db: &Db) {
        let id = either(db, "INTEGER PRIMARY KEY", "int GENERATED ALWAYS AS IDENTITY PRIMARY KEY");
        run(
            db,
            &format!(
                "CREATE TABLE computed (id {id}, a int DEFAULT 7, double int GENERATED ALWAYS AS (a * 2) STORED, note text)"
            ),
        );
        let script = either(
            db,
            "CREATE TRIGGER noted AFTER INSERT ON computed BEGIN UPDATE computed SET note = 'by a trigger' WHERE id = new.id; END",
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.note = 'by a trigger'; RETURN new; END $$; \
             CREATE TRIGGER noted BEFORE INSERT ON computed FOR EACH ROW EXECUTE FUNCTION note()",
        );
        run(db, script);
        let client = Client::new(db);
        let table = named(db, "computed");
        let applied = client.call("apply", &json!({ "edits": [{ "kind": "insert", "table": table, "values": {} }] }));
        assert_eq!(
            applied["rows"][0]["cells"],
            json!([["i", "1"], ["i", "7"], ["i", "14"], ["s", "by a trigger"]])
        );
        let edit = json!({ "kind": "insert", "table": table, "values": { "double": "5" } });
        let error = client.fail("apply", &json!({ "edits": [edit] }), 422);
        assert_eq!(error["column"], "double");
        // A row that a trigger leaves out is an error, not a success.
        let script = either(
            db,
            "CREATE TRIGGER refused BEFORE UPDATE ON computed BEGIN SELECT RAISE(IGNORE); END",
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; \
             CREATE TRIGGER refused BEFORE UPDATE ON computed FOR EACH ROW EXECUTE FUNCTION refuse()",
        );
        run(db, script);
        let edit = json!({ "kind": "update", "table": table, "key": [["i", "1"]], "seen": {}, "set": { "a": "1" } });
        let error = client.fail("apply", &json!({ "edits": [edit] }), 409);
        assert_eq!(error["code"], "NOTHING_CHANGED");
    }

    fn a_key_can_change_and_views_cannot(db: &Db) {
        fill(db);
        run(db, "CREATE VIEW rich AS SELECT * FROM accounts WHERE balance > 5; CREATE TABLE loose (a int)");
        let client = Client::new(db);
        let edit = update(db, "1", json!({ "id": ["i", "1"] }), json!({ "id": "100" }));
        let applied = client.call("apply", &json!({ "edits": [edit] }));
        assert_eq!(applied["rows"][0]["key"], json!([["i", "100"]]));
        let edit = json!({ "kind": "insert", "table": named(db, "rich"), "values": { "id": "9" } });
        let error = client.fail("apply", &json!({ "edits": [edit] }), 400);
        assert!(error["message"].as_str().unwrap().contains("it is a view"), "{error}");
        let edit = json!({ "kind": "insert", "table": named(db, "loose"), "values": { "a": "9" } });
        client.call("apply", &json!({ "edits": [edit] }));
        assert_eq!(client.one("SELECT a FROM loose"), json!(["i", "9"]));
    }
}
