//! Calls of many tasks at the same time, which share a pool: for the peers whose calls are futures.

mod calls;

use std::future::Future;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::workload::mixed::{Operation, shares};

/// What the calls do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Seven finds, a page, an update and an insert in ten.
    Mixed,
    /// Nine finds and a page in ten.
    Reads,
}

impl Load {
    fn operation(self, number: u64) -> Operation {
        match Operation::of(number) {
            Operation::Update | Operation::Insert if self == Self::Reads => Operation::Find,
            operation => operation,
        }
    }
}

/// A number of tasks, and what they call: `tasks-64` has a mixed load, `reads-64` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tasks {
    pub load: Load,
    pub tasks: u64,
}

impl Tasks {
    /// Returns the workload of this name; `None` if it has no tasks.
    pub fn named(name: &str) -> Option<Self> {
        let (load, tasks) = name.split_once('-')?;
        let load = match load {
            "tasks" => Load::Mixed,
            "reads" => Load::Reads,
            _ => return None,
        };
        Some(Self { load, tasks: tasks.parse().ok()? })
    }
}

/// The result of all calls, and how long they took.
#[derive(Debug)]
pub struct Measured {
    /// The same for all peers that have done the same.
    pub checksum: u64,
    latencies: Vec<Duration>,
}

impl Measured {
    /// Returns the nanoseconds within which this share of the calls ended.
    pub fn latency(&mut self, share: f64) -> u128 {
        self.latencies.sort_unstable();
        let last = self.latencies.len().saturating_sub(1);
        let place = (share * last as f64).round() as usize;
        self.latencies.get(place).map_or(0, Duration::as_nanos)
    }
}

/// A peer's pool. Each task has a clone of it.
pub trait Calls: Clone + Send + 'static {
    /// Does an operation, and returns a number that is the same for all peers.
    fn call(
        &mut self,
        operation: Operation,
        number: u64,
    ) -> impl Future<Output = Result<u64>> + Send;
}

/// Shares calls between tasks.
pub async fn run(on: &impl Calls, workload: Tasks, times: u64) -> Result<Measured> {
    let tasks: Vec<_> = shares(workload.tasks, times)
        .map(|share| tokio::spawn(task(on.clone(), workload.load, share)))
        .collect();
    let mut all = Measured { checksum: 0, latencies: Vec::with_capacity(times as usize) };
    for task in tasks {
        let Measured { checksum, latencies } = task.await??;
        all.checksum += checksum;
        all.latencies.extend(latencies);
    }
    Ok(all)
}

async fn task(mut on: impl Calls, load: Load, share: Range<u64>) -> Result<Measured> {
    let mut measured =
        Measured { checksum: 0, latencies: Vec::with_capacity(share.clone().count()) };
    for number in share {
        let start = Instant::now();
        measured.checksum += on.call(load.operation(number), number).await?;
        measured.latencies.push(start.elapsed());
    }
    Ok(measured)
}

/// Runs the mixed load, without its latencies.
pub async fn mixed(on: &impl Calls, tasks: u64, times: u64) -> Result<u64> {
    Ok(run(on, Tasks { load: Load::Mixed, tasks }, times).await?.checksum)
}
