//! diesel as its guides write it, and as tuned as it allows.

use anyhow::Result;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};

use super::{POOL_SIZE, Session, sqlite_path};
use crate::data;
use crate::workload::Workload;
use crate::{dispatch, dispatch_trips};

diesel::table! {
    people (id) {
        id -> BigInt,
        name -> Text,
        email -> Text,
        nickname -> Nullable<Text>,
        age -> Integer,
        balance -> Double,
        active -> Bool,
    }
}

diesel::table! {
    authors (id) {
        id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    posts (id) {
        id -> BigInt,
        author_id -> BigInt,
        title -> Text,
    }
}

diesel::table! {
    comments (id) {
        id -> BigInt,
        post_id -> BigInt,
        text -> Text,
    }
}

diesel::joinable!(posts -> authors (author_id));
diesel::joinable!(comments -> posts (post_id));
diesel::allow_tables_to_appear_in_same_query!(authors, posts, comments);

/// The types in the table `wide` that differ in diesel's backends.
pub mod wide_sqlite {
    diesel::table! {
        wide (id) {
            id -> BigInt,
            flag -> Bool,
            small -> SmallInt,
            number -> Integer,
            big -> BigInt,
            maybe -> Nullable<BigInt>,
            single -> Float,
            real -> Double,
            text -> Text,
            note -> Nullable<Text>,
            bytes -> Binary,
            day -> Date,
            at -> Timestamp,
            moment -> TimestamptzSqlite,
            token -> Binary,
            document -> Text,
            price -> Text,
        }
    }
}

pub mod wide_postgres {
    diesel::table! {
        wide (id) {
            id -> BigInt,
            flag -> Bool,
            small -> SmallInt,
            number -> Integer,
            big -> BigInt,
            maybe -> Nullable<BigInt>,
            single -> Float,
            real -> Double,
            text -> Text,
            note -> Nullable<Text>,
            bytes -> Binary,
            day -> Date,
            at -> Timestamp,
            moment -> Timestamptz,
            token -> Uuid,
            document -> Jsonb,
            price -> Numeric,
        }
    }
}

diesel::table! {
    post_counts (author_id) {
        author_id -> BigInt,
        posts -> BigInt,
    }
}

#[derive(Queryable, QueryableByName, Selectable, AsChangeset, Identifiable)]
#[diesel(table_name = people)]
#[diesel(treat_none_as_null = true)]
pub struct Person {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub nickname: Option<String>,
    pub age: i32,
    pub balance: f64,
    pub active: bool,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = people)]
#[diesel(treat_none_as_null = true)]
pub struct NewPerson {
    pub name: String,
    pub email: String,
    pub nickname: Option<String>,
    pub age: i32,
    pub balance: f64,
    pub active: bool,
}

pub fn new_person(number: i64) -> NewPerson {
    let data::Values { name, email, nickname, age, balance, active } = data::person(number);
    NewPerson { name, email, nickname, age, balance, active }
}

/// With NULL for a missing value instead of the column's default, so that all rows fit one statement.
#[derive(Insertable)]
#[diesel(table_name = people)]
#[diesel(treat_none_as_default_value = false)]
pub struct TunedPerson {
    pub name: String,
    pub email: String,
    pub nickname: Option<String>,
    pub age: i32,
    pub balance: f64,
    pub active: bool,
}

pub fn tuned_person(number: i64) -> TunedPerson {
    let data::Values { name, email, nickname, age, balance, active } = data::person(number);
    TunedPerson { name, email, nickname, age, balance, active }
}

#[derive(Queryable, Selectable, Identifiable)]
#[diesel(table_name = authors)]
pub struct Author {
    pub id: i64,
    pub name: String,
}

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = posts, belongs_to(Author))]
pub struct Post {
    pub id: i64,
    pub author_id: i64,
    pub title: String,
}

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = comments, belongs_to(Post))]
pub struct Comment {
    pub id: i64,
    pub post_id: i64,
    pub text: String,
}

