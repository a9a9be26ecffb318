//! Parts of `#[table(…)]` of the wrong form.

use mizzle::prelude::*;

#[derive(Table)]
#[table(
    primary_key("id"),
    index(),
    index(email.descending()),
    index(email, include = "id"),
    unique(email, where = "email <> ''"),
    unique("lower(email)"),
    check("length(email) > 0"),
    foreign_key(email),
    foreign_key(references(User)),
    has_many(Post),
    has_one(profile = Profile, through = Link),
    many_to_many(tags = Tag),
)]
pub struct User {
    pub id: i64,
    pub email: String,
}

fn main() {}
