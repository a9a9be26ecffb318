//! Rows that refer to each other.

use super::*;

on_each_database! {
    fn related_rows_are_counted_in_both_directions(db: &Db) {
        run(
            db,
            "CREATE TABLE people (id int PRIMARY KEY, boss int REFERENCES people, name text); \
             CREATE TABLE posts (id int PRIMARY KEY, author int NOT NULL REFERENCES people); \
             CREATE TABLE tags (id int PRIMARY KEY); \
             CREATE TABLE post_tags (post int REFERENCES posts, tag int REFERENCES tags, PRIMARY KEY (post, tag)); \
             CREATE TABLE pairs (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a, b)); \
             CREATE TABLE uses (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES pairs (a, b)); \
             INSERT INTO people VALUES (1, NULL, 'ada'), (2, 1, 'bob'), (3, 1, 'cyd'); \
             INSERT INTO posts VALUES (10, 1), (11, 1), (12, 2); INSERT INTO tags VALUES (100), (101), (102); \
             INSERT INTO post_tags VALUES (10, 100), (10, 101), (11, 100); \
             INSERT INTO pairs VALUES (1, 2), (1, 3); INSERT INTO uses VALUES (1, 1, 2), (2, 1, 2), (3, 1, NULL)",
        );
        let client = Client::new(db);
        let related = |table: &str, key: Value| {
            let all = client.call("related", &json!({ "table": named(db, table), "key": key }));
            let mut found: Vec<(String, String, String, u64)> = Vec::new();
            for one in all["references"].as_array().unwrap() {
                let name = one["table"]["name"].as_str().unwrap();
                let through = one["through"]["table"]["name"].as_str().unwrap_or_default();
                let count = one["count"]["about"].as_u64().unwrap();
                // Its filter finds them.
                let rows = client.call("rows", &json!({ "table": one["table"], "filter": one["filter"] }));
                assert_eq!(rows["rows"].as_array().unwrap().len() as u64, count, "{one}");
                let counted = client.call("count", &json!({ "table": one["table"], "filter": { "all": [one["filter"]] } }));
                assert_eq!(counted["count"], count);
                found.push((one["direction"].as_str().unwrap().into(), name.into(), through.into(), count));
            }
            found.sort();
            found
        };
        let row = |direction: &str, table: &str, through: &str, count| (direction.to_owned(), table.to_owned(), through.to_owned(), count);
        assert_eq!(related("people", json!([["i", "1"]])), [row("from", "people", "", 2), row("from", "posts", "", 2)]);
        assert_eq!(
            related("people", json!([["i", "2"]])),
            [row("from", "people", "", 0), row("from", "posts", "", 1), row("to", "people", "", 1)]
        );
        assert_eq!(
            related("posts", json!([["i", "10"]])),
            [row("from", "post_tags", "", 2), row("from", "tags", "post_tags", 2), row("to", "people", "", 1)]
        );
        assert_eq!(related("tags", json!([["i", "100"]])), [row("from", "post_tags", "", 2), row("from", "posts", "post_tags", 2)]);
        assert_eq!(related("tags", json!([["i", "102"]])), [row("from", "post_tags", "", 0), row("from", "posts", "post_tags", 0)]);
        assert_eq!(related("pairs", json!([["i", "1"], ["i", "2"]])), [row("from", "uses", "", 2)]);
        assert_eq!(related("uses", json!([["i", "1"]])), [row("to", "pairs", "", 1)]);
        assert_eq!(related("uses", json!([["i", "3"]])), []);
        client.fail("related", &json!({ "table": named(db, "people"), "key": [["i", "9"]] }), 404);
    }
}
