//! New rows: one that is returned, and many at once.

/// One row, returned as it was stored.
pub mod one {
    #[cfg(feature = "native")]
    pub mod raw {
        use anyhow::Result;
        use rusqlite::params;

        use crate::data::{Values, batch, person};
        use crate::peer::raw::{PERSON, Person, Postgres, Sqlite, written};

        fn sql() -> String {
            format!(
                "INSERT INTO people (name, email, nickname, age, balance, active)
                 VALUES ($1, $2, $3, $4, $5, $6) RETURNING {PERSON}"
            )
        }

        pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
            let sql = sql();
            let mut sum = 0;
            for time in 0..times {
                let Values { name, email, nickname, age, balance, active } =
                    person(*batch(time, 1).start());
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
                let Values { name, email, nickname, age, balance, active } =
                    person(*batch(time, 1).start());
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

        use crate::data::batch;
        use crate::peer::diesel_orm::{Person, new_person, people};

        crate::on_each_diesel_connection! {
            fn run(on, times) {
                let mut sum = 0;
                for time in 0..times {
                    let stored = diesel::insert_into(people::table)
                        .values(new_person(*batch(time, 1).start()))
                        .returning(Person::as_returning())
                        .get_result(on)?;
                    sum += stored.age as u64;
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

        use crate::data::batch;
        use crate::peer::diesel_orm::{Person, new_person, people};

        pub async fn run(on: &mut AsyncPgConnection, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let stored: Person = diesel::insert_into(people::table)
                    .values(new_person(*batch(time, 1).start()))
                    .returning(Person::as_returning())
                    .get_result(on)
                    .await?;
                sum += stored.age as u64;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "native")]
    pub mod mizzle {
        use mizzle::prelude::*;

        use crate::data::batch;
        use crate::peer::mizzle_orm::new_person;

        pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                sum += db.insert(new_person(*batch(time, 1).start()))?.age as u64;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "drizzle")]
    pub mod drizzle {
        use anyhow::Result;

        use crate::data::batch;
        use crate::drizzle_person;
        use crate::peer::drizzle_orm::{Drizzle, SelectPeople};

        pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
            let people = on.tables.people;
            let mut sum = 0;
            for time in 0..times {
                let new = drizzle_person!(*batch(time, 1).start());
                let stored: SelectPeople = on.db.insert(people).value(new).returning(()).get()?;
                sum += stored.age as u64;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "sqlx")]
    pub mod sqlx {
        use crate::data::{Values, batch, person};
        use crate::peer::sqlx_driver::Person;

        crate::on_each_pool! {
            async fn run(on, times) {
                let mut sum = 0;
                for time in 0..times {
                    let Values { name, email, nickname, age, balance, active } = person(*batch(time, 1).start());
                    let stored: Person = sqlx::query_as(
                        "INSERT INTO people (name, email, nickname, age, balance, active)
                         VALUES ($1, $2, $3, $4, $5, $6) RETURNING *",
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
        use sea_orm::{ActiveModelTrait, DatabaseConnection};

        use crate::data::batch;
        use crate::peer::sea::new_person;

        pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                sum += new_person(*batch(time, 1).start()).insert(on).await?.age as u64;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "toasty")]
    pub mod toasty {
        use anyhow::Result;
        use toasty::Db;

        use crate::data::batch;

        pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let stored = crate::toasty_person!(*batch(time, 1).start()).exec(on).await?;
                sum += stored.age as u64;
            }
            Ok(sum)
        }
    }
}

/// Many rows, all or none.
pub mod many {
    /// Statements of up to 1,000 rows, in a transaction if there are several.
    #[cfg(feature = "native")]
    pub mod raw {
        use anyhow::Result;
        use postgres::types::ToSql as ToPostgres;
        use rusqlite::{Connection, ToSql};

        use crate::data::{Values, batch, person};
        use crate::peer::raw::{Postgres, Sqlite};

        pub const CHUNK: usize = 1_000;

        pub fn sql(rows: usize) -> String {
            let values: Vec<String> = (0..rows)
                .map(|row| {
                    let first = row * 6;
                    let marks: Vec<String> =
                        (1..=6).map(|column| format!("${}", first + column)).collect();
                    format!("({})", marks.join(", "))
                })
                .collect();
            format!(
                "INSERT INTO people (name, email, nickname, age, balance, active) VALUES {}",
                values.join(", ")
            )
        }

        fn insert(
            connection: &Connection,
            sql: &str,
            people: &[Values],
        ) -> rusqlite::Result<usize> {
            let mut statement = connection.prepare_cached(sql)?;
            let mut values: Vec<&dyn ToSql> = Vec::with_capacity(people.len() * 6);
            for person in people {
                values.extend_from_slice(&[
                    &person.name as &dyn ToSql,
                    &person.email,
                    &person.nickname,
                    &person.age,
                    &person.balance,
                    &person.active,
                ]);
            }
            statement.execute(&*values)
        }

        pub fn sqlite(on: &mut Sqlite, rows: i64, times: u64) -> Result<u64> {
            let sql = sql(CHUNK.min(rows as usize));
            let mut sum = 0;
            for time in 0..times {
                let people: Vec<Values> = batch(time, rows).map(person).collect();
                if people.len() <= CHUNK {
                    sum += insert(&on.connection, &sql, &people)? as u64;
                    continue;
                }
                let transaction = on.connection.transaction()?;
                for chunk in people.chunks(CHUNK) {
                    sum += insert(&transaction, &sql, chunk)? as u64;
                }
                transaction.commit()?;
            }
            Ok(sum)
        }

        pub fn values(people: &[Values]) -> Vec<&(dyn ToPostgres + Sync)> {
            let mut values: Vec<&(dyn ToPostgres + Sync)> = Vec::with_capacity(people.len() * 6);
            for person in people {
                values.extend_from_slice(&[
                    &person.name as &(dyn ToPostgres + Sync),
                    &person.email,
                    &person.nickname,
                    &person.age,
                    &person.balance,
                    &person.active,
                ]);
            }
            values
        }

        pub fn postgres(on: &mut Postgres, rows: i64, times: u64) -> Result<u64> {
            let statement = on.cached.prepare(&sql(CHUNK.min(rows as usize)))?;
            let client = &mut on.cached.client;
            let mut sum = 0;
            for time in 0..times {
                let people: Vec<Values> = batch(time, rows).map(person).collect();
                if people.len() <= CHUNK {
                    sum += client.execute(&statement, &values(&people))?;
                    continue;
                }
                let mut transaction = client.transaction()?;
                for chunk in people.chunks(CHUNK) {
                    sum += transaction.execute(&statement, &values(chunk))?;
                }
                transaction.commit()?;
            }
            Ok(sum)
        }
    }

    /// One statement for up to 1,000 rows: the databases limit the number of values.
    #[cfg(feature = "native")]
    pub mod diesel {
        use anyhow::Result;
        use diesel::prelude::*;

        use crate::data::batch;
        use crate::peer::diesel_orm::{NewPerson, Postgres, Sqlite, new_person, people};

        pub fn sqlite(on: &mut Sqlite, rows: i64, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let new: Vec<NewPerson> = batch(time, rows).map(new_person).collect();
                sum += on.connection.transaction(|on| {
                    new.chunks(1_000).try_fold(0, |sum, chunk| {
                        let stored =
                            diesel::insert_into(people::table).values(chunk).execute(on)?;
                        QueryResult::Ok(sum + stored)
                    })
                })? as u64;
            }
            Ok(sum)
        }

        pub fn postgres(on: &mut Postgres, rows: i64, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let new: Vec<NewPerson> = batch(time, rows).map(new_person).collect();
                sum += on.connection.transaction(|on| {
                    new.chunks(1_000).try_fold(0, |sum, chunk| {
                        let stored =
                            diesel::insert_into(people::table).values(chunk).execute(on)?;
                        QueryResult::Ok(sum + stored)
                    })
                })? as u64;
            }
            Ok(sum)
        }
    }

    /// On SQLite a statement for each row, which diesel keeps prepared, in a transaction; on PostgreSQL COPY.
    #[cfg(feature = "native")]
    pub mod tuned {
        use anyhow::Result;
        use diesel::prelude::*;

        use crate::data::batch;
        use crate::peer::diesel_orm::{Postgres, Sqlite, TunedPerson, people, tuned_person};

        pub fn sqlite(on: &mut Sqlite, rows: i64, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let new: Vec<TunedPerson> = batch(time, rows).map(tuned_person).collect();
                sum += on.connection.transaction(|on| {
                    new.iter().try_fold(0, |sum, row| {
                        let stored = diesel::insert_into(people::table).values(row).execute(on)?;
                        QueryResult::Ok(sum + stored)
                    })
                })? as u64;
            }
            Ok(sum)
        }

        pub fn postgres(on: &mut Postgres, rows: i64, times: u64) -> Result<u64> {
            use diesel::ExecuteCopyFromDsl;
            let mut sum = 0;
            for time in 0..times {
                let new: Vec<TunedPerson> = batch(time, rows).map(tuned_person).collect();
                sum += diesel::copy_from(people::table)
                    .from_insertable(new.as_slice())
                    .execute(&mut on.connection)? as u64;
            }
            Ok(sum)
        }
    }

