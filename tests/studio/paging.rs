//! Pages of rows, in any order.

use test_support::random::Random;

use super::*;

/// A table with NULLs and equal values in each column, and a key of two columns.
fn fill(db: &Db, rows: usize, random: &mut Random) {
    let real = either(db, "REAL", "double precision");
    run(
        db,
        &format!(
            "CREATE TABLE many (k1 int NOT NULL, k2 text NOT NULL, a int, b text, c {real}, PRIMARY KEY (k1, k2)); \
             CREATE INDEX many_a ON many (a)"
        ),
    );
    let mut values = Vec::new();
    for number in 0..rows {
        let a = if random.below(4) == 0 { "NULL".into() } else { random.below(5).to_string() };
        let b = match random.below(5) {
            0 => "NULL".into(),
            1 => "''".into(),
            // Longer than what a page and a cursor keep.
            2 => format!("'{}{}'", "ä".repeat(1100), random.below(3)),
            _ => format!("'{}'", ["x", "Y", "it''s", "ü"][random.below(4)]),
        };
        let c =
            if random.below(3) == 0 { "NULL".into() } else { format!("{}.25", random.below(4)) };
        values.push(format!("({}, 'k{}', {a}, {b}, {c})", number / 3, number % 3));
    }
    run(db, &format!("INSERT INTO many (k1, k2, a, b, c) VALUES {}", values.join(", ")));
}

fn keys(page: &Value) -> Vec<String> {
    page["rows"].as_array().unwrap().iter().map(|row| row["key"].to_string()).collect()
}

