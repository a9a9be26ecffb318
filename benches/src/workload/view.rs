//! A condition on a view that counts the rows of 100 groups.

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;

    use crate::peer::raw::{Postgres, Sqlite};
    use crate::workload::cte::POSTS;

    const SQL: &str =
        "SELECT author_id, posts FROM post_counts WHERE posts > $1 ORDER BY author_id";

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

#[cfg(feature = "native")]
pub mod diesel {
    use diesel::prelude::*;

    use crate::peer::diesel_orm::post_counts;
    use crate::workload::cte::POSTS;

    crate::on_each_diesel_connection! {
        fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                let groups: Vec<(i64, i64)> = post_counts::table
                    .filter(post_counts::posts.gt(POSTS))
                    .order_by(post_counts::author_id)
                    .load(on)?;
                sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use crate::peer::mizzle_orm::{PostCount, post_counts};
    use crate::workload::cte::POSTS;

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let groups = PostCount::query()
                .filter(post_counts::posts.gt(POSTS))
                .order_by(post_counts::author_id)
                .all(db)?;
            sum += groups.iter().map(|group| group.posts as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;
    use drizzle::core::asc;
    use drizzle::core::expr::gt;

    use crate::peer::drizzle_orm::{Drizzle, SelectPostCounts};
    use crate::workload::cte::POSTS;

    pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
        let counts = on.tables.post_counts;
        let select = on
            .db
            .select(())
            .from(counts)
            .r#where(gt(counts.posts, POSTS))
            .order_by(asc(counts.author_id))
            .prepare();
        let mut sum = 0;
        for _ in 0..times {
            let groups: Vec<SelectPostCounts> = select.all(on.db.conn(), [])?;
            sum += groups.iter().map(|group| group.posts as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use crate::workload::cte::POSTS;

    crate::on_each_pool! {
        async fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                let groups: Vec<(i64, i64)> = sqlx::query_as(
                    "SELECT author_id, posts FROM post_counts WHERE posts > $1 ORDER BY author_id",
                )
                .bind(POSTS)
                .fetch_all(on)
                .await?;
                sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};

    use crate::peer::sea::post_counts;
    use crate::workload::cte::POSTS;

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let groups = post_counts::Entity::find()
                .filter(post_counts::Column::Posts.gt(POSTS))
                .order_by_asc(post_counts::Column::AuthorId)
                .all(on)
                .await?;
            sum += groups.iter().map(|group| group.posts as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    use crate::peer::toasty_orm::PostCount;
    use crate::workload::cte::POSTS;

    pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let groups = PostCount::filter(PostCount::fields().posts().gt(POSTS))
                .order_by(PostCount::fields().author_id().asc())
                .exec(on)
                .await?;
            sum += groups.iter().map(|group| group.posts as u64).sum::<u64>();
        }
        Ok(sum)
    }
}
