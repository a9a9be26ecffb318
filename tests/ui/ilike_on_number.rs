//! A pattern for a column that is no text.

use mizzle::prelude::*;

#[derive(Table)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    pub likes: i64,
}

mizzle::schema!(pub Blog = [Post]);

fn main() {
    let _ = Post::query().filter(posts::likes.ilike("5%"));
}
