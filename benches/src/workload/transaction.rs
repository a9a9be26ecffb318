//! A row is read and written in a transaction.

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;
    use rusqlite::{TransactionBehavior, params};

    use crate::data::key;
    use crate::peer::raw::{PERSON, Person, Postgres, Sqlite, UPDATE};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let sql = format!("SELECT {PERSON} FROM people WHERE id = $1");
        let mut sum = 0;
        for time in 0..times {
            let transaction =
                on.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut person =
                transaction.prepare_cached(&sql)?.query_row([key(time)], Person::from_sqlite)?;
            person.active = !person.active;
            let Person { id, name, email, nickname, age, balance, active } = &person;
            sum += transaction
                .prepare_cached(UPDATE)?
                .execute(params![name, email, nickname, age, balance, active, id])?
                as u64;
            transaction.commit()?;
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let select = on.cached.prepare(&format!("SELECT {PERSON} FROM people WHERE id = $1"))?;
        let update = on.cached.prepare(UPDATE)?;
        let mut sum = 0;
        for time in 0..times {
            let mut transaction = on.cached.client.transaction()?;
            let mut person = Person::from_postgres(&transaction.query_one(&select, &[&key(time)])?);
            person.active = !person.active;
            let Person { id, name, email, nickname, age, balance, active } = &person;
            sum +=
                transaction.execute(&update, &[name, email, nickname, age, balance, active, id])?;
            transaction.commit()?;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel {
    use anyhow::Result;
    use diesel::prelude::*;

    use crate::data::key;
    use crate::peer::diesel_orm::{Person, Postgres, Sqlite, people};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            sum += on.connection.immediate_transaction(|on| {
                let mut person =
                    people::table.find(key(time)).select(Person::as_select()).first(on)?;
                person.active = !person.active;
                diesel::update(&person).set(&person).execute(on)
            })? as u64;
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            sum += on.connection.transaction(|on| {
                let mut person =
                    people::table.find(key(time)).select(Person::as_select()).first(on)?;
                person.active = !person.active;
                diesel::update(&person).set(&person).execute(on)
            })? as u64;
        }
        Ok(sum)
    }
}

/// BEGIN goes with the read; COMMIT waits for the write, whose answer decides.
#[cfg(feature = "native")]
pub mod pipelined {
    use anyhow::Result;
    use futures_util::future::try_join;
    use tokio_postgres::types::ToSql;

    use crate::data::key;
    use crate::peer::pipelined::Pipelined;
    use crate::peer::raw::{PERSON, Person, UPDATE};

    pub async fn run(on: &mut Pipelined, times: u64) -> Result<u64> {
        let select = on.prepare(&format!("SELECT {PERSON} FROM people WHERE id = $1")).await?;
        let update = on.prepare(UPDATE).await?;
        let client = &on.client;
        let mut sum = 0;
        for time in 0..times {
            let key = key(time);
            let values: [&(dyn ToSql + Sync); 1] = [&key];
            let ((), row) =
                try_join(client.batch_execute("BEGIN"), client.query_one(&select, &values)).await?;
            let mut person = Person::from_postgres(&row);
            person.active = !person.active;
            let Person { id, name, email, nickname, age, balance, active } = &person;
            sum +=
                client.execute(&update, &[name, email, nickname, age, balance, active, id]).await?;
            client.batch_execute("COMMIT").await?;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel_async {
    use anyhow::Result;
    use diesel::prelude::*;
    use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

    use crate::data::key;
    use crate::peer::diesel_orm::{Person, people};

    pub async fn run(on: &mut AsyncPgConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            sum += on
                .transaction(async |on: &mut AsyncPgConnection| {
                    let mut person: Person =
                        people::table.find(key(time)).select(Person::as_select()).first(on).await?;
                    person.active = !person.active;
                    diesel::update(&person).set(&person).execute(on).await
                })
                .await? as u64;
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
            db.transaction(|tx| {
                let mut person: Person = tx.get(key(time))?;
                person.active = !person.active;
                tx.update(&person)
            })?;
            sum += 1;
        }
        Ok(sum)
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;
    use drizzle::core::expr::eq;
    use drizzle::sqlite::connection::SQLiteTransactionType;

    use crate::data::key;
    use crate::peer::drizzle_orm::{Drizzle, SelectPeople, UpdatePeople, updated};

    pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
        let people = on.tables.people;
        let mut sum = 0;
        for time in 0..times {
            sum += on.db.transaction(SQLiteTransactionType::Immediate, |tx| {
                let person: SelectPeople =
                    tx.select(()).from(people).r#where(eq(people.id, key(time))).get()?;
                let row = UpdatePeople::default()
                    .with_name(person.name)
                    .with_email(person.email)
                    .with_nickname(updated(person.nickname))
                    .with_age(person.age)
                    .with_balance(person.balance)
                    .with_active(!person.active);
                tx.update(people).set(row).r#where(eq(people.id, person.id)).execute()
            })? as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use crate::data::key;
    use crate::peer::sqlx_driver::Person;
    use crate::workload::update::sqlx::SQL;

    crate::on_each_pool! {
        async fn run(on, times) {
            let mut sum = 0;
            for time in 0..times {
                let mut transaction = on.begin().await?;
                let mut person: Person = sqlx::query_as("SELECT * FROM people WHERE id = $1")
                    .bind(key(time))
                    .fetch_one(&mut *transaction)
                    .await?;
                person.active = !person.active;
                sum += sqlx::query(SQL)
                    .bind(&person.name)
                    .bind(&person.email)
                    .bind(&person.nickname)
                    .bind(person.age)
                    .bind(person.balance)
                    .bind(person.active)
                    .bind(person.id)
                    .execute(&mut *transaction)
                    .await?
                    .rows_affected();
                transaction.commit().await?;
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::{Context, Result};
    use sea_orm::{
        ActiveModelTrait, DatabaseConnection, EntityTrait, IntoActiveModel, Set, TransactionTrait,
    };

    use crate::data::key;
    use crate::peer::sea::people;

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let transaction = on.begin().await?;
            let person =
                people::Entity::find_by_id(key(time)).one(&transaction).await?.context("no row")?;
            let active = !person.active;
            let mut person = person.into_active_model().reset_all();
            person.active = Set(active);
            person.update(&transaction).await?;
            transaction.commit().await?;
            sum += 1;
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
            let mut transaction = on.transaction().await?;
            let person = Person::get_by_id(&mut transaction, &key(time)).await?;
            Person::update_by_id(person.id)
                .name(person.name.clone())
                .email(person.email.clone())
                .nickname(person.nickname.clone())
                .age(person.age)
                .balance(person.balance)
                .active(!person.active)
                .exec(&mut transaction)
                .await?;
            transaction.commit().await?;
            sum += 1;
        }
        Ok(sum)
    }
}
