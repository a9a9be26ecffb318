//! Some threads read, seven finds and a page in eight, while another updates rows by their keys, as fast as it can. The
//! time is that of the reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether read `number` is a page, and not a find.
pub fn is_page(number: u64) -> bool {
    number % 8 == 7
}

/// Reads while another thread writes. It has begun when the first read begins, and continues until the last has ended.
#[cfg(feature = "native")]
pub fn beside_a_writer(
    mut write: impl FnMut(u64) -> anyhow::Result<()> + Send,
    read: impl FnOnce() -> anyhow::Result<u64>,
) -> anyhow::Result<u64> {
    /// Ends the writer, even if a reader panics.
    struct Done<'a>(&'a AtomicBool);

    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let is_done = AtomicBool::new(false);
    let (has_written, first) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let done = Done(&is_done);
        let is_done = &is_done;
        let writer = scope.spawn(move || {
            write(0)?;
            let _ = has_written.send(());
            let mut number = 1;
            while !is_done.load(Ordering::Relaxed) {
                write(number)?;
                number += 1;
            }
            anyhow::Ok(())
        });
        // A writer that has failed says nothing here and why below.
        let sum = if first.recv().is_ok() { read() } else { Ok(0) };
        drop(done);
        writer.join().expect("no thread panics")?;
        sum
    })
}

/// The same with tasks.
pub async fn beside_a_writing_task<W>(
    write: impl Fn(u64) -> W + Send + 'static,
    read: impl Future<Output = anyhow::Result<u64>>,
) -> anyhow::Result<u64>
where
    W: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let is_done = Arc::new(AtomicBool::new(false));
    let (has_written, first) = tokio::sync::oneshot::channel();
    let writer = tokio::spawn({
        let is_done = Arc::clone(&is_done);
        async move {
            write(0).await?;
            let _ = has_written.send(());
            let mut number = 1;
            while !is_done.load(Ordering::Relaxed) {
                write(number).await?;
                number += 1;
            }
            anyhow::Ok(())
        }
    });
    // A writer that has failed says nothing here and why below.
    let sum = if first.await.is_ok() { read.await } else { Ok(0) };
    is_done.store(true, Ordering::Relaxed);
    writer.await??;
    sum
}

/// A separate connection for each thread.
#[cfg(feature = "native")]
pub mod raw {
    use std::ops::Range;

    use anyhow::{Context, Result};
    use rusqlite::{Connection, params};

    use super::{beside_a_writer, is_page};
    use crate::data::key;
    use crate::peer::raw::{Cached, PERSON, Person, Postgres, Sqlite, open_sqlite};
    use crate::workload::mixed::on_threads;

    const UPDATE: &str = "UPDATE people SET balance = balance + $1 WHERE id = $2";

    fn one() -> String {
        format!("SELECT {PERSON} FROM people WHERE id = $1")
    }

    fn page() -> String {
        format!("SELECT {PERSON} FROM people WHERE active = $1 ORDER BY id LIMIT 20")
    }

    pub fn sqlite(on: &mut Sqlite, readers: u64, times: u64) -> Result<u64> {
        while on.more.len() <= readers as usize {
            on.more.push(open_sqlite(&on.path)?);
        }
        let (writer, connections) = on.more.split_first_mut().context("no connection")?;
        let write = move |number| {
            writer.prepare_cached(UPDATE)?.execute(params![1.0, key(number)])?;
            Ok(())
        };
        let read = |connection: &mut Connection, share: Range<u64>| {
            let (one, page) = (one(), page());
            let mut sum = 0;
            for number in share {
                if is_page(number) {
                    let mut statement = connection.prepare_cached(&page)?;
                    let rows = statement.query_map([true], Person::from_sqlite)?;
                    sum += rows.collect::<Result<Vec<_>, _>>()?.len() as u64;
                } else {
                    let mut statement = connection.prepare_cached(&one)?;
                    sum += statement.query_row([key(number)], Person::from_sqlite)?.age as u64;
                }
            }
            Ok(sum)
        };
        beside_a_writer(write, || on_threads(connections, readers, times, read))
    }

