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
        Dialect::Sqlite => {
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
