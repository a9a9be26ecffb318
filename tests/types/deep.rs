//! JSON documents of many levels.

use mizzle::ErrorCode;
use mizzle::prelude::*;
use serde_json::Value;
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Paper {
    #[column(primary_key)]
    pub id: i64,
    pub content: Value,
}

mizzle::schema!(pub Papers = [Paper]);

/// Returns a document of arrays and objects in each other.
fn nested(levels: usize) -> Value {
    (0..levels).fold(Value::Null, |inner, level| match level % 2 {
        0 => Value::Array(vec![inner]),
        _ => Value::Object(std::iter::once(("in".to_owned(), inner)).collect()),
    })
}

on_each_database! {
    fn what_is_stored_can_be_read(db: &Db) {
        db.create_all::<Papers>().unwrap();
        let wide = Value::Array(vec![nested(126); 300]);
        for (id, content) in [(1, nested(127)), (2, wide)] {
            let row = db.insert(NewPaper { id, content }).unwrap();
            assert_eq!(db.find::<Paper>(id).unwrap(), Some(row));
        }
        for levels in [128, 1_000] {
            let error = db.insert(NewPaper { id: 3, content: nested(levels) }).unwrap_err();
            assert_eq!(error.code(), ErrorCode::ValueError);
            assert!(error.to_string().contains("more than 127 levels"), "{error}");
        }
        let row = db.get::<Paper>(1).unwrap();
        let error = db.update(&Paper { content: nested(128), ..row }).unwrap_err();
        assert!(error.to_string().contains("more than 127 levels"), "{error}");
    }

    fn what_others_stored_says_why_it_can_not_be_read(db: &Db) {
        db.create_all::<Papers>().unwrap();
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        db.execute_sql(&format!("INSERT INTO papers (id, content) VALUES (1, '{deep}')")).unwrap();
        let error = db.find::<Paper>(1).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ValueError);
        assert!(error.to_string().contains("papers.content"), "{error}");
        assert!(error.to_string().contains("more than 127 levels"), "{error}");
        assert_eq!(Paper::query().filter(papers::content.eq(nested(3))).count(db).unwrap(), 0);
    }
}