on_each_database! {
    fn every_order_visits_each_row_once(db: &Db) {
        let mut random = Random::new(1);
        fill(db, 240, &mut random);
        let client = Client::new(db);
        let table = named(db, "many");
        for _ in 0..25 {
            let mut sort = Vec::new();
            for _ in 0..random.below(4) {
                let column = ["k1", "k2", "a", "b", "c"][random.below(5)];
                let mut one = json!({ "column": column, "desc": random.below(2) == 0 });
                if random.below(2) == 0 {
                    one["nullsFirst"] = (random.below(2) == 0).into();
                }
                sort.push(one);
            }
            let filter = match random.below(3) {
                0 => json!({ "any": [{ "column": "a", "op": "≥", "value": "2" }, { "column": "b", "op": "is null" }] }),
                1 => json!({ "not": { "column": "a", "op": "=", "value": "1" } }),
                _ => Value::Null,
            };
            let request = json!({ "table": table, "sort": sort, "filter": filter });
            let with = |more: Value| {
                let mut request = request.clone();
                for (name, value) in more.as_object().unwrap() {
                    request[name.as_str()] = value.clone();
                }
                client.call("rows", &request)
            };
            // The database sorts them without pages.
            let all = keys(&with(json!({ "limit": 500 })));
            let limit = 1 + random.below(60);
            let mut page = with(json!({ "limit": limit }));
            assert_eq!(page["previous"], Value::Null);
            let mut forward = keys(&page);
            let mut last = page.clone();
            while page["next"].is_string() {
                page = with(json!({ "limit": limit, "after": page["next"] }));
                assert!(!keys(&page).is_empty(), "{sort:?}");
                forward.extend(keys(&page));
                last = page.clone();
            }
            assert_eq!(forward, all, "{sort:?}, {limit} a page");
            let mut backward: Vec<Vec<String>> = vec![keys(&last)];
            while last["previous"].is_string() {
                last = with(json!({ "limit": limit, "before": last["previous"] }));
                backward.push(keys(&last));
            }
            let backward: Vec<String> = backward.into_iter().rev().flatten().collect();
            assert_eq!(backward, all, "{sort:?}, {limit} a page, backward");
            // A jump begins with the row.
            let place = random.below(all.len());
            let key: Value = serde_json::from_str(&all[place]).unwrap();
            let page = keys(&with(json!({ "limit": 7, "at": key })));
            assert_eq!(page, all[place..(place + 7).min(all.len())], "{sort:?} at {key}");
        }
    }

    fn rows_without_a_key_have_pages(db: &Db) {
        run(db, "CREATE TABLE loose (a int); CREATE VIEW seen AS SELECT a FROM loose");
        let values: Vec<String> = (0..100).map(|number| format!("({})", number % 10)).collect();
        run(db, &format!("INSERT INTO loose VALUES {}", values.join(", ")));
        let client = Client::new(db);
        for name in ["loose", "seen"] {
            for sort in [json!([]), json!([{ "column": "a", "desc": true }])] {
                let request = |more: &str, cursor: &Value| {
                    let mut request = json!({ "table": named(db, name), "limit": 30, "sort": sort });
                    request[more] = cursor.clone();
                    client.call("rows", &request)
                };
                let mut page = request("after", &Value::Null);
                let mut seen = Vec::new();
                loop {
                    seen.extend(page["rows"].as_array().unwrap().iter().map(|row| row["cells"][0][1].clone()));
                    if page["next"].is_null() {
                        break;
                    }
                    page = request("after", &page["next"]);
                }
                assert_eq!(seen.len(), 100, "{name} {sort}");
                let one = seen.iter().filter(|cell| **cell == "3").count();
                assert_eq!(one, 10, "{name} {sort}");
                let before = request("before", &page["previous"]);
                assert_eq!(before["rows"].as_array().unwrap().len(), 30, "{name}");
            }
        }
    }

    fn a_cursor_belongs_to_its_order(db: &Db) {
        fill(db, 30, &mut Random::new(2));
        let client = Client::new(db);
        let table = named(db, "many");
        let page = client.call("rows", &json!({ "table": table, "limit": 5 }));
        let other = json!({ "table": table, "after": page["next"], "sort": [{ "column": "a" }] });
        client.fail("rows", &other, 400);
        for cursor in ["", "x", "e30", "%%%"] {
            client.fail("rows", &json!({ "table": table, "after": cursor }), 400);
        }
    }

    fn filters_find_what_they_say(db: &Db) {
        run(
            db,
            "CREATE TABLE words (id int PRIMARY KEY, word text, amount int, day date); \
             INSERT INTO words VALUES (1, 'Hello', 5, '2024-01-02'), (2, 'a%b', NULL, '2024-01-03'), \
             (3, 'a_b', -5, NULL), (4, '', 0, '2023-12-31'), (5, NULL, 50, '2024-02-01'), (6, 'say \"hello\"', 7, NULL)",
        );
        let client = Client::new(db);
        let table = named(db, "words");
        let found = |filter: Value| -> Vec<i64> {
            let page = client.call("rows", &json!({ "table": table, "filter": filter }));
            let rows = page["rows"].as_array().unwrap();
            let ids: Vec<i64> = rows.iter().map(|row| row["cells"][0][1].as_str().unwrap().parse().unwrap()).collect();
            let count = client.call("count", &json!({ "table": table, "filter": filter }));
            assert_eq!(count, json!({ "count": ids.len(), "exact": true }), "{filter}");
            ids
        };
        let one = |column: &str, op: &str, value: Value| json!({ "column": column, "op": op, "value": value });
        assert_eq!(found(one("word", "contains", json!("HELLO"))), [1, 6]);
        assert_eq!(found(one("word", "contains", json!("%"))), [2]);
        assert_eq!(found(one("word", "contains", json!("_"))), [3]);
        assert_eq!(found(one("word", "starts", json!("a"))), [2, 3]);
        assert_eq!(found(one("word", "ends", json!("\""))), [6]);
        assert_eq!(found(one("word", "=", json!(""))), [4]);
        assert_eq!(found(one("word", "is null", Value::Null)), [5]);
        assert_eq!(found(one("word", "=", Value::Null)), [5]);
        assert_eq!(found(one("word", "≠", json!("Hello"))), [2, 3, 4, 6]);
        assert_eq!(found(one("amount", ">", json!("0"))), [1, 5, 6]);
        assert_eq!(found(one("amount", "≤", json!(["i", "0"]))), [3, 4]);
        assert_eq!(found(one("day", "≥", json!("2024-01-03"))), [2, 5]);
        assert_eq!(found(json!({ "column": "amount", "op": "between", "values": ["0", "7"] })), [1, 4, 6]);
        assert_eq!(found(json!({ "column": "amount", "op": "in", "values": ["5", "50", null] })), [1, 2, 5]);
        assert_eq!(found(json!({ "column": "amount", "op": "in", "values": [] })), Vec::<i64>::new());
        let both = json!([one("amount", "=", json!("5")), one("amount", "=", json!("7"))]);
        assert_eq!(found(json!({ "any": both })), [1, 6]);
        assert_eq!(found(json!({ "all": both })), Vec::<i64>::new());
        assert_eq!(found(json!({ "not": { "any": both } })), [2, 3, 4, 5]);
        assert_eq!(found(json!({ "all": [] })), [1, 2, 3, 4, 5, 6]);

        let wrong = one("amount", "=", json!("many"));
        let nested = json!({ "all": [one("word", "=", json!("x")), { "any": [wrong] }] });
        for filter in [wrong.clone(), nested] {
            let error = client.fail("rows", &json!({ "table": table, "filter": filter }), 422);
            assert_eq!(error["column"], "amount", "{error}");
        }
        let error = client.fail("rows", &json!({ "table": table, "filter": one("word", "; DROP", json!("x")) }), 422);
        assert_eq!(error["column"], "word", "{error}");
        client.fail("rows", &json!({ "table": table, "filter": one("nothing", "=", json!("x")) }), 404);
    }
}
