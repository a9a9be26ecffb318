//! 100 authors with their 10 posts each, with their 5 comments each.

/// Three statements, grouped by hand: SQLite has no arrays, and gets a list of marks.
#[cfg(feature = "native")]
pub mod raw {
    use std::collections::HashMap;

    use anyhow::Result;
    use rusqlite::params_from_iter;

    use crate::peer::raw::{Author, Comment, Post, Postgres, Sqlite};

    pub type Blog = Vec<(Author, Vec<(Post, Vec<Comment>)>)>;

    pub fn group(authors: Vec<Author>, posts: Vec<Post>, comments: Vec<Comment>) -> Blog {
        let mut of_posts: HashMap<i64, Vec<Comment>> = HashMap::with_capacity(posts.len());
        for comment in comments {
            of_posts.entry(comment.post_id).or_default().push(comment);
        }
        let mut of_authors: HashMap<i64, Vec<(Post, Vec<Comment>)>> =
            HashMap::with_capacity(authors.len());
        for post in posts {
            let comments = of_posts.remove(&post.id).unwrap_or_default();
            of_authors.entry(post.author_id).or_default().push((post, comments));
        }
        let with_posts = |author: Author| {
            let posts = of_authors.remove(&author.id).unwrap_or_default();
            (author, posts)
        };
        authors.into_iter().map(with_posts).collect()
    }

    pub fn count(blog: &Blog) -> u64 {
        blog.iter().flat_map(|(_, posts)| posts).map(|(_, comments)| comments.len() as u64).sum()
    }

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let marks = |count: usize| vec!["?"; count].join(", ");
        let mut sum = 0;
        for _ in 0..times {
            let mut statement = on.connection.prepare_cached("SELECT id, name FROM authors")?;
            let authors = statement
                .query_map([], |row| Ok(Author { id: row.get(0)?, name: row.get(1)? }))?
                .collect::<Result<Vec<_>, _>>()?;
            let sql = format!(
                "SELECT id, author_id, title FROM posts WHERE author_id IN ({})",
                marks(authors.len())
            );
            let mut statement = on.connection.prepare_cached(&sql)?;
            let posts = statement
                .query_map(params_from_iter(authors.iter().map(|author| author.id)), |row| {
                    Ok(Post { id: row.get(0)?, author_id: row.get(1)?, title: row.get(2)? })
                })?
                .collect::<Result<Vec<_>, _>>()?;
            let sql = format!(
                "SELECT id, post_id, text FROM comments WHERE post_id IN ({})",
                marks(posts.len())
            );
            let mut statement = on.connection.prepare_cached(&sql)?;
            let comments = statement
                .query_map(params_from_iter(posts.iter().map(|post| post.id)), |row| {
                    Ok(Comment { id: row.get(0)?, post_id: row.get(1)?, text: row.get(2)? })
                })?
                .collect::<Result<Vec<_>, _>>()?;
            sum += count(&group(authors, posts, comments));
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let statement = on.cached.prepare("SELECT id, name FROM authors")?;
            let rows = on.cached.client.query(&statement, &[])?;
            let authors: Vec<Author> =
                rows.iter().map(|row| Author { id: row.get(0), name: row.get(1) }).collect();
            let statement = on
                .cached
                .prepare("SELECT id, author_id, title FROM posts WHERE author_id = ANY($1)")?;
            let keys: Vec<i64> = authors.iter().map(|author| author.id).collect();
            let rows = on.cached.client.query(&statement, &[&keys])?;
            let posts: Vec<Post> = rows
                .iter()
                .map(|row| Post { id: row.get(0), author_id: row.get(1), title: row.get(2) })
                .collect();
            let statement = on
                .cached
                .prepare("SELECT id, post_id, text FROM comments WHERE post_id = ANY($1)")?;
            let keys: Vec<i64> = posts.iter().map(|post| post.id).collect();
            let rows = on.cached.client.query(&statement, &[&keys])?;
            let comments: Vec<Comment> = rows
                .iter()
                .map(|row| Comment { id: row.get(0), post_id: row.get(1), text: row.get(2) })
                .collect();
            sum += count(&group(authors, posts, comments));
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel {
    use diesel::prelude::*;

    use crate::peer::diesel_orm::{Author, Comment, Post, authors};

    type Commented = (Post, Vec<Comment>);

    crate::on_each_diesel_connection! {
        fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                let authors = authors::table.select(Author::as_select()).load(on)?;
                let posts = Post::belonging_to(&authors).select(Post::as_select()).load(on)?;
                let comments = Comment::belonging_to(&posts).select(Comment::as_select()).load(on)?;
                let comments = comments.grouped_by(&posts);
                let posts = posts.into_iter().zip(comments).grouped_by(&authors);
                let blog: Vec<(Author, Vec<Commented>)> = authors.into_iter().zip(posts).collect();
                sum += blog
                    .iter()
                    .flat_map(|(_, posts)| posts)
                    .map(|(_, comments)| comments.len() as u64)
                    .sum::<u64>();
            }
            Ok(sum)
        }
    }
}

