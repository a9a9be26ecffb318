//! The raw drivers: rusqlite with its cache of statements, postgres with a cache by hand.

use std::collections::HashMap;

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use postgres::{Client, NoTls, Row as PgRow, Statement};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, Row};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Session, sqlite_path};
use crate::workload::Workload;
use crate::{dispatch, dispatch_trips};

pub struct Person {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub nickname: Option<String>,
    pub age: i32,
    pub balance: f64,
    pub active: bool,
}

pub const PERSON: &str = "id, name, email, nickname, age, balance, active";
pub const UPDATE: &str = "UPDATE people SET name = $1, email = $2, nickname = $3, age = $4, balance = $5, active = $6 WHERE id = $7";

impl Person {
    pub fn from_sqlite(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            email: row.get(2)?,
            nickname: row.get(3)?,
            age: row.get(4)?,
            balance: row.get(5)?,
            active: row.get(6)?,
        })
    }

    pub fn from_postgres(row: &PgRow) -> Self {
        Self {
            id: row.get(0),
            name: row.get(1),
            email: row.get(2),
            nickname: row.get(3),
            age: row.get(4),
            balance: row.get(5),
            active: row.get(6),
        }
    }
}

pub struct Author {
    pub id: i64,
    pub name: String,
}

pub struct Post {
    pub id: i64,
    pub author_id: i64,
    pub title: String,
}

pub struct Comment {
    pub id: i64,
    pub post_id: i64,
    pub text: String,
}

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
    pub price: Decimal,
}

/// A decimal that SQLite holds as text.
pub struct Exact(pub Decimal);

impl FromSql for Exact {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_str()?.parse();
        number.map(Self).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

/// A row of one table, as both drivers read it.
pub trait FromRow: Sized {
    const TABLE: &'static str;
    /// `id, name, …`
    const COLUMNS: &'static str;
    const WIDTH: usize;

