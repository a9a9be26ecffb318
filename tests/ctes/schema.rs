//! The tables, and the rows in them.

use mizzle::prelude::*;

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Order {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(max_length = 20)]
    pub region: String,
    pub amount: Decimal,
    #[column(default = false)]
    pub large: bool,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Region {
    #[column(primary_key)]
    pub name: String,
    pub goal: Decimal,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Archived {
    #[column(primary_key)]
    pub id: i64,
    pub amount: Decimal,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Link {
    #[column(primary_key, auto)]
    pub id: i64,
    pub from_id: i64,
    pub to_id: i64,
}

mizzle::schema!(pub Shop = [Order, Region, Archived, Link]);

#[derive(Cte, Debug, Clone, PartialEq)]
pub struct RegionTotal {
    pub region: String,
    pub total: Option<Decimal>,
}

#[derive(Cte, Debug, Clone, PartialEq)]
pub struct TopRegion {
    pub region: String,
}

/// Has the name of a table.
#[derive(Cte, Debug, Clone, PartialEq)]
#[cte(name = "orders", module = few_orders)]
pub struct FewOrder {
    #[column(name = "id")]
    pub number: i64,
    pub amount: Decimal,
}

pub fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal number")
}

pub const ORDERS: [(&str, &str); 6] = [
    ("north", "9.5"),
    ("north", "10.00"),
    ("south", "100"),
    ("south", "-2"),
    ("west", "20.0"),
    ("east", "9.50"),
];

/// Fills the tables. The decimals sort differently as texts.
pub fn fill(db: &Db) {
    db.create_all::<Shop>().expect("the tables");
    db.insert_all(ORDERS.map(|(region, amount)| {
        NewOrder::builder().region(region).amount(decimal(amount)).build()
    }))
    .expect("the orders");
    db.insert_all(
        [("north", "9"), ("south", "1000"), ("west", "20.00")]
            .map(|(name, goal)| NewRegion::builder().name(name).goal(decimal(goal)).build()),
    )
    .expect("the regions");
}
