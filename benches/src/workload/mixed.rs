//! Seven finds, a page, an update and an insert in ten, by several threads.

use std::ops::Range;

/// Returns the kind of operation `number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Find,
    Page,
    Update,
    Insert,
}

impl Operation {
    pub fn of(number: u64) -> Self {
        match number % 10 {
            0..=6 => Self::Find,
            7 => Self::Page,
            8 => Self::Update,
            _ => Self::Insert,
        }
    }
}

/// The numbers of the operations of each thread. Every thread has all kinds.
pub fn shares(threads: u64, times: u64) -> impl Iterator<Item = Range<u64>> {
    let share = times.div_ceil(threads);
    (0..threads).map(move |thread| (thread * share).min(times)..((thread + 1) * share).min(times))
}

/// Runs a share on each thread, and adds up the results.
#[cfg(feature = "native")]
pub fn on_threads<C: Send>(
    connections: impl IntoIterator<Item = C>,
    threads: u64,
    times: u64,
    work: impl Fn(C, Range<u64>) -> anyhow::Result<u64> + Sync,
) -> anyhow::Result<u64> {
    let work = &work;
    std::thread::scope(|scope| {
        let running: Vec<_> = shares(threads, times)
            .zip(connections)
            .map(|(share, connection)| scope.spawn(move || work(connection, share)))
            .collect();
        running.into_iter().map(|thread| thread.join().expect("no thread panics")).sum()
    })
}

/// A separate connection for each thread.
#[cfg(feature = "native")]
pub mod raw {
    use std::ops::Range;

    use anyhow::Result;
    use rusqlite::{Connection, params};

    use super::{Operation, on_threads};
    use crate::data::{ROWS, Values, key, person};
    use crate::peer::raw::{Cached, PERSON, Person, Postgres, Sqlite, open_sqlite};

    const UPDATE: &str = "UPDATE people SET balance = balance + $1 WHERE id = $2";
    const INSERT: &str = "INSERT INTO people (name, email, nickname, age, balance, active)
        VALUES ($1, $2, $3, $4, $5, $6)";

    fn one() -> String {
        format!("SELECT {PERSON} FROM people WHERE id = $1")
    }

    fn page() -> String {
        format!("SELECT {PERSON} FROM people WHERE active = $1 ORDER BY id LIMIT 20")
    }

    pub fn sqlite(on: &mut Sqlite, threads: u64, times: u64) -> Result<u64> {
        while on.more.len() < threads as usize {
            on.more.push(open_sqlite(&on.path)?);
        }
        on_threads(
            &mut on.more,
            threads,
            times,
            |connection: &mut Connection, share: Range<u64>| {
                let (one, page) = (one(), page());
                let mut sum = 0;
                for number in share {
                    sum += match Operation::of(number) {
                        Operation::Find => {
                            let mut statement = connection.prepare_cached(&one)?;
                            statement.query_row([key(number)], Person::from_sqlite)?.age as u64
                        }
                        Operation::Page => {
                            let mut statement = connection.prepare_cached(&page)?;
                            let page = statement
                                .query_map([true], Person::from_sqlite)?
                                .collect::<Result<Vec<_>, _>>()?;
                            page.len() as u64
                        }
                        Operation::Update => {
                            connection.prepare_cached(UPDATE)?.execute(params![1.0, key(number)])?
                                as u64
                        }
                        Operation::Insert => {
                            let Values { name, email, nickname, age, balance, active } =
                                person(ROWS + 1 + number as i64);
                            connection
                                .prepare_cached(INSERT)?
                                .execute(params![name, email, nickname, age, balance, active])?
                                as u64
                        }
                    };
                }
                Ok(sum)
            },
        )
    }

    pub fn postgres(on: &mut Postgres, threads: u64, times: u64) -> Result<u64> {
        while on.more.len() < threads as usize {
            on.more.push(Cached::connect(&on.url)?);
        }
        on_threads(&mut on.more, threads, times, |cached: &mut Cached, share: Range<u64>| {
            let (one, page) = (one(), page());
            let mut sum = 0;
            for number in share {
                sum += match Operation::of(number) {
                    Operation::Find => {
                        let statement = cached.prepare(&one)?;
                        let row = cached.client.query_one(&statement, &[&key(number)])?;
                        Person::from_postgres(&row).age as u64
                    }
                    Operation::Page => {
                        let statement = cached.prepare(&page)?;
                        let rows = cached.client.query(&statement, &[&true])?;
                        rows.iter().map(Person::from_postgres).collect::<Vec<_>>().len() as u64
                    }
                    Operation::Update => {
                        let statement = cached.prepare(UPDATE)?;
                        cached.client.execute(&statement, &[&1.0, &key(number)])?
                    }
                    Operation::Insert => {
                        let Values { name, email, nickname, age, balance, active } =
                            person(ROWS + 1 + number as i64);
                        let statement = cached.prepare(INSERT)?;
                        cached.client.execute(
                            &statement,
                            &[&name, &email, &nickname, &age, &balance, &active],
                        )?
                    }
                };
            }
            Ok(sum)
        })
    }
}

