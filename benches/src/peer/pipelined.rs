//! The raw driver over a network: tokio-postgres, which sends statements without waiting for the answers of others.

use std::collections::HashMap;

use anyhow::Result;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls, Statement};

use super::{Session, sqlite_path};
use crate::workload::{Workload, insert, relations, transaction};
use crate::{dispatch_trips, unsupported};

/// Begins a transaction whose statements all see the same rows.
pub const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A connection with the statements that it has prepared.
pub struct Pipelined {
    pub client: Client,
    statements: HashMap<String, Statement>,
}

impl Pipelined {
    pub async fn prepare(&mut self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

struct OnRuntime(Runtime, Pipelined);

pub fn connect(url: &str) -> Result<Box<dyn Session>> {
    if sqlite_path(url).is_some() {
        return unsupported("SQLite has no round trips");
    }
    let runtime = Runtime::new()?;
    let (client, connection) = runtime.block_on(tokio_postgres::connect(url, NoTls))?;
    runtime.spawn(connection);
    Ok(Box::new(OnRuntime(runtime, Pipelined { client, statements: HashMap::new() })))
}

impl Session for OnRuntime {
    fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.0.block_on(self.1.client.batch_execute(sql))?)
    }

    fn run(&mut self, workload: Workload, times: u64) -> Result<u64> {
        let on = &mut self.1;
        self.0.block_on(async {
            match workload {
                Workload::Transaction => transaction::pipelined::run(on, times).await,
                Workload::Relations => relations::pipelined::run(on, times).await,
                Workload::Insert10000 => insert::many::pipelined::run(on, 10_000, times).await,
                workload if workload.is_about_trips() => {
                    dispatch_trips!(workload, pipelined(on, times).await)
                }
                _ => unsupported("nothing to pipeline"),
            }
        })
    }
}
