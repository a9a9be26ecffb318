//! Values as the database has them, and back, bit for bit.

use super::*;

/// Returns the cells of the first row of a table.
fn first(client: &Client, db: &Db, table: &str) -> Vec<Value> {
    let page = client.call("rows", &json!({ "table": named(db, table) }));
    page["rows"][0]["cells"].as_array().unwrap().clone()
}

/// Writes each cell of a row back as it was read, one after another, and checks that the database has the same as before.
fn write_back(client: &Client, db: &Db, table: &str, columns: &[&str], fingerprint: &str) {
    let before = client.query(fingerprint, false)["results"][0]["rows"].clone();
    let cells = first(client, db, table);
    let mut seen = serde_json::Map::new();
    for (column, cell) in columns.iter().zip(&cells) {
        seen.insert((*column).into(), cell.clone());
    }
    let set: serde_json::Map<String, Value> = seen
        .iter()
        .filter(|(name, _)| *name != "id")
        .map(|(name, cell)| (name.clone(), cell.clone()))
        .collect();
    let edit = json!({ "kind": "update", "table": named(db, table), "key": [cells[0]], "seen": seen, "set": set });
    let applied = client.call("apply", &json!({ "edits": [edit] }));
    assert_eq!(applied["rows"][0]["cells"], json!(cells));
    let after = client.query(fingerprint, false)["results"][0]["rows"].clone();
    assert_eq!(after, before);
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_keeps_each_storage_class() {
    let fresh = test_support::Fresh::sqlite();
    let db = &fresh.db;
    // Columns without a type keep whatever is stored.
    let values = [
        ("9223372036854775807", json!(["i", "9223372036854775807"])),
        ("-9223372036854775808", json!(["i", "-9223372036854775808"])),
        ("0.1", json!(["r", "0.1"])),
        ("-0.0", json!(["r", "-0.0"])),
        ("1e300", json!(["r", "1e300"])),
        ("5e-324", json!(["r", "5e-324"])),
        ("9e999", json!(["r", "Infinity"])),
        ("-9e999", json!(["r", "-Infinity"])),
        ("9007199254740993", json!(["i", "9007199254740993"])),
        ("''", json!(["s", ""])),
        ("'5'", json!(["s", "5"])),
        ("NULL", Value::Null),
        ("x''", json!(["x", "", 0])),
        ("x'00ff'", json!(["x", "AP8=", 2])),
        ("CAST(x'ff41c3' AS TEXT)", json!(["u", "ff41c3", 3])),
        ("'2024-01-02 03:04:05.000001'", json!(["s", "2024-01-02 03:04:05.000001"])),
        (
            "'12345678901234567890123456789012345678.9'",
            json!(["s", "12345678901234567890123456789012345678.9"]),
        ),
        ("'<script>alert(1)</script>'", json!(["s", "<script>alert(1)</script>"])),
        ("'ü\u{1F600}'", json!(["s", "ü\u{1F600}"])),
    ];
    let names: Vec<String> = (0..values.len()).map(|place| format!("c{place}")).collect();
    let list: Vec<&str> = values.iter().map(|(sql, _)| *sql).collect();
    run(db, &format!("CREATE TABLE kept (id INTEGER PRIMARY KEY, {})", names.join(", ")));
    run(db, &format!("INSERT INTO kept VALUES (1, {})", list.join(", ")));
    let client = Client::new(db);
    let cells = first(&client, db, "kept");
    for (place, (sql, cell)) in values.iter().enumerate() {
        assert_eq!(cells[place + 1], *cell, "{sql}");
    }
    let mut columns = vec!["id"];
    columns.extend(names.iter().map(String::as_str));
    let parts: Vec<String> =
        names.iter().map(|name| format!("typeof({name}), hex({name}), quote({name})")).collect();
    write_back(&client, db, "kept", &columns, &format!("SELECT {} FROM kept", parts.join(", ")));
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_refines_texts_by_the_column() {
    let fresh = test_support::Fresh::sqlite();
    let db = &fresh.db;
    run(
        db,
        "CREATE TABLE typed (id INTEGER PRIMARY KEY, flag BOOLEAN, day DATE_TEXT, at TIMESTAMPTZ_TEXT, price \
         DECIMAL_TEXT COLLATE decimal, doc JSON_TEXT, uuid UUID_BLOB, odd BOOLEAN); \
         INSERT INTO typed VALUES (1, 1, '2024-01-02', '2024-01-02 03:04:05.000001', '1.50', '{\"a\": 1 }', \
         x'000102030405060708090a0b0c0d0e0f', 7)",
    );
    let client = Client::new(db);
    let cells = first(&client, db, "typed");
    assert_eq!(
        cells[1..],
        [
            json!(["b", "true"]),
            json!(["d", "2024-01-02"]),
            json!(["m", "2024-01-02 03:04:05.000001"]),
            json!(["n", "1.50"]),
            json!(["j", "{\"a\": 1 }"]),
            json!(["x", "AAECAwQFBgcICQoLDA0ODw==", 16]),
            json!(["i", "7"]),
        ]
    );
    let columns = ["id", "flag", "day", "at", "price", "doc", "uuid", "odd"];
    write_back(
        &client,
        db,
        "typed",
        &columns,
        "SELECT quote(flag), quote(day), quote(at), quote(price), quote(doc), quote(uuid), quote(odd) FROM typed",
    );
    // Texts are read by the column's type.
    let table = named(db, "typed");
    let insert = json!({ "kind": "insert", "table": table, "values": {
        "flag": "false", "uuid": "00010203-0405-0607-0809-0a0b0c0d0e0f", "price": "2.50" } });
    client.call("apply", &json!({ "edits": [insert] }));
    let stored =
        client.one("SELECT quote(flag) || quote(uuid) || quote(price) FROM typed WHERE id = 2");
    assert_eq!(stored, json!(["s", "0X'000102030405060708090A0B0C0D0E0F''2.50'"]));
    for (column, text) in [("flag", "maybe"), ("uuid", "x"), ("id", "1.5")] {
        let insert = json!({ "kind": "insert", "table": table, "values": { column: text } });
        let error = client.fail("apply", &json!({ "edits": [insert] }), 422);
        assert_eq!((&error["column"], &error["edit"]), (&json!(column), &json!(0)));
    }
}

#[cfg(feature = "postgres")]
#[test]
fn postgres_shows_each_type_exactly() {
    let fresh = test_support::Fresh::postgres();
    let db = &fresh.db;
    run(
        db,
        "CREATE TYPE mood AS ENUM ('sad', 'very happy'); CREATE DOMAIN positive AS int CHECK (value > 0); \
         CREATE DOMAIN twice AS positive; CREATE TYPE pair AS (a int, b text)",
    );
    let values = [
        ("int8", "9223372036854775807", json!(["i", "9223372036854775807"])),
        ("int8", "-9223372036854775808", json!(["i", "-9223372036854775808"])),
        (
            "numeric(40,2)",
            "12345678901234567890123456789012345678.50",
            json!(["n", "12345678901234567890123456789012345678.50"]),
        ),
        ("numeric", "NaN", json!(["n", "NaN"])),
        ("float8", "0.1", json!(["r", "0.1"])),
        ("float8", "-0", json!(["r", "-0"])),
        ("float4", "3.4028235e+38", json!(["r", "3.4028235e+38"])),
        ("float8", "-Infinity", json!(["r", "-Infinity"])),
        ("bool", "true", json!(["b", "true"])),
        ("text", "", json!(["s", ""])),
        ("char(5)", "ab", json!(["s", "ab"])),
        ("varchar(3)", "abc", json!(["s", "abc"])),
        ("mood", "very happy", json!(["s", "very happy"])),
        ("twice", "7", json!(["i", "7"])),
        (
            "timestamptz",
            "2024-01-02 03:04:05.000001+02",
            json!(["m", "2024-01-02 01:04:05.000001+00"]),
        ),
        ("timestamptz(0)", "2024-01-02 03:04:05+00", json!(["m", "2024-01-02 03:04:05+00"])),
        ("timestamp", "infinity", json!(["m", "infinity"])),
        ("date", "0044-03-15 BC", json!(["d", "0044-03-15 BC"])),
        ("time", "23:59:59.999999", json!(["h", "23:59:59.999999"])),
        (
            "interval",
            "1 mon -2 days 03:04:05.000001",
            json!(["s", "1 mon -2 days +03:04:05.000001"]),
        ),
        ("json", "{\"b\" : 1,  \"a\": 2 }", json!(["j", "{\"b\" : 1,  \"a\": 2 }"])),
        ("jsonb", "{\"b\" : 1}", json!(["j", "{\"b\": 1}"])),
        ("bytea", "\\x00ff", json!(["x", "AP8=", 2])),
        ("bytea", "", json!(["x", "", 0])),
        ("int4[]", "{1,NULL,3}", json!(["a", "{1,NULL,3}"])),
        ("text[]", "{\"a,b\",\"NULL\",NULL}", json!(["a", "{\"a,b\",\"NULL\",NULL}"])),
        ("int4range", "[1,5)", json!(["a", "[1,5)"])),
        ("pair", "(1,\"x y\")", json!(["a", "(1,\"x y\")"])),
        (
            "uuid",
            "00010203-0405-0607-0809-0a0b0c0d0e0f",
            json!(["s", "00010203-0405-0607-0809-0a0b0c0d0e0f"]),
        ),
        ("inet", "10.0.0.1/8", json!(["s", "10.0.0.1/8"])),
        ("bit(3)", "101", json!(["s", "101"])),
        ("money", "12.50", json!(["s", "$12.50"])),
        ("xml", "<a/>", json!(["s", "<a/>"])),
        ("point", "(1,2)", json!(["s", "(1,2)"])),
        ("\"char\"", "x", json!(["s", "x"])),
        ("text", "<script>alert(1)</script>", json!(["s", "<script>alert(1)</script>"])),
    ];
    let names: Vec<String> = (0..values.len()).map(|place| format!("c{place}")).collect();
    let declared: Vec<String> =
        names.iter().zip(&values).map(|(name, (ty, ..))| format!("{name} {ty}")).collect();
    let list: Vec<String> = values.iter().map(|(_, text, _)| format!("'{text}'")).collect();
    run(db, &format!("CREATE TABLE kept (id int PRIMARY KEY, {})", declared.join(", ")));
    run(db, &format!("INSERT INTO kept VALUES (1, {})", list.join(", ")));
    let client = Client::new(db);
    let cells = first(&client, db, "kept");
    for (place, (ty, text, cell)) in values.iter().enumerate() {
        let cell = if *ty == "money" { &cells[place + 1] } else { cell };
        assert_eq!(cells[place + 1], *cell, "{ty} {text}");
    }
    let mut columns = vec!["id"];
    columns.extend(names.iter().map(String::as_str));
    write_back(&client, db, "kept", &columns, "SELECT md5(kept::text) FROM kept");
}

on_each_database! {
    fn long_values_are_cut_and_fetched(db: &Db) {
        let bytes = either(db, "BLOB", "bytea");
        run(db, &format!("CREATE TABLE long (id int PRIMARY KEY, words text, bytes {bytes})"));
        let (words, bytes) = (
            either(db, "replace(hex(zeroblob(10000)), '0', 'ä')", "repeat('ä', 20000)"),
            either(db, "zeroblob(3000000)", "decode(repeat('00', 3000000), 'hex')"),
        );
        run(db, &format!("INSERT INTO long VALUES (1, {words}, {bytes})"));
        let client = Client::new(db);
        let cells = first(&client, db, "long");
        assert_eq!(cells[1], json!(["s", "ä".repeat(1000), 40000]));
        assert_eq!(cells[2], json!(["x", "", 3_000_000]));
        let of = |column: &str| json!({ "table": named(db, "long"), "key": [["i", "1"]], "column": column });
        let whole = client.call("cell", &of("words"));
        assert_eq!(whole["value"], json!(["s", "ä".repeat(20000)]));
        let (status, loaded) = client.bytes("download", &of("bytes"));
        assert_eq!((status, loaded.len()), (200, 3_000_000));
        assert!(loaded.iter().all(|byte| *byte == 0));
        let (status, loaded) = client.bytes("download", &of("words"));
        assert_eq!((status, loaded), (200, "ä".repeat(20000).into_bytes()));
        let (status, loaded) = client.bytes("download", &of("id"));
        assert_eq!((status, loaded.as_slice()), (200, b"1".as_slice()));
        let gone = json!({ "table": named(db, "long"), "key": [["i", "2"]], "column": "bytes" });
        client.fail("download", &gone, 404);
        client.fail("cell", &gone, 404);

        // The start of a value must not replace all of it.
        let edit = |set: Value| {
            let edit = json!({ "kind": "update", "table": named(db, "long"), "key": [["i", "1"]], "seen": {}, "set": set });
            json!({ "edits": [edit] })
        };
        client.fail("apply", &edit(json!({ "words": cells[1] })), 422);
        client.fail("apply", &edit(json!({ "bytes": cells[2] })), 422);
        // What was fetched whole is compared whole.
        let seen = json!({ "words": whole["value"] });
        run(db, &format!("UPDATE long SET words = {words} || 'x'"));
        let stale = json!({ "kind": "delete", "table": named(db, "long"), "key": [["i", "1"]], "seen": seen });
        client.fail("apply", &json!({ "edits": [stale] }), 409);
        client.call("apply", &edit(json!({ "words": "short", "bytes": ["x", "AQI="] })));
        assert_eq!(first(&client, db, "long")[1..], [json!(["s", "short"]), json!(["x", "AQI=", 2])]);
    }
}
