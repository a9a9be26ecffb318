//! Three writes, all or none: two rows are changed by key, and one is inserted. `writes` is a transaction that looks at
//! the result of each before the next; `batch` is whatever a peer has for writes that need no answers in between.

/// Returns the age that repetition `time` writes.
pub fn age(time: u64) -> i32 {
    18 + (time % 60) as i32
}

pub const UPDATE: &str = "UPDATE people SET age = $1 WHERE id = $2";
pub const INSERT: &str = "INSERT INTO people (name, email, nickname, age, balance, active)
    VALUES ($1, $2, $3, $4, $5, $6)";

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;

    use super::{INSERT, UPDATE, age};
    use crate::data::{self, Values, key, person};
    use crate::peer::raw::Postgres;

    pub fn run(on: &mut Postgres, times: u64) -> Result<u64> {
        let (update, insert) = (on.cached.prepare(UPDATE)?, on.cached.prepare(INSERT)?);
        let mut sum = 0;
        for time in 0..times {
            let Values { name, email, nickname, age: years, balance, active } =
                person(*data::batch(time, 1).start());
            let mut transaction = on.cached.client.transaction()?;
            sum += transaction.execute(&update, &[&age(time), &key(time)])?;
            sum += transaction.execute(&update, &[&age(time), &key(time + 1)])?;
            sum += transaction
                .execute(&insert, &[&name, &email, &nickname, &years, &balance, &active])?;
            transaction.commit()?;
        }
        Ok(sum)
    }

    pub fn batch(on: &mut Postgres, times: u64) -> Result<u64> {
        run(on, times)
    }
}

#[cfg(feature = "native")]
pub mod pipelined {
    use anyhow::Result;
    use futures_util::future::{try_join, try_join5};

    use super::{INSERT, UPDATE, age};
    use crate::data::{self, Values, key, person};
    use crate::peer::pipelined::Pipelined;

    /// BEGIN goes with the first statement.
    pub async fn run(on: &mut Pipelined, times: u64) -> Result<u64> {
        let (update, insert) = (on.prepare(UPDATE).await?, on.prepare(INSERT).await?);
        let mut sum = 0;
        for time in 0..times {
            let Values { name, email, nickname, age: years, balance, active } =
                person(*data::batch(time, 1).start());
            let client = &on.client;
            let (age, first, second) = (age(time), key(time), key(time + 1));
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&age, &first];
            let ((), done) =
                try_join(client.batch_execute("BEGIN"), client.execute(&update, &values)).await?;
            sum += done + client.execute(&update, &[&age, &second]).await?;
            sum += client
                .execute(&insert, &[&name, &email, &nickname, &years, &balance, &active])
                .await?;
            client.batch_execute("COMMIT").await?;
        }
        Ok(sum)
    }

    /// If a statement fails, COMMIT rolls back.
    pub async fn batch(on: &mut Pipelined, times: u64) -> Result<u64> {
        let (update, insert) = (on.prepare(UPDATE).await?, on.prepare(INSERT).await?);
        let mut sum = 0;
        for time in 0..times {
            let Values { name, email, nickname, age: years, balance, active } =
                person(*data::batch(time, 1).start());
            let client = &on.client;
            let (age, first, second) = (age(time), key(time), key(time + 1));
            let one: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&age, &first];
            let other: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&age, &second];
            let new: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
                [&name, &email, &nickname, &years, &balance, &active];
            let ((), one, other, new, ()) = try_join5(
                client.batch_execute("BEGIN"),
                client.execute(&update, &one),
                client.execute(&update, &other),
                client.execute(&insert, &new),
                client.batch_execute("COMMIT"),
            )
            .await?;
            sum += one + other + new;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel {
    use anyhow::Result;
    use diesel::prelude::*;

    use super::age;
    use crate::data::{self, key};
    use crate::peer::diesel_orm::{Postgres, new_person, people};

    pub fn run(on: &mut Postgres, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            sum += on.connection.transaction(|on| {
                let mut done = 0;
                for key in [key(time), key(time + 1)] {
                    done += diesel::update(people::table.find(key))
                        .set(people::age.eq(age(time)))
                        .execute(on)?;
                }
                let new = new_person(*data::batch(time, 1).start());
                QueryResult::Ok(done + diesel::insert_into(people::table).values(new).execute(on)?)
            })? as u64;
        }
        Ok(sum)
    }

    pub fn batch(on: &mut Postgres, times: u64) -> Result<u64> {
        run(on, times)
    }
}

#[cfg(feature = "native")]
pub mod diesel_async {
    use anyhow::Result;
    use diesel::prelude::*;
    use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
    use futures_util::future::try_join3;

    use super::age;
    use crate::data::{self, key};
    use crate::peer::diesel_orm::{new_person, people};

