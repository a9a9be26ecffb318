//! 1,000 rows by a unique column, of which half exist already, all or none.

/// The number of rows.
pub const ROWS: i64 = 1_000;

/// Returns the numbers of the people: half of them are in the table at the start.
pub fn numbers() -> std::ops::RangeInclusive<i64> {
    let first = crate::data::ROWS - ROWS / 2 + 1;
    first..=first + ROWS - 1
}

/// Returns the age that a person gets in repetition `time`.
pub fn age(time: u64, number: i64) -> i32 {
    18 + ((time as i64 + number) % 60) as i32
}

/// One statement.
#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;
    use postgres::types::ToSql as ToPostgres;
    use rusqlite::ToSql;

    use super::{ROWS, age, numbers};
    use crate::data::{Values, person};
    use crate::peer::raw::{Postgres, Sqlite};

    pub fn sql() -> String {
        let values: Vec<String> = (0..ROWS)
            .map(|row| {
                let marks: Vec<String> =
                    (1..=6).map(|column| format!("${}", row * 6 + column)).collect();
                format!("({})", marks.join(", "))
            })
            .collect();
        format!(
            "INSERT INTO people (name, email, nickname, age, balance, active) VALUES {}
             ON CONFLICT (email) DO UPDATE SET name = excluded.name, nickname = excluded.nickname,
             age = excluded.age, balance = excluded.balance, active = excluded.active",
            values.join(", ")
        )
    }

    fn people(time: u64) -> Vec<Values> {
        numbers().map(|number| Values { age: age(time, number), ..person(number) }).collect()
    }

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let sql = sql();
        let mut sum = 0;
        for time in 0..times {
            let people = people(time);
            let mut statement = on.connection.prepare_cached(&sql)?;
            let mut values: Vec<&dyn ToSql> = Vec::with_capacity(people.len() * 6);
            for Values { name, email, nickname, age, balance, active } in &people {
                values.extend_from_slice(&[
                    name as &dyn ToSql,
                    email,
                    nickname,
                    age,
                    balance,
                    active,
                ]);
            }
            sum += statement.execute(&*values)? as u64;
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let statement = on.cached.prepare(&sql())?;
        let mut sum = 0;
        for time in 0..times {
            let people = people(time);
            let mut values: Vec<&(dyn ToPostgres + Sync)> = Vec::with_capacity(people.len() * 6);
            for Values { name, email, nickname, age, balance, active } in &people {
                values.extend_from_slice(&[
                    name as &(dyn ToPostgres + Sync),
                    email,
                    nickname,
                    age,
                    balance,
                    active,
                ]);
            }
            sum += on.cached.client.execute(&statement, &values)?;
        }
        Ok(sum)
    }
}

/// On SQLite a statement for each row, in a transaction: diesel has no upsert of several rows there.
#[cfg(feature = "native")]
pub mod diesel {
    use anyhow::Result;
    use diesel::prelude::*;
    use diesel::upsert::excluded;

    use super::{age, numbers};
    use crate::peer::diesel_orm::{NewPerson, Postgres, Sqlite, new_person, people};

    fn new(time: u64) -> Vec<NewPerson> {
        numbers().map(|number| NewPerson { age: age(time, number), ..new_person(number) }).collect()
    }

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let new = new(time);
            sum += on.connection.transaction(|on| {
                new.iter().try_fold(0, |sum, row| {
                    let written = diesel::insert_into(people::table)
                        .values(row)
                        .on_conflict(people::email)
                        .do_update()
                        .set(row)
                        .execute(on)?;
                    QueryResult::Ok(sum + written)
                })
            })? as u64;
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            sum += diesel::insert_into(people::table)
                .values(new(time))
                .on_conflict(people::email)
                .do_update()
                .set((
                    people::name.eq(excluded(people::name)),
                    people::nickname.eq(excluded(people::nickname)),
                    people::age.eq(excluded(people::age)),
                    people::balance.eq(excluded(people::balance)),
                    people::active.eq(excluded(people::active)),
                ))
                .execute(&mut on.connection)? as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use super::{age, numbers};
    use crate::peer::mizzle_orm::{NewPerson, new_person, people};

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let new: Vec<NewPerson> = numbers()
                .map(|number| NewPerson { age: age(time, number), ..new_person(number) })
                .collect();
            sum += db.upsert_all_on(people::email, &new)?;
        }
        Ok(sum)
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;
    use drizzle::core::expr::excluded;

    use super::{age, numbers};
    use crate::drizzle_person;
    use crate::peer::drizzle_orm::{Drizzle, UpdatePeople};

    pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
        let people = on.tables.people;
        let mut sum = 0;
        for time in 0..times {
            let new: Vec<_> = numbers()
                .map(|number| drizzle_person!(number).with_age(age(time, number)))
                .collect();
            let row = UpdatePeople::default()
                .with_name(excluded(people.name))
                .with_nickname(excluded(people.nickname))
                .with_age(excluded(people.age))
                .with_balance(excluded(people.balance))
                .with_active(excluded(people.active));
            sum += on
                .db
                .insert(people)
                .values(new)
                .on_conflict(people.email)
                .do_update(row)
                .execute()? as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use sqlx::QueryBuilder;

    use super::{age, numbers};
    use crate::data::{Values, person};

    crate::on_each_pool! {
        async fn run(on, times) {
            let mut sum = 0;
            for time in 0..times {
                let people: Vec<Values> = numbers().map(person).collect();
                let mut query = QueryBuilder::<Database>::new(
                    "INSERT INTO people (name, email, nickname, age, balance, active) ",
                );
                query.push_values(numbers().zip(&people), |mut row, (number, person)| {
                    row.push_bind(&person.name)
                        .push_bind(&person.email)
                        .push_bind(&person.nickname)
                        .push_bind(age(time, number))
                        .push_bind(person.balance)
                        .push_bind(person.active);
                });
                query.push(
                    " ON CONFLICT (email) DO UPDATE SET name = excluded.name, nickname = excluded.nickname,
                      age = excluded.age, balance = excluded.balance, active = excluded.active",
                );
                sum += query.build().execute(on).await?.rows_affected();
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::sea_query::OnConflict;
    use sea_orm::{DatabaseConnection, EntityTrait, Set};

    use super::{age, numbers};
    use crate::peer::sea::{new_person, people};

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        use people::Column::{Active, Age, Balance, Email, Name, Nickname};
        let mut sum = 0;
        for time in 0..times {
            let new = numbers().map(|number| people::ActiveModel {
                age: Set(age(time, number)),
                ..new_person(number)
            });
            let update = OnConflict::column(Email)
                .update_columns([Name, Nickname, Age, Balance, Active])
                .to_owned();
            sum += people::Entity::insert_many(new)
                .on_conflict(update)
                .exec_without_returning(on)
                .await?;
        }
        Ok(sum)
    }
}

/// A statement for each row, in a transaction.
#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    use super::{age, numbers};
    use crate::data::person;
    use crate::peer::toasty_orm::Person;

    pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let mut transaction = on.transaction().await?;
            for number in numbers() {
                let new = person(number);
                Person::upsert_by_email(new.email)
                    .name(new.name)
                    .nickname(new.nickname)
                    .age(age(time, number))
                    .balance(new.balance)
                    .active(new.active)
                    .exec(&mut transaction)
                    .await?;
                sum += 1;
            }
            transaction.commit().await?;
        }
        Ok(sum)
    }
}