    pub fn postgres(on: &mut Postgres, readers: u64, times: u64) -> Result<u64> {
        while on.more.len() <= readers as usize {
            on.more.push(Cached::connect(&on.url)?);
        }
        let (writer, connections) = on.more.split_first_mut().context("no connection")?;
        let write = move |number| {
            let statement = writer.prepare(UPDATE)?;
            writer.client.execute(&statement, &[&1.0, &key(number)])?;
            Ok(())
        };
        let read = |cached: &mut Cached, share: Range<u64>| {
            let (one, page) = (one(), page());
            let mut sum = 0;
            for number in share {
                if is_page(number) {
                    let statement = cached.prepare(&page)?;
                    let rows = cached.client.query(&statement, &[&true])?;
                    sum += rows.iter().map(Person::from_postgres).collect::<Vec<_>>().len() as u64;
                } else {
                    let statement = cached.prepare(&one)?;
                    let row = cached.client.query_one(&statement, &[&key(number)])?;
                    sum += Person::from_postgres(&row).age as u64;
                }
            }
            Ok(sum)
        };
        beside_a_writer(write, || on_threads(connections, readers, times, read))
    }
}

/// r2d2, which diesel's guides recommend.
#[cfg(feature = "native")]
pub mod diesel {
    use std::iter::repeat;

    use anyhow::{Context, Result};
    use diesel::prelude::*;

    use super::{beside_a_writer, is_page};
    use crate::data::key;
    use crate::peer::diesel_orm::{Person, Postgres, Sqlite, people};
    use crate::workload::mixed::on_threads;

    macro_rules! on_pool {
        ($name:ident, $session:ty) => {
            pub fn $name(on: &mut $session, readers: u64, times: u64) -> Result<u64> {
                let pool = on.pool.as_ref().context("a database in memory has no pool")?;
                let write = |number| {
                    diesel::update(people::table.find(key(number)))
                        .set(people::balance.eq(people::balance + 1.0))
                        .execute(&mut pool.get()?)?;
                    Ok(())
                };
                let read = || {
                    on_threads(repeat(pool), readers, times, |pool, share| {
                        let mut sum = 0;
                        for number in share {
                            let on = &mut pool.get()?;
                            if is_page(number) {
                                let page = people::table
                                    .filter(people::active.eq(true))
                                    .order_by(people::id)
                                    .limit(20)
                                    .select(Person::as_select())
                                    .load(on)?;
                                sum += page.len() as u64;
                            } else {
                                let person =
                                    people::table.find(key(number)).select(Person::as_select());
                                sum += person.first(on)?.age as u64;
                            }
                        }
                        Ok(sum)
                    })
                };
                beside_a_writer(write, read)
            }
        };
    }

    on_pool!(sqlite, Sqlite);
    on_pool!(postgres, Postgres);
}

#[cfg(feature = "native")]
pub mod mizzle {
    use std::iter::repeat;

    use anyhow::Result;
    use mizzle::prelude::*;

    use super::{beside_a_writer, is_page};
    use crate::data::key;
    use crate::peer::mizzle_orm::{Person, people};
    use crate::workload::mixed::on_threads;

