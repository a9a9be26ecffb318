//! The tables of these tests.

use mizzle::prelude::*;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(notes = Note))]
pub struct Item {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
    pub rank: Option<i32>,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Note {
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Item), index)]
    pub item_id: i64,
    pub text: String,
}

mizzle::schema!(pub Store = [Item, Note]);

pub fn item(id: i64) -> Item {
    Item { id, name: format!("item {id}"), rank: (id % 3 != 0).then_some((id % 7) as i32) }
}

/// Creates the tables with some items, and with two notes for each second item.
pub fn store(db: &Db, count: i64) {
    db.create_all::<Store>().unwrap();
    let items: Vec<NewItem> = (1..=count)
        .map(|id| {
            let Item { id, name, rank } = item(id);
            NewItem { id, name, rank }
        })
        .collect();
    db.insert_all(items).unwrap();
    let notes: Vec<NewNote> = (1..=count)
        .filter(|id| id % 2 == 0)
        .flat_map(|item_id| {
            [0, 1].map(|second| NewNote {
                id: 2 * item_id + second,
                item_id,
                text: format!("note {second} of {item_id}"),
            })
        })
        .collect();
    db.insert_all(notes).unwrap();
}
