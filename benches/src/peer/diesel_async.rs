//! diesel-async over tokio-postgres, with its pipelining if there is something to pipeline.

use anyhow::Result;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tokio::runtime::Runtime;

use super::{Session, sqlite_path};
use crate::workload::{Workload, find, insert, load, page, relations, transaction, update};
use crate::{dispatch_trips, unsupported};

struct OnRuntime(Runtime, AsyncPgConnection);

pub fn connect(url: &str) -> Result<Box<dyn Session>> {
    if sqlite_path(url).is_some() {
        return unsupported("on SQLite it is diesel");
    }
    let runtime = Runtime::new()?;
    let connection = runtime.block_on(AsyncPgConnection::establish(url))?;
    Ok(Box::new(OnRuntime(runtime, connection)))
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
}
