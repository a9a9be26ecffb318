//! tokio-postgres with deadpool, as deadpool-postgres' documentation writes it.

use anyhow::Result;
use deadpool_postgres::{Manager, Pool};
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

use super::{POOL_SIZE, Session, sqlite_path};
use crate::tasks::{self, Measured, Tasks};
use crate::unsupported;
use crate::workload::Workload;

#[derive(Clone)]
pub struct Pooled(pub Pool);

struct OnRuntime(Runtime, Pooled);

pub fn connect(url: &str) -> Result<Box<dyn Session>> {
    if sqlite_path(url).is_some() {
        return unsupported("it is for PostgreSQL");
    }
    let manager = Manager::new(url.parse()?, NoTls);
    let pool = Pool::builder(manager).max_size(POOL_SIZE as usize).build()?;
    Ok(Box::new(OnRuntime(Runtime::new()?, Pooled(pool))))
}

impl Session for OnRuntime {
    fn execute(&mut self, sql: &str) -> Result<()> {
        let Self(runtime, Pooled(pool)) = self;
        Ok(runtime.block_on(async { anyhow::Ok(pool.get().await?.batch_execute(sql).await?) })?)
    }

    fn run(&mut self, _: Workload, _: u64) -> Result<u64> {
        unsupported("only tasks share its pool")
    }

    fn run_tasks(&mut self, workload: Tasks, times: u64) -> Result<Measured> {
        self.0.block_on(tasks::run(&self.1, workload, times))
    }
}
