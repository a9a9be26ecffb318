//! A query that doesn't return the columns of the CTE, and a CTE that is used like a table.

use mizzle::dsl::decimal::sum;
use mizzle::prelude::*;

#[derive(Table)]
struct Order {
    #[column(primary_key, auto)]
    id: i64,
    region: String,
    amount: Decimal,
}

#[derive(Table)]
struct Shop {
    #[column(primary_key, auto)]
    id: i64,
}

#[derive(Cte)]
struct RegionTotal {
    region: String,
    total: Decimal,
}

#[derive(Cte)]
struct Number {
    n: i64,
}

fn main() {
    // The sum may be NULL.
    let _ = RegionTotal::with(
        orders::table.group_by(orders::region).select((orders::region, sum(orders::amount))),
    );
    let _ = RegionTotal::with(orders::table.select((orders::amount, orders::region)));
    let _ = Number::with(orders::table.select((orders::id, orders::id)));
    let _ = Number::recursive(
        orders::table.select(orders::id),
        numbers::table.select(numbers::n.nullable()),
    );
    let numbers = || Number::with(orders::table.select(orders::id));
    let _ = numbers().then(numbers::table.filter(orders::id.eq(1)));
    let of_another = numbers().exists(numbers::table.filter(numbers::n.eq(shops::id)));
    let _ = Order::query().filter(of_another);
    let _ = Order::query().filter(orders::region.eq_any(numbers().then(numbers::table)));
}
