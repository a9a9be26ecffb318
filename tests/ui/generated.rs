//! A generated column that is written.

use mizzle::prelude::*;

#[derive(Table)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(generated = "lower(email)", default = "x")]
    pub lower: String,
    #[column(generated = "now()", on_update = now)]
    pub at: NaiveDateTime,
}

impl User {
    fn new() -> NewUser {
        NewUser::builder().build()
    }
}

fn main() {}
