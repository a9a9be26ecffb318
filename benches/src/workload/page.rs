//! A filtered, sorted page of 20 rows.

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;

    use crate::peer::raw::{PERSON, Person, Postgres, Sqlite};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let sql = format!("SELECT {PERSON} FROM people WHERE active = $1 ORDER BY id LIMIT 20");
        let mut sum = 0;
        for _ in 0..times {
            let mut statement = on.connection.prepare_cached(&sql)?;
            let page =
                statement.query_map([true], Person::from_sqlite)?.collect::<Result<Vec<_>, _>>()?;
            sum += page.len() as u64 + page[0].age as u64;
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let sql = format!("SELECT {PERSON} FROM people WHERE active = $1 ORDER BY id LIMIT 20");
        let mut sum = 0;
        for _ in 0..times {
            let statement = on.cached.prepare(&sql)?;
            let rows = on.cached.client.query(&statement, &[&true])?;
            let page: Vec<Person> = rows.iter().map(Person::from_postgres).collect();
            sum += page.len() as u64 + page[0].age as u64;
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
                let page = people::table
                    .filter(people::active.eq(true))
                    .order_by(people::id)
                    .limit(20)
                    .select(Person::as_select())
                    .load(on)?;
                sum += page.len() as u64 + page[0].age as u64;
            }
            Ok(sum)
        }
    }
}

/// The rows are counted here instead of by a LIMIT, for which SQLite prepares the statement again each time.
#[cfg(feature = "native")]
pub mod tuned {
    use anyhow::Result;
    use diesel::connection::DefaultLoadingMode;
    use diesel::prelude::*;

    use crate::peer::diesel_orm::{Person, Sqlite, people};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let page = people::table
                .filter(people::active.eq(true))
                .order_by(people::id)
                .select(Person::as_select())
                .load_iter::<Person, DefaultLoadingMode>(&mut on.connection)?
                .take(20)
                .collect::<QueryResult<Vec<_>>>()?;
            sum += page.len() as u64 + page[0].age as u64;
        }
        Ok(sum)
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
            let page: Vec<Person> = people::table
                .filter(people::active.eq(true))
                .order_by(people::id)
                .limit(20)
                .select(Person::as_select())
                .load(on)
                .await?;
            sum += page.len() as u64 + page[0].age as u64;
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
                .limit(20)
                .all(db)?;
            sum += page.len() as u64 + page[0].age as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;
    use drizzle::core::asc;
    use drizzle::core::expr::eq;

    use crate::peer::drizzle_orm::{Drizzle, SelectPeople};

    pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
        let people = on.tables.people;
        let select = on
            .db
            .select(())
            .from(people)
            .r#where(eq(people.active, true))
            .order_by(asc(people.id))
            .limit(20)
            .prepare();
        let mut sum = 0;
        for _ in 0..times {
            let page: Vec<SelectPeople> = select.all(on.db.conn(), [])?;
            sum += page.len() as u64 + page[0].age as u64;
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
                let page: Vec<Person> =
                    sqlx::query_as("SELECT * FROM people WHERE active = $1 ORDER BY id LIMIT 20")
                        .bind(true)
                        .fetch_all(on)
                        .await?;
                sum += page.len() as u64 + page[0].age as u64;
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::{
        ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    };

    use crate::peer::sea::people;

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let page = people::Entity::find()
                .filter(people::Column::Active.eq(true))
                .order_by_asc(people::Column::Id)
                .limit(20)
                .all(on)
                .await?;
            sum += page.len() as u64 + page[0].age as u64;
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
            sum += page.len() as u64 + page[0].age as u64;
        }
        Ok(sum)
    }
}
