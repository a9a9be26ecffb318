//! A new row with values that its columns don't hold.

use mizzle::prelude::*;

#[derive(Table)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    pub email: String,
    pub age: i32,
    pub name: Option<String>,
}

fn main() {
    let _ = NewUser::builder().email(5).age(36).build();
    let _ = NewUser::builder().email("ada@example.com").age("36").build();
    let _ = NewUser::builder().emial("ada@example.com").age(36).build();
    let _ = NewUser::builder().email("ada@example.com").age(36).name(None).build();
}