/// diesel has no UUID, no decimal and no way to read a document as text on SQLite: `U`, `P` and `D` replace them.
#[derive(Queryable)]
pub struct Wide<U, D, P> {
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
    pub token: U,
    pub document: D,
    pub price: P,
}

diesel::table! {
    customers (id) {
        id -> BigInt,
        company_name -> Text,
        contact_name -> Text,
        contact_title -> Text,
        address -> Text,
        city -> Text,
        postal_code -> Nullable<Text>,
        region -> Nullable<Text>,
        country -> Text,
        phone -> Text,
        fax -> Nullable<Text>,
    }
}

diesel::table! {
    employees (id) {
        id -> BigInt,
        last_name -> Text,
        first_name -> Nullable<Text>,
        title -> Text,
        title_of_courtesy -> Text,
        birth_date -> Date,
        hire_date -> Date,
        address -> Text,
        city -> Text,
        postal_code -> Text,
        country -> Text,
        home_phone -> Text,
        extension -> Integer,
        notes -> Text,
        recipient_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    suppliers (id) {
        id -> BigInt,
        company_name -> Text,
        contact_name -> Text,
        contact_title -> Text,
        address -> Text,
        city -> Text,
        region -> Nullable<Text>,
        postal_code -> Text,
        country -> Text,
        phone -> Text,
    }
}

diesel::table! {
    products (id) {
        id -> BigInt,
        name -> Text,
        quantity_per_unit -> Text,
        unit_price -> Double,
        units_in_stock -> Integer,
        units_on_order -> Integer,
        reorder_level -> Integer,
        discontinued -> Integer,
        supplier_id -> BigInt,
    }
}

diesel::table! {
    orders (id) {
        id -> BigInt,
        order_date -> Date,
        required_date -> Date,
        shipped_date -> Nullable<Date>,
        ship_via -> Integer,
        freight -> Double,
        ship_name -> Text,
        ship_city -> Text,
        ship_region -> Nullable<Text>,
        ship_postal_code -> Nullable<Text>,
        ship_country -> Text,
        customer_id -> BigInt,
        employee_id -> BigInt,
    }
}

diesel::table! {
    details (id) {
        id -> BigInt,
        unit_price -> Double,
        quantity -> Integer,
        discount -> Double,
        order_id -> BigInt,
        product_id -> BigInt,
    }
}

diesel::joinable!(products -> suppliers (supplier_id));
diesel::joinable!(details -> orders (order_id));
diesel::joinable!(details -> products (product_id));
diesel::allow_tables_to_appear_in_same_query!(suppliers, products, orders, details);

#[derive(Queryable, Selectable)]
#[diesel(table_name = customers)]
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

#[derive(Queryable, Selectable, Identifiable)]
#[diesel(table_name = employees)]
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

#[derive(Queryable, Selectable)]
#[diesel(table_name = suppliers)]
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

#[derive(Queryable, Selectable, Identifiable)]
#[diesel(table_name = products)]
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

#[derive(Queryable, Selectable, Identifiable)]
#[diesel(table_name = orders)]
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

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = details, belongs_to(Order))]
pub struct Detail {
    pub id: i64,
    pub unit_price: f64,
    pub quantity: i32,
    pub discount: f64,
    pub order_id: i64,
    pub product_id: i64,
}

/// Writes the code of a workload once for each of diesel's two connections: as `sqlite` and as `postgres`.
#[macro_export]
macro_rules! on_each_diesel_connection {
    (fn run($on:ident, $times:ident) $body:block) => {
        pub fn sqlite(
            session: &mut $crate::peer::diesel_orm::Sqlite,
            $times: u64,
        ) -> anyhow::Result<u64> {
            let $on = &mut session.connection;
            $body
        }

        pub fn postgres(
            session: &mut $crate::peer::diesel_orm::Postgres,
            $times: u64,
        ) -> anyhow::Result<u64> {
            let $on = &mut session.connection;
            $body
        }
    };
}

