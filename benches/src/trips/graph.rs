//! 10 new authors with 5 new posts each, all or none, returned as they are stored.

pub const AUTHORS: u64 = 10;
pub const POSTS: u64 = 5;

pub fn name(time: u64, author: u64) -> String {
    format!("New author {time}.{author}")
}

pub fn title(post: u64) -> String {
    format!("New post {post}")
}

/// Two statements with arrays.
#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;
    use postgres::Row;

    use super::{AUTHORS, POSTS, name, title};
    use crate::peer::raw::{Author, Post, Postgres};

    pub const OF_AUTHORS: &str =
        "INSERT INTO authors (name) SELECT * FROM unnest($1::text[]) RETURNING id, name";
    pub const OF_POSTS: &str = "INSERT INTO posts (author_id, title)
        SELECT * FROM unnest($1::bigint[], $2::text[]) RETURNING id, author_id, title";

    pub fn names(time: u64) -> Vec<String> {
        (0..AUTHORS).map(|author| name(time, author)).collect()
    }

    /// The keys and titles of the posts of these authors.
    pub fn posts(authors: &[Row]) -> (Vec<i64>, Vec<String>) {
        let of = |author: &Row| {
            let id = Author { id: author.get(0), name: author.get(1) }.id;
            (0..POSTS).map(move |post| (id, title(post)))
        };
        authors.iter().flat_map(of).unzip()
    }

    pub fn count(rows: &[Row]) -> u64 {
        let post = |row: &Row| Post { id: row.get(0), author_id: row.get(1), title: row.get(2) };
        rows.iter().map(post).filter(|post| post.id > 0).count() as u64
    }

    pub fn run(on: &mut Postgres, times: u64) -> Result<u64> {
        let (of_authors, of_posts) = (on.cached.prepare(OF_AUTHORS)?, on.cached.prepare(OF_POSTS)?);
        let mut sum = 0;
        for time in 0..times {
            let mut transaction = on.cached.client.transaction()?;
            let authors = transaction.query(&of_authors, &[&names(time)])?;
            let (keys, titles) = posts(&authors);
            let stored = transaction.query(&of_posts, &[&keys, &titles])?;
            transaction.commit()?;
            sum += count(&stored);
        }
        Ok(sum)
    }
}

/// BEGIN goes with the first statement, COMMIT with the second.
#[cfg(feature = "native")]
pub mod pipelined {
    use anyhow::Result;
    use futures_util::future::try_join;
    use tokio_postgres::types::ToSql;

    use super::raw::{OF_AUTHORS, OF_POSTS, count, names, posts};
    use crate::peer::pipelined::Pipelined;

