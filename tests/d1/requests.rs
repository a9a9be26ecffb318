//! How many requests a call takes.

use mizzle::prelude::*;

use crate::server::{Server, well};

#[derive(Table, Debug, Clone)]
struct Item {
    #[column(primary_key)]
    id: i64,
    name: String,
    count: i32,
    price: f64,
    note: Option<String>,
}

fn item(id: i64) -> Item {
    Item { id, name: format!("item {id}"), count: 1, price: 0.5, note: None }
}

#[test]
fn connecting_takes_none() {
    let server = Server::start(vec![], well());
    server.db();
    assert_eq!(server.count(), 0);
}

#[test]
fn many_rows_take_one() {
    let server = Server::start(vec![], well());
    let db = server.db();
    let rows: Vec<Item> = (0..1000).map(item).collect();
    db.insert_all(&rows).unwrap();
    let requests = server.take();
    assert_eq!(requests.len(), 1);
    // 20 rows of 5 columns each.
    assert_eq!(requests[0].body.matches("INSERT INTO").count(), 50);
}

#[test]
fn too_many_rows_are_refused_before_anything_is_sent() {
    let server = Server::start(vec![], well());
    let rows: Vec<Item> = (0..20_000).map(item).collect();
    let failed = server.db().insert_all(&rows).unwrap_err();
    assert!(failed.to_string().contains("1000 statements"), "{failed}");
    assert!(failed.troubleshooting()[0].contains("several calls"), "{failed:?}");
    assert_eq!(server.count(), 0);
}

#[test]
fn a_batch_takes_one() {
    let server = Server::start(vec![], well());
    let db = server.db();
    let (one, two) = (item(1), item(2));
    db.batch((mizzle::batch::update(&one), mizzle::batch::update(&two))).unwrap();
    assert_eq!(server.count(), 1);
}

#[test]
fn integers_and_bytes_are_sent_exactly() {
    let server = Server::start(vec![], well());
    let db = server.db();
    db.update_by_key::<Item>(
        i64::MAX,
        ItemChanges { name: Some("a'b\"c".into()), ..Default::default() },
    )
    .ok();
    let body = &server.take()[0].body;
    assert!(body.contains("9223372036854775807"), "{body}");
    assert!(body.contains(r#""params":["a'b\"c"]"#), "{body}");
}
