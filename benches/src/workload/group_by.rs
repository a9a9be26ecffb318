//! A join with a count for each of 100 groups.

/// The statement of those who write SQL.
pub const SQL: &str =
    "SELECT authors.name, count(*) FROM authors JOIN posts ON posts.author_id = authors.id
    GROUP BY authors.name ORDER BY authors.name";

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;

    use super::SQL;
    use crate::peer::raw::{Postgres, Sqlite};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let mut statement = on.connection.prepare_cached(SQL)?;
            let groups: Vec<(String, i64)> = statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<Vec<_>, _>>()?;
            sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let statement = on.cached.prepare(SQL)?;
            let rows = on.cached.client.query(&statement, &[])?;
            let groups: Vec<(String, i64)> =
                rows.iter().map(|row| (row.get(0), row.get(1))).collect();
            sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel {
    use diesel::dsl::count_star;
    use diesel::prelude::*;

    use crate::peer::diesel_orm::{authors, posts};

    crate::on_each_diesel_connection! {
        fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                let groups: Vec<(String, i64)> = authors::table
                    .inner_join(posts::table)
                    .group_by(authors::name)
                    .order_by(authors::name)
                    .select((authors::name, count_star()))
                    .load(on)?;
                sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use diesel::dsl::count_star;
    use mizzle::prelude::*;

    use crate::peer::mizzle_orm::{authors, posts};

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let groups: Vec<(String, i64)> = db.load(
                authors::table
                    .inner_join(posts::table)
                    .group_by(authors::name)
                    .order_by(authors::name)
                    .select((authors::name, count_star())),
            )?;
            sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;
    use drizzle::core::asc;
    use drizzle::core::expr::count;

    use crate::peer::drizzle_orm::Drizzle;

    pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
        let (authors, posts) = (on.tables.authors, on.tables.posts);
        let select = on
            .db
            .select((authors.name, count(posts.id)))
            .from(authors)
            .inner_join(posts)
            .group_by(authors.name)
            .order_by(asc(authors.name))
            .prepare();
        let mut sum = 0;
        for _ in 0..times {
            let groups: Vec<(String, i64)> = select.all(on.db.conn(), [])?;
            sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use super::SQL;

    crate::on_each_pool! {
        async fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                let groups: Vec<(String, i64)> = sqlx::query_as(SQL).fetch_all(on).await?;
                sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::sea_query::{Expr, ExprTrait};
    use sea_orm::{
        DatabaseConnection, EntityTrait, JoinType, QueryOrder, QuerySelect, RelationTrait,
    };

    use crate::peer::sea::{authors, posts};

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let groups: Vec<(String, i64)> = authors::Entity::find()
                .select_only()
                .column(authors::Column::Name)
                .expr(Expr::col((posts::Entity, posts::Column::Id)).count())
                .join(JoinType::InnerJoin, authors::Relation::Posts.def())
                .group_by(authors::Column::Name)
                .order_by_asc(authors::Column::Name)
                .into_tuple()
                .all(on)
                .await?;
            sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

/// It has no GROUP BY: for what it lacks, it offers statements in SQL, whose rows are its own dynamic values.
#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::{Result, bail};
    use toasty::Db;
    use toasty::stmt::Value;

    use super::SQL;

    fn group(row: Value) -> Result<(String, i64)> {
        let Value::Record(row) = row else { bail!("a row is {row:?}") };
        match <[Value; 2]>::try_from(row.fields) {
            Ok([Value::String(name), Value::I64(count)]) => Ok((name, count)),
            other => bail!("a row is {other:?}"),
        }
    }

    pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let rows = toasty::sql::query(SQL).exec(on).await?;
            let groups = rows.into_iter().map(group).collect::<Result<Vec<_>>>()?;
            sum += groups.iter().map(|group| group.1 as u64).sum::<u64>();
        }
        Ok(sum)
    }
}
