//! A call of each peer.

/// tokio-postgres with deadpool, and its cache of statements.
#[cfg(feature = "async")]
mod deadpool {
    use anyhow::Result;

    use super::super::Calls;
    use crate::data::{ROWS, Values, key, person};
    use crate::peer::deadpool::Pooled;
    use crate::peer::raw::Person;
    use crate::workload::mixed::Operation;

    impl Calls for Pooled {
        async fn call(&mut self, operation: Operation, number: u64) -> Result<u64> {
            let on = self.0.get().await?;
            Ok(match operation {
                Operation::Find => {
                    let sql = "SELECT id, name, email, nickname, age, balance, active FROM people
                        WHERE id = $1";
                    let statement = on.prepare_cached(sql).await?;
                    let row = on.query_one(&statement, &[&key(number)]).await?;
                    Person::from_postgres(&row).age as u64
                }
                Operation::Page => {
                    let sql = "SELECT id, name, email, nickname, age, balance, active FROM people
                        WHERE active = $1 ORDER BY id LIMIT 20";
                    let statement = on.prepare_cached(sql).await?;
                    let rows = on.query(&statement, &[&true]).await?;
                    rows.iter().map(Person::from_postgres).collect::<Vec<_>>().len() as u64
                }
                Operation::Update => {
                    let sql = "UPDATE people SET balance = balance + $1 WHERE id = $2";
                    let statement = on.prepare_cached(sql).await?;
                    on.execute(&statement, &[&1.0, &key(number)]).await?
                }
                Operation::Insert => {
                    let Values { name, email, nickname, age, balance, active } =
                        person(ROWS + 1 + number as i64);
                    let sql = "INSERT INTO people (name, email, nickname, age, balance, active)
                        VALUES ($1, $2, $3, $4, $5, $6)";
                    let statement = on.prepare_cached(sql).await?;
                    on.execute(&statement, &[&name, &email, &nickname, &age, &balance, &active])
                        .await?
                }
            })
        }
    }
}

/// diesel-async with its pool, which is deadpool.
#[cfg(feature = "async")]
mod diesel_async {
    use anyhow::Result;
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;

    use super::super::Calls;
    use crate::data::{ROWS, key};
    use crate::peer::diesel_async::Pooled;
    use crate::peer::diesel_orm::{Person, new_person, people};
    use crate::workload::mixed::Operation;

    impl Calls for Pooled {
        async fn call(&mut self, operation: Operation, number: u64) -> Result<u64> {
            let on = &mut self.0.get().await?;
            Ok(match operation {
                Operation::Find => {
                    let person: Person = people::table
                        .find(key(number))
                        .select(Person::as_select())
                        .first(on)
                        .await?;
                    person.age as u64
                }
                Operation::Page => {
                    let page: Vec<Person> = people::table
                        .filter(people::active.eq(true))
                        .order_by(people::id)
                        .limit(20)
                        .select(Person::as_select())
                        .load(on)
                        .await?;
                    page.len() as u64
                }
                Operation::Update => {
                    let update = diesel::update(people::table.find(key(number)))
                        .set(people::balance.eq(people::balance + 1.0));
                    update.execute(on).await? as u64
                }
                Operation::Insert => {
                    let insert = diesel::insert_into(people::table)
                        .values(new_person(ROWS + 1 + number as i64));
                    insert.execute(on).await? as u64
                }
            })
        }
    }
}

/// mizzle's async calls, and its calls that wait on tokio's threads for blocking work.
#[cfg(feature = "async")]
mod mizzle {
    use anyhow::Result;
    use mizzle::AsyncDb;
    use mizzle::prelude::*;

    use super::super::Calls;
    use crate::data::{ROWS, key};
    use crate::peer::mizzle_async::Interact;
    use crate::peer::mizzle_orm::{Person, new_person, people};
    use crate::workload::mixed::{self, Operation};

    impl Calls for AsyncDb {
        async fn call(&mut self, operation: Operation, number: u64) -> Result<u64> {
            let db = &*self;
            Ok(match operation {
                Operation::Find => db.get::<Person>(key(number)).await?.age as u64,
                Operation::Page => Person::query()
                    .filter(people::active.eq(true))
                    .order_by(people::id)
                    .limit(20)
                    .all(db)
                    .await?
                    .len() as u64,
                Operation::Update => {
                    let update = diesel::update(people::table.find(key(number)))
                        .set(people::balance.eq(people::balance + 1.0));
                    db.execute(update).await?
                }
                Operation::Insert => db.insert_all([new_person(ROWS + 1 + number as i64)]).await?,
            })
        }
    }