/// With subqueries instead of lists of keys, so that diesel keeps the statements prepared.
#[cfg(feature = "native")]
pub mod tuned {
    use diesel::prelude::*;

    use crate::peer::diesel_orm::{Author, Comment, Post, authors, comments, posts};

    type Commented = (Post, Vec<Comment>);

    crate::on_each_diesel_connection! {
        fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                let authors = authors::table.select(Author::as_select()).load(on)?;
                let of_authors = posts::author_id.eq_any(authors::table.select(authors::id));
                let posts = posts::table.filter(of_authors).select(Post::as_select()).load(on)?;
                let of_posts = comments::post_id.eq_any(posts::table.filter(of_authors).select(posts::id));
                let comments = comments::table.filter(of_posts).select(Comment::as_select()).load(on)?;
                let comments = comments.grouped_by(&posts);
                let posts = posts.into_iter().zip(comments).grouped_by(&authors);
                let blog: Vec<(Author, Vec<Commented>)> = authors.into_iter().zip(posts).collect();
                sum += blog
                    .iter()
                    .flat_map(|(_, posts)| posts)
                    .map(|(_, comments)| comments.len() as u64)
                    .sum::<u64>();
            }
            Ok(sum)
        }
    }
}

/// Subqueries instead of keys, all at once, in a transaction that sees the same rows in all of them.
#[cfg(feature = "native")]
pub mod pipelined {
    use anyhow::Result;
    use futures_util::future::try_join5;
    use tokio_postgres::types::ToSql;

    use super::raw::{count, group};
    use crate::peer::pipelined::{BEGIN_SNAPSHOT, Pipelined};
    use crate::peer::raw::{Author, Comment, Post};

