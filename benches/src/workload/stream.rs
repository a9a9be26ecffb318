//! All 10,000 rows, one by one.

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;
    use postgres::fallible_iterator::FallibleIterator;

    use crate::peer::raw::{PERSON, Person, Postgres, Sqlite};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let sql = format!("SELECT {PERSON} FROM people");
        let mut sum = 0;
        for _ in 0..times {
            let mut statement = on.connection.prepare_cached(&sql)?;
            for person in statement.query_map([], Person::from_sqlite)? {
                sum += person?.age as u64;
            }
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let sql = format!("SELECT {PERSON} FROM people");
        let mut sum = 0;
        for _ in 0..times {
            let statement = on.cached.prepare(&sql)?;
            let none: [&str; 0] = [];
            let mut rows = on.cached.client.query_raw(&statement, none)?;
            while let Some(row) = rows.next()? {
                sum += Person::from_postgres(&row).age as u64;
            }
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel {
    use anyhow::Result;
    use diesel::connection::DefaultLoadingMode;
    use diesel::pg::PgRowByRowLoadingMode;
    use diesel::prelude::*;

    use crate::peer::diesel_orm::{Person, Postgres, Sqlite, people};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let query = people::table.select(Person::as_select());
            for person in query.load_iter::<Person, DefaultLoadingMode>(&mut on.connection)? {
                sum += person?.age as u64;
            }
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let query = people::table.select(Person::as_select());
            for person in query.load_iter::<Person, PgRowByRowLoadingMode>(&mut on.connection)? {
                sum += person?.age as u64;
            }
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use crate::peer::mizzle_orm::Person;

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            for person in Person::query().stream(db)? {
                sum += person?.age as u64;
            }
        }
        Ok(sum)
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;

    use crate::peer::drizzle_orm::Drizzle;

    pub fn run(_: &mut Drizzle, _: u64) -> Result<u64> {
        crate::unsupported("it reads all rows before it returns the first")
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use futures_util::TryStreamExt;

    use crate::peer::sqlx_driver::Person;

    crate::on_each_pool! {
        async fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                let mut people = sqlx::query_as::<Database, Person>("SELECT * FROM people").fetch(on);
                while let Some(person) = people.try_next().await? {
                    sum += person.age as u64;
                }
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use std::pin::pin;

    use anyhow::Result;
    use futures_util::TryStreamExt;
    use sea_orm::{DatabaseConnection, EntityTrait};

    use crate::peer::sea::people;

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let mut people = pin!(people::Entity::find().stream(on).await?);
            while let Some(person) = people.try_next().await? {
                sum += person.age as u64;
            }
        }
        Ok(sum)
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    pub async fn run(_: &mut Db, _: u64) -> Result<u64> {
        crate::unsupported("it reads all rows before it returns the first")
    }
}
