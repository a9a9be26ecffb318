//! All columns of one row, by its key.

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;
    use rusqlite::params;

    use crate::peer::raw::{PERSON, Person, Postgres, Sqlite, UPDATE};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let sql = format!("SELECT {PERSON} FROM people WHERE id = 5000");
        let mut person = on.connection.query_row(&sql, [], Person::from_sqlite)?;
        let mut sum = 0;
        for time in 0..times {
            person.age = (time % 100) as i32;
            let mut statement = on.connection.prepare_cached(UPDATE)?;
            let Person { id, name, email, nickname, age, balance, active } = &person;
            sum +=
                statement.execute(params![name, email, nickname, age, balance, active, id])? as u64;
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let sql = format!("SELECT {PERSON} FROM people WHERE id = 5000");
        let mut person = Person::from_postgres(&on.cached.client.query_one(&sql, &[])?);
        let mut sum = 0;
        for time in 0..times {
            person.age = (time % 100) as i32;
            let statement = on.cached.prepare(UPDATE)?;
            let Person { id, name, email, nickname, age, balance, active } = &person;
            sum += on
                .cached
                .client
                .execute(&statement, &[name, email, nickname, age, balance, active, id])?;
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
            let mut person = people::table.find(5000).select(Person::as_select()).first(on)?;
            let mut sum = 0;
            for time in 0..times {
                person.age = (time % 100) as i32;
                sum += diesel::update(&person).set(&person).execute(on)? as u64;
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
        let mut person: Person =
            people::table.find(5000).select(Person::as_select()).first(on).await?;
        let mut sum = 0;
        for time in 0..times {
            person.age = (time % 100) as i32;
            sum += diesel::update(&person).set(&person).execute(on).await? as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use crate::peer::mizzle_orm::Person;

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut person: Person = db.get(5000)?;
        let mut sum = 0;
        for time in 0..times {
            person.age = (time % 100) as i32;
            db.update(&person)?;
            sum += 1;
        }
        Ok(sum)
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;
    use drizzle::core::expr::eq;

    use crate::peer::drizzle_orm::{Drizzle, SelectPeople, UpdatePeople, updated};

    pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
        let people = on.tables.people;
        let person: SelectPeople =
            on.db.select(()).from(people).r#where(eq(people.id, 5000)).get()?;
        let mut sum = 0;
        for time in 0..times {
            let row = UpdatePeople::default()
                .with_name(person.name.clone())
                .with_email(person.email.clone())
                .with_nickname(updated(person.nickname.clone()))
                .with_age((time % 100) as i32)
                .with_balance(person.balance)
                .with_active(person.active);
            sum +=
                on.db.update(people).set(row).r#where(eq(people.id, person.id)).execute()? as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use crate::peer::sqlx_driver::Person;

    pub const SQL: &str = "UPDATE people SET name = $1, email = $2, nickname = $3, age = $4, balance = $5, active = $6
        WHERE id = $7";

    crate::on_each_pool! {
        async fn run(on, times) {
            let mut person: Person =
                sqlx::query_as("SELECT * FROM people WHERE id = 5000").fetch_one(on).await?;
            let mut sum = 0;
            for time in 0..times {
                person.age = (time % 100) as i32;
                sum += sqlx::query(SQL)
                    .bind(&person.name)
                    .bind(&person.email)
                    .bind(&person.nickname)
                    .bind(person.age)
                    .bind(person.balance)
                    .bind(person.active)
                    .bind(person.id)
                    .execute(on)
                    .await?
                    .rows_affected();
            }
            Ok(sum)
        }
    }
}

/// All columns are written, like the others do; SeaORM returns the row.
#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::{Context, Result};
    use sea_orm::{ActiveModelTrait, DatabaseConnection, EntityTrait, IntoActiveModel, Set};

    use crate::peer::sea::people;

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let person = people::Entity::find_by_id(5000).one(on).await?.context("no row")?;
        let mut sum = 0;
        for time in 0..times {
            let mut person = person.clone().into_active_model().reset_all();
            person.age = Set((time % 100) as i32);
            person.update(on).await?;
            sum += 1;
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
        let person = Person::get_by_id(on, &5000).await?;
        let mut sum = 0;
        for time in 0..times {
            Person::update_by_id(person.id)
                .name(person.name.clone())
                .email(person.email.clone())
                .nickname(person.nickname.clone())
                .age((time % 100) as i32)
                .balance(person.balance)
                .active(person.active)
                .exec(on)
                .await?;
            sum += 1;
        }
        Ok(sum)
    }
}
