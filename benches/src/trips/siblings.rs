//! 100 posts, each with its author and its 5 comments: two relations of the same rows.

/// The number of posts, whose keys are the first.
pub const POSTS: i64 = 100;

#[cfg(feature = "native")]
pub mod raw {
    use std::collections::HashMap;

    use anyhow::Result;
    use postgres::Row;

    use super::POSTS;
    use crate::peer::raw::{Author, Comment, Post, Postgres};

    pub const OF_POSTS: &str = "SELECT id, author_id, title FROM posts WHERE id <= $1";

    /// Puts the rows of the three statements together, and counts authors and comments.
    pub fn count(posts: &[Row], authors: &[Row], comments: &[Row]) -> u64 {
        let posts: Vec<Post> = posts
            .iter()
            .map(|row| Post { id: row.get(0), author_id: row.get(1), title: row.get(2) })
            .collect();
        let authors: HashMap<i64, Author> = authors
            .iter()
            .map(|row| Author { id: row.get(0), name: row.get(1) })
            .map(|author| (author.id, author))
            .collect();
        let mut of_posts: HashMap<i64, Vec<Comment>> = HashMap::with_capacity(posts.len());
        for row in comments {
            let comment = Comment { id: row.get(0), post_id: row.get(1), text: row.get(2) };
            of_posts.entry(comment.post_id).or_default().push(comment);
        }
        let found: Vec<(Post, Option<&Author>, Vec<Comment>)> = posts
            .into_iter()
            .map(|post| {
                let comments = of_posts.remove(&post.id).unwrap_or_default();
                let author = authors.get(&post.author_id);
                (post, author, comments)
            })
            .collect();
        let count = |author: &Option<&Author>| u64::from(author.is_some());
        found.iter().map(|(_, author, comments)| count(author) + comments.len() as u64).sum()
    }

    pub fn run(on: &mut Postgres, times: u64) -> Result<u64> {
        let of_posts = on.cached.prepare(OF_POSTS)?;
        let of_authors = on.cached.prepare("SELECT id, name FROM authors WHERE id = ANY($1)")?;
        let of_comments =
            on.cached.prepare("SELECT id, post_id, text FROM comments WHERE post_id = ANY($1)")?;
        let client = &mut on.cached.client;
        let mut sum = 0;
        for _ in 0..times {
            let posts = client.query(&of_posts, &[&POSTS])?;
            let keys: Vec<i64> = posts.iter().map(|row| row.get(1)).collect();
            let authors = client.query(&of_authors, &[&keys])?;
            let keys: Vec<i64> = posts.iter().map(|row| row.get(0)).collect();
            let comments = client.query(&of_comments, &[&keys])?;
            sum += count(&posts, &authors, &comments);
        }
        Ok(sum)
    }
}

/// With subqueries instead of keys, in a transaction that sees the same rows in all of them.
#[cfg(feature = "native")]
pub mod pipelined {
    use anyhow::Result;
    use futures_util::future::try_join5;
    use tokio_postgres::types::ToSql;

    use super::POSTS;
    use super::raw::{OF_POSTS, count};
    use crate::peer::pipelined::{BEGIN_SNAPSHOT, Pipelined};

    pub async fn run(on: &mut Pipelined, times: u64) -> Result<u64> {
        let of_posts = on.prepare(OF_POSTS).await?;
        let of_authors = on
            .prepare(
                "SELECT id, name FROM authors
                 WHERE id IN (SELECT author_id FROM posts WHERE id <= $1)",
            )
            .await?;
        let of_comments = on
            .prepare(
                "SELECT id, post_id, text FROM comments
                 WHERE post_id IN (SELECT id FROM posts WHERE id <= $1)",
            )
            .await?;
        let mut sum = 0;
        let values: [&(dyn ToSql + Sync); 1] = [&POSTS];
        for _ in 0..times {
            let ((), posts, authors, comments, ()) = try_join5(
                on.client.batch_execute(BEGIN_SNAPSHOT),
                on.client.query(&of_posts, &values),
                on.client.query(&of_authors, &values),
                on.client.query(&of_comments, &values),
                on.client.batch_execute("COMMIT"),
            )
            .await?;
            sum += count(&posts, &authors, &comments);
        }
        Ok(sum)
    }
}

/// The author comes by a join.
#[cfg(feature = "native")]
pub mod diesel {
    use anyhow::Result;
    use diesel::prelude::*;

    use super::POSTS;
    use crate::peer::diesel_orm::{Author, Comment, Post, Postgres, authors, posts};

