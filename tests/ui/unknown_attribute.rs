//! Attributes that mizzle does not know.

use mizzle::prelude::*;

#[derive(Table)]
#[table(engine = "InnoDB")]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(colour = "red")]
    pub email: String,
}

fn main() {}
