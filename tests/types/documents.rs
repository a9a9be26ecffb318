//! New rows and changes from JSON documents, and labels in them.

use mizzle::prelude::*;
use serde::{Deserialize, Serialize};
use test_support::on_each_database;

/// Its label is its form in documents.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[db(rename_all = "kebab-case", serde)]
pub enum Stage {
    FirstDraft,
    #[db(name = "done!")]
    Done,
}

fn initials() -> String {
    "n/a".to_owned()
}

/// A row from the outside.
#[derive(Table, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[table(name = "documents", deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    #[column(primary_key, auto)]
    pub id: i64,
    pub full_title: String,
    pub note: Option<String>,
    #[column(default = Stage::FirstDraft)]
    pub stage: Stage,
    #[column(default = "none")]
    pub hint: Option<String>,
    #[column(default_fn = initials)]
    pub initials: String,
    #[serde(rename = "kind")]
    pub r#type: i32,
    pub price: Option<Decimal>,
}

mizzle::schema!(pub Documents = [Document]);

fn new(text: &str) -> Result<NewDocument, serde_json::Error> {
    serde_json::from_str(text)
}

fn changes(text: &str) -> DocumentChanges {
    serde_json::from_str(text).unwrap()
}

on_each_database! {
    fn become_rows(db: &Db) {
        db.create_all::<Documents>().unwrap();
        let row = db.insert(new(r#"{"fullTitle": "One", "kind": 7}"#).unwrap()).unwrap();
        let expected = Document {
            id: row.id,
            full_title: "One".into(),
            note: None,
            stage: Stage::FirstDraft,
            hint: Some("none".into()),
            initials: "n/a".into(),
            r#type: 7,
            price: None,
        };
        assert_eq!(row, expected);
        // The same document leads to the same row again.
        let text = serde_json::to_string(&row).unwrap();
        assert!(text.contains(r#""stage":"first-draft""#), "{text}");
        let again: Document = serde_json::from_str(&text).unwrap();
        assert_eq!(again, row);
        let full = r#"{"fullTitle": "Two", "kind": 1, "stage": "done!", "hint": null, "note": "x",
                       "initials": "a.b.", "price": "1.50"}"#;
        let row = db.insert(new(full).unwrap()).unwrap();
        assert_eq!((row.stage, row.hint, row.note.as_deref()), (Stage::Done, None, Some("x")));
        assert_eq!((row.initials.as_str(), row.price), ("a.b.", Some("1.50".parse().unwrap())));
    }

    fn become_changes(db: &Db) {
        db.create_all::<Documents>().unwrap();
        let row = db.insert(new(r#"{"fullTitle": "One", "kind": 7, "note": "x"}"#).unwrap()).unwrap();
        let change = |text: &str| db.update_by_key::<Document>(row.id, changes(text)).unwrap();
        assert_eq!(change("{}"), row);
        assert_eq!(change(r#"{"unknown": 1, "id": 99}"#), row);
        assert_eq!(change(r#"{"note": null}"#).note, None);
        assert_eq!(change(r#"{"note": "y"}"#).note.as_deref(), Some("y"));
        assert_eq!(change(r#"{"stage": "done!", "kind": 8}"#).stage, Stage::Done);
        let changed = change(r#"{"fullTitle": "Three", "hint": null}"#);
        assert_eq!((changed.full_title.as_str(), changed.hint, changed.r#type), ("Three", None, 8));
    }

    fn options_are_taken(db: &Db) {
        db.create_all::<Documents>().unwrap();
        let build = |stage: Option<Stage>, note: Option<String>, hint: Option<String>| {
            let builder = NewDocument::builder().full_title("t").r#type(1);
            db.insert(builder.maybe_stage(stage).maybe_note(note).maybe_hint(hint).maybe_initials(None).build())
                .unwrap()
        };
        let row = build(None, None, None);
        assert_eq!((row.stage, row.note, row.hint), (Stage::FirstDraft, None, None));
        let row = build(Some(Stage::Done), Some("n".into()), Some("h".into()));
        assert_eq!((row.stage, row.note.as_deref(), row.hint.as_deref()), (Stage::Done, Some("n"), Some("h")));
        let changes = DocumentChanges::default().maybe_stage(None).maybe_note(None).maybe_full_title(None);
        assert_eq!(db.update_by_key::<Document>(row.id, changes).unwrap().note.as_deref(), Some("n"));
        let changes = DocumentChanges::default().maybe_note(Some("m".into())).maybe_full_title(Some("u".into()));
        let changed = db.update_by_key::<Document>(row.id, changes).unwrap();
        assert_eq!((changed.note.as_deref(), changed.full_title.as_str()), (Some("m"), "u"));
    }
}

#[test]
fn what_is_wrong_is_refused() {
    for (text, said) in [
        (r#"{"kind": 7}"#, "fullTitle"),
        (r#"{"fullTitle": null, "kind": 7}"#, "null"),
        (r#"{"fullTitle": "x", "kind": 7, "stage": null}"#, "null"),
        (r#"{"fullTitle": "x", "kind": 7, "stage": "FirstDraft"}"#, "first-draft, done!"),
        (r#"{"fullTitle": "x", "kind": "7"}"#, "i32"),
    ] {
        let error = new(text).unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
    let error = serde_json::from_str::<DocumentChanges>(r#"{"fullTitle": null}"#).unwrap_err();
    assert!(error.to_string().contains("null"), "{error}");
}
