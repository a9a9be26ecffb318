//! All columns of 1,000 rows, each with its own values, all or none.

/// The number of rows, whose keys are the first.
pub const ROWS: i64 = 1_000;

/// Returns the age that row `number` gets in repetition `time`.
pub fn age(time: u64, number: usize) -> i32 {
    18 + ((time as usize + number) % 60) as i32
}

/// On SQLite a statement for each row, in a transaction; on PostgreSQL one statement with an array for each column.
#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;
    use rusqlite::params;

    use super::{ROWS, age};
    use crate::peer::raw::{PERSON, Person, Postgres, Sqlite, UPDATE};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let sql = format!("SELECT {PERSON} FROM people WHERE id <= {ROWS} ORDER BY id");
        let mut people = on
            .connection
            .prepare(&sql)?
            .query_map([], Person::from_sqlite)?
            .collect::<Result<Vec<_>, _>>()?;
        let mut sum = 0;
        for time in 0..times {
            let transaction = on.connection.transaction()?;
            let mut statement = transaction.prepare_cached(UPDATE)?;
            for (number, person) in people.iter_mut().enumerate() {
                person.age = age(time, number);
                let Person { id, name, email, nickname, age, balance, active } = &*person;
                sum += statement
                    .execute(params![name, email, nickname, age, balance, active, id])?
                    as u64;
            }
            drop(statement);
            transaction.commit()?;
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let sql = format!("SELECT {PERSON} FROM people WHERE id <= {ROWS} ORDER BY id");
        let rows = on.cached.client.query(&sql, &[])?;
        let mut people: Vec<Person> = rows.iter().map(Person::from_postgres).collect();
        let statement = on.cached.prepare(
            "UPDATE people SET name = n.name, email = n.email, nickname = n.nickname, age = n.age,
                balance = n.balance, active = n.active
             FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::integer[],
                $6::double precision[], $7::boolean[])
                AS n (id, name, email, nickname, age, balance, active) WHERE people.id = n.id",
        )?;
        let mut sum = 0;
        for time in 0..times {
            for (number, person) in people.iter_mut().enumerate() {
                person.age = age(time, number);
            }
            let ids: Vec<i64> = people.iter().map(|person| person.id).collect();
            let names: Vec<&str> = people.iter().map(|person| &*person.name).collect();
            let emails: Vec<&str> = people.iter().map(|person| &*person.email).collect();
            let nicknames: Vec<Option<&str>> =
                people.iter().map(|person| person.nickname.as_deref()).collect();
            let ages: Vec<i32> = people.iter().map(|person| person.age).collect();
            let balances: Vec<f64> = people.iter().map(|person| person.balance).collect();
            let actives: Vec<bool> = people.iter().map(|person| person.active).collect();
            sum += on.cached.client.execute(
                &statement,
                &[&ids, &names, &emails, &nicknames, &ages, &balances, &actives],
            )?;
        }
        Ok(sum)
    }
}

/// A statement for each row, in a transaction.
#[cfg(feature = "native")]
pub mod diesel {
    use diesel::prelude::*;

    use super::{ROWS, age};
    use crate::peer::diesel_orm::{Person, people};

