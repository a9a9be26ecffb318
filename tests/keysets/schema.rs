//! A table with columns of many types.

use mizzle::prelude::*;
use mizzle::{Cursor, KeysetOrder, KeysetPage};

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Song,
    Album,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(primary_key(shelf, number))]
pub struct Item {
    pub shelf: String,
    pub number: i32,
    pub name: Option<String>,
    pub rank: Option<i16>,
    pub weight: f64,
    pub price: Option<Decimal>,
    pub active: Option<bool>,
    pub day: Option<NaiveDate>,
    pub at: Option<DateTime<Utc>>,
    #[column(stored = unix_millis)]
    pub seen: Option<DateTime<Utc>>,
    #[column(stored = iso8601)]
    pub heard: Option<DateTime<Utc>>,
    pub token: Option<Uuid>,
    pub bytes: Option<Vec<u8>>,
    pub kind: Option<Kind>,
    pub time: Option<NaiveTime>,
    pub count: i64,
    pub reach: Option<f32>,
    pub local: Option<NaiveDateTime>,
    #[column(stored = unix_seconds)]
    pub since: Option<NaiveDateTime>,
    pub host: Option<Inet>,
    pub network: Option<Cidr>,
    pub length: Option<Interval>,
    pub meta: Option<serde_json::Value>,
}

mizzle::schema!(pub Store = [Item]);

/// Reads all pages forwards, then all pages backwards from the last one. Returns the keys on the pages of each way.
pub fn walk<O: KeysetOrder<Item> + Copy>(
    db: &Db,
    order: O,
    size: u64,
    between: &mut dyn FnMut(),
) -> (Vec<Key>, Vec<Key>) {
    let keyset = || Item::query().keyset(order);
    let mut forwards = Vec::new();
    // The same page of some columns has the same positions, though the order isn't selected. Its cursors go on, so that
    // the next page has a document as the database writes it, and not as the program does.
    let check = |page: &mut KeysetPage<Item>, from: Option<(bool, &Cursor)>| {
        let some = Item::query().select((items::shelf, items::number)).keyset(order);
        let some = match from {
            Some((true, cursor)) => some.after(cursor.clone()),
            Some((false, cursor)) => some.before(cursor.clone()),
            None => some,
        };
        let some: KeysetPage<Key> = some.page(db, size).unwrap();
        assert_eq!(some.items, page.items.iter().map(key).collect::<Vec<_>>());
        let has = |cursors: [&Option<Cursor>; 2]| cursors.map(Option::is_some);
        assert_eq!(has([&some.next, &some.previous]), has([&page.next, &page.previous]));
        if size.is_multiple_of(2) {
            (page.next, page.previous) = (some.next, some.previous);
        }
    };
    let mut page = keyset().page(db, size).unwrap();
    assert_eq!(page.previous, None);
    check(&mut page, None);
    loop {
        forwards.extend(page.items.iter().map(key));
        assert!(page.items.len() <= size as usize);
        let Some(next) = page.next else { break };
        between();
        page = keyset().after(again(&next)).page(db, size).unwrap();
        check(&mut page, Some((true, &next)));
    }
    let mut backwards: Vec<Key> = page.items.iter().rev().map(key).collect();
    while let Some(previous) = page.previous {
        page = keyset().before(again(&previous)).page(db, size).unwrap();
        check(&mut page, Some((false, &previous)));
        backwards.extend(page.items.iter().rev().map(key));
    }
    backwards.reverse();
    (forwards, backwards)
}

pub type Key = (String, i32);

pub fn key(item: &Item) -> Key {
    (item.shelf.clone(), item.number)
}

/// Through its text.
fn again(cursor: &Cursor) -> Cursor {
    cursor.to_string().parse().unwrap()
}
