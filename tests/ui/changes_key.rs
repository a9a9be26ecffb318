//! Changes of what never changes.

use mizzle::prelude::*;

#[derive(Table)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    pub email: String,
    #[column(generated = "lower(email)")]
    pub lower: String,
}

fn main() {
    let _ = UserChanges::default().id(5);
    let _ = UserChanges::default().email("ada@example.com").lower("x");
    let _ = UserChanges::default().clear_email();
}
