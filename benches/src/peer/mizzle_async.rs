//! mizzle's async calls; and `interact`, which runs calls that wait on tokio's threads for blocking work.

use anyhow::Result;
use mizzle::AsyncDb;
use mizzle::prelude::*;
use tokio::runtime::Runtime;

use super::{POOL_SIZE, Session};
use crate::tasks::{self, Calls, Measured, Tasks};
use crate::unsupported;
use crate::workload::Workload;

#[derive(Clone)]
pub struct Interact(pub Db);

struct OnRuntime<C> {
    runtime: Runtime,
    db: Db,
    calls: C,
}

fn connected<C: Calls>(url: &str, calls: impl Fn(Db) -> C) -> Result<Box<dyn Session>> {
    let db = Db::builder(url).pool_size(POOL_SIZE).connect()?;
    Ok(Box::new(OnRuntime { runtime: Runtime::new()?, calls: calls(db.clone()), db }))
}

pub fn connect(url: &str) -> Result<Box<dyn Session>> {
    connected(url, AsyncDb::from)
}

pub fn connect_interact(url: &str) -> Result<Box<dyn Session>> {
    connected(url, Interact)
}

impl<C: Calls> Session for OnRuntime<C> {
    fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.db.execute_sql(sql)?)
    }

    fn run(&mut self, _: Workload, _: u64) -> Result<u64> {
        unsupported("only tasks share its pool")
    }

    fn run_tasks(&mut self, workload: Tasks, times: u64) -> Result<Measured> {
        self.runtime.block_on(tasks::run(&self.calls, workload, times))
    }
}
