//! Toasty, on tokio's default runtime.

use anyhow::Result;
use toasty::{Deferred, Model};
use tokio::runtime::Runtime;

use super::{POOL_SIZE, Session, sqlite_path};
use crate::tasks::{self, Measured, Tasks};
use crate::workload::Workload;
use crate::{dispatch, dispatch_trips, unsupported};

#[derive(Debug, Model)]
#[table = "people"]
pub struct Person {
    #[key]
    #[auto]
    pub id: i64,
    pub name: String,
    #[unique]
    pub email: String,
    pub nickname: Option<String>,
    pub age: i32,
    pub balance: f64,
    #[index]
    pub active: bool,
}

/// Its relations want keys without a sign: it panics on preloading by others.
#[derive(Debug, Model)]
#[table = "authors"]
pub struct Author {
    #[key]
    #[auto]
    pub id: u64,
    pub name: String,
    #[has_many]
    pub posts: Deferred<Vec<Post>>,
}

#[derive(Debug, Model)]
#[table = "posts"]
pub struct Post {
    #[key]
    #[auto]
    pub id: u64,
    #[index]
    pub author_id: u64,
    #[belongs_to(key = author_id, references = id)]
    pub author: Deferred<Author>,
    pub title: String,
    #[has_many]
    pub comments: Deferred<Vec<Comment>>,
}

#[derive(Debug, Model)]
#[table = "comments"]
pub struct Comment {
    #[key]
    #[auto]
    pub id: u64,
    #[index]
    pub post_id: u64,
    #[belongs_to(key = post_id, references = id)]
    pub post: Deferred<Post>,
    pub text: String,
}

/// A view: Toasty wants a key.
#[derive(Debug, Model)]
#[table = "post_counts"]
pub struct PostCount {
    #[key]
    pub author_id: i64,
    #[index]
    pub posts: i64,
}

/// The document's column has another type on PostgreSQL, which makes no difference for reading.
#[derive(Debug, Model)]
#[table = "wide"]
pub struct Wide {
    #[key]
    #[auto]
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
    pub day: jiff::civil::Date,
    pub at: jiff::civil::DateTime,
    pub moment: jiff::Timestamp,
    pub token: uuid::Uuid,
    #[column(type = text)]
    pub document: serde_json::Value,
    pub price: rust_decimal::Decimal,
}

