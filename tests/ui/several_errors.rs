//! Everything that is wrong with a struct is said at once.

use mizzle::prelude::*;

#[derive(Table)]
#[table(index(emial))]
pub struct User {
    #[column(primary_key, auto)]
    pub id: String,
    #[column(default = 5)]
    pub email: String,
    pub age: u8,
    #[column(on_update = now)]
    pub visits: i64,
}

fn main() {}