    /// All statements at once, with BEGIN and COMMIT; if one fails, COMMIT rolls back.
    #[cfg(feature = "native")]
    pub mod pipelined {
        use anyhow::Result;
        use futures_util::future::{try_join_all, try_join3};

        use super::raw::{CHUNK, sql, values};
        use crate::data::{Values, batch, person};
        use crate::peer::pipelined::Pipelined;

        pub async fn run(on: &mut Pipelined, rows: i64, times: u64) -> Result<u64> {
            let statement = on.prepare(&sql(CHUNK.min(rows as usize))).await?;
            let client = &on.client;
            let mut sum = 0;
            for time in 0..times {
                let people: Vec<Values> = batch(time, rows).map(person).collect();
                let chunks: Vec<_> = people.chunks(CHUNK).map(values).collect();
                let inserts = chunks.iter().map(|values| client.execute(&statement, values));
                let ((), stored, ()) = try_join3(
                    client.batch_execute("BEGIN"),
                    try_join_all(inserts),
                    client.batch_execute("COMMIT"),
                )
                .await?;
                sum += stored.iter().sum::<u64>();
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "native")]
    pub mod diesel_async {
        use anyhow::Result;
        use diesel::prelude::*;
        use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

        use crate::data::batch;
        use crate::peer::diesel_orm::{NewPerson, new_person, people};

