//! Rows as files, and files as rows.

use super::*;

fn fill(db: &Db) {
    let (bytes, real) = (either(db, "BLOB", "bytea"), either(db, "REAL", "float8"));
    let columns = format!(
        "id int PRIMARY KEY, words text, amount {real}, big bigint, flag boolean, bytes {bytes}, day date"
    );
    run(db, &format!("CREATE TABLE here ({columns}); CREATE TABLE there ({columns})"));
    let (some, empty) = (either(db, "x'00ff'", "'\\x00ff'"), either(db, "x''", "''"));
    run(
        db,
        &format!(
            "INSERT INTO here VALUES (1, 'a,b', 0.1, 9223372036854775807, TRUE, {some}, '2024-01-02'), \
             (2, NULL, NULL, NULL, NULL, NULL, NULL), (3, '', -1e300, -1, FALSE, {empty}, NULL), \
             (4, 'say \"hi\"' || CHR(10) || 'ü ', 5, 0, NULL, NULL, NULL), (5, ' x ', 2, 0, NULL, NULL, NULL)"
        )
        .replace("CHR(10)", either(db, "char(10)", "chr(10)")),
    );
}

fn all(client: &Client, table: &str) -> Value {
    client.query(&format!("SELECT * FROM {table} ORDER BY id"), false)["results"][0]["rows"].clone()
}

fn export(client: &Client, body: Value) -> String {
    let (status, file) = client.bytes("export", &body);
    let text = String::from_utf8(file).unwrap();
    assert_eq!(status, 200, "{text}");
    text
}

