//! A count for each of 100 groups in a common table expression, and a condition on it.

/// The statement of those who write SQL.
pub const SQL: &str =
    "WITH author_posts AS (SELECT author_id, count(*) AS posts FROM posts GROUP BY author_id)
    SELECT author_id, posts FROM author_posts WHERE posts > $1 ORDER BY author_id";

/// Groups with more than this many.
pub const POSTS: i64 = 5;

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;

    use super::{POSTS, SQL};
    use crate::peer::raw::{Postgres, Sqlite};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let mut statement = on.connection.prepare_cached(SQL)?;
            let groups: Vec<(i64, i64)> = statement
                .query_map([POSTS], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<Vec<_>, _>>()?;
            sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let statement = on.cached.prepare(SQL)?;
            let rows = on.cached.client.query(&statement, &[&POSTS])?;
            let groups: Vec<(i64, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
            sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

/// diesel has no WITH, so its users write the SQL.
#[cfg(feature = "native")]
pub mod diesel {
    use diesel::prelude::*;
    use diesel::sql_types::BigInt;

    use super::{POSTS, SQL};

    #[derive(QueryableByName)]
    struct AuthorPosts {
        #[diesel(sql_type = BigInt)]
        #[allow(dead_code)]
        author_id: i64,
        #[diesel(sql_type = BigInt)]
        posts: i64,
    }

    crate::on_each_diesel_connection! {
        fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                let groups: Vec<AuthorPosts> =
                    diesel::sql_query(SQL).bind::<BigInt, _>(POSTS).load(on)?;
                sum += groups.iter().map(|group| group.posts as u64).sum::<u64>();
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use diesel::dsl::count_star;
    use mizzle::prelude::*;

    use super::POSTS;
    use crate::peer::mizzle_orm::posts;

    #[derive(Debug, Cte)]
    pub struct AuthorPost {
        pub author_id: i64,
        pub posts: i64,
    }

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let counts = AuthorPost::with(
                posts::table.group_by(posts::author_id).select((posts::author_id, count_star())),
            );
            let groups: Vec<AuthorPost> = db.load(
                counts.then(
                    author_posts::table
                        .filter(author_posts::posts.gt(POSTS))
                        .order_by(author_posts::author_id),
                ),
            )?;
            sum += groups.iter().map(|group| group.posts as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;

    use crate::peer::drizzle_orm::Drizzle;

    pub fn run(_: &mut Drizzle, _: u64) -> Result<u64> {
        crate::unsupported("not compared")
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use super::{POSTS, SQL};

    crate::on_each_pool! {
        async fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                let groups: Vec<(i64, i64)> = sqlx::query_as(SQL).bind(POSTS).fetch_all(on).await?;
                sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::{DatabaseConnection, FromQueryResult, Statement};

    use super::{POSTS, SQL};

    #[derive(FromQueryResult)]
    struct AuthorPosts {
        #[allow(dead_code)]
        author_id: i64,
        posts: i64,
    }

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let statement =
                Statement::from_sql_and_values(on.get_database_backend(), SQL, [POSTS.into()]);
            let groups = AuthorPosts::find_by_statement(statement).all(on).await?;
            sum += groups.iter().map(|group| group.posts as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

/// It has no WITH: for what it lacks, it offers statements in SQL, whose rows are its own dynamic values.
#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::{Result, bail};
    use toasty::Db;
    use toasty::stmt::Value;

    use super::{POSTS, SQL};

    fn group(row: Value) -> Result<(i64, i64)> {
        let Value::Record(row) = row else { bail!("a row is {row:?}") };
        match <[Value; 2]>::try_from(row.fields) {
            Ok([Value::I64(author), Value::I64(count)]) => Ok((author, count)),
            other => bail!("a row is {other:?}"),
        }
    }

    pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let rows = toasty::sql::query(SQL).bind(POSTS).exec(on).await?;
            let groups = rows.into_iter().map(group).collect::<Result<Vec<_>>>()?;
            sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
        }
        Ok(sum)
    }
}
