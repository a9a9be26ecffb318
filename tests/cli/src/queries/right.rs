//! Nothing is wrong here.

#![expect(dead_code, reason = "it is checked, and not run")]

use mizzle::Sql;
use mizzle::prelude::*;

use super::schema::*;

#[derive(Row)]
struct Total {
    email: String,
    cents: Option<i64>,
}

fn since(at: &DateTime<Utc>) -> Sql<'_> {
    sql!("s.at >= {*at}")
}

fn newest_first() -> Sql<'static> {
    sql!("ORDER BY s.at DESC, {#sales::id}")
}

fn queries(db: &Db, now: DateTime<Utc>, ids: &[i64], name: &str) -> mizzle::Result<()> {
    let (since, order) = (since(&now), newest_first());
    sql!(
        Total,
        "SELECT c.email, s.cents FROM customers c LEFT JOIN sales s ON s.customer_id = c.id"
    )
    .all(db)?;
    sql!(Sale, "SELECT * FROM sales s WHERE {since} AND s.id IN ({..ids}) {order}").all(db)?;
    sql!("UPDATE customers SET name = {name} WHERE id = {ids[0]}").execute(db)?;
    Customer::query().filter(sql!("length(email) > {7_i32}")).all(db)?;
    Ok(())
}