on_each_database! {
    fn csv_goes_there_and_back(db: &Db) {
        fill(db);
        let client = Client::new(db);
        let csv = export(&client, json!({ "table": named(db, "here"), "format": "csv" }));
        assert!(csv.starts_with("id,words,amount,big,flag,bytes,day\r\n1,\"a,b\",0.1,9223372036854775807,true,\\x00ff,2024-01-02\r\n2,,,,,,\r\n3,\"\","), "{csv}");
        let mapping = json!({ "0": "id", "1": "words", "2": "amount", "3": "big", "4": "flag", "5": "bytes", "6": "day" });
        let mut request = json!({ "table": named(db, "there"), "csv": csv, "header": true, "mapping": mapping, "nulls": "empty", "dry": true });
        let dry = client.call("import", &request);
        assert_eq!((&dry["rows"], &dry["inserted"], &dry["problems"]), (&json!(5), &json!(0), &json!([])));
        assert_eq!(dry["columns"][1], "words");
        assert_eq!((&dry["sample"][1][1], &dry["sample"][2][1]), (&Value::Null, &json!("")));
        assert_eq!(all(&client, "there"), json!([]));
        request["dry"] = false.into();
        assert_eq!(client.call("import", &request)["inserted"], 5);
        assert_eq!(all(&client, "there"), all(&client, "here"));
        assert_eq!(client.call("log", &json!({}))["entries"][0]["rows"], 5);
    }

    fn sql_goes_there_and_back(db: &Db) {
        fill(db);
        let client = Client::new(db);
        let sql = export(&client, json!({ "table": named(db, "here"), "format": "sql" }));
        client.query(&sql.replace("\"here\"", "\"there\""), true);
        assert_eq!(all(&client, "there"), all(&client, "here"));
    }

    fn json_is_exact(db: &Db) {
        fill(db);
        let client = Client::new(db);
        let text = export(&client, json!({ "table": named(db, "here"), "format": "json", "sort": [{ "column": "id" }] }));
        assert!(text.contains("\"big\":9223372036854775807"), "{text}");
        let rows: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            rows[0],
            json!({ "id": 1, "words": "a,b", "amount": 0.1, "big": 9223372036854775807_i64, "flag": true, "bytes": "\\x00ff", "day": "2024-01-02" })
        );
        assert_eq!(rows[1]["words"], Value::Null);
        assert_eq!(rows[3]["words"], "say \"hi\"\nü ");
        let none = json!({ "table": named(db, "there"), "format": "json" });
        assert_eq!(serde_json::from_str::<Value>(&export(&client, none)).unwrap(), json!([]));
        let of_sql = export(&client, json!({ "sql": "SELECT 1 AS a, 2 AS a, 'x' AS b", "format": "json" }));
        assert_eq!(serde_json::from_str::<Value>(&of_sql).unwrap(), json!([{ "a": 1, "a_2": 2, "b": "x" }]));
    }

    fn filters_and_sorts_hold_for_files(db: &Db) {
        fill(db);
        let client = Client::new(db);
        let csv = export(&client, json!({ "table": named(db, "here"), "format": "csv",
            "filter": { "column": "id", "op": "≥", "value": "4" }, "sort": [{ "column": "id", "desc": true }] }));
        let ids: Vec<&str> = csv.lines().filter_map(|line| line.split(',').next()).filter(|id| id.len() == 1).collect();
        assert_eq!(ids, ["5", "4"]);
        // A query that fails is an error, and no file.
        let (status, _) = client.bytes("export", &json!({ "sql": "SELECT nothing", "format": "csv" }));
        assert_eq!(status, 422);
        let (status, _) = client.bytes("export", &json!({ "table": named(db, "gone"), "format": "csv" }));
        assert_eq!(status, 404);
    }

    fn wrong_lines_are_named_and_nothing_stays(db: &Db) {
        fill(db);
        let client = Client::new(db);
        let csv = "10,a\nx,b\n12,c\n12,d\n13\n\"14\",\"two\nlines\"\n15,e,more\n1e3x,f\n";
        let request = |dry: bool| json!({ "table": named(db, "here"), "csv": csv, "header": false,
            "mapping": { "0": "id", "1": "words" }, "nulls": "none", "dry": dry });
        let before = all(&client, "here");
        for dry in [true, false] {
            let answer = client.call("import", &request(dry));
            assert_eq!((&answer["rows"], &answer["inserted"], &answer["columns"]), (&json!(8), &json!(0), &json!(["1", "2", "3"])));
            let mut lines: Vec<(u64, Value)> = answer["problems"]
                .as_array()
                .unwrap()
                .iter()
                .map(|problem| (problem["line"].as_u64().unwrap(), problem["column"].clone()))
                .collect();
            lines.sort_by_key(|(line, _)| *line);
            assert_eq!(lines, [(2, json!("id")), (4, json!("id")), (5, json!("words")), (9, json!("id"))], "{answer}");
            assert_eq!(all(&client, "here"), before);
        }
        let error = client.fail("import", &json!({ "table": named(db, "here"), "csv": "\"a", "mapping": { "0": "id" } }), 400);
        assert!(error["message"].as_str().unwrap().contains("line 1"));
        let twice = json!({ "table": named(db, "here"), "csv": "1,2", "mapping": { "0": "id", "1": "id" } });
        client.fail("import", &twice, 422);
        // Without a mapping it only shows what there is.
        let shown = client.call("import", &json!({ "table": named(db, "here"), "csv": csv }));
        assert_eq!((&shown["rows"], &shown["sample"][0]), (&json!(8), &json!(["10", "a"])));
    }

    fn many_lines_are_one_transaction(db: &Db) {
        run(db, "CREATE TABLE wide (id int PRIMARY KEY, a text, b text)");
        let client = Client::new(db);
        let mut csv: String = (0..5000).map(|number| format!("{number},a{number},b\n")).collect();
        let request = |csv: &str| json!({ "table": named(db, "wide"), "csv": csv, "mapping": { "0": "id", "1": "a", "2": "b" } });
        csv.push_str("4999,again,b\n");
        let answer = client.call("import", &request(&csv));
        assert_eq!((&answer["problems"][0]["line"], &answer["inserted"]), (&json!(5001), &json!(0)));
        assert_eq!(client.one("SELECT count(*) FROM wide"), json!(["i", "0"]));
        let good = csv.trim_end_matches("4999,again,b\n");
        assert_eq!(client.call("import", &request(good))["inserted"], 5000);
        assert_eq!(client.one("SELECT count(*) FROM wide"), json!(["i", "5000"]));
    }
}
