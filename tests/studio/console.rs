//! SQL of a person.

use std::time::{Duration, Instant};

use super::*;

on_each_database! {
    fn statements_run_one_after_another(db: &Db) {
        run(db, "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'ä;'), (2, NULL), (3, 'x')");
        let client = Client::new(db);
        let sql = "SELECT a FROM t ORDER BY a; -- ü;\n SELECT b AS \"the b\" FROM t ORDER BY a;";
        let answer = client.query(sql, false);
        let results = answer["results"].as_array().unwrap();
        assert_eq!(results.len(), 2);
        assert_eq!(results[0]["rows"], json!([[["i", "1"]], [["i", "2"]], [["i", "3"]]]));
        assert_eq!(results[1]["columns"][0]["name"], "the b");
        assert_eq!(results[1]["rows"], json!([[["s", "ä;"]], [null], [["s", "x"]]]));
        let part = |place: usize| {
            let at = &results[place]["statement"];
            let (from, to) = (at["from"].as_u64().unwrap() as usize, at["to"].as_u64().unwrap() as usize);
            sql.chars().skip(from).take(to - from).collect::<String>()
        };
        assert_eq!(part(0), "SELECT a FROM t ORDER BY a");
        assert_eq!(part(1), "SELECT b AS \"the b\" FROM t ORDER BY a");
        let capped = client.call("query", &json!({ "sql": "SELECT a FROM t ORDER BY a; SELECT 7", "limit": 2 }));
        assert_eq!((&capped["results"][0]["rows"], &capped["results"][0]["more"]), (&json!([[["i", "1"]], [["i", "2"]]]), &json!(true)));
        assert_eq!(capped["results"][1]["rows"], json!([[["i", "7"]]]));
        assert_eq!(client.query("", false)["results"], json!([]));
        assert_eq!(client.query(" -- nothing\n ; ", false)["results"], json!([]));
    }

    fn an_error_is_at_its_place(db: &Db) {
        run(db, "CREATE TABLE t (a int)");
        let client = Client::new(db);
        let sql = "SELECT 'ü'; SELECT 1 FROM t WHERE nothing = 1; SELECT 2";
        let answer = client.call("query", &json!({ "sql": sql }));
        assert_eq!(answer["results"].as_array().unwrap().len(), 1);
        let error = &answer["error"];
        assert_eq!(error["statement"], 1, "{error}");
        let position = error["position"].as_u64().unwrap() as usize;
        assert!(sql.chars().skip(position).collect::<String>().starts_with("nothing"), "{position}");
        assert!(error["message"].as_str().unwrap().contains("nothing"), "{error}");
    }

    fn writes_need_the_switch(db: &Db) {
        run(db, "CREATE TABLE t (a int PRIMARY KEY)");
        let client = Client::new(db);
        let answer = client.call("query", &json!({ "sql": "INSERT INTO t VALUES (1)" }));
        assert_eq!(answer["error"]["code"], "READ_ONLY");
        let answer = client.query("INSERT INTO t VALUES (1), (2); UPDATE t SET a = a + 10; DELETE FROM t WHERE a = 5", true);
        let changed: Vec<&Value> = answer["results"].as_array().unwrap().iter().map(|one| &one["changed"]).collect();
        assert_eq!(changed, [&json!(2), &json!(2), &json!(0)]);
        // Each on its own, so what came before an error stays, and a transaction of the text is whole.
        let answer = client.call("query", &json!({ "sql": "INSERT INTO t VALUES (3); INSERT INTO t VALUES (3)", "write": true }));
        assert_eq!(answer["error"]["code"], "UNIQUE_VIOLATION");
        assert_eq!(client.one("SELECT count(*) FROM t"), json!(["i", "3"]));
        client.query("BEGIN; INSERT INTO t VALUES (4); COMMIT", true);
        let answer = client.call("query", &json!({ "sql": "BEGIN; INSERT INTO t VALUES (5)", "write": true }));
        assert_eq!(answer["error"]["code"], "TRANSACTION_ERROR");
        assert_eq!(client.one("SELECT count(*) FROM t"), json!(["i", "4"]));
        let entries = client.call("log", &json!({}))["entries"].as_array().unwrap().len();
        assert_eq!(entries, 4, "reads are not in the log");
        if db.dialect() == Dialect::Postgres {
            client.query("VACUUM t; CREATE INDEX CONCURRENTLY t_a ON t (a)", true);
        }
    }

    fn what_a_text_sets_ends_with_it(db: &Db) {
        run(db, "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (p int REFERENCES parent)");
        let client = Client::new(db);
        let set = either(
            db,
            "PRAGMA foreign_keys = 0; PRAGMA query_only = 1",
            "SET search_path = nowhere; SET default_transaction_read_only = on; SET DateStyle = 'German'",
        );
        for _ in 0..12 {
            client.query(set, true);
        }
        let answer = client.call("query", &json!({ "sql": "INSERT INTO child VALUES (1)", "write": true }));
        assert_eq!(answer["error"]["code"], "FOREIGN_KEY_VIOLATION", "{answer}");
        client.query("INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1)", true);
    }

    fn a_statement_ends_when_its_time_is_over(db: &Db) {
        let client = Client::new(db);
        let endless = either(db, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", "SELECT pg_sleep(100000)");
        let answer = client.call("query", &json!({ "sql": endless, "seconds": 0.2 }));
        assert_eq!(answer["error"]["code"], "STATEMENT_TIMEOUT", "{answer}");
        assert_eq!(client.one("SELECT 1"), json!(["i", "1"]));
    }

    fn stop_ends_the_work_of_the_database(db: &Db) {
        let client = Client::new(db);
        let endless = either(db, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", "SELECT pg_sleep(100000)");
        std::thread::scope(|scope| {
            let running = scope.spawn(|| {
                client.call("query", &json!({ "sql": endless, "seconds": 3600, "id": "mine" }))
            });
            let other = json!({ "id": "other" });
            assert_eq!(client.call("stop", &other)["stopped"], false);
            // Other calls are answered meanwhile.
            assert_eq!(client.one("SELECT 1"), json!(["i", "1"]));
            let end = Instant::now() + Duration::from_secs(120);
            while client.call("stop", &json!({ "id": "mine" }))["stopped"] == false {
                assert!(Instant::now() < end, "it has never begun");
                std::thread::sleep(Duration::from_millis(10));
            }
            let answer = running.join().unwrap();
            assert_eq!(answer["error"]["code"], "STOPPED", "{answer}");
        });
        assert_eq!(client.call("stop", &json!({ "id": "mine" }))["stopped"], false);
        if db.dialect() == Dialect::Postgres {
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'";
            assert_eq!(client.one(sql), json!(["i", "0"]));
        }
    }

    fn a_plan_is_a_tree(db: &Db) {
        run(db, "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE c (id int PRIMARY KEY)");
        let client = Client::new(db);
        let plan = client.call("explain", &json!({ "sql": "SELECT * FROM a JOIN c ON c.id = a.b ORDER BY a.b" }));
        fn names(node: &Value, found: &mut Vec<String>) {
            found.push(format!("{} {}", node["name"].as_str().unwrap(), node["detail"].as_str().unwrap()));
            node["children"].as_array().unwrap().iter().for_each(|child| names(child, found));
        }
        let mut found = Vec::new();
        names(&plan["plan"], &mut found);
        assert!(found.len() >= 3 && found.iter().any(|one| one.contains('a')), "{found:?}");
        // It doesn't run.
        client.call("explain", &json!({ "sql": "DELETE FROM a" }));
        let error = client.fail("explain", &json!({ "sql": "SELECT x FROM a" }), 422);
        assert!(error["message"].as_str().unwrap().contains('x'), "{error}");
        client.fail("explain", &json!({ "sql": "SELECT 1; SELECT 2" }), 400);
        if db.dialect() == Dialect::Postgres {
            let ran = client.call("explain", &json!({ "sql": "SELECT * FROM a", "analyze": true }));
            assert!(ran["total"]["ms"].is_number() && ran["plan"]["ms"].is_number(), "{ran}");
            run(db, "INSERT INTO a VALUES (1, 1)");
            client.fail("explain", &json!({ "sql": "DELETE FROM a", "analyze": true }), 403);
        }
    }
}

#[cfg(feature = "postgres")]
#[test]
fn a_closed_page_ends_its_statements() {
    use std::io::Write as _;

    let fresh = test_support::Fresh::postgres();
    let client = Client::new(&fresh.db);
    let running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND datname = current_database() AND query \
                   LIKE 'SELECT pg_sleep%'";
    let wait_for = |number: &str| {
        let end = Instant::now() + Duration::from_secs(120);
        while client.one(running) != json!(["i", number]) {
            assert!(Instant::now() < end, "not {number} yet");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    for (name, body) in [
        ("query", json!({ "sql": "SELECT pg_sleep(100000)", "seconds": 80000 })),
        ("export", json!({ "sql": "SELECT pg_sleep(100000)", "format": "csv" })),
    ] {
        let port = client.served.port;
        let mut page = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let body = body.to_string();
        write!(
            page,
            "POST /api/{name} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: \
             {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        wait_for("1");
        drop(page);
        wait_for("0");
    }
}
