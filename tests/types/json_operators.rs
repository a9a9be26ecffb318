//! Operators of JSON documents: on both databases they mean what PostgreSQL's `jsonb` means.

use mizzle::ErrorCode;
use mizzle::prelude::*;
use serde_json::{Value, json};
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Parcel {
    #[column(primary_key)]
    pub id: i64,
    pub content: Value,
    pub note: Option<Value>,
}

/// Another table with documents, for subselects.
#[derive(Table, Debug, Clone, PartialEq)]
pub struct Envelope {
    #[column(primary_key)]
    pub id: i64,
    pub content: Value,
}

mizzle::schema!(pub Parcels = [Parcel, Envelope]);

fn fill(db: &Db, contents: &[Value]) {
    db.create_all::<Parcels>().unwrap();
    for (id, content) in (1..).zip(contents) {
        db.insert(NewParcel { id, content: content.clone(), note: None }).unwrap();
    }
}

/// The ids of the rows with this condition.
macro_rules! ids {
    ($db:expr, $condition:expr) => {
        $db.load::<i64, _>(
            parcels::table.filter($condition).select(parcels::id).order_by(parcels::id),
        )
        .unwrap()
    };
}

/// The value of an expression in the first row.
macro_rules! first {
    ($db:expr, $rust:ty, $expression:expr) => {
        $db.first::<Option<$rust>, _>(parcels::table.find(1_i64).select($expression))
            .unwrap()
            .unwrap()
    };
}

