//! A database that goes away and comes back.

use test_support::FreshPostgres;
use test_support::proxy::Proxy;

use super::*;

#[test]
fn a_lost_database_is_said_and_comes_back() {
    let fresh = FreshPostgres::new();
    let (before, rest) = fresh.url.rsplit_once(':').unwrap();
    let (port, database) = rest.split_once('/').unwrap();
    let proxy = Proxy::to(port.parse().unwrap());
    let url = format!("{before}:{}/{database}", proxy.port());
    let patience = std::time::Duration::from_secs(1);
    let db = Db::builder(&url).pool_size(3).checkout_timeout(patience).connect().unwrap();
    run(&db, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
    let client = Client::new(&db);
    let page = json!({ "table": named(&db, "t") });
    let insert = |id: &str| {
        let edit = json!({ "kind": "insert", "table": named(&db, "t"), "values": { "id": id } });
        json!({ "edits": [edit] })
    };
    for round in 0..3 {
        client.call("rows", &page);
        // A lost connection alone is nothing that a person has to see when reading.
        proxy.reset();
        client.call("rows", &page);
        client.call("tables", &json!({}));
        proxy.refuse(true);
        proxy.reset();
        for (name, body) in [
            ("ping", json!({})),
            ("rows", page.clone()),
            ("tables", json!({})),
            ("query", json!({ "sql": "SELECT 1" })),
            ("apply", insert("100")),
            ("export", json!({ "table": named(&db, "t"), "format": "csv" })),
        ] {
            let error = client.fail(name, &body, 503);
            assert!(error["message"].is_string(), "{name}: {error}");
        }
        proxy.refuse(false);
        client.call("ping", &json!({}));
        client.call("rows", &page);
        client.call("apply", &insert(&(round + 2).to_string()));
        assert_eq!(client.one("SELECT count(*) FROM t"), json!(["i", (round + 2).to_string()]));
    }
}
