//! sqlx with its pools, on tokio's default runtime.

use std::str::FromStr;

use anyhow::Result;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::types::Decimal;
use sqlx::{Database, Decode, FromRow, PgPool, Postgres, Sqlite, SqlitePool, Type};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{POOL_SIZE, Session};
use crate::tasks::{self, Measured, Tasks};
use crate::workload::Workload;
use crate::{dispatch, dispatch_trips};

#[derive(Debug, Clone, FromRow)]
pub struct Person {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub nickname: Option<String>,
    pub age: i32,
    pub balance: f64,
    pub active: bool,
}

#[derive(FromRow)]
pub struct Author {
    pub id: i64,
    pub name: String,
}

#[derive(FromRow)]
pub struct Post {
    pub id: i64,
    pub author_id: i64,
    pub title: String,
}

#[derive(FromRow)]
pub struct Comment {
    pub id: i64,
    pub post_id: i64,
    pub text: String,
}

#[derive(FromRow)]
pub struct Wide {
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
    pub price: Exact,
}

/// sqlx reads no decimal from SQLite, so it is read from the text there.
pub struct Exact(pub Decimal);

impl Type<Sqlite> for Exact {
    fn type_info() -> <Sqlite as Database>::TypeInfo {
        <str as Type<Sqlite>>::type_info()
    }
}

impl<'r> Decode<'r, Sqlite> for Exact {
    fn decode(value: <Sqlite as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(<&str as Decode<'r, Sqlite>>::decode(value)?.parse()?))
    }
}

impl Type<Postgres> for Exact {
    fn type_info() -> <Postgres as Database>::TypeInfo {
        <Decimal as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for Exact {
    fn decode(value: <Postgres as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(Decimal::decode(value)?))
    }
}

#[derive(FromRow)]
pub struct Customer {
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

#[derive(FromRow)]
pub struct Employee {
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
    pub recipient_id: Option<i64>,
}

#[derive(FromRow)]
pub struct Supplier {
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

#[derive(FromRow)]
pub struct Product {
    pub id: i64,
    pub name: String,
    pub quantity_per_unit: String,
    pub unit_price: f64,
    pub units_in_stock: i32,
    pub units_on_order: i32,
    pub reorder_level: i32,
    pub discontinued: i32,
    pub supplier_id: i64,
}

#[derive(FromRow)]
pub struct Order {
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
    pub customer_id: i64,
    pub employee_id: i64,
}

/// Writes the code of a workload once for each of sqlx's pools: as `sqlite` and as `postgres`.
#[macro_export]
macro_rules! on_each_pool {
    (async fn run($on:ident, $times:ident $(, $more:ident: $type:ty)*) $body:block) => {
        pub async fn sqlite($on: &sqlx::SqlitePool, $($more: $type,)* $times: u64) -> anyhow::Result<u64> {
            #[allow(dead_code)]
            type Database = sqlx::Sqlite;
            $body
        }

        pub async fn postgres($on: &sqlx::PgPool, $($more: $type,)* $times: u64) -> anyhow::Result<u64> {
            #[allow(dead_code)]
            type Database = sqlx::Postgres;
            $body
        }
    };
}

/// The version of SQLite that sqlx, and SeaORM over it, are linked with.
pub fn sqlite_version() -> Result<String> {
    Runtime::new()?.block_on(async {
        let pool = SqlitePool::connect("sqlite::memory:").await?;
        Ok(sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&pool).await?)
    })
}

struct OnSqlite(Runtime, SqlitePool);
struct OnPostgres(Runtime, PgPool);

pub fn connect(url: &str) -> Result<Box<dyn Session>> {
    let runtime = Runtime::new()?;
    if !url.starts_with("sqlite") {
        let pool = runtime.block_on(
            sqlx::postgres::PgPoolOptions::new().max_connections(POOL_SIZE).connect(url),
        )?;
        return Ok(Box::new(OnPostgres(runtime, pool)));
    }
    let mut options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .busy_timeout(std::time::Duration::from_secs(30));
    let is_file = !url.contains(":memory:");
    if is_file {
        options =
            options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
    }
    let size = if is_file { POOL_SIZE } else { 1 };
    let pool =
        runtime.block_on(SqlitePoolOptions::new().max_connections(size).connect_with(options))?;
    Ok(Box::new(OnSqlite(runtime, pool)))
}

impl Session for OnSqlite {
    fn execute(&mut self, sql: &str) -> Result<()> {
        self.0.block_on(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&self.1))?;
        Ok(())
    }

    fn run(&mut self, workload: Workload, times: u64) -> Result<u64> {
        let pool = &self.1;
        self.0.block_on(async { dispatch!(workload, sqlx::sqlite(pool, times).await) })
    }

    fn run_tasks(&mut self, workload: Tasks, times: u64) -> Result<Measured> {
        self.0.block_on(tasks::run(&self.1, workload, times))
    }
}

impl Session for OnPostgres {
    fn execute(&mut self, sql: &str) -> Result<()> {
        self.0.block_on(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&self.1))?;
        Ok(())
    }

    fn run(&mut self, workload: Workload, times: u64) -> Result<u64> {
        let pool = &self.1;
        self.0.block_on(async {
            if workload.is_about_trips() {
                return dispatch_trips!(workload, sqlx(pool, times).await);
            }
            dispatch!(workload, sqlx::postgres(pool, times).await)
        })
    }

    fn run_tasks(&mut self, workload: Tasks, times: u64) -> Result<Measured> {
        self.0.block_on(tasks::run(&self.1, workload, times))
    }
}
