//! All 10,000 rows.

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;

    use crate::peer::raw::{PERSON, Person, Postgres, Sqlite};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let sql = format!("SELECT {PERSON} FROM people");
        let mut sum = 0;
        for _ in 0..times {
            let mut statement = on.connection.prepare_cached(&sql)?;
            let people =
                statement.query_map([], Person::from_sqlite)?.collect::<Result<Vec<_>, _>>()?;
            sum += people.len() as u64;
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let sql = format!("SELECT {PERSON} FROM people");
        let mut sum = 0;
        for _ in 0..times {
            let statement = on.cached.prepare(&sql)?;
            let rows = on.cached.client.query(&statement, &[])?;
            let people: Vec<Person> = rows.iter().map(Person::from_postgres).collect();
            sum += people.len() as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel {
    use diesel::prelude::*;

    use crate::peer::diesel_orm::{Person, people};

    crate::on_each_diesel_connection! {
        fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                sum += people::table.select(Person::as_select()).load(on)?.len() as u64;
            }
            Ok(sum)
        }
    }
}

/// Row by row into a list with enough capacity.
#[cfg(feature = "native")]
pub mod tuned {
    use diesel::connection::DefaultLoadingMode;
    use diesel::prelude::*;

    use crate::peer::diesel_orm::{Person, people};

    crate::on_each_diesel_connection! {
        fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                let mut found: Vec<Person> = Vec::with_capacity(10_000);
                for person in
                    people::table.select(Person::as_select()).load_iter::<Person, DefaultLoadingMode>(on)?
                {
                    found.push(person?);
                }
                sum += found.len() as u64;
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "native")]
pub mod diesel_async {
    use anyhow::Result;
    use diesel::prelude::*;
    use diesel_async::{AsyncPgConnection, RunQueryDsl};

    use crate::peer::diesel_orm::{Person, people};

    pub async fn run(on: &mut AsyncPgConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let people: Vec<Person> = people::table.select(Person::as_select()).load(on).await?;
            sum += people.len() as u64;
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
            sum += Person::query().all(db)?.len() as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;

    use crate::peer::drizzle_orm::{Drizzle, SelectPeople};

    pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
        let select = on.db.select(()).from(on.tables.people).prepare();
        let mut sum = 0;
        for _ in 0..times {
            let people: Vec<SelectPeople> = select.all(on.db.conn(), [])?;
            sum += people.len() as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use crate::peer::sqlx_driver::Person;

    crate::on_each_pool! {
        async fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                let people: Vec<Person> = sqlx::query_as("SELECT * FROM people").fetch_all(on).await?;
                sum += people.len() as u64;
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::{DatabaseConnection, EntityTrait};

    use crate::peer::sea::people;

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            sum += people::Entity::find().all(on).await?.len() as u64;
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
            sum += Person::all().exec(on).await?.len() as u64;
        }
        Ok(sum)
    }
}