on_each_database! {
    fn read_parts(db: &Db) {
        fill(db, &[json!({"tags": ["a", "b", null], "size": {"x": 1.5}, "name": "Ada \"A\"", "none": null})]);
        let none = None::<Value>;
        assert_eq!(first!(db, Value, parcels::content.get("tags").get(0)), Some(json!("a")));
        assert_eq!(first!(db, Value, parcels::content.get("tags").get(-2)), Some(json!("b")));
        assert_eq!(first!(db, Value, parcels::content.get("tags").get(3)), none);
        assert_eq!(first!(db, Value, parcels::content.get("tags").get(2)), Some(Value::Null));
        assert_eq!(first!(db, Value, parcels::content.get(0)), none);
        assert_eq!(first!(db, Value, parcels::content.get_path(["size", "x"])), Some(json!(1.5)));
        assert_eq!(first!(db, Value, parcels::content.get_path(["tags", "-1"])), Some(Value::Null));
        assert_eq!(first!(db, Value, parcels::content.get_path(["size", "y"])), none);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(first!(db, String, parcels::content.get_text("name")), text("Ada \"A\""));
        assert_eq!(first!(db, String, parcels::content.get_text("none")), None::<String>);
        assert_eq!(first!(db, String, parcels::content.get_text("size")), text(r#"{"x": 1.5}"#));
        assert_eq!(first!(db, String, parcels::content.get_path_text(["tags", "1"])), text("b"));
        // A row without a document.
        assert_eq!(first!(db, Value, parcels::note.get("tags")), none);
        assert_eq!(first!(db, bool, parcels::note.contains(json!({}))), None::<bool>);
    }

    fn are_conditions(db: &Db) {
        fill(db, &[
            json!({"a": 1, "b": {"c": [1, 2, {"d": "x"}]}}),
            json!({"a": 1.0, "e": null}),
            json!(["a", "e", 1]),
            json!("a"),
        ]);
        assert_eq!(ids!(db, parcels::content.contains(json!({"a": 1}))), [1, 2]);
        assert_eq!(ids!(db, parcels::content.contains(json!({"b": {"c": [{"d": "x"}, 2, 2]}}))), [1]);
        assert_eq!(ids!(db, parcels::content.contains(json!("a"))), [3, 4]);
        assert_eq!(ids!(db, parcels::content.is_contained_by(json!({"a": 1, "e": null, "f": 0}))), [2]);
        assert_eq!(ids!(db, parcels::content.has_key("a")), [1, 2, 3, 4]);
        assert_eq!(ids!(db, parcels::content.has_any_key(["b", "e"])), [1, 2, 3]);
        assert_eq!(ids!(db, parcels::content.has_all_keys(["a", "e"])), [2, 3]);
        assert_eq!(ids!(db, parcels::content.has_any_key(Vec::<String>::new())), Vec::<i64>::new());
        // A document that isn't in a column is compared by content too, and its text as text.
        assert_eq!(ids!(db, parcels::content.get("a").eq(json!(1))), [1, 2]);
        assert_eq!(ids!(db, parcels::content.get("b").eq(json!({"c": [1.0, 2, {"d": "x"}]}))), [1]);
        assert_eq!(ids!(db, parcels::content.get_text("a").eq("1")), [1]);
        db.insert(NewEnvelope { id: 1, content: json!({"a": 1}) }).unwrap();
        let inner = envelopes::table.find(1).select(envelopes::content.get_text("a")).single_value();
        assert_eq!(ids!(db, parcels::content.get_text("a").eq(inner)), [1]);
        let inner = envelopes::table.find(1).select(envelopes::content.get("a")).single_value();
        assert_eq!(ids!(db, parcels::content.get("a").eq(inner)), [1, 2]);
        assert_eq!(Parcel::query().filter(parcels::content.contains(json!({"a": 1}))).count(db).unwrap(), 2);
    }

    fn change_documents(db: &Db) {
        fill(db, &[json!({"a": [1, 2], "b": {}})]);
        let change = |row: Value| {
            let stored = db.get::<Parcel>(1).unwrap().content;
            assert_eq!(stored, row);
        };
        let update = || diesel::update(parcels::table.find(1_i64));
        db.execute(update().set(parcels::content.eq(parcels::content.set(["b", "c"], json!("x"))))).unwrap();
        change(json!({"a": [1, 2], "b": {"c": "x"}}));
        db.execute(update().set(parcels::content.eq(parcels::content.set(["a", "-1"], json!(null)).remove("b")))).unwrap();
        change(json!({"a": [1, null]}));
        db.execute(update().set(parcels::content.eq(parcels::content.set(["z", "y"], json!(1)).remove_path(["a", "0"])))).unwrap();
        change(json!({"a": [null]}));
        db.execute(update().set(parcels::note.eq(parcels::note.set(["z"], json!(1))))).unwrap();
        assert_eq!(db.get::<Parcel>(1).unwrap().note, None);
    }

    fn say_what_does_not_fit(db: &Db) {
        fill(db, &[json!(1)]);
        let run = |result: mizzle::Result<Option<Value>>| {
            let error = result.unwrap_err();
            assert_eq!(error.code(), ErrorCode::ValueError, "{error}");
        };
        let all = || parcels::table.find(1_i64);
        run(db.first(all().select(parcels::content.set(["a"], json!(2)))));
        run(db.first(all().select(parcels::content.remove("a"))));
        run(db.first(all().select(parcels::content.remove_path(["a"]))));
        db.execute(diesel::update(all()).set(parcels::content.eq(json!([[1]])))).unwrap();
        run(db.first(all().select(parcels::content.set(["a"], json!(2)))));
        run(db.first(all().select(parcels::content.remove_path(["0", "x"]))));
        db.execute(diesel::update(all()).set(parcels::content.eq(json!({"a": 1})))).unwrap();
        run(db.first(all().select(parcels::content.remove(0))));
    }
}

/// What others wrote into the file isn't taken for something else.
#[cfg(feature = "sqlite")]
#[test]
fn a_text_that_is_no_document_is_an_error() {
    test_support::with_sqlite(|db| {
        fill(db, &[]);
        db.execute_sql("INSERT INTO parcels (id, content) VALUES (1, '{\"s3cret\": 1,}')").unwrap();
        let error = db
            .first::<Option<Value>, _>(parcels::table.select(parcels::content.get("s3cret")))
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::ValueError);
        assert!(
            error.to_string().contains("JSON") && !error.to_string().contains("s3cret"),
            "{error}"
        );
    });
}

#[cfg(all(feature = "sqlite", feature = "postgres"))]
mod random {
    use diesel::sql_types::{Bool, Jsonb, Nullable, Text};
    use mizzle::dsl::Shared;
    use test_support::Fresh;
    use test_support::random::Random;

    use super::*;

    /// The first ones are the most frequent.
    const KEYS: [&str; 14] =
        ["a", "a", "a", "a", "b", "b", "b", "aa", "ä", "", "0", "-1", "q\"'\\", "\u{1f600}"];
    const NUMBERS: [&str; 16] = [
        "0",
        "-0",
        "1",
        "1.0",
        "1.00",
        "-1",
        "1e2",
        "100",
        "2.5E-3",
        "0.1",
        "0.10000000000000001",
        "9007199254740993",
        "9007199254740992",
        "12345678901234567890123456789",
        "18446744073709551616",
        "-0.0",
    ];

    /// Returns the text of a document: in any order of keys, some of them twice, with any white space.
    fn text(random: &mut Random, depth: usize) -> String {
        let space = |random: &mut Random| (*random.pick(&["", "", " ", "\n\t"])).to_owned();
        match random.below(if depth == 0 { 4 } else { 8 }) {
            0 => (*random.pick(&["null", "true", "false"])).to_owned(),
            1 | 2 => (*random.pick(&NUMBERS)).to_owned(),
            3 => json!(random.pick(&KEYS)).to_string(),
            4 | 5 => {
                let items: Vec<String> = (0..random.below(4))
                    .map(|_| space(random) + &text(random, depth - 1))
                    .collect();
                format!("[{}{}]", items.join(","), space(random))
            }
            _ => {
                let members: Vec<String> = (0..random.below(5))
                    .map(|_| {
                        let key = json!(random.pick(&KEYS));
                        format!(
                            "{}{key}{}:{}",
                            space(random),
                            space(random),
                            text(random, depth - 1)
                        )
                    })
                    .collect();
                format!("{{{}{}}}", members.join(","), space(random))
            }
        }
    }

    fn document(random: &mut Random) -> Value {
        let depth = random.below(3);
        serde_json::from_str(&text(random, depth)).unwrap()
    }

    fn path(random: &mut Random) -> Vec<String> {
        const PLACES: [&str; 8] = ["0", "1", "2", "-1", "-2", " 1", "+0", "99999999999"];
        let part = |random: &mut Random| {
            let parts: &[&str] = if random.chance(60) { &KEYS } else { &PLACES };
            (*random.pick(parts)).to_owned()
        };
        (0..random.below(4)).map(|_| part(random)).collect()
    }

    type Doc = Shared<'static, parcels::table, Nullable<Jsonb>>;

    /// A document, computed by up to two operators from that of the row.
    fn expression(random: &mut Random) -> Doc {
        let mut document: Doc = Shared::new(parcels::content.nullable());
        for _ in 0..random.below(3) {
            let key = *random.pick(&KEYS);
            let place = random.below(7) as i32 - 3;
            document = match random.below(9) {
                0 | 7 => Shared::new(document.get(key)),
                1 => Shared::new(document.get(place)),
                2 => Shared::new(document.get_path(path(random))),
                8 => Shared::new(document.set([key], super::random::document(random))),
                3 => Shared::new(document.set(path(random), super::random::document(random))),
                4 => Shared::new(document.remove(key)),
                5 => Shared::new(document.remove(place)),
                _ => Shared::new(document.remove_path(path(random))),
            };
        }
        document
    }

    fn keys(random: &mut Random) -> Vec<String> {
        (0..random.below(3)).map(|_| (*random.pick(&KEYS)).to_owned()).collect()
    }

    fn condition(
        random: &mut Random,
        document: Doc,
    ) -> Shared<'static, parcels::table, Nullable<Bool>> {
        match random.below(8) {
            0 => Shared::new(document.contains(super::random::document(random))),
            1 => Shared::new(document.is_contained_by(super::random::document(random))),
            2 => Shared::new(document.has_key(*random.pick(&KEYS))),
            3 => Shared::new(document.has_any_key(keys(random))),
            4 => Shared::new(document.has_all_keys(keys(random))),
            5 => Shared::new(document.eq(super::random::document(random))),
            6 => Shared::new(document.lt(super::random::document(random))),
            _ => Shared::new(document.contains(parcels::content.nullable())),
        }
    }

    fn texts(
        random: &mut Random,
        document: Doc,
    ) -> Shared<'static, parcels::table, Nullable<Text>> {
        match random.below(3) {
            0 => Shared::new(document.get_text(*random.pick(&KEYS))),
            1 => Shared::new(document.get_text(random.below(5) as i32 - 2)),
            // The text of the whole document: each digit of its numbers, and the order of its keys.
            _ => Shared::new(document.get_path_text(if random.chance(50) {
                Vec::new()
            } else {
                path(random)
            })),
        }
    }

    #[test]
    fn operators_agree() {
        const CASES: usize = 5_000;
        let databases = [Fresh::sqlite(), Fresh::postgres()];
        for Fresh { db, .. } in &databases {
            db.create_all::<Parcels>().unwrap();
        }
        let (mut fails, mut nulls) = (0, 0);
        for seed in 0..CASES as u64 {
            let random = &mut Random::new(seed);
            let mut content = text(random, 3);
            while random.chance(90) && !content.trim_start().starts_with(['[', '{']) {
                content = text(random, 3);
            }
            let document = expression(random);
            let compares = random.chance(50);
            let condition = condition(random, document.clone());
            let part = texts(random, document);
            let answers: Vec<Result<String, ErrorCode>> = databases
                .iter()
                .map(|Fresh { db, .. }| {
                    let insert = format!(
                        "INSERT INTO parcels (id, content) VALUES (1, '{}')",
                        content.replace('\'', "''")
                    );
                    db.execute_sql(&format!("DELETE FROM parcels; {insert}")).unwrap();
                    let rows = parcels::table.find(1_i64);
                    if compares {
                        db.first::<Option<bool>, _>(rows.select(condition.clone()))
                            .map(|found| format!("{found:?}"))
                    } else {
                        db.first::<Option<String>, _>(rows.select(part.clone()))
                            .map(|found| format!("{found:?}"))
                    }
                    .map_err(|error| error.code())
                })
                .collect();
            let query = parcels::table.find(1_i64).select(part);
            assert_eq!(
                answers[0],
                answers[1],
                "seed {seed}: {content} {}",
                diesel::debug_query::<mizzle::backend::Any, _>(&query)
            );
            fails += usize::from(answers[0].is_err());
            nulls += usize::from(answers[0] == Ok("Some(None)".into()));
        }
        println!("{CASES} expressions, {fails} of them errors, {nulls} NULL");
        assert!(fails < CASES / 3 && nulls < CASES / 2, "{fails} {nulls}");
    }
}