    pub async fn run(on: &mut Pipelined, times: u64) -> Result<u64> {
        let (of_authors, of_posts) = (on.prepare(OF_AUTHORS).await?, on.prepare(OF_POSTS).await?);
        let client = &on.client;
        let mut sum = 0;
        for time in 0..times {
            let names = names(time);
            let values: [&(dyn ToSql + Sync); 1] = [&names];
            let ((), authors) =
                try_join(client.batch_execute("BEGIN"), client.query(&of_authors, &values)).await?;
            let (keys, titles) = posts(&authors);
            let values: [&(dyn ToSql + Sync); 2] = [&keys, &titles];
            let (stored, ()) =
                try_join(client.query(&of_posts, &values), client.batch_execute("COMMIT")).await?;
            sum += count(&stored);
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel {
    use anyhow::Result;
    use diesel::prelude::*;

    use super::{AUTHORS, POSTS, name, title};
    use crate::peer::diesel_orm::{Author, Post, Postgres, authors, posts};

    pub fn run(on: &mut Postgres, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let stored: Vec<Post> = on.connection.transaction(|on| {
                let new: Vec<_> =
                    (0..AUTHORS).map(|author| authors::name.eq(name(time, author))).collect();
                let stored: Vec<Author> = diesel::insert_into(authors::table)
                    .values(new)
                    .returning(Author::as_returning())
                    .get_results(on)?;
                let new: Vec<_> = stored
                    .iter()
                    .flat_map(|author| (0..POSTS).map(move |post| (author.id, title(post))))
                    .map(|(id, title)| (posts::author_id.eq(id), posts::title.eq(title)))
                    .collect();
                diesel::insert_into(posts::table)
                    .values(new)
                    .returning(Post::as_returning())
                    .get_results(on)
            })?;
            sum += stored.len() as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel_async {
    use anyhow::Result;
    use diesel::prelude::*;
    use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

    use super::{AUTHORS, POSTS, name, title};
    use crate::peer::diesel_orm::{Author, Post, authors, posts};

    pub async fn run(on: &mut AsyncPgConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let stored: Vec<Post> = on
                .transaction(async |on: &mut AsyncPgConnection| {
                    let new: Vec<_> =
                        (0..AUTHORS).map(|author| authors::name.eq(name(time, author))).collect();
                    let stored: Vec<Author> = diesel::insert_into(authors::table)
                        .values(new)
                        .returning(Author::as_returning())
                        .get_results(on)
                        .await?;
                    let new: Vec<_> = stored
                        .iter()
                        .flat_map(|author| (0..POSTS).map(move |post| (author.id, title(post))))
                        .map(|(id, title)| (posts::author_id.eq(id), posts::title.eq(title)))
                        .collect();
                    diesel::insert_into(posts::table)
                        .values(new)
                        .returning(Post::as_returning())
                        .get_results(on)
                        .await
                })
                .await?;
            sum += stored.len() as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use super::{AUTHORS, POSTS, name, title};
    use crate::peer::mizzle_orm::{Author, NewAuthor, NewPost};

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let new = (0..AUTHORS).map(|author| {
                let new = NewAuthor::builder().name(name(time, author)).build();
                new.with_new(Author::posts(), |author| {
                    let new = |post| NewPost::builder().author_id(author.id).title(title(post));
                    (0..POSTS).map(|post| new(post).build()).collect()
                })
            });
            let stored = db.insert_graph(new)?;
            sum += stored.iter().map(|author| author.posts.len() as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use anyhow::Result;
    use sqlx::PgPool;

    use super::{AUTHORS, POSTS, name, title};
    use crate::peer::sqlx_driver::{Author, Post};

    pub async fn run(on: &PgPool, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let names: Vec<String> = (0..AUTHORS).map(|author| name(time, author)).collect();
            let mut transaction = on.begin().await?;
            let authors: Vec<Author> = sqlx::query_as(
                "INSERT INTO authors (name) SELECT * FROM unnest($1::text[]) RETURNING id, name",
            )
            .bind(names)
            .fetch_all(&mut *transaction)
            .await?;
            let (keys, titles): (Vec<i64>, Vec<String>) = authors
                .iter()
                .flat_map(|author| (0..POSTS).map(move |post| (author.id, title(post))))
                .unzip();
            let stored: Vec<Post> = sqlx::query_as(
                "INSERT INTO posts (author_id, title)
                 SELECT * FROM unnest($1::bigint[], $2::text[]) RETURNING id, author_id, title",
            )
            .bind(keys)
            .bind(titles)
            .fetch_all(&mut *transaction)
            .await?;
            transaction.commit().await?;
            sum += stored.len() as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::ActiveValue::{NotSet, Set};
    use sea_orm::{DatabaseConnection, EntityTrait, TransactionTrait};

    use super::{AUTHORS, POSTS, name, title};
    use crate::peer::sea::{authors, posts};

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let transaction = on.begin().await?;
            let new = (0..AUTHORS)
                .map(|author| authors::ActiveModel { id: NotSet, name: Set(name(time, author)) });
            let stored =
                authors::Entity::insert_many(new).exec_with_returning(&transaction).await?;
            let new = stored.iter().flat_map(|author| {
                (0..POSTS).map(move |post| posts::ActiveModel {
                    id: NotSet,
                    author_id: Set(author.id),
                    title: Set(title(post)),
                })
            });
            let stored = posts::Entity::insert_many(new).exec_with_returning(&transaction).await?;
            transaction.commit().await?;
            sum += stored.len() as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    use super::{AUTHORS, POSTS, name, title};
    use crate::peer::toasty_orm::{Author, Post};

    pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let mut new = Vec::new();
            for author in 0..AUTHORS {
                let mut of_author = Vec::new();
                for post in 0..POSTS {
                    of_author.push(Post::create().title(title(post)));
                }
                new.push(Author::create().name(name(time, author)).posts(of_author));
            }
            let stored = toasty::batch(new).exec(on).await?;
            sum += stored.len() as u64 * POSTS;
        }
        Ok(sum)
    }
}