    pub async fn run(on: &mut Pipelined, times: u64) -> Result<u64> {
        let of_authors = on.prepare("SELECT id, name FROM authors").await?;
        let of_posts = on
            .prepare(
                "SELECT id, author_id, title FROM posts
                 WHERE author_id IN (SELECT id FROM authors)",
            )
            .await?;
        let of_comments = on
            .prepare(
                "SELECT id, post_id, text FROM comments WHERE post_id IN
                 (SELECT id FROM posts WHERE author_id IN (SELECT id FROM authors))",
            )
            .await?;
        let none: [&(dyn ToSql + Sync); 0] = [];
        let mut sum = 0;
        for _ in 0..times {
            let ((), authors, posts, comments, ()) = try_join5(
                on.client.batch_execute(BEGIN_SNAPSHOT),
                on.client.query(&of_authors, &none),
                on.client.query(&of_posts, &none),
                on.client.query(&of_comments, &none),
                on.client.batch_execute("COMMIT"),
            )
            .await?;
            let author = |row: &tokio_postgres::Row| Author { id: row.get(0), name: row.get(1) };
            let post = |row: &tokio_postgres::Row| Post {
                id: row.get(0),
                author_id: row.get(1),
                title: row.get(2),
            };
            let comment = |row: &tokio_postgres::Row| Comment {
                id: row.get(0),
                post_id: row.get(1),
                text: row.get(2),
            };
            sum += count(&group(
                authors.iter().map(author).collect(),
                posts.iter().map(post).collect(),
                comments.iter().map(comment).collect(),
            ));
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel_async {
    use anyhow::Result;
    use diesel::prelude::*;
    use diesel_async::{AsyncPgConnection, RunQueryDsl};

    use crate::peer::diesel_orm::{Author, Comment, Post, authors};

    type Commented = (Post, Vec<Comment>);

    pub async fn run(on: &mut AsyncPgConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let authors: Vec<Author> = authors::table.select(Author::as_select()).load(on).await?;
            let posts: Vec<Post> =
                Post::belonging_to(&authors).select(Post::as_select()).load(on).await?;
            let comments: Vec<Comment> =
                Comment::belonging_to(&posts).select(Comment::as_select()).load(on).await?;
            let comments = comments.grouped_by(&posts);
            let posts = posts.into_iter().zip(comments).grouped_by(&authors);
            let blog: Vec<(Author, Vec<Commented>)> = authors.into_iter().zip(posts).collect();
            sum += blog
                .iter()
                .flat_map(|(_, posts)| posts)
                .map(|(_, comments)| comments.len() as u64)
                .sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use crate::peer::mizzle_orm::{Author, Post};

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let authors = Author::query().with(Author::posts().with(Post::comments())).all(db)?;
            sum += authors
                .iter()
                .flat_map(|author| &author.posts)
                .map(|post| post.comments.len() as u64)
                .sum::<u64>();
        }
        Ok(sum)
    }
}

/// Three statements, as by hand; on SQLite with a list of marks.
#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;

    use crate::peer::drizzle_orm::Drizzle;

    pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
        let (authors, posts) = (on.tables.authors, on.tables.posts);
        let query = on.db.query(authors).with(authors.posts().with(posts.comments()));
        let select = query.prepare();
        let mut sum = 0;
        for _ in 0..times {
            let found = select.find_many(on.db.conn(), [])?;
            sum += found
                .iter()
                .flat_map(|author| &author.posts)
                .map(|post| post.comments.len() as u64)
                .sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use std::collections::HashMap;

    use sqlx::QueryBuilder;

    use crate::peer::sqlx_driver::{Author, Comment, Post};

    type Commented = (Post, Vec<Comment>);

    crate::on_each_pool! {
        async fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                let authors: Vec<Author> = sqlx::query_as("SELECT * FROM authors").fetch_all(on).await?;
                let mut query = QueryBuilder::<Database>::new("SELECT * FROM posts WHERE author_id IN (");
                let mut keys = query.separated(", ");
                for author in &authors {
                    keys.push_bind(author.id);
                }
                query.push(")");
                let posts: Vec<Post> = query.build_query_as().fetch_all(on).await?;
                let mut query = QueryBuilder::<Database>::new("SELECT * FROM comments WHERE post_id IN (");
                let mut keys = query.separated(", ");
                for post in &posts {
                    keys.push_bind(post.id);
                }
                query.push(")");
                let comments: Vec<Comment> = query.build_query_as().fetch_all(on).await?;
                let mut of_posts: HashMap<i64, Vec<Comment>> = HashMap::with_capacity(posts.len());
                for comment in comments {
                    of_posts.entry(comment.post_id).or_default().push(comment);
                }
                let mut of_authors: HashMap<i64, Vec<Commented>> =
                    HashMap::with_capacity(authors.len());
                for post in posts {
                    let comments = of_posts.remove(&post.id).unwrap_or_default();
                    of_authors.entry(post.author_id).or_default().push((post, comments));
                }
                let blog: Vec<(Author, Vec<Commented>)> = authors
                    .into_iter()
                    .map(|author| {
                        let posts = of_authors.remove(&author.id).unwrap_or_default();
                        (author, posts)
                    })
                    .collect();
                sum += blog
                    .iter()
                    .flat_map(|(_, posts)| posts)
                    .map(|(_, comments)| comments.len() as u64)
                    .sum::<u64>();
            }
            Ok(sum)
        }
    }
}

/// The loader, which SeaORM's guide recommends for nested relations.
#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::{DatabaseConnection, EntityTrait, LoaderTrait};

    use crate::peer::sea::{authors, comments, posts};

    type Commented = (posts::Model, Vec<comments::Model>);

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let authors = authors::Entity::find().all(on).await?;
            let posts = authors.load_many(posts::Entity, on).await?;
            let counts: Vec<usize> = posts.iter().map(Vec::len).collect();
            let posts: Vec<posts::Model> = posts.into_iter().flatten().collect();
            let comments = posts.load_many(comments::Entity, on).await?;
            let mut posts = posts.into_iter().zip(comments);
            let blog: Vec<(authors::Model, Vec<Commented>)> = authors
                .into_iter()
                .zip(counts)
                .map(|(author, count)| (author, posts.by_ref().take(count).collect()))
                .collect();
            sum += blog
                .iter()
                .flat_map(|(_, posts)| posts)
                .map(|(_, comments)| comments.len() as u64)
                .sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    use crate::peer::toasty_orm::Author;

    pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let authors = Author::all()
                .include(Author::fields().posts())
                .include(Author::fields().posts().comments())
                .exec(on)
                .await?;
            sum += authors
                .iter()
                .flat_map(|author| author.posts.get())
                .map(|post| post.comments.get().len() as u64)
                .sum::<u64>();
        }
        Ok(sum)
    }
}
