//! A page of 20 rows by SQL that the program writes, with two bound values.

/// The statement.
pub const SQL: &str = "SELECT id, name, email, nickname, age, balance, active FROM people
    WHERE age >= $1 AND active = $2 ORDER BY id LIMIT 20";

/// Returns the age that repetition `time` asks for.
pub fn age(time: u64) -> i32 {
    18 + (time % 60) as i32
}

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;
    use rusqlite::params;

    use super::{SQL, age};
    use crate::peer::raw::{Person, Postgres, Sqlite};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let mut statement = on.connection.prepare_cached(SQL)?;
            let people = statement
                .query_map(params![age(time), true], Person::from_sqlite)?
                .collect::<Result<Vec<_>, _>>()?;
            sum += people.iter().map(|person| person.age as u64).sum::<u64>();
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let statement = on.cached.prepare(SQL)?;
            let rows = on.cached.client.query(&statement, &[&age(time), &true])?;
            let people: Vec<Person> = rows.iter().map(Person::from_postgres).collect();
            sum += people.iter().map(|person| person.age as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel {
    use diesel::prelude::*;
    use diesel::sql_types::{Bool, Integer};

    use super::{SQL, age};
    use crate::peer::diesel_orm::Person;

    crate::on_each_diesel_connection! {
        fn run(on, times) {
            let mut sum = 0;
            for time in 0..times {
                let people: Vec<Person> = diesel::sql_query(SQL)
                    .bind::<Integer, _>(age(time))
                    .bind::<Bool, _>(true)
                    .load(on)?;
                sum += people.iter().map(|person| person.age as u64).sum::<u64>();
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use super::age;
    use crate::peer::mizzle_orm::Person;

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let age = age(time);
            let people: Vec<Person> = sql!(
                "SELECT id, name, email, nickname, age, balance, active FROM people
                 WHERE age >= {age} AND active = {true} ORDER BY id LIMIT 20"
            )
            .all(db)?;
            sum += people.iter().map(|person| person.age as u64).sum::<u64>();
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
    use super::{SQL, age};
    use crate::peer::sqlx_driver::Person;

    crate::on_each_pool! {
        async fn run(on, times) {
            let mut sum = 0;
            for time in 0..times {
                let people: Vec<Person> =
                    sqlx::query_as(SQL).bind(age(time)).bind(true).fetch_all(on).await?;
                sum += people.iter().map(|person| person.age as u64).sum::<u64>();
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::{DatabaseConnection, EntityTrait, Statement};

    use super::{SQL, age};
    use crate::peer::sea::people;

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let values = [age(time).into(), true.into()];
            let statement = Statement::from_sql_and_values(on.get_database_backend(), SQL, values);
            let people = people::Entity::find().from_raw_sql(statement).all(on).await?;
            sum += people.iter().map(|person| person.age as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    pub async fn run(_: &mut Db, _: u64) -> Result<u64> {
        crate::unsupported("its SQL returns no structs")
    }
}
