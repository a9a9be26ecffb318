//! One row by its primary key.

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;

    use crate::data::key;
    use crate::peer::raw::{PERSON, Person, Postgres, Sqlite};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let sql = format!("SELECT {PERSON} FROM people WHERE id = $1");
        let mut sum = 0;
        for time in 0..times {
            let mut statement = on.connection.prepare_cached(&sql)?;
            sum += statement.query_row([key(time)], Person::from_sqlite)?.age as u64;
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let sql = format!("SELECT {PERSON} FROM people WHERE id = $1");
        let mut sum = 0;
        for time in 0..times {
            let statement = on.cached.prepare(&sql)?;
            let row = on.cached.client.query_one(&statement, &[&key(time)])?;
            sum += Person::from_postgres(&row).age as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel {
    use diesel::prelude::*;

    use crate::data::key;
    use crate::peer::diesel_orm::{Person, people};

    crate::on_each_diesel_connection! {
        fn run(on, times) {
            let mut sum = 0;
            for time in 0..times {
                let found = people::table.find(key(time)).select(Person::as_select()).first(on)?;
                sum += found.age as u64;
            }
            Ok(sum)
        }
    }
}

/// Without the `LIMIT 1` that `first` adds, for which SQLite prepares the statement again each time.
#[cfg(feature = "native")]
pub mod tuned {
    use diesel::prelude::*;

    use crate::data::key;
    use crate::peer::diesel_orm::{Person, people};

    crate::on_each_diesel_connection! {
        fn run(on, times) {
            let mut sum = 0;
            for time in 0..times {
                let found = people::table.find(key(time)).select(Person::as_select()).get_result(on)?;
                sum += found.age as u64;
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

    use crate::data::key;
    use crate::peer::diesel_orm::{Person, people};

    pub async fn run(on: &mut AsyncPgConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let person: Person =
                people::table.find(key(time)).select(Person::as_select()).first(on).await?;
            sum += person.age as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use crate::data::key;
    use crate::peer::mizzle_orm::Person;

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let found: Person = db.get(key(time))?;
            sum += found.age as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;
    use drizzle::core::expr::eq;
    use drizzle::sqlite::prelude::*;

    use crate::data::key;
    use crate::peer::drizzle_orm::{Drizzle, SelectPeople};

    pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
        let people = on.tables.people;
        let id = people.id.placeholder("id");
        let find = on.db.select(()).from(people).r#where(eq(people.id, id)).prepare();
        let mut sum = 0;
        for time in 0..times {
            let found: SelectPeople = find.get(on.db.conn(), [id.bind(key(time))])?;
            sum += found.age as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use crate::data::key;
    use crate::peer::sqlx_driver::Person;

    crate::on_each_pool! {
        async fn run(on, times) {
            let mut sum = 0;
            for time in 0..times {
                let found: Person = sqlx::query_as("SELECT * FROM people WHERE id = $1")
                    .bind(key(time))
                    .fetch_one(on)
                    .await?;
                sum += found.age as u64;
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::{Context, Result};
    use sea_orm::{DatabaseConnection, EntityTrait};

    use crate::data::key;
    use crate::peer::sea::people;

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let found = people::Entity::find_by_id(key(time)).one(on).await?.context("no row")?;
            sum += found.age as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    use crate::data::key;
    use crate::peer::toasty_orm::Person;

    pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            sum += Person::get_by_id(on, &key(time)).await?.age as u64;
        }
        Ok(sum)
    }
}
