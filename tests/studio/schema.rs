//! What the studio says about a schema.

use mizzle::prelude::*;
use mizzle::studio::Studio;

use super::*;

#[derive(Table)]
#[table(name = "writers")]
#[allow(dead_code, reason = "only its schema counts")]
struct Writer {
    #[column(primary_key)]
    id: i64,
    #[column(unique)]
    email: String,
    mood: Mood,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
enum Mood {
    Sad,
    Happy,
}

mizzle::schema!(Shelf = [Writer]);

on_each_database! {
    fn drift_and_lints_are_found(db: &Db) {
        let client = Client::of(Studio::new(db.clone()).schema::<Shelf>());
        let missing = client.call("schema", &json!({}));
        assert_eq!(missing["problems"], json!([]));
        assert!(missing["drift"].to_string().contains("writers"), "{missing}");
        let script = missing["driftSql"].as_str().unwrap();
        assert_eq!(missing["structs"][0]["name"], "writers");
        let mood = &missing["structs"][0]["columns"][2];
        assert_eq!((&mood["kind"], &mood["values"]), (&json!("enum"), &json!(["sad", "happy"])));
        // The script leads to the structs.
        client.query(script, true);
        let same = client.call("schema", &json!({}));
        assert_eq!((&same["drift"], &same["driftSql"]), (&json!([]), &Value::Null), "{same}");
        assert_eq!(same["lints"], json!([]), "{same}");
        let tables = client.call("tables", &json!({}))["tables"].clone();
        let mood = tables[0]["columns"].as_array().unwrap().iter().find(|column| column["name"] == "mood").unwrap();
        assert_eq!((&mood["kind"], &mood["values"]), (&json!("enum"), &json!(["sad", "happy"])));

        run(db, "ALTER TABLE writers ADD COLUMN extra int");
        run(
            db,
            "CREATE TABLE loose (writer bigint REFERENCES writers (id), a int, b int); CREATE INDEX loose_a ON loose (a); \
             CREATE INDEX loose_a_b ON loose (a, b)",
        );
        let found = client.call("schema", &json!({}));
        let lints: Vec<(String, String)> = found["lints"]
            .as_array()
            .unwrap()
            .iter()
            .map(|lint| (lint["table"]["name"].as_str().unwrap().into(), lint["text"].as_str().unwrap().into()))
            .collect();
        let has = |words: &str| lints.iter().any(|(table, text)| table == "loose" && text.contains(words));
        assert!(has("no primary key"), "{lints:?}");
        assert!(has("no index begins with the foreign key (writer)"), "{lints:?}");
        assert!(has("loose_a is covered by loose_a_b"), "{lints:?}");
        assert!(lints.iter().all(|(table, _)| table == "loose"), "{lints:?}");
        run(db, "DROP TABLE loose; DROP TABLE writers");
        let gone = client.call("schema", &json!({}));
        assert!(!gone["drift"].as_array().unwrap().is_empty());
    }

    fn migrations_have_their_state(db: &Db) {
        let folder = tempfile::tempdir().unwrap();
        let of_database = folder.path().join(either(db, "sqlite", "postgres"));
        for (version, name) in [("00000000000001", "first"), ("00000000000002", "second")] {
            let one = of_database.join(format!("{version}_{name}"));
            std::fs::create_dir_all(&one).unwrap();
            std::fs::write(one.join("up.sql"), format!("CREATE TABLE {name} (id int PRIMARY KEY);\n")).unwrap();
            std::fs::write(one.join("down.sql"), format!("DROP TABLE {name};\n")).unwrap();
        }
        let migrations = mizzle::Migrations::from_path(folder.path()).unwrap();
        db.migrator(&migrations).to("00000000000001").run().unwrap();
        let client = Client::of(Studio::new(db.clone()).migrations(folder.path()));
        let found = client.call("schema", &json!({}));
        assert_eq!((&found["structs"], &found["drift"]), (&Value::Null, &Value::Null));
        let list = found["migrations"].as_array().unwrap();
        assert_eq!(list.len(), 2, "{found}");
        assert_eq!((&list[0]["state"], &list[1]["state"]), (&json!("applied"), &json!("pending")));
        assert!(list[0]["at"].is_string() && list[1]["at"].is_null());
        assert!(list[1]["up"].as_str().unwrap().contains("CREATE TABLE second"));
        assert!(list[1]["down"].as_str().unwrap().contains("DROP TABLE second"));
        std::fs::write(of_database.join("00000000000001_first/up.sql"), "SELECT 1;\n").unwrap();
        assert_eq!(client.call("schema", &json!({}))["migrations"][0]["state"], "changed");
    }

    fn tables_are_described(db: &Db) {
        run(
            db,
            "CREATE TABLE places (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x', UNIQUE (name)); \
             CREATE TABLE visits (id int PRIMARY KEY, place int NOT NULL REFERENCES places ON DELETE CASCADE); \
             CREATE VIEW named AS SELECT name FROM places; INSERT INTO places VALUES (1, 'a'), (2, 'b')",
        );
        let client = Client::new(db);
        let tables = client.call("tables", &json!({}))["tables"].clone();
        let of = |name: &str| tables.as_array().unwrap().iter().find(|table| table["name"] == name).unwrap().clone();
        let places = of("places");
        assert_eq!(places["count"], json!({ "about": 2, "exact": true }));
        assert_eq!((&places["key"], &places["keyKind"], &places["editable"]), (&json!(["id"]), &json!("primary"), &json!(true)));
        assert!(places["uniques"].as_array().unwrap().contains(&json!(["name"])));
        let name = &places["columns"][1];
        assert_eq!((&name["kind"], &name["nullable"]), (&json!("text"), &json!(false)));
        assert!(name["default"].as_str().unwrap().contains("'x'"));
        let key = &of("visits")["foreignKeys"][0];
        assert_eq!((&key["columns"], &key["to"]["name"], &key["toColumns"], &key["onDelete"]), (&json!(["place"]), &json!("places"), &json!(["id"]), &json!("CASCADE")));
        assert_eq!((&of("named")["kind"], &of("named")["editable"]), (&json!("view"), &json!(false)));
    }
}
