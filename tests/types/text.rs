//! NUL in text, which SQLite stores and PostgreSQL doesn't.

use mizzle::prelude::*;
use serde_json::json;

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Note {
    #[column(primary_key, auto)]
    pub id: i64,
    pub text: String,
    pub document: Option<serde_json::Value>,
}

mizzle::schema!(pub Notes = [Note]);

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_stores_nul() {
    let db = Db::connect("sqlite::memory:").unwrap();
    db.create_all::<Notes>().unwrap();
    for text in ["\0", "a\0b", "\0\0tail"] {
        let document = json!({ "k\0": [text] });
        let row =
            db.insert(NewNote::builder().text(text).document(document.clone()).build()).unwrap();
        assert_eq!((row.text.as_str(), row.document.as_ref()), (text, Some(&document)));
        assert_eq!(db.get::<Note>(row.id).unwrap(), row);
        assert_eq!(Note::query().filter(notes::text.eq(text)).one(&db).unwrap(), row);
        let many: Vec<String> = (0..2000).map(|n| format!("{n}\0")).chain([text.into()]).collect();
        assert_eq!(Note::query().filter(notes::text.eq_any(many)).one(&db).unwrap(), row);
        db.delete(&row).unwrap();
    }
}

#[cfg(feature = "postgres")]
#[test]
fn postgres_refuses_nul() {
    use crate::assert_value_error;

    test_support::with_postgres(|db| {
        db.create_all::<Notes>().unwrap();
        let refused = |result: mizzle::Result<Note>| {
            assert_value_error(result, "NUL character", "s3cret");
        };
        refused(db.insert(NewNote::builder().text("s3cret\0").build()));
        for document in [json!("s3cret\0"), json!({ "s3cret\0": 1 }), json!([["\\\0s3cret"]])] {
            refused(db.insert(NewNote::builder().text("").document(document).build()));
        }
        refused(Note::query().filter(notes::text.eq("s3cret\0")).one(db));
        refused(Note::query().filter(notes::text.eq_any(["a", "s3cret\0"])).one(db));
        // The connection goes on.
        let document = json!("\\u0000 \\\\u0000");
        let row =
            db.insert(NewNote::builder().text("").document(document.clone()).build()).unwrap();
        assert_eq!(row.document, Some(document));
    });
}