    impl Calls for Interact {
        async fn call(&mut self, operation: Operation, number: u64) -> Result<u64> {
            Ok(self.0.interact(move |db| mixed::mizzle::call(db, operation, number)).await?)
        }
    }
}

#[cfg(feature = "sqlx")]
mod sqlx {
    use anyhow::Result;

    use super::super::Calls;
    use crate::data::{ROWS, Values, key, person};
    use crate::peer::sqlx_driver::Person;
    use crate::workload::mixed::Operation;

    macro_rules! calls {
        ($pool:ty) => {
            impl Calls for $pool {
                async fn call(&mut self, operation: Operation, number: u64) -> Result<u64> {
                    let on = &*self;
                    Ok(match operation {
                        Operation::Find => {
                            let sql = "SELECT * FROM people WHERE id = $1";
                            let query = sqlx::query_as::<_, Person>(sql);
                            query.bind(key(number)).fetch_one(on).await?.age as u64
                        }
                        Operation::Page => {
                            let sql = "SELECT * FROM people WHERE active = $1 ORDER BY id LIMIT 20";
                            let query = sqlx::query_as::<_, Person>(sql);
                            query.bind(true).fetch_all(on).await?.len() as u64
                        }
                        Operation::Update => {
                            sqlx::query("UPDATE people SET balance = balance + $1 WHERE id = $2")
                                .bind(1.0)
                                .bind(key(number))
                                .execute(on)
                                .await?
                                .rows_affected()
                        }
                        Operation::Insert => {
                            let Values { name, email, nickname, age, balance, active } =
                                person(ROWS + 1 + number as i64);
                            sqlx::query(
                                "INSERT INTO people (name, email, nickname, age, balance, active)
                                 VALUES ($1, $2, $3, $4, $5, $6)",
                            )
                            .bind(name)
                            .bind(email)
                            .bind(nickname)
                            .bind(age)
                            .bind(balance)
                            .bind(active)
                            .execute(on)
                            .await?
                            .rows_affected()
                        }
                    })
                }
            }
        };
    }

    calls!(sqlx::SqlitePool);
    calls!(sqlx::PgPool);
}

#[cfg(feature = "sea-orm")]
mod sea_orm {
    use anyhow::{Context, Result};
    use sea_orm::sea_query::{Expr, ExprTrait};
    use sea_orm::{
        ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    };

    use super::super::Calls;
    use crate::data::{ROWS, key};
    use crate::peer::sea::{new_person, people};
    use crate::workload::mixed::Operation;

    impl Calls for DatabaseConnection {
        async fn call(&mut self, operation: Operation, number: u64) -> Result<u64> {
            let on = &*self;
            Ok(match operation {
                Operation::Find => {
                    let found = people::Entity::find_by_id(key(number)).one(on).await?;
                    found.context("no row")?.age as u64
                }
                Operation::Page => people::Entity::find()
                    .filter(people::Column::Active.eq(true))
                    .order_by_asc(people::Column::Id)
                    .limit(20)
                    .all(on)
                    .await?
                    .len() as u64,
                Operation::Update => {
                    let more = Expr::col(people::Column::Balance).add(1.0);
                    people::Entity::update_many()
                        .col_expr(people::Column::Balance, more)
                        .filter(people::Column::Id.eq(key(number)))
                        .exec(on)
                        .await?
                        .rows_affected
                }
                Operation::Insert => people::Entity::insert(new_person(ROWS + 1 + number as i64))
                    .exec_without_returning(on)
                    .await
                    .map(|_| 1)?,
            })
        }
    }
}

#[cfg(feature = "toasty")]
mod toasty {
    use anyhow::Result;
    use toasty::Db;
    use toasty::stmt::add;

    use super::super::Calls;
    use crate::data::{ROWS, key};
    use crate::peer::toasty_orm::Person;
    use crate::toasty_person;
    use crate::workload::mixed::Operation;

    impl Calls for Db {
        async fn call(&mut self, operation: Operation, number: u64) -> Result<u64> {
            let on = self;
            Ok(match operation {
                Operation::Find => Person::get_by_id(on, &key(number)).await?.age as u64,
                Operation::Page => {
                    let page = Person::filter_by_active(true)
                        .order_by(Person::fields().id().asc())
                        .limit(20)
                        .exec(on)
                        .await?;
                    page.len() as u64
                }
                Operation::Update => {
                    Person::update_by_id(key(number)).balance(add(1.0)).exec(on).await?;
                    1
                }
                Operation::Insert => {
                    toasty_person!(ROWS + 1 + number as i64).exec(on).await?;
                    1
                }
            })
        }
    }
}