/// r2d2, which diesel's guides recommend.
#[cfg(feature = "native")]
pub mod diesel {
    use anyhow::{Context, Result};
    use diesel::prelude::*;

    use super::{Operation, on_threads};
    use crate::data::{ROWS, key};
    use crate::peer::diesel_orm::{Person, Postgres, Sqlite, new_person, people};

    macro_rules! on_pool {
        ($name:ident, $session:ty) => {
            pub fn $name(on: &mut $session, threads: u64, times: u64) -> Result<u64> {
                let pool = on.pool.as_ref().context("a database in memory has no pool")?;
                let pools = std::iter::repeat(pool);
                on_threads(pools, threads, times, |pool, share| {
                    let mut sum = 0;
                    for number in share {
                        let on = &mut pool.get()?;
                        sum += match Operation::of(number) {
                            Operation::Find => {
                                let person =
                                    people::table.find(key(number)).select(Person::as_select());
                                person.first(on)?.age as u64
                            }
                            Operation::Page => people::table
                                .filter(people::active.eq(true))
                                .order_by(people::id)
                                .limit(20)
                                .select(Person::as_select())
                                .load(on)?
                                .len() as u64,
                            Operation::Update => diesel::update(people::table.find(key(number)))
                                .set(people::balance.eq(people::balance + 1.0))
                                .execute(on)? as u64,
                            Operation::Insert => diesel::insert_into(people::table)
                                .values(new_person(ROWS + 1 + number as i64))
                                .execute(on)? as u64,
                        };
                    }
                    Ok(sum)
                })
            }
        };
    }

    on_pool!(sqlite, Sqlite);
    on_pool!(postgres, Postgres);
}

#[cfg(feature = "native")]
pub mod mizzle {
    use anyhow::Result;
    use mizzle::prelude::*;

    use super::{Operation, on_threads};
    use crate::data::{ROWS, key};
    use crate::peer::mizzle_orm::{Person, new_person, people};

    pub fn run(db: &Db, threads: u64, times: u64) -> Result<u64> {
        on_threads(std::iter::repeat(db), threads, times, |db, share| {
            let mut sum = 0;
            for number in share {
                sum += call(db, Operation::of(number), number)?;
            }
            Ok(sum)
        })
    }

    /// Does an operation.
    pub fn call(db: &Db, operation: Operation, number: u64) -> mizzle::Result<u64> {
        Ok(match operation {
            Operation::Find => db.get::<Person>(key(number))?.age as u64,
            Operation::Page => Person::query()
                .filter(people::active.eq(true))
                .order_by(people::id)
                .limit(20)
                .all(db)?
                .len() as u64,
            Operation::Update => db.execute(
                diesel::update(people::table.find(key(number)))
                    .set(people::balance.eq(people::balance + 1.0)),
            )?,
            Operation::Insert => db.insert_all([new_person(ROWS + 1 + number as i64)])?,
        })
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;

    use crate::peer::drizzle_orm::Drizzle;

    pub fn run(_: &mut Drizzle, _: u64, _: u64) -> Result<u64> {
        crate::unsupported("it has no pool")
    }
}

/// A task for each thread; all share the pool.
#[cfg(feature = "sqlx")]
pub mod sqlx {
    use anyhow::Result;

    use crate::tasks;

    pub async fn sqlite(on: &sqlx::SqlitePool, threads: u64, times: u64) -> Result<u64> {
        tasks::mixed(on, threads, times).await
    }

    pub async fn postgres(on: &sqlx::PgPool, threads: u64, times: u64) -> Result<u64> {
        tasks::mixed(on, threads, times).await
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::DatabaseConnection;

    use crate::tasks;

    pub async fn run(on: &DatabaseConnection, threads: u64, times: u64) -> Result<u64> {
        tasks::mixed(on, threads, times).await
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    use crate::peer::toasty_orm::{NO_POOL, is_sqlite};
    use crate::tasks;

    pub async fn run(on: &mut Db, threads: u64, times: u64) -> Result<u64> {
        if is_sqlite(on) {
            return crate::unsupported(NO_POOL);
        }
        tasks::mixed(on, threads, times).await
    }
}