    pub async fn run(on: &mut AsyncPgConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            sum += on
                .transaction(async |on: &mut AsyncPgConnection| {
                    let mut done = 0;
                    for key in [key(time), key(time + 1)] {
                        done += diesel::update(people::table.find(key))
                            .set(people::age.eq(age(time)))
                            .execute(on)
                            .await?;
                    }
                    let new = new_person(*data::batch(time, 1).start());
                    let stored = diesel::insert_into(people::table).values(new).execute(on).await?;
                    QueryResult::Ok(done + stored)
                })
                .await? as u64;
        }
        Ok(sum)
    }

    /// Its transactions wait for BEGIN and for COMMIT; what is between them is pipelined.
    pub async fn batch(on: &mut AsyncPgConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            sum += on
                .transaction(async |on: &mut AsyncPgConnection| {
                    let on = &*on;
                    let update = |key: i64| {
                        diesel::update(people::table.find(key)).set(people::age.eq(age(time)))
                    };
                    let new = new_person(*data::batch(time, 1).start());
                    let (one, other, new) = try_join3(
                        update(key(time)).execute(&mut &*on),
                        update(key(time + 1)).execute(&mut &*on),
                        diesel::insert_into(people::table).values(new).execute(&mut &*on),
                    )
                    .await?;
                    QueryResult::Ok(one + other + new)
                })
                .await? as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::batch;
    use mizzle::prelude::*;

    use super::age;
    use crate::data::{self, key};
    use crate::peer::mizzle_orm::{Person, PersonChanges, new_person};

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let changes = || PersonChanges::default().age(age(time));
            db.transaction(|tx| {
                tx.update_by_key::<Person>(key(time), changes())?;
                tx.update_by_key::<Person>(key(time + 1), changes())?;
                tx.insert(new_person(*data::batch(time, 1).start()))
            })?;
            sum += 3;
        }
        Ok(sum)
    }

    pub fn batch(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let changes = || PersonChanges::default().age(age(time));
            let update = |key| Person::query().find(key).batched().update(changes());
            let (one, other, _) = db.batch((
                update(key(time)),
                update(key(time + 1)),
                batch::insert(new_person(*data::batch(time, 1).start())),
            ))?;
            sum += one + other + 1;
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use anyhow::Result;
    use sqlx::PgPool;

    use super::{INSERT, UPDATE, age};
    use crate::data::{self, Values, key, person};

    pub async fn run(on: &PgPool, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let Values { name, email, nickname, age: years, balance, active } =
                person(*data::batch(time, 1).start());
            let mut transaction = on.begin().await?;
            for key in [key(time), key(time + 1)] {
                sum += sqlx::query(UPDATE)
                    .bind(age(time))
                    .bind(key)
                    .execute(&mut *transaction)
                    .await?
                    .rows_affected();
            }
            sum += sqlx::query(INSERT)
                .bind(name)
                .bind(email)
                .bind(nickname)
                .bind(years)
                .bind(balance)
                .bind(active)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            transaction.commit().await?;
        }
        Ok(sum)
    }

    pub async fn batch(on: &PgPool, times: u64) -> Result<u64> {
        run(on, times).await
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::{
        ActiveModelTrait, ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter,
        TransactionTrait, sea_query::Expr,
    };

    use super::age;
    use crate::data::{self, key};
    use crate::peer::sea::{new_person, people};

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let transaction = on.begin().await?;
            for key in [key(time), key(time + 1)] {
                sum += people::Entity::update_many()
                    .col_expr(people::Column::Age, Expr::value(age(time)))
                    .filter(people::Column::Id.eq(key))
                    .exec(&transaction)
                    .await?
                    .rows_affected;
            }
            new_person(*data::batch(time, 1).start()).insert(&transaction).await?;
            transaction.commit().await?;
            sum += 1;
        }
        Ok(sum)
    }

    pub async fn batch(on: &DatabaseConnection, times: u64) -> Result<u64> {
        run(on, times).await
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    use super::age;
    use crate::data::{self, key};
    use crate::peer::toasty_orm::Person;

    pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let mut transaction = on.transaction().await?;
            for key in [key(time), key(time + 1)] {
                Person::update_by_id(key).age(age(time)).exec(&mut transaction).await?;
            }
            let new = crate::toasty_person!(*data::batch(time, 1).start());
            new.exec(&mut transaction).await?;
            transaction.commit().await?;
            sum += 3;
        }
        Ok(sum)
    }

    pub async fn batch(on: &mut Db, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            toasty::batch((
                Person::update_by_id(key(time)).age(age(time)),
                Person::update_by_id(key(time + 1)).age(age(time)),
                crate::toasty_person!(*data::batch(time, 1).start()),
            ))
            .exec(on)
            .await?;
            sum += 3;
        }
        Ok(sum)
    }
}
