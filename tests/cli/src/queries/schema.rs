//! The project's structs.

use mizzle::prelude::*;

#[derive(Table, Debug, Clone)]
pub(crate) struct Customer {
    #[column(primary_key, auto)]
    pub(crate) id: i64,
    pub(crate) email: String,
    pub(crate) name: Option<String>,
}

#[derive(Table, Debug, Clone)]
pub(crate) struct Sale {
    #[column(primary_key, auto)]
    pub(crate) id: i64,
    #[column(references(Customer))]
    pub(crate) customer_id: i64,
    pub(crate) cents: i64,
    pub(crate) at: DateTime<Utc>,
}

mizzle::schema!(pub(crate) Shop = [Customer, Sale]);
