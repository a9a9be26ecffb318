//! mizzle, as its README writes it.

use anyhow::Result;
use mizzle::prelude::*;

use super::{POOL_SIZE, Session};
use crate::data;
use crate::workload::Workload;
use crate::{dispatch, dispatch_trips};

#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "people")]
pub struct Person {
    #[column(primary_key, auto)]
    pub id: i64,
    pub name: String,
    #[column(unique)]
    pub email: String,
    pub nickname: Option<String>,
    pub age: i32,
    pub balance: f64,
    pub active: bool,
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "authors", has_many(posts = Post))]
pub struct Author {
    #[column(primary_key, auto)]
    pub id: i64,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "posts", index(author_id), has_many(comments = Comment))]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Author))]
    pub author_id: i64,
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "comments", index(post_id))]
pub struct Comment {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Post))]
    pub post_id: i64,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "wide")]
pub struct Wide {
    #[column(primary_key, auto)]
    pub id: i64,
    pub flag: bool,
    pub small: i16,
    pub number: i32,
    pub big: i64,
    pub maybe: Option<i64>,
    pub single: f32,
    pub real: f64,
    pub text: String,
    pub note: Option<String>,
    pub bytes: Vec<u8>,
    pub day: NaiveDate,
    pub at: NaiveDateTime,
    pub moment: DateTime<Utc>,
    pub token: Uuid,
    pub document: serde_json::Value,
    pub price: Decimal,
}

#[derive(Debug, Clone, PartialEq, View)]
#[view(
    name = "post_counts",
    sql = "SELECT author_id, count(*) AS posts FROM posts GROUP BY author_id"
)]
pub struct PostCount {
    pub author_id: i64,
    pub posts: i64,
}

mizzle::schema!(pub People = [Person, Author, Post, Comment, Wide, PostCount]);

#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "customers")]
pub struct Customer {
    #[column(primary_key, auto)]
    pub id: i64,
    pub company_name: String,
    pub contact_name: String,
    pub contact_title: String,
    pub address: String,
    pub city: String,
    pub postal_code: Option<String>,
    pub region: Option<String>,
    pub country: String,
    pub phone: String,
    pub fax: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "employees")]
pub struct Employee {
    #[column(primary_key, auto)]
    pub id: i64,
    pub last_name: String,
    pub first_name: Option<String>,
    pub title: String,
    pub title_of_courtesy: String,
    pub birth_date: NaiveDate,
    pub hire_date: NaiveDate,
    pub address: String,
    pub city: String,
    pub postal_code: String,
    pub country: String,
    pub home_phone: String,
    pub extension: i32,
    pub notes: String,
    #[column(references(Employee, as = recipient))]
    pub recipient_id: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "suppliers")]
pub struct Supplier {
    #[column(primary_key, auto)]
    pub id: i64,
    pub company_name: String,
    pub contact_name: String,
    pub contact_title: String,
    pub address: String,
    pub city: String,
    pub region: Option<String>,
    pub postal_code: String,
    pub country: String,
    pub phone: String,
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "products")]
pub struct Product {
    #[column(primary_key, auto)]
    pub id: i64,
    pub name: String,
    pub quantity_per_unit: String,
    pub unit_price: f64,
    pub units_in_stock: i32,
    pub units_on_order: i32,
    pub reorder_level: i32,
    pub discontinued: i32,
    #[column(references(Supplier))]
    pub supplier_id: i64,
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "orders", has_many(details = Detail))]
pub struct Order {
    #[column(primary_key, auto)]
    pub id: i64,
    pub order_date: NaiveDate,
    pub required_date: NaiveDate,
    pub shipped_date: Option<NaiveDate>,
    pub ship_via: i32,
    pub freight: f64,
    pub ship_name: String,
    pub ship_city: String,
    pub ship_region: Option<String>,
    pub ship_postal_code: Option<String>,
    pub ship_country: String,
    #[column(references(Customer))]
    pub customer_id: i64,
    #[column(references(Employee))]
    pub employee_id: i64,
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "details")]
pub struct Detail {
    #[column(primary_key, auto)]
    pub id: i64,
    pub unit_price: f64,
    pub quantity: i32,
    pub discount: f64,
    #[column(references(Order))]
    pub order_id: i64,
    #[column(references(Product))]
    pub product_id: i64,
}

mizzle::schema!(pub Northwind = [Customer, Employee, Supplier, Product, Order, Detail]);

/// Person number `number`, before it has a key.
pub fn new_person(number: i64) -> NewPerson {
    let data::Values { name, email, nickname, age, balance, active } = data::person(number);
    NewPerson::builder()
        .name(name)
        .email(email)
        .maybe_nickname(nickname)
        .age(age)
        .balance(balance)
        .active(active)
        .build()
}

struct Mizzle(Db);

pub fn connect(url: &str) -> Result<Box<dyn Session>> {
    Ok(Box::new(Mizzle(Db::builder(url).pool_size(POOL_SIZE).connect()?)))
}

impl Session for Mizzle {
    fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.0.execute_sql(sql)?)
    }

    fn run(&mut self, workload: Workload, times: u64) -> Result<u64> {
        if workload.is_about_trips() {
            return dispatch_trips!(workload, mizzle(&self.0, times));
        }
        dispatch!(workload, mizzle::run(&self.0, times))
    }
}