    pub fn run(db: &Db, readers: u64, times: u64) -> Result<u64> {
        let write = |number| {
            db.execute(
                diesel::update(people::table.find(key(number)))
                    .set(people::balance.eq(people::balance + 1.0)),
            )?;
            Ok(())
        };
        let read = || {
            on_threads(repeat(db), readers, times, |db, share| {
                let mut sum = 0;
                for number in share {
                    if is_page(number) {
                        let page = Person::query()
                            .filter(people::active.eq(true))
                            .order_by(people::id)
                            .limit(20)
                            .all(db)?;
                        sum += page.len() as u64;
                    } else {
                        sum += db.get::<Person>(key(number))?.age as u64;
                    }
                }
                Ok(sum)
            })
        };
        beside_a_writer(write, read)
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
    use super::{beside_a_writing_task, is_page};
    use crate::data::key;
    use crate::peer::sqlx_driver::Person;
    use crate::workload::mixed::shares;

    crate::on_each_pool! {
        async fn run(on, times, readers: u64) {
            let pool = on.clone();
            let write = move |number| {
                let on = pool.clone();
                async move {
                    sqlx::query("UPDATE people SET balance = balance + $1 WHERE id = $2")
                        .bind(1.0)
                        .bind(key(number))
                        .execute(&on)
                        .await?;
                    Ok(())
                }
            };
            let read = async {
                let tasks: Vec<_> = shares(readers, times).map(|share| {
                    let on = on.clone();
                    tokio::spawn(async move {
                        let on = &on;
                        let mut sum = 0;
                        for number in share {
                            if is_page(number) {
                                let query = sqlx::query_as::<_, Person>(
                                    "SELECT * FROM people WHERE active = $1 ORDER BY id LIMIT 20",
                                );
                                sum += query.bind(true).fetch_all(on).await?.len() as u64;
                            } else {
                                let query = sqlx::query_as::<_, Person>("SELECT * FROM people WHERE id = $1");
                                sum += query.bind(key(number)).fetch_one(on).await?.age as u64;
                            }
                        }
                        anyhow::Ok(sum)
                    })
                }).collect();
                let mut sum = 0;
                for task in tasks {
                    sum += task.await??;
                }
                Ok(sum)
            };
            beside_a_writing_task(write, read).await
        }
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::{Context, Result};
    use sea_orm::sea_query::{Expr, ExprTrait};
    use sea_orm::{
        ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    };

    use super::{beside_a_writing_task, is_page};
    use crate::data::key;
    use crate::peer::sea::people;
    use crate::workload::mixed::shares;

    pub async fn run(on: &DatabaseConnection, readers: u64, times: u64) -> Result<u64> {
        let connection = on.clone();
        let write = move |number| {
            let on = connection.clone();
            async move {
                people::Entity::update_many()
                    .col_expr(people::Column::Balance, Expr::col(people::Column::Balance).add(1.0))
                    .filter(people::Column::Id.eq(key(number)))
                    .exec(&on)
                    .await?;
                Ok(())
            }
        };
        let work = |share: std::ops::Range<u64>| {
            let on = on.clone();
            tokio::spawn(async move {
                let on = &on;
                let mut sum = 0;
                for number in share {
                    if is_page(number) {
                        let page = people::Entity::find()
                            .filter(people::Column::Active.eq(true))
                            .order_by_asc(people::Column::Id)
                            .limit(20)
                            .all(on)
                            .await?;
                        sum += page.len() as u64;
                    } else {
                        let found = people::Entity::find_by_id(key(number)).one(on).await?;
                        sum += found.context("no row")?.age as u64;
                    }
                }
                anyhow::Ok(sum)
            })
        };
        let read = async {
            let tasks: Vec<_> = shares(readers, times).map(work).collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await??;
            }
            Ok(sum)
        };
        beside_a_writing_task(write, read).await
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;
    use toasty::stmt::add;

    use super::{beside_a_writing_task, is_page};
    use crate::data::key;
    use crate::peer::toasty_orm::{NO_POOL, Person, is_sqlite};
    use crate::workload::mixed::shares;

    pub async fn run(on: &mut Db, readers: u64, times: u64) -> Result<u64> {
        if is_sqlite(on) {
            return crate::unsupported(NO_POOL);
        }
        let db = on.clone();
        let write = move |number| {
            let mut on = db.clone();
            async move {
                let update = Person::update_by_id(key(number));
                update.balance(add(1.0)).exec(&mut on).await?;
                Ok(())
            }
        };
        let work = |share: std::ops::Range<u64>| {
            let mut on = on.clone();
            tokio::spawn(async move {
                let on = &mut on;
                let mut sum = 0;
                for number in share {
                    if is_page(number) {
                        let page = Person::filter_by_active(true)
                            .order_by(Person::fields().id().asc())
                            .limit(20)
                            .exec(on)
                            .await?;
                        sum += page.len() as u64;
                    } else {
                        sum += Person::get_by_id(on, &key(number)).await?.age as u64;
                    }
                }
                anyhow::Ok(sum)
            })
        };
        let read = async {
            let tasks: Vec<_> = shares(readers, times).map(work).collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await??;
            }
            Ok(sum)
        };
        beside_a_writing_task(write, read).await
    }
}
