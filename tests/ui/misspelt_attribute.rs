//! Attributes with a slip of the pen.

use mizzle::prelude::*;

#[derive(Table)]
#[table(nmae = "users", indexx(email))]
pub struct User {
    #[column(primarykey, auto)]
    pub id: i64,
    #[column(uniqe)]
    pub email: String,
    #[column(references(User, ondelete = cascade))]
    pub parent_id: i64,
    #[column(references(User, on_delete = cascde))]
    pub other_id: i64,
}

fn main() {}
