//! Async calls on the engine of D1.

use std::time::Duration;

use mizzle::batch;
use mizzle::prelude::*;
use test_support::{d1, is_d1};

#[derive(Table, Debug, Clone, PartialEq)]
struct Note {
    #[column(primary_key)]
    id: i64,
    text: String,
}

mizzle::schema!(Notes = [Note]);

fn note(id: i64) -> Note {
    Note { id, text: format!("note {id}") }
}

#[tokio::test]
async fn calls_are_those_of_a_db() {
    if !is_d1() {
        return;
    }
    let db = d1::builder(&d1::fresh_url()).connect_async().await.unwrap();
    db.create_all::<Notes>().await.unwrap();
    let rows: Vec<Note> = (0..100).map(|id| note(i64::MAX - id)).collect();
    assert_eq!(db.insert_all(&rows).await.unwrap(), 100);
    let (all, some, count) = tokio::try_join!(
        Note::query().order_by(notes::id.desc()).all(&db),
        db.find::<Note>(i64::MAX - 7),
        Note::query().count(&db),
    )
    .unwrap();
    assert_eq!((all, some, count), (rows, Some(note(i64::MAX - 7)), 100));
    let batch = (batch::insert(note(1)), batch::insert(note(1)));
    assert!(db.batch(batch).await.unwrap_err().is_unique_violation());
    assert_eq!(Note::query().count(&db).await.unwrap(), 100);
    assert!(db.begin().await.is_err());
}

#[tokio::test]
async fn a_dropped_call_leaves_the_connection_usable() {
    if !is_d1() {
        return;
    }
    let builder = d1::builder(&d1::fresh_url()).pool_size(1);
    let db = builder.connect_async().await.unwrap();
    db.create_all::<Notes>().await.unwrap();
    for id in 0..5 {
        let insert = db.insert(note(id));
        // Whether it was done by then is not known.
        let _ = tokio::time::timeout(Duration::from_micros(id as u64 * 500), insert).await;
        assert!(Note::query().count(&db).await.unwrap() <= 5);
    }
    db.insert(note(100)).await.unwrap();
}
