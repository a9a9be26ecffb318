//! diesel-async over tokio-postgres, with its pipelining if there is something to pipeline.

use anyhow::Result;
#[cfg(feature = "async")]
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, deadpool::Pool};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tokio::runtime::Runtime;

#[cfg(feature = "async")]
use super::POOL_SIZE;
use super::{Session, sqlite_path};
#[cfg(feature = "async")]
use crate::tasks::{self, Measured, Tasks};
use crate::workload::{Workload, find, insert, load, page, relations, transaction, update};
use crate::{dispatch_trips, unsupported};

/// Its pool, for tasks.
#[cfg(feature = "async")]
#[derive(Clone)]
pub struct Pooled(pub Pool<AsyncPgConnection>);

struct OnRuntime(Runtime, AsyncPgConnection, #[cfg(feature = "async")] Pooled);

pub fn connect(url: &str) -> Result<Box<dyn Session>> {
    if sqlite_path(url).is_some() {
        return unsupported("on SQLite it is diesel");
    }
    let runtime = Runtime::new()?;
    let connection = runtime.block_on(AsyncPgConnection::establish(url))?;
    #[cfg(feature = "async")]
    let pool = {
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(url);
        Pooled(Pool::builder(manager).max_size(POOL_SIZE as usize).build()?)
    };
    Ok(Box::new(OnRuntime(
        runtime,
        connection,
        #[cfg(feature = "async")]
        pool,
    )))
}

impl Session for OnRuntime {
    fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.0.block_on(self.1.batch_execute(sql))?)
    }

    fn run(&mut self, workload: Workload, times: u64) -> Result<u64> {
        let on = &mut self.1;
        self.0.block_on(async {
            match workload {
                Workload::Find => find::diesel_async::run(on, times).await,
                Workload::Page => page::diesel_async::run(on, times).await,
                Workload::Load => load::diesel_async::run(on, times).await,
                Workload::Insert => insert::one::diesel_async::run(on, times).await,
                Workload::Insert100 => insert::many::diesel_async::run(on, 100, times).await,
                Workload::Insert10000 => insert::many::diesel_async::run(on, 10_000, times).await,
                Workload::Update => update::diesel_async::run(on, times).await,
                Workload::Transaction => transaction::diesel_async::run(on, times).await,
                Workload::Relations => relations::diesel_async::run(on, times).await,
                workload if workload.is_about_trips() => {
                    dispatch_trips!(workload, diesel_async(on, times).await)
                }
                _ => unsupported("its queries are those of diesel, and so are its round trips"),
            }
        })
    }

    #[cfg(feature = "async")]
    fn run_tasks(&mut self, workload: Tasks, times: u64) -> Result<Measured> {
        self.0.block_on(tasks::run(&self.2, workload, times))
    }
}