    pub fn run(on: &mut Postgres, times: u64) -> Result<u64> {
        let on = &mut on.connection;
        let mut sum = 0;
        for _ in 0..times {
            let (posts, authors): (Vec<Post>, Vec<Author>) = posts::table
                .inner_join(authors::table)
                .filter(posts::id.le(POSTS))
                .select((Post::as_select(), Author::as_select()))
                .load(on)?
                .into_iter()
                .unzip();
            let comments = Comment::belonging_to(&posts).select(Comment::as_select()).load(on)?;
            let found: Vec<(Author, Vec<Comment>)> =
                authors.into_iter().zip(comments.grouped_by(&posts)).collect();
            sum += found.iter().map(|(_, comments)| 1 + comments.len() as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

/// With a subquery instead of keys, so that both statements go together.
#[cfg(feature = "native")]
pub mod diesel_async {
    use anyhow::Result;
    use diesel::prelude::*;
    use diesel_async::{AsyncPgConnection, RunQueryDsl};
    use futures_util::future::try_join;

    use super::POSTS;
    use crate::peer::diesel_orm::{Author, Comment, Post, authors, comments, posts};

    pub async fn run(on: &mut AsyncPgConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let on = &*on;
            let of_posts = posts::table
                .inner_join(authors::table)
                .filter(posts::id.le(POSTS))
                .select((Post::as_select(), Author::as_select()));
            let keys = posts::table.filter(posts::id.le(POSTS)).select(posts::id);
            let of_comments =
                comments::table.filter(comments::post_id.eq_any(keys)).select(Comment::as_select());
            let (found, comments) = try_join(
                of_posts.load::<(Post, Author)>(&mut &*on),
                of_comments.load::<Comment>(&mut &*on),
            )
            .await?;
            let (posts, authors): (Vec<Post>, Vec<Author>) = found.into_iter().unzip();
            let found: Vec<(Author, Vec<Comment>)> =
                authors.into_iter().zip(comments.grouped_by(&posts)).collect();
            sum += found.iter().map(|(_, comments)| 1 + comments.len() as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use super::POSTS;
    use crate::peer::mizzle_orm::{Post, posts};

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let found = Post::query()
                .filter(posts::id.le(POSTS))
                .with(Post::author())
                .with(Post::comments())
                .all(db)?;
            sum += found.iter().map(|post| 1 + post.comments.len() as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use std::collections::HashMap;

    use anyhow::Result;
    use sqlx::PgPool;

    use super::POSTS;
    use crate::peer::sqlx_driver::{Author, Comment, Post};

    pub async fn run(on: &PgPool, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let posts: Vec<Post> = sqlx::query_as("SELECT * FROM posts WHERE id <= $1")
                .bind(POSTS)
                .fetch_all(on)
                .await?;
            let keys: Vec<i64> = posts.iter().map(|post| post.author_id).collect();
            let authors: Vec<Author> = sqlx::query_as("SELECT * FROM authors WHERE id = ANY($1)")
                .bind(keys)
                .fetch_all(on)
                .await?;
            let keys: Vec<i64> = posts.iter().map(|post| post.id).collect();
            let comments: Vec<Comment> =
                sqlx::query_as("SELECT * FROM comments WHERE post_id = ANY($1)")
                    .bind(keys)
                    .fetch_all(on)
                    .await?;
            let authors: HashMap<i64, Author> =
                authors.into_iter().map(|author| (author.id, author)).collect();
            let mut of_posts: HashMap<i64, Vec<Comment>> = HashMap::with_capacity(posts.len());
            for comment in comments {
                of_posts.entry(comment.post_id).or_default().push(comment);
            }
            let found: Vec<(Post, Option<&Author>, Vec<Comment>)> = posts
                .into_iter()
                .map(|post| {
                    let comments = of_posts.remove(&post.id).unwrap_or_default();
                    let author = authors.get(&post.author_id);
                    (post, author, comments)
                })
                .collect();
            sum += found
                .iter()
                .map(|(_, author, comments)| u64::from(author.is_some()) + comments.len() as u64)
                .sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, LoaderTrait, QueryFilter};

    use super::POSTS;
    use crate::peer::sea::{authors, comments, posts};

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let posts = posts::Entity::find().filter(posts::Column::Id.lte(POSTS)).all(on).await?;
            let authors = posts.load_one(authors::Entity, on).await?;
            let comments = posts.load_many(comments::Entity, on).await?;
            sum += authors
                .iter()
                .zip(&comments)
                .map(|(author, comments)| u64::from(author.is_some()) + comments.len() as u64)
                .sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    use super::POSTS;
    use crate::peer::toasty_orm::Post;

    pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let posts = Post::filter(Post::fields().id().le(POSTS as u64))
                .include(Post::fields().author())
                .include(Post::fields().comments())
                .exec(on)
                .await?;
            sum += posts
                .iter()
                .map(|post| {
                    u64::from(post.author.get().id == post.author_id)
                        + post.comments.get().len() as u64
                })
                .sum::<u64>();
        }
        Ok(sum)
    }
}