        pub async fn run(on: &mut AsyncPgConnection, rows: i64, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let new: Vec<NewPerson> = batch(time, rows).map(new_person).collect();
                sum += on
                    .transaction(async |on: &mut AsyncPgConnection| {
                        let mut sum = 0;
                        for chunk in new.chunks(1_000) {
                            sum += diesel::insert_into(people::table)
                                .values(chunk)
                                .execute(on)
                                .await?;
                        }
                        QueryResult::Ok(sum)
                    })
                    .await? as u64;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "native")]
    pub mod mizzle {
        use mizzle::prelude::*;

        use crate::data::batch;
        use crate::peer::mizzle_orm::{NewPerson, new_person};

        pub fn run(db: &Db, rows: i64, times: u64) -> anyhow::Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let new: Vec<NewPerson> = batch(time, rows).map(new_person).collect();
                sum += db.insert_all(&new)?;
            }
            Ok(sum)
        }
    }

    /// One statement for up to 1,000 rows: SQLite limits the number of values.
    #[cfg(feature = "drizzle")]
    pub mod drizzle {
        use anyhow::Result;
        use drizzle::sqlite::connection::SQLiteTransactionType;

        use crate::data::batch;
        use crate::drizzle_person;
        use crate::peer::drizzle_orm::Drizzle;

        pub fn run(on: &mut Drizzle, rows: i64, times: u64) -> Result<u64> {
            let people = on.tables.people;
            let mut sum = 0;
            for time in 0..times {
                let new: Vec<_> = batch(time, rows).map(|number| drizzle_person!(number)).collect();
                if new.len() <= 1_000 {
                    sum += on.db.insert(people).values(new).execute()? as u64;
                    continue;
                }
                sum += on.db.transaction(SQLiteTransactionType::Immediate, |tx| {
                    let (mut new, mut sum) = (new.into_iter(), 0);
                    loop {
                        let chunk: Vec<_> = new.by_ref().take(1_000).collect();
                        if chunk.is_empty() {
                            return Ok(sum);
                        }
                        sum += tx.insert(people).values(chunk).execute()? as u64;
                    }
                })?;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "sqlx")]
    pub mod sqlx {
        use sqlx::QueryBuilder;

        use crate::data::{Values, batch, person};

        crate::on_each_pool! {
            async fn run(on, times, rows: i64) {
                let mut sum = 0;
                for time in 0..times {
                    let people: Vec<Values> = batch(time, rows).map(person).collect();
                    let mut transaction = on.begin().await?;
                    for chunk in people.chunks(1_000) {
                        let mut query = QueryBuilder::<Database>::new(
                            "INSERT INTO people (name, email, nickname, age, balance, active) ",
                        );
                        query.push_values(chunk, |mut row, person| {
                            row.push_bind(&person.name)
                                .push_bind(&person.email)
                                .push_bind(&person.nickname)
                                .push_bind(person.age)
                                .push_bind(person.balance)
                                .push_bind(person.active);
                        });
                        sum += query.build().execute(&mut *transaction).await?.rows_affected();
                    }
                    transaction.commit().await?;
                }
                Ok(sum)
            }
        }
    }

    #[cfg(feature = "sea-orm")]
    pub mod sea_orm {
        use anyhow::Result;
        use sea_orm::{DatabaseConnection, EntityTrait, TransactionTrait};

        use crate::data::batch;
        use crate::peer::sea::{new_person, people};

        pub async fn run(on: &DatabaseConnection, rows: i64, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let new: Vec<people::ActiveModel> = batch(time, rows).map(new_person).collect();
                let transaction = on.begin().await?;
                for chunk in new.chunks(1_000) {
                    people::Entity::insert_many(chunk.to_vec())
                        .exec_without_returning(&transaction)
                        .await?;
                    sum += chunk.len() as u64;
                }
                transaction.commit().await?;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "toasty")]
    pub mod toasty {
        use anyhow::Result;
        use toasty::Db;

        use crate::data::batch;

        pub async fn run(on: &mut Db, rows: i64, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let numbers: Vec<i64> = batch(time, rows).collect();
                let mut transaction = on.transaction().await?;
                for numbers in numbers.chunks(1_000) {
                    let mut new = Vec::new();
                    for number in numbers {
                        new.push(crate::toasty_person!(*number));
                    }
                    sum += toasty::batch(new).exec(&mut transaction).await?.len() as u64;
                }
                transaction.commit().await?;
            }
            Ok(sum)
        }
    }
}
