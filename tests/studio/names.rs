//! Names that a stranger's database may have.

use super::*;

/// Names that break SQL, HTML or a path if they are pasted.
fn hostile() -> Vec<String> {
    [
        "we\"ird",
        "it's",
        "two words",
        "x\"; DROP TABLE safe; --",
        "'); DELETE FROM safe; --",
        "<img src=x onerror=alert(1)>",
        "</script><script>alert(1)</script>",
        "ünïcødé 表 \u{1F600}",
        "../../etc/passwd",
        "a\nb\tc",
        "%s%n",
        "$1",
        "?1",
        "`tick`",
        "[bracket]",
        "back\\slash",
        "select",
        "rowid",
        "ctid ",
        "counted",
        " ",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain(["n".repeat(63)])
    .collect()
}

on_each_database! {
    fn hostile_names_are_only_names(db: &Db) {
        run(db, "CREATE TABLE safe (id int PRIMARY KEY); INSERT INTO safe VALUES (1)");
        let client = Client::new(db);
        for (place, name) in hostile().into_iter().enumerate() {
            let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
            let (table, column, key) = (quoted(&name), quoted(&name), quoted("the key"));
            let parent = quoted(&format!("p{place}\"'"));
            run(
                db,
                &format!(
                    "CREATE TABLE {parent} (id int PRIMARY KEY); INSERT INTO {parent} VALUES (5); \
                     CREATE TABLE {table} ({key} int PRIMARY KEY, {column} text, parent int REFERENCES {parent}); \
                     INSERT INTO {table} VALUES (1, 'a', 5), (2, 'b', NULL)"
                ),
            );
            let of = named(db, &name);
            let page = client.call("rows", &json!({
                "table": of,
                "sort": [{ "column": name, "desc": true }],
                "filter": { "any": [{ "column": name, "op": "contains", "value": "A" }, { "column": name, "op": "=", "value": "b" }] },
                "limit": 1,
            }));
            assert_eq!(page["columns"], json!(["the key", name, "parent"]));
            assert_eq!(page["rows"][0]["cells"], json!([["i", "2"], ["s", "b"], null]), "{name}");
            let next = client.call("rows", &json!({
                "table": of, "sort": [{ "column": name, "desc": true }], "after": page["next"] }));
            assert_eq!(next["rows"][0]["key"], json!([["i", "1"]]), "{name}");
            // The statement that people read is one that runs.
            let statement = next["statement"].as_str().unwrap();
            assert_eq!(client.query(statement, false)["results"][0]["rows"].as_array().unwrap().len(), 2, "{statement}");
            let edit = json!({ "kind": "update", "table": of, "key": [["i", "1"]],
                "seen": { (name.as_str()): ["s", "a"] }, "set": { (name.as_str()): "x'\"; DROP TABLE safe; --" } });
            client.call("apply", &json!({ "edits": [edit] }));
            let insert = json!({ "kind": "insert", "table": of, "values": { "the key": "3", (name.as_str()): "c" } });
            let preview = client.call("preview", &json!({ "edits": [insert] }))["statements"][0].clone();
            client.query(preview.as_str().unwrap(), true);
            let related = client.call("related", &json!({ "table": of, "key": [["i", "1"]] }));
            assert_eq!(related["references"][0]["count"], json!({ "about": 1, "exact": true }), "{name}");
            let shown = client.call("rows", &json!({
                "table": related["references"][0]["table"], "filter": related["references"][0]["filter"] }));
            assert_eq!(shown["rows"].as_array().unwrap().len(), 1);
            let back = client.call("related", &json!({ "table": related["references"][0]["table"], "key": [["i", "5"]] }));
            assert_eq!(back["references"][0]["direction"], "from");
            assert_eq!(back["references"][0]["count"]["about"], 1);
            let cell = client.call("cell", &json!({ "table": of, "key": [["i", "1"]], "column": name }));
            assert_eq!(cell["value"], json!(["s", "x'\"; DROP TABLE safe; --"]));
            for format in ["csv", "json", "sql"] {
                let (status, file) = client.bytes("export", &json!({ "table": of, "format": format }));
                assert_eq!(status, 200, "{name} {format}");
                if format == "sql" {
                    run(db, &format!("DELETE FROM {table}"));
                    client.query(std::str::from_utf8(&file).unwrap(), true);
                }
            }
            assert_eq!(client.call("count", &json!({ "table": of }))["count"], 3, "{name}");
            let edit = json!({ "kind": "delete", "table": of, "key": [["i", "1"]], "seen": {} });
            client.call("apply", &json!({ "edits": [edit] }));
        }
        let tables = client.call("tables", &json!({}))["tables"].clone();
        let names: Vec<&str> = tables.as_array().unwrap().iter().map(|table| table["name"].as_str().unwrap()).collect();
        for name in hostile() {
            assert!(names.contains(&name.as_str()), "{name:?}");
        }
        client.call("schema", &json!({}));
        assert_eq!(client.one("SELECT count(*) FROM safe"), json!(["i", "1"]));
    }
}

#[cfg(feature = "postgres")]
#[test]
fn postgres_schemas_are_apart() {
    let fresh = test_support::Fresh::postgres();
    let db = &fresh.db;
    run(
        db,
        "CREATE SCHEMA \"o'the\"\"r\"; CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE \"o'the\"\"r\".t (id int PRIMARY KEY, x int); \
         INSERT INTO \"o'the\"\"r\".t VALUES (7, 8)",
    );
    let client = Client::new(db);
    let table = json!({ "schema": "o'the\"r", "name": "t" });
    let page = client.call("rows", &json!({ "table": table }));
    assert_eq!(page["rows"][0]["cells"], json!([["i", "7"], ["i", "8"]]));
    let tables = client.call("tables", &json!({}))["tables"].clone();
    let schemas: Vec<&str> =
        tables.as_array().unwrap().iter().map(|table| table["schema"].as_str().unwrap()).collect();
    assert_eq!(schemas, ["public", "o'the\"r"]);
}

#[cfg(feature = "postgres")]
#[test]
fn what_cannot_be_read_hides_nothing_else() {
    let fresh = test_support::Fresh::postgres();
    let db = &fresh.db;
    run(
        db,
        "CREATE TABLE good (id int PRIMARY KEY); INSERT INTO good VALUES (1), (2); \
         CREATE MATERIALIZED VIEW empty AS SELECT id FROM good WITH NO DATA; \
         CREATE VIEW failing AS SELECT 1 / 0 AS a; CREATE TABLE parts (id int) PARTITION BY RANGE (id); \
         CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (10); INSERT INTO parts VALUES (5)",
    );
    let client = Client::new(db);
    let tables = client.call("tables", &json!({}))["tables"].clone();
    let of = |name: &str| {
        tables.as_array().unwrap().iter().find(|table| table["name"] == name).unwrap()["count"]
            .clone()
    };
    let exactly = |number: u64| json!({ "about": number, "exact": true });
    assert_eq!((of("good"), of("parts"), of("part")), (exactly(2), exactly(1), exactly(1)));
    assert_eq!(of("failing"), Value::Null);
    let error = client.fail("rows", &json!({ "table": named(db, "empty") }), 422);
    assert!(error["message"].as_str().unwrap().contains("populated"), "{error}");
    client.fail("rows", &json!({ "table": named(db, "failing") }), 422);
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_finds_rows_of_any_table() {
    let fresh = test_support::Fresh::sqlite();
    let db = &fresh.db;
    run(
        db,
        "CREATE TABLE odd (rowid text, _rowid_ text, oid text); INSERT INTO odd VALUES ('a', 'b', 'c'); \
         CREATE TABLE half (rowid text, x int); INSERT INTO half VALUES ('r', 1), ('r', 2); \
         CREATE TABLE nullable (k text PRIMARY KEY, x int); INSERT INTO nullable VALUES (NULL, 1), (NULL, 2); \
         CREATE TABLE without (k text PRIMARY KEY, x int) WITHOUT ROWID; INSERT INTO without VALUES ('a', 1); \
         CREATE VIEW broken AS SELECT * FROM gone; CREATE VIRTUAL TABLE words USING fts5(body)",
    );
    let client = Client::new(db);
    let tables = client.call("tables", &json!({}))["tables"].clone();
    let of = |name: &str| {
        tables.as_array().unwrap().iter().find(|table| table["name"] == name).unwrap().clone()
    };
    assert_eq!(of("odd")["editable"], false);
    assert_eq!(of("half")["key"], json!(["_rowid_"]));
    assert_eq!(of("nullable")["keyKind"], "rowid");
    assert_eq!(of("without")["keyKind"], "primary");
    assert_eq!(of("words")["kind"], "virtual table");
    assert!(of("broken")["why"].as_str().unwrap().contains("gone"));
    assert!(!tables.to_string().contains("words_data"), "the tables of a module are its own");
    for name in ["half", "nullable"] {
        let edit = json!({ "kind": "update", "table": { "name": name }, "key": [["i", "2"]], "seen": { "x": ["i", "2"] }, "set": { "x": "20" } });
        client.call("apply", &json!({ "edits": [edit] }));
        let sum = client.one(&format!("SELECT sum(x) FROM {name}"));
        assert_eq!(sum, json!(["i", "21"]), "{name}");
    }
    assert_eq!(
        client.call("rows", &json!({ "table": { "name": "odd" } }))["rows"][0]["key"],
        Value::Null
    );
}
