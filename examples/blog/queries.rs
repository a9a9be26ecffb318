//! The blog's SQL by hand. `cargo run --example db --features kit -- check` prepares it on both databases.

use mizzle::prelude::*;

/// How much somebody has written.
#[derive(Row, Debug)]
pub struct Author {
    /// Where mail reaches them.
    pub email: String,
    /// The title of the last post, if there is one.
    pub last: Option<String>,
    /// The number of posts.
    pub posts: i64,
}

/// Returns those who have written at least `least` posts, the most diligent first.
pub fn authors(on: &impl Executor, least: i64) -> mizzle::Result<Vec<Author>> {
    sql!(
        Author,
        "WITH counted AS (SELECT author_id, count(*) AS posts, max(id) AS last FROM posts GROUP BY author_id)
         SELECT u.email, p.title AS last, coalesce(c.posts, 0) AS posts
         FROM users u LEFT JOIN counted c ON c.author_id = u.id LEFT JOIN posts p ON p.id = c.last
         WHERE coalesce(c.posts, 0) >= {least} ORDER BY 3 DESC, 1"
    )
    .all(on)
}
