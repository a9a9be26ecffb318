//! A filtered, sorted page of 20 rows and the number of all such rows.

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;

    use crate::peer::raw::{PERSON, Person, Postgres};

    pub const COUNT: &str = "SELECT count(*) FROM people WHERE active = $1";

    pub fn page() -> String {
        format!("SELECT {PERSON} FROM people WHERE active = $1 ORDER BY id LIMIT 20")
    }

    pub fn run(on: &mut Postgres, times: u64) -> Result<u64> {
        let (page, count) = (on.cached.prepare(&page())?, on.cached.prepare(COUNT)?);
        let mut sum = 0;
        for _ in 0..times {
            let rows = on.cached.client.query(&page, &[&true])?;
            let people: Vec<Person> = rows.iter().map(Person::from_postgres).collect();
            let total: i64 = on.cached.client.query_one(&count, &[&true])?.get(0);
            sum += people.len() as u64 + total as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod pipelined {
    use anyhow::Result;
    use futures_util::future::try_join;

    use super::raw::{COUNT, page};
    use crate::peer::pipelined::Pipelined;
    use crate::peer::raw::Person;

    pub async fn run(on: &mut Pipelined, times: u64) -> Result<u64> {
        let (page, count) = (on.prepare(&page()).await?, on.prepare(COUNT).await?);
        let mut sum = 0;
        for _ in 0..times {
            let (rows, total) =
                try_join(on.client.query(&page, &[&true]), on.client.query_one(&count, &[&true]))
                    .await?;
            let people: Vec<Person> = rows.iter().map(Person::from_postgres).collect();
            sum += people.len() as u64 + total.get::<_, i64>(0) as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel {
    use anyhow::Result;
    use diesel::prelude::*;

    use crate::peer::diesel_orm::{Person, Postgres, people};

    pub fn run(on: &mut Postgres, times: u64) -> Result<u64> {
        let on = &mut on.connection;
        let active = people::table.filter(people::active.eq(true));
        let mut sum = 0;
        for _ in 0..times {
            let page =
                active.order_by(people::id).limit(20).select(Person::as_select()).load(on)?;
            let total: i64 = active.count().get_result(on)?;
            sum += page.len() as u64 + total as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel_async {
    use anyhow::Result;
    use diesel::prelude::*;
    use diesel_async::{AsyncPgConnection, RunQueryDsl};
    use futures_util::future::try_join;

    use crate::peer::diesel_orm::{Person, people};

    pub async fn run(on: &mut AsyncPgConnection, times: u64) -> Result<u64> {
        let active = people::table.filter(people::active.eq(true));
        let mut sum = 0;
        for _ in 0..times {
            let on = &*on;
            let page = active.order_by(people::id).limit(20).select(Person::as_select());
            let (page, total) =
                try_join(page.load(&mut &*on), active.count().get_result::<i64>(&mut &*on)).await?;
            sum += page.len() as u64 + total as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use crate::peer::mizzle_orm::{Person, people};

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let page = Person::query()
                .filter(people::active.eq(true))
                .order_by(people::id)
                .page(db, 1, 20)?;
            sum += page.items.len() as u64 + page.total;
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use anyhow::Result;
    use sqlx::PgPool;

    use crate::peer::sqlx_driver::Person;

    pub async fn run(on: &PgPool, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let page: Vec<Person> =
                sqlx::query_as("SELECT * FROM people WHERE active = $1 ORDER BY id LIMIT 20")
                    .bind(true)
                    .fetch_all(on)
                    .await?;
            let total: i64 = sqlx::query_scalar("SELECT count(*) FROM people WHERE active = $1")
                .bind(true)
                .fetch_one(on)
                .await?;
            sum += page.len() as u64 + total as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::{
        ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    };

    use crate::peer::sea::people;

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let pages = people::Entity::find()
                .filter(people::Column::Active.eq(true))
                .order_by_asc(people::Column::Id)
                .paginate(on, 20);
            sum += pages.fetch_page(0).await?.len() as u64 + pages.num_items().await?;
        }
        Ok(sum)
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    use crate::peer::toasty_orm::Person;

    pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let page = Person::filter_by_active(true)
                .order_by(Person::fields().id().asc())
                .limit(20)
                .exec(on)
                .await?;
            let total = Person::filter_by_active(true).count().exec(on).await?;
            sum += page.len() as u64 + total;
        }
        Ok(sum)
    }
}