/// A connection, and a pool for the workloads of several threads.
pub struct Diesel<C: diesel::r2d2::R2D2Connection + 'static> {
    pub connection: C,
    pub pool: Option<Pool<ConnectionManager<C>>>,
    is_tuned: bool,
}

pub type Sqlite = Diesel<SqliteConnection>;
pub type Postgres = Diesel<PgConnection>;

const PRAGMAS: &str = "PRAGMA busy_timeout = 30000; PRAGMA foreign_keys = ON";
const FILE_PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL";

#[derive(Debug)]
struct Pragmas;

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for Pragmas {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        let sql = format!("{PRAGMAS}; {FILE_PRAGMAS}");
        connection.batch_execute(&sql).map_err(diesel::r2d2::Error::QueryError)
    }
}

pub fn connect(url: &str, is_tuned: bool) -> Result<Box<dyn Session>> {
    let Some(path) = sqlite_path(url) else {
        let pool = Pool::builder().max_size(POOL_SIZE).build(ConnectionManager::new(url))?;
        return Ok(Box::new(Postgres {
            connection: PgConnection::establish(url)?,
            pool: Some(pool),
            is_tuned,
        }));
    };
    let mut connection = SqliteConnection::establish(path)?;
    connection.batch_execute(PRAGMAS)?;
    let mut pool = None;
    if path != ":memory:" {
        connection.batch_execute(FILE_PRAGMAS)?;
        let builder = Pool::builder().max_size(POOL_SIZE).connection_customizer(Box::new(Pragmas));
        pool = Some(builder.build(ConnectionManager::new(path))?);
    }
    Ok(Box::new(Sqlite { connection, pool, is_tuned }))
}

impl Session for Sqlite {
    fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.connection.batch_execute(sql)?)
    }

    fn run(&mut self, workload: Workload, times: u64) -> Result<u64> {
        if self.is_tuned {
            tuned::sqlite(self, workload, times)
        } else {
            dispatch!(workload, diesel::sqlite(self, times))
        }
    }
}

impl Session for Postgres {
    fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.connection.batch_execute(sql)?)
    }

    fn run(&mut self, workload: Workload, times: u64) -> Result<u64> {
        if self.is_tuned {
            tuned::postgres(self, workload, times)
        } else if workload.is_about_trips() {
            dispatch_trips!(workload, diesel(self, times))
        } else {
            dispatch!(workload, diesel::postgres(self, times))
        }
    }
}

/// Code that diesel leaves to tune. In the other workloads, the code of its guides is the fastest.
mod tuned {
    use super::*;
    use crate::unsupported;
    use crate::workload::{find, insert, load, page, relations};

    const SAME: &str = "nothing to tune";

    pub fn sqlite(on: &mut Sqlite, workload: Workload, times: u64) -> Result<u64> {
        match workload {
            Workload::Find => find::tuned::sqlite(on, times),
            Workload::Page => page::tuned::sqlite(on, times),
            Workload::Load => load::tuned::sqlite(on, times),
            Workload::Relations => relations::tuned::sqlite(on, times),
            Workload::Insert100 => insert::many::tuned::sqlite(on, 100, times),
            Workload::Insert10000 => insert::many::tuned::sqlite(on, 10_000, times),
            _ => unsupported(SAME),
        }
    }

    pub fn postgres(on: &mut Postgres, workload: Workload, times: u64) -> Result<u64> {
        match workload {
            Workload::Find => find::tuned::postgres(on, times),
            Workload::Load => load::tuned::postgres(on, times),
            Workload::Relations => relations::tuned::postgres(on, times),
            Workload::Insert100 => insert::many::tuned::postgres(on, 100, times),
            Workload::Insert10000 => insert::many::tuned::postgres(on, 10_000, times),
            _ => unsupported(SAME),
        }
    }
}