    crate::on_each_diesel_connection! {
        fn run(on, times) {
            let mut changed: Vec<Person> = people::table
                .filter(people::id.le(ROWS))
                .order_by(people::id)
                .select(Person::as_select())
                .load(on)?;
            let mut sum = 0;
            for time in 0..times {
                sum += on.transaction(|on| {
                    changed.iter_mut().enumerate().try_fold(0, |sum, (number, person)| {
                        person.age = age(time, number);
                        let written = diesel::update(&*person).set(&*person).execute(on)?;
                        QueryResult::Ok(sum + written)
                    })
                })? as u64;
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use super::{ROWS, age};
    use crate::peer::mizzle_orm::{Person, people};

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut changed =
            Person::query().filter(people::id.le(ROWS)).order_by(people::id).all(db)?;
        let mut sum = 0;
        for time in 0..times {
            for (number, person) in changed.iter_mut().enumerate() {
                person.age = age(time, number);
            }
            db.update_all(&changed)?;
            sum += changed.len() as u64;
        }
        Ok(sum)
    }
}

/// A statement for each row, in a transaction.
#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;
    use drizzle::core::asc;
    use drizzle::core::expr::{eq, lte};
    use drizzle::sqlite::connection::SQLiteTransactionType;

    use super::{ROWS, age};
    use crate::peer::drizzle_orm::{Drizzle, SelectPeople, UpdatePeople, updated};

    pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
        let people = on.tables.people;
        let changed: Vec<SelectPeople> = on
            .db
            .select(())
            .from(people)
            .r#where(lte(people.id, ROWS))
            .order_by(asc(people.id))
            .all()?;
        let mut sum = 0;
        for time in 0..times {
            sum += on.db.transaction(SQLiteTransactionType::Immediate, |tx| {
                let mut sum = 0;
                for (number, person) in changed.iter().enumerate() {
                    let row = UpdatePeople::default()
                        .with_name(person.name.clone())
                        .with_email(person.email.clone())
                        .with_nickname(updated(person.nickname.clone()))
                        .with_age(age(time, number))
                        .with_balance(person.balance)
                        .with_active(person.active);
                    sum +=
                        tx.update(people).set(row).r#where(eq(people.id, person.id)).execute()?;
                }
                Ok(sum)
            })? as u64;
        }
        Ok(sum)
    }
}

/// A statement for each row, in a transaction.
#[cfg(feature = "sqlx")]
pub mod sqlx {
    use super::{ROWS, age};
    use crate::peer::sqlx_driver::Person;
    use crate::workload::update::sqlx::SQL;

    crate::on_each_pool! {
        async fn run(on, times) {
            let people: Vec<Person> =
                sqlx::query_as("SELECT * FROM people WHERE id <= $1 ORDER BY id")
                    .bind(ROWS)
                    .fetch_all(on)
                    .await?;
            let mut sum = 0;
            for time in 0..times {
                let mut transaction = on.begin().await?;
                for (number, person) in people.iter().enumerate() {
                    sum += sqlx::query(SQL)
                        .bind(&person.name)
                        .bind(&person.email)
                        .bind(&person.nickname)
                        .bind(age(time, number))
                        .bind(person.balance)
                        .bind(person.active)
                        .bind(person.id)
                        .execute(&mut *transaction)
                        .await?
                        .rows_affected();
                }
                transaction.commit().await?;
            }
            Ok(sum)
        }
    }
}

/// A statement for each row, in a transaction; SeaORM returns the rows.
#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::{
        ActiveModelTrait, ColumnTrait, DatabaseConnection, EntityTrait, IntoActiveModel,
        QueryFilter, QueryOrder, Set, TransactionTrait,
    };

    use super::{ROWS, age};
    use crate::peer::sea::people;

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let people = people::Entity::find()
            .filter(people::Column::Id.lte(ROWS))
            .order_by_asc(people::Column::Id)
            .all(on)
            .await?;
        let mut sum = 0;
        for time in 0..times {
            let transaction = on.begin().await?;
            for (number, person) in people.iter().enumerate() {
                let mut person = person.clone().into_active_model().reset_all();
                person.age = Set(age(time, number));
                person.update(&transaction).await?;
                sum += 1;
            }
            transaction.commit().await?;
        }
        Ok(sum)
    }
}

/// A statement for each row, in a transaction.
#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    use super::{ROWS, age};
    use crate::peer::toasty_orm::Person;

    pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
        let people = Person::filter(Person::fields().id().le(ROWS))
            .order_by(Person::fields().id().asc())
            .exec(on)
            .await?;
        let mut sum = 0;
        for time in 0..times {
            let mut transaction = on.transaction().await?;
            for (number, person) in people.iter().enumerate() {
                Person::update_by_id(person.id)
                    .name(person.name.clone())
                    .email(person.email.clone())
                    .nickname(person.nickname.clone())
                    .age(age(time, number))
                    .balance(person.balance)
                    .active(person.active)
                    .exec(&mut transaction)
                    .await?;
                sum += 1;
            }
            transaction.commit().await?;
        }
        Ok(sum)
    }
}