#[derive(Debug, Model)]
#[table = "customers"]
pub struct Customer {
    #[key]
    #[auto]
    pub id: u64,
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

#[derive(Debug, Model)]
#[table = "employees"]
pub struct Employee {
    #[key]
    #[auto]
    pub id: u64,
    pub last_name: String,
    pub first_name: Option<String>,
    pub title: String,
    pub title_of_courtesy: String,
    pub birth_date: jiff::civil::Date,
    pub hire_date: jiff::civil::Date,
    pub address: String,
    pub city: String,
    pub postal_code: String,
    pub country: String,
    pub home_phone: String,
    pub extension: i32,
    pub notes: String,
    #[index]
    pub recipient_id: Option<u64>,
    #[belongs_to(key = recipient_id, references = id)]
    pub recipient: Deferred<Option<Employee>>,
}

#[derive(Debug, Model)]
#[table = "suppliers"]
pub struct Supplier {
    #[key]
    #[auto]
    pub id: u64,
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

#[derive(Debug, Model)]
#[table = "products"]
pub struct Product {
    #[key]
    #[auto]
    pub id: u64,
    pub name: String,
    pub quantity_per_unit: String,
    pub unit_price: f64,
    pub units_in_stock: i32,
    pub units_on_order: i32,
    pub reorder_level: i32,
    pub discontinued: i32,
    #[index]
    pub supplier_id: u64,
    #[belongs_to(key = supplier_id, references = id)]
    pub supplier: Deferred<Supplier>,
}

#[derive(Debug, Model)]
#[table = "orders"]
pub struct Order {
    #[key]
    #[auto]
    pub id: u64,
    pub order_date: jiff::civil::Date,
    pub required_date: jiff::civil::Date,
    pub shipped_date: Option<jiff::civil::Date>,
    pub ship_via: i32,
    pub freight: f64,
    pub ship_name: String,
    pub ship_city: String,
    pub ship_region: Option<String>,
    pub ship_postal_code: Option<String>,
    pub ship_country: String,
    pub customer_id: u64,
    pub employee_id: u64,
    #[has_many]
    pub details: Deferred<Vec<Detail>>,
}

#[derive(Debug, Model)]
#[table = "details"]
pub struct Detail {
    #[key]
    #[auto]
    pub id: u64,
    pub unit_price: f64,
    pub quantity: i32,
    pub discount: f64,
    #[index]
    pub order_id: u64,
    #[belongs_to(key = order_id, references = id)]
    pub order: Deferred<Order>,
    #[index]
    pub product_id: u64,
    #[belongs_to(key = product_id, references = id)]
    pub product: Deferred<Product>,
}

/// A builder for person number `number`.
#[macro_export]
macro_rules! toasty_person {
    ($number:expr) => {{
        let values = $crate::data::person($number);
        toasty::create!($crate::peer::toasty_orm::Person {
            name: values.name,
            email: values.email,
            nickname: values.nickname,
            age: values.age,
            balance: values.balance,
            active: values.active,
        })
    }};
}

/// Toasty knows a server's socket only as a parameter of the URL.
fn with_socket(url: &str) -> String {
    let parts = url.split_once("@%2F").and_then(|(before, after)| {
        let (folder, after) = after.split_once(':')?;
        Some((before, folder.replace("%2F", "/"), after))
    });
    let Some((before, folder, after)) = parts else { return url.to_owned() };
    format!("{before}@localhost:{after}?host=/{folder}")
}

/// Why it has only one connection to SQLite, and does no work of several threads there.
pub const NO_POOL: &str = "on SQLite it can't set the pragmas of every connection";

pub fn is_sqlite(db: &toasty::Db) -> bool {
    db.capability().driver_name == "SQLite"
}

struct Toasty(Runtime, toasty::Db);

pub fn connect(url: &str) -> Result<Box<dyn Session>> {
    let runtime = Runtime::new()?;
    let mut builder = toasty::Db::builder();
    builder.models(toasty::models!(
        Author, Person, PostCount, Wide, Customer, Employee, Product, Order
    ));
    let Some(path) = sqlite_path(url) else {
        builder.max_pool_size(POOL_SIZE as usize);
        let db = runtime.block_on(builder.connect(&with_socket(url)))?;
        return Ok(Box::new(Toasty(runtime, db)));
    };
    // With the pragmas of `connect`, which it can't be told to set on every connection.
    builder.max_pool_size(1);
    let mut db = runtime.block_on(builder.connect(url))?;
    if path != ":memory:" {
        for sql in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"] {
            runtime.block_on(toasty::sql::query(sql).exec(&mut db))?;
        }
    }
    Ok(Box::new(Toasty(runtime, db)))
}

impl Session for Toasty {
    fn execute(&mut self, sql: &str) -> Result<()> {
        self.0.block_on(toasty::sql::statement(sql).exec(&mut self.1))?;
        Ok(())
    }

    fn run(&mut self, workload: Workload, times: u64) -> Result<u64> {
        let db = &mut self.1;
        self.0.block_on(async {
            if workload.is_about_trips() {
                return dispatch_trips!(workload, toasty(db, times).await);
            }
            dispatch!(workload, toasty::run(db, times).await)
        })
    }

    fn run_tasks(&mut self, workload: Tasks, times: u64) -> Result<Measured> {
        if is_sqlite(&self.1) {
            return unsupported(NO_POOL);
        }
        self.0.block_on(tasks::run(&self.1, workload, times))
    }
}
