//! Types of diesel's tables that no struct of mizzle's has.

use chrono::{FixedOffset, Local};
use diesel::prelude::{Insertable, Queryable};
use mizzle::Dialect;
use mizzle::prelude::*;
use serde_json::json;
use test_support::on_each_database;

diesel::table! {
    notes (id) {
        id -> Integer,
        moment -> Timestamptz,
        plain -> Json,
        binary -> Nullable<Jsonb>,
    }
}

#[derive(Insertable, Queryable, Debug, Clone, PartialEq)]
#[diesel(table_name = notes)]
struct Note {
    id: i32,
    moment: DateTime<Local>,
    plain: serde_json::Value,
    binary: Option<serde_json::Value>,
}

fn create(db: &Db) {
    db.execute_sql(match db.dialect() {
        Dialect::Sqlite | Dialect::D1 => {
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, moment TEXT NOT NULL, plain TEXT NOT NULL, binary TEXT)"
        }
        Dialect::Postgres => {
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, moment TIMESTAMPTZ NOT NULL, plain JSON NOT NULL, \
             \"binary\" JSONB)"
        }
    })
    .expect("the table");
}

on_each_database! {
    fn moments_in_local_time_and_documents_of_both_types(db: &Db) {
        create(db);
        let moment: DateTime<FixedOffset> =
            "2024-05-06T07:08:09.123456+02:00".parse().expect("a moment");
        let rows: Vec<Note> = [json!({"a": [1, 2.5, null]}), json!("text"), json!(null), json!([])]
            .into_iter()
            .zip(1..)
            .map(|(plain, id)| Note {
                id,
                moment: moment.into(),
                binary: (id % 2 == 0).then(|| plain.clone()),
                plain,
            })
            .collect();
        for row in &rows {
            db.execute(diesel::insert_into(notes::table).values(row)).expect("a row");
        }
        assert_eq!(db.load::<Note, _>(notes::table.order(notes::id)).expect("the rows"), rows);
        // The moment, in whichever zone it is read.
        let utc: DateTime<Utc> =
            db.one(notes::table.find(1).select(notes::moment)).expect("a moment");
        assert_eq!(utc, moment);
        let earlier = notes::moment.lt(moment.with_timezone(&Local) + chrono::TimeDelta::seconds(1));
        assert_eq!(db.count(notes::table.filter(earlier)).expect("a number"), 4);
        let same = notes::binary.eq(json!("text"));
        assert_eq!(db.count(notes::table.filter(same)).expect("a number"), 1);
        let changed = diesel::update(notes::table.find(1)).set(notes::plain.eq(json!({"b": true})));
        assert_eq!(db.execute(changed).expect("a row"), 1);
        let plain: serde_json::Value =
            db.one(notes::table.find(1).select(notes::plain)).expect("a document");
        assert_eq!(plain, json!({"b": true}));
    }
}

diesel::table! {
    lists (id) {
        id -> Integer,
        words -> Array<Text>,
        numbers -> Array<Nullable<Integer>>,
        moments -> Nullable<Array<Timestamptz>>,
    }
}

#[cfg(feature = "postgres")]
#[test]
fn arrays_on_postgres() {
    type Row = (i32, Vec<String>, Vec<Option<i32>>, Option<Vec<DateTime<Utc>>>);

    test_support::with_postgres(|db| {
        db.execute_sql(
            "CREATE TABLE lists (id int PRIMARY KEY, words text[] NOT NULL, numbers int[] NOT NULL, \
             moments timestamptz[])",
        )
        .expect("the table");
        let moment: DateTime<Utc> = "2024-05-06T07:08:09.123456Z".parse().expect("a moment");
        let rows: [Row; 3] = [
            (1, vec!["a".into(), String::new(), "\"{,}\\".into()], vec![Some(-1), None], None),
            (2, vec![], vec![], Some(vec![moment])),
            (3, vec!["é".into()], vec![None], Some(vec![])),
        ];
        for (id, words, numbers, moments) in &rows {
            let row = (
                lists::id.eq(id),
                lists::words.eq(words.as_slice()),
                lists::numbers.eq(numbers),
                lists::moments.eq(moments.as_ref()),
            );
            db.execute(diesel::insert_into(lists::table).values(row)).expect("a row");
        }
        assert_eq!(db.load::<Row, _>(lists::table.order(lists::id)).expect("the rows"), rows);
        let empty = lists::words.eq(Vec::<String>::new());
        assert_eq!(db.count(lists::table.filter(empty)).expect("a number"), 1);

        db.execute_sql("UPDATE lists SET numbers = '{{1,2},{3,4}}' WHERE id = 1")
            .expect("an update");
        let nested = db.load::<Vec<Option<i32>>, _>(lists::table.find(1).select(lists::numbers));
        crate::assert_value_error(nested, "the array has several dimensions", "3");
        // A NULL is no element of a list without NULLs.
        let nulls = diesel::dsl::sql::<diesel::sql_types::Array<diesel::sql_types::Integer>>(
            "ARRAY[1, NULL]::int[]",
        );
        assert!(db.one::<Vec<i32>, _>(diesel::select(nulls)).is_err());
    });
}
