//! A row that exists in half of the cases, by a unique column; returned.

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;
    use rusqlite::params;

    use crate::data::{Values, person, upserted};
    use crate::peer::raw::{PERSON, Person, Postgres, Sqlite, written};

    fn sql() -> String {
        format!(
            "INSERT INTO people (name, email, nickname, age, balance, active) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (email) DO UPDATE SET name = excluded.name, nickname = excluded.nickname,
             age = excluded.age, balance = excluded.balance, active = excluded.active RETURNING {PERSON}"
        )
    }

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let sql = sql();
        let mut sum = 0;
        for time in 0..times {
            let Values { name, email, nickname, age, balance, active } = person(upserted(time));
            let mut statement = on.connection.prepare_cached(&sql)?;
            let values = params![name, email, nickname, age, balance, active];
            sum += written(&mut statement, values)?.age as u64;
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let sql = sql();
        let mut sum = 0;
        for time in 0..times {
            let Values { name, email, nickname, age, balance, active } = person(upserted(time));
            let statement = on.cached.prepare(&sql)?;
            let row = on
                .cached
                .client
                .query_one(&statement, &[&name, &email, &nickname, &age, &balance, &active])?;
            sum += Person::from_postgres(&row).age as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel {
    use diesel::prelude::*;

    use crate::data::upserted;
    use crate::peer::diesel_orm::{Person, new_person, people};

    crate::on_each_diesel_connection! {
        fn run(on, times) {
            let mut sum = 0;
            for time in 0..times {
                let new = new_person(upserted(time));
                let stored = diesel::insert_into(people::table)
                    .values(&new)
                    .on_conflict(people::email)
                    .do_update()
                    .set(&new)
                    .returning(Person::as_returning())
                    .get_result(on)?;
                sum += stored.age as u64;
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use crate::data::upserted;
    use crate::peer::mizzle_orm::{new_person, people};

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            sum += db.upsert_on(people::email, new_person(upserted(time)))?.age as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;
    use drizzle::core::expr::excluded;

    use crate::data::upserted;
    use crate::drizzle_person;
    use crate::peer::drizzle_orm::{Drizzle, SelectPeople, UpdatePeople};

    pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
        let people = on.tables.people;
        let mut sum = 0;
        for time in 0..times {
            let row = UpdatePeople::default()
                .with_name(excluded(people.name))
                .with_nickname(excluded(people.nickname))
                .with_age(excluded(people.age))
                .with_balance(excluded(people.balance))
                .with_active(excluded(people.active));
            let stored: SelectPeople = on
                .db
                .insert(people)
                .value(drizzle_person!(upserted(time)))
                .on_conflict(people.email)
                .do_update(row)
                .returning(())
                .get()?;
            sum += stored.age as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use crate::data::{Values, person, upserted};
    use crate::peer::sqlx_driver::Person;

    crate::on_each_pool! {
        async fn run(on, times) {
            let mut sum = 0;
            for time in 0..times {
                let Values { name, email, nickname, age, balance, active } = person(upserted(time));
                let stored: Person = sqlx::query_as(
                    "INSERT INTO people (name, email, nickname, age, balance, active)
                     VALUES ($1, $2, $3, $4, $5, $6)
                     ON CONFLICT (email) DO UPDATE SET name = excluded.name, nickname = excluded.nickname,
                     age = excluded.age, balance = excluded.balance, active = excluded.active RETURNING *",
                )
                .bind(name)
                .bind(email)
                .bind(nickname)
                .bind(age)
                .bind(balance)
                .bind(active)
                .fetch_one(on)
                .await?;
                sum += stored.age as u64;
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::sea_query::OnConflict;
    use sea_orm::{DatabaseConnection, EntityTrait};

    use crate::data::upserted;
    use crate::peer::sea::{new_person, people};

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        use people::Column::{Active, Age, Balance, Email, Name, Nickname};
        let mut sum = 0;
        for time in 0..times {
            let conflict = OnConflict::column(Email)
                .update_columns([Name, Nickname, Age, Balance, Active])
                .to_owned();
            let stored = people::Entity::insert(new_person(upserted(time)))
                .on_conflict(conflict)
                .exec_with_returning(on)
                .await?;
            sum += stored.age as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    use crate::data::{person, upserted};
    use crate::peer::toasty_orm::Person;

    pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let new = person(upserted(time));
            let stored = Person::upsert_by_email(new.email)
                .name(new.name)
                .nickname(new.nickname)
                .age(new.age)
                .balance(new.balance)
                .active(new.active)
                .exec(on)
                .await?;
            sum += stored.age as u64;
        }
        Ok(sum)
    }
}
