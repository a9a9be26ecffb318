//! Each of these is wrong.

#![expect(dead_code, reason = "it is checked, and not run")]

use mizzle::prelude::*;

use super::schema::*;

#[derive(Row)]
struct Named {
    id: i64,
    name: String,
}

fn an_unknown_column(db: &Db) -> mizzle::Result<u64> {
    sql!("UPDATE customers SET nmae = {1_i64} WHERE id = {2_i64}").execute(db)
}

fn words_of_one_database(db: &Db) -> mizzle::Result<Vec<Sale>> {
    sql!("SELECT * FROM sales FOR UPDATE").all(db)
}

fn a_null_without_an_option(db: &Db) -> mizzle::Result<Vec<Named>> {
    sql!(Named, "SELECT id, name FROM customers").all(db)
}

fn a_row_that_may_be_missing(db: &Db) -> mizzle::Result<Vec<(String, i64)>> {
    sql!(
        (String, i64),
        "SELECT email, cents FROM customers c LEFT JOIN sales ON customer_id = c.id"
    )
    .all(db)
}

fn other_types(db: &Db) -> mizzle::Result<Vec<(i32, Uuid)>> {
    sql!((i32, Uuid), "SELECT cents, at FROM sales").all(db)
}

fn another_column(db: &Db) -> mizzle::Result<Vec<Named>> {
    sql!(Named, "SELECT id, email AS name, 1 AS one FROM customers").all(db)
}

fn no_such_function(db: &Db) -> mizzle::Result<Vec<Customer>> {
    Customer::query().filter(sql!("lenght(email) > {1_i64}")).all(db)
}

fn a_name_as_a_value(db: &Db, table: &str) -> mizzle::Result<i64> {
    sql!("SELECT count(*) FROM {table}").one(db)
}
