//! Mistakes about the methods and operator classes of indexes.

use mizzle::prelude::*;

#[derive(Table)]
#[table(
    index(email, using = gni),
    index(email, using = hnsw),
    index(email, using),
    index(email, using = 3),
    index(email, using = ""),
    index(email.ops(gin_trgm_ops)),
    index(email.ops("")),
    index(email.ops("a", "b")),
    index(email.ops("a").ops("b"))
)]
pub struct User {
    #[column(primary_key)]
    pub id: i64,
    pub email: String,
}

#[derive(Table)]
#[table(
    index(name, unique, using = gin),
    index(name.desc(), using = brin),
    index(name, id, using = hash),
    index(name, using = gist),
    index(name, using = gist)
)]
pub struct Pet {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
}

fn main() {}
