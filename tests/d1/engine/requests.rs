//! How many requests the calls of a program take, which benches/RESULTS.md shows.

use mizzle::prelude::*;
use mizzle::{Db, Result, batch};
use test_support::{d1, is_d1};

#[derive(Table, Debug, Clone)]
#[table(has_many(parts = Part), has_many(labels = Label))]
struct Item {
    #[column(primary_key)]
    id: i64,
    name: String,
    count: i32,
    price: f64,
    note: Option<String>,
}

#[derive(Table, Debug, Clone)]
#[table(has_many(screws = Screw))]
struct Part {
    #[column(primary_key)]
    id: i64,
    #[column(references(Item))]
    item_id: i64,
}

#[derive(Table, Debug, Clone)]
struct Screw {
    #[column(primary_key)]
    id: i64,
    #[column(references(Part))]
    part_id: i64,
}

#[derive(Table, Debug, Clone)]
struct Label {
    #[column(primary_key)]
    id: i64,
    #[column(references(Item))]
    item_id: i64,
}

mizzle::schema!(Store = [Item, Part, Screw, Label]);

fn item(id: i64) -> Item {
    Item { id, name: format!("item {id}"), count: 1, price: 0.5, note: None }
}

#[test]
fn are_those_of_the_results_page() {
    if !is_d1() {
        return;
    }
    let url = d1::fresh_url();
    let db = d1::builder(&url).connect().unwrap();
    db.create_all::<Store>().unwrap();
    let mut measured = Vec::new();
    let mut measure = |what: &'static str, call: &dyn Fn(&Db) -> Result<()>| {
        let before = d1::requests(&url);
        call(&db).unwrap();
        measured.push((what, d1::requests(&url) - before));
    };
    let rows: Vec<Item> = (1..=1000).map(item).collect();
    measure("`insert_all` of 1,000 rows of 5 columns", &|db| db.insert_all(&rows).map(drop));
    db.insert_all((1..=80).map(|id| Part { id, item_id: id }).collect::<Vec<_>>()).unwrap();
    db.insert_all((1..=80).map(|id| Label { id, item_id: id }).collect::<Vec<_>>()).unwrap();
    db.insert_all((1..=80).map(|id| Screw { id, part_id: id }).collect::<Vec<_>>()).unwrap();
    measure("`find`", &|db| db.get::<Item>(1).map(drop));
    measure("a row by its primary key, with two relations", &|db| {
        let query = Item::query().with(Item::parts()).with(Item::labels());
        query.find(1).one(db).map(|row| assert_eq!((row.parts.len(), row.labels.len()), (1, 1)))
    });
    measure("50 rows with two relations", &|db| {
        let query = Item::query().with(Item::parts()).with(Item::labels());
        query.order_by(items::id).limit(50).all(db).map(|rows| assert_eq!(rows.len(), 50))
    });
    measure("50 rows with relations of two levels", &|db| {
        let query = Item::query().with(Item::parts().with(Part::screws())).with(Item::labels());
        query.order_by(items::id).limit(50).all(db).map(|rows| assert_eq!(rows.len(), 50))
    });
    measure("a page and the number of all rows", &|db| {
        Item::query().order_by(items::id).page(db, 1, 10).map(drop)
    });
    measure("two updates, all or nothing", &|db| {
        db.batch((batch::update(&rows[0]), batch::update(&rows[1]))).map(drop)
    });
    let page = include_str!("../../../benches/RESULTS.md");
    let (_, table) = page.split_once("## Requests to Cloudflare D1\n").unwrap();
    let (_, table) = table.split_once("|---|---:|---:|\n").unwrap();
    let shown: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    assert_eq!(shown.len(), measured.len(), "{measured:?}");
    for (line, (what, requests)) in shown.iter().zip(&measured) {
        assert!(
            line.starts_with(&format!("| {what} | {requests} | ")),
            "{what}: {requests}\n{line}"
        );
    }
}
