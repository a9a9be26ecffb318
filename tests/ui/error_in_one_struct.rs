//! A misspelt attribute in a struct that others refer to, relate to and query: one error.

use mizzle::prelude::*;

#[derive(Table, Debug, Clone)]
#[table(has_many(posts = Post))]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(uniqe)]
    pub email: String,
}

#[derive(Table, Debug, Clone)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(User))]
    pub author_id: i64,
}

mizzle::schema!(pub Blog = [User, Post]);

fn queries(db: &Db) -> mizzle::Result<()> {
    let user = db.insert(NewUser::builder().email("ada@example.com").build())?;
    User::query().filter(users::email.eq("ada@example.com")).with(User::posts()).all(db)?;
    Post::query().with(Post::author()).all(db)?;
    db.find::<User>(user.id)?;
    db.update(&user)
}

fn main() {}