    /// Reads it from the columns that begin with `first`.
    fn from_sqlite(row: &Row<'_>, first: usize) -> rusqlite::Result<Self>;
    fn from_postgres(row: &PgRow, first: usize) -> Self;
}

macro_rules! rows {
    ($($(#[$attribute:meta])* $row:ident of $table:literal { $($column:ident: $type:ty,)* })*) => {
        $(
            $(#[$attribute])*
            pub struct $row {
                $(pub $column: $type,)*
            }

            impl FromRow for $row {
                const TABLE: &'static str = $table;
                const COLUMNS: &'static str = {
                    const LIST: &str = concat!($(", ", $table, ".", stringify!($column)),*);
                    LIST.split_at(2).1
                };
                const WIDTH: usize = [$(stringify!($column)),*].len();

                fn from_sqlite(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
                    let mut columns = first..;
                    Ok(Self { $($column: row.get(columns.next().expect("endless"))?,)* })
                }

                fn from_postgres(row: &PgRow, first: usize) -> Self {
                    let mut columns = first..;
                    Self { $($column: row.get(columns.next().expect("endless")),)* }
                }
            }
        )*
    };
}

rows! {
    Customer of "customers" {
        id: i64,
        company_name: String,
        contact_name: String,
        contact_title: String,
        address: String,
        city: String,
        postal_code: Option<String>,
        region: Option<String>,
        country: String,
        phone: String,
        fax: Option<String>,
    }
    Employee of "employees" {
        id: i64,
        last_name: String,
        first_name: Option<String>,
        title: String,
        title_of_courtesy: String,
        birth_date: NaiveDate,
        hire_date: NaiveDate,
        address: String,
        city: String,
        postal_code: String,
        country: String,
        home_phone: String,
        extension: i32,
        notes: String,
        recipient_id: Option<i64>,
    }
    Supplier of "suppliers" {
        id: i64,
        company_name: String,
        contact_name: String,
        contact_title: String,
        address: String,
        city: String,
        region: Option<String>,
        postal_code: String,
        country: String,
        phone: String,
    }
    Product of "products" {
        id: i64,
        name: String,
        quantity_per_unit: String,
        unit_price: f64,
        units_in_stock: i32,
        units_on_order: i32,
        reorder_level: i32,
        discontinued: i32,
        supplier_id: i64,
    }
    Order of "orders" {
        id: i64,
        order_date: NaiveDate,
        required_date: NaiveDate,
        shipped_date: Option<NaiveDate>,
        ship_via: i32,
        freight: f64,
        ship_name: String,
        ship_city: String,
        ship_region: Option<String>,
        ship_postal_code: Option<String>,
        ship_country: String,
        customer_id: i64,
        employee_id: i64,
    }
    Detail of "details" {
        id: i64,
        unit_price: f64,
        quantity: i32,
        discount: f64,
        order_id: i64,
        product_id: i64,
    }
}

impl Sqlite {
    /// Runs a query and reads its rows.
    pub fn query<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_map(parameters, read)?.collect::<Result<Vec<_>, _>>()?)
    }
}

/// Runs a write that returns its row, to its end: SQLite commits a statement that is left after its first row, but then
/// never moves the log into the database's file, which the others would have to do alone.
pub fn written(
    statement: &mut rusqlite::Statement<'_>,
    values: impl rusqlite::Params,
) -> Result<Person> {
    let mut rows = statement.query(values)?;
    let person = Person::from_sqlite(rows.next()?.context("the row is not given back")?)?;
    while rows.next()?.is_some() {}
    Ok(person)
}

impl Postgres {
    pub fn query<T>(
        &mut self,
        sql: &str,
        parameters: &[&(dyn postgres::types::ToSql + Sync)],
        read: impl FnMut(&PgRow) -> T,
    ) -> Result<Vec<T>> {
        let statement = self.cached.prepare(sql)?;
        Ok(self.cached.client.query(&statement, parameters)?.iter().map(read).collect())
    }
}

/// Opens SQLite like mizzle, and like its other peers are told to.
pub fn open_sqlite(path: &str) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(30))?;
    connection.execute_batch("PRAGMA foreign_keys = ON")?;
    if path != ":memory:" {
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?;
    }
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A client and its prepared statements.
pub struct Cached {
    pub client: Client,
    statements: HashMap<String, Statement>,
}

impl Cached {
    pub fn connect(url: &str) -> Result<Self> {
        Ok(Self { client: Client::connect(url, NoTls)?, statements: HashMap::new() })
    }

    pub fn prepare(&mut self, sql: &str) -> Result<Statement, postgres::Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// A connection, and how to open more like it.
pub struct Sqlite {
    pub connection: Connection,
    pub path: String,
    /// A connection for each thread of the workloads that have several.
    pub more: Vec<Connection>,
}

pub struct Postgres {
    pub cached: Cached,
    pub url: String,
    pub more: Vec<Cached>,
}

pub fn connect(url: &str) -> Result<Box<dyn Session>> {
    Ok(match sqlite_path(url) {
        Some(path) => Box::new(Sqlite {
            connection: open_sqlite(path)?,
            path: path.to_owned(),
            more: Vec::new(),
        }),
        None => Box::new(Postgres {
            cached: Cached::connect(url)?,
            url: url.to_owned(),
            more: Vec::new(),
        }),
    })
}

impl Session for Sqlite {
    fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.connection.execute_batch(sql)?)
    }

    fn run(&mut self, workload: Workload, times: u64) -> Result<u64> {
        dispatch!(workload, raw::sqlite(self, times))
    }
}

impl Session for Postgres {
    fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.cached.client.batch_execute(sql)?)
    }

    fn run(&mut self, workload: Workload, times: u64) -> Result<u64> {
        if workload.is_about_trips() {
            return dispatch_trips!(workload, raw(self, times));
        }
        dispatch!(workload, raw::postgres(self, times))
    }
}
