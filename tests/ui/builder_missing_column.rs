//! A new row without a required column.

use mizzle::prelude::*;

#[derive(Table)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    pub email: String,
    pub age: i32,
    pub name: Option<String>,
    #[column(default = true)]
    pub active: bool,
}

fn main() {
    let _ = NewUser::builder().name("Ada").age(36).build();
    let _ = NewUser::builder().active(false).build();
}
