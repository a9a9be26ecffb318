//! drizzle-rs over rusqlite, with statements that are prepared once if they run again, as its guide advises.

use std::fmt;

use anyhow::Result;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use drizzle::error::DrizzleError;
use drizzle::sqlite::prelude::*;
use drizzle::sqlite::traits::DrizzleSQLiteColumn;
use drizzle::sqlite::values::{SQLiteInsertValue, SQLiteUpdateValue};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Session, raw, sqlite_path};
use crate::workload::Workload;
use crate::workload::wide::Seconds;
use crate::{dispatch, unsupported};

#[SQLiteTable(name = "people")]
pub struct People {
    #[column(primary, autoincrement)]
    pub id: i64,
    pub name: String,
    #[column(unique)]
    pub email: String,
    pub nickname: Option<String>,
    pub age: i32,
    pub balance: f64,
    pub active: bool,
}

#[SQLiteTable(name = "authors")]
pub struct Authors {
    #[column(primary, autoincrement)]
    pub id: i64,
    pub name: String,
}

#[SQLiteTable(name = "posts")]
pub struct Posts {
    #[column(primary, autoincrement)]
    pub id: i64,
    #[column(references = Authors::id)]
    pub author_id: i64,
    pub title: String,
}

#[SQLiteTable(name = "comments")]
pub struct Comments {
    #[column(primary, autoincrement)]
    pub id: i64,
    #[column(references = Posts::id)]
    pub post_id: i64,
    pub text: String,
}

/// A view that is there already.
#[SQLiteView(EXISTING, NAME = "post_counts")]
pub struct PostCounts {
    pub author_id: i64,
    pub posts: i64,
}

#[SQLiteTable(name = "wide")]
pub struct Wide {
    #[column(primary, autoincrement)]
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
    pub at: At,
    pub moment: DateTime<Utc>,
    pub token: Uuid,
    pub document: Document,
    pub price: Exact,
}

/// A custom type for a column of text, if drizzle-rs has none or reads other text.
macro_rules! text_column {
    ($name:ident($type:ty), $parse:expr) => {
        #[derive(Clone, Debug)]
        pub struct $name(pub $type);

        impl DrizzleSQLiteColumn for $name {
            type SQLType = drizzle::sqlite::types::Text;

            const SQL_TYPE: &'static str = "TEXT";

            fn decode(value: SQLiteValueRef<'_>) -> Result<Self, DrizzleError> {
                let SQLiteValueRef::Text(text) = value else {
                    return Err(DrizzleError::ConversionError("the value is no text".into()));
                };
                let parsed = $parse(text);
                let failed = |error| DrizzleError::ConversionError(format!("{error}").into());
                parsed.map(Self).map_err(failed)
            }

            fn encode(&self) -> SQLiteValue<'_> {
                SQLiteValue::Text(self.0.to_string().into())
            }

            fn encode_owned(self) -> OwnedSQLiteValue {
                OwnedSQLiteValue::Text(self.0.to_string())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

text_column!(Document(serde_json::Value), serde_json::from_str);
text_column!(Exact(Decimal), str::parse);
text_column!(At(NaiveDateTime), |text| {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
});

impl Seconds for At {
    fn seconds(&self) -> i64 {
        self.0.seconds()
    }
}

#[SQLiteTable(name = "customers")]
pub struct Customers {
    #[column(primary, autoincrement)]
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

#[SQLiteTable(name = "employees")]
pub struct Employees {
    #[column(primary, autoincrement)]
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
    #[column(references = Employees::id)]
    pub recipient_id: Option<i64>,
}

#[SQLiteTable(name = "suppliers")]
pub struct Suppliers {
    #[column(primary, autoincrement)]
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

#[SQLiteTable(name = "products")]
pub struct Products {
    #[column(primary, autoincrement)]
    pub id: i64,
    pub name: String,
    pub quantity_per_unit: String,
    pub unit_price: f64,
    pub units_in_stock: i32,
    pub units_on_order: i32,
    pub reorder_level: i32,
    pub discontinued: i32,
    #[column(references = Suppliers::id)]
    pub supplier_id: i64,
}

#[SQLiteTable(name = "orders")]
pub struct Orders {
    #[column(primary, autoincrement)]
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
    #[column(references = Customers::id)]
    pub customer_id: i64,
    #[column(references = Employees::id)]
    pub employee_id: i64,
}

#[SQLiteTable(name = "details")]
pub struct Details {
    #[column(primary, autoincrement)]
    pub id: i64,
    pub unit_price: f64,
    pub quantity: i32,
    pub discount: f64,
    #[column(references = Orders::id)]
    pub order_id: i64,
    #[column(references = Products::id)]
    pub product_id: i64,
}

#[derive(SQLiteSchema)]
pub struct Tables {
    pub people: People,
    pub authors: Authors,
    pub posts: Posts,
    pub comments: Comments,
    pub post_counts: PostCounts,
    pub wide: Wide,
    pub customers: Customers,
    pub employees: Employees,
    pub suppliers: Suppliers,
    pub products: Products,
    pub orders: Orders,
    pub details: Details,
}

/// The rows of the tables, which drizzle-rs names after these.
pub type Customer = SelectCustomers;
pub type Employee = SelectEmployees;
pub type Supplier = SelectSuppliers;
pub type Product = SelectProducts;

/// Person number `number`, before it has a key.
#[macro_export]
macro_rules! drizzle_person {
    ($number:expr) => {{
        let values = $crate::data::person($number);
        $crate::peer::drizzle_orm::InsertPeople::new(
            values.name,
            values.email,
            values.age,
            values.balance,
            values.active,
        )
        .with_nickname($crate::peer::drizzle_orm::inserted(values.nickname))
    }};
}

/// A text or NULL in a new row; left out, it would result in a row of another type.
pub fn inserted<'a>(value: Option<String>) -> SQLiteInsertValue<'a, SQLiteValue<'a>, String> {
    value.map_or(SQLiteInsertValue::Null, SQLiteInsertValue::from)
}

/// A text or NULL for an existing row.
pub fn updated<'a>(value: Option<String>) -> SQLiteUpdateValue<'a, SQLiteValue<'a>, String> {
    value.map_or(SQLiteUpdateValue::Null, SQLiteUpdateValue::from)
}

pub struct Drizzle {
    pub db: drizzle::sqlite::rusqlite::Drizzle<Tables>,
    pub tables: Tables,
}

pub fn connect(url: &str) -> Result<Box<dyn Session>> {
    let Some(path) = sqlite_path(url) else {
        return unsupported("its tables are of one database, which is SQLite here");
    };
    let (db, tables) =
        drizzle::sqlite::rusqlite::Drizzle::new(raw::open_sqlite(path)?, Tables::new());
    Ok(Box::new(Drizzle { db, tables }))
}

impl Session for Drizzle {
    fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.db.conn().execute_batch(sql)?)
    }

    fn run(&mut self, workload: Workload, times: u64) -> Result<u64> {
        dispatch!(workload, drizzle::run(self, times))
    }
}
