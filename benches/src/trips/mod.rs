//! Workloads about round trips, a file for each. Only PostgreSQL has round trips, so there is no code for SQLite.
//!
//! `pipelined` is the raw driver used well: tokio-postgres, which sends what needs no answer without waiting for one.

pub mod graph;
pub mod page_total;
pub mod siblings;
pub mod writes;

/// Calls a peer's code for one of these workloads, like [`dispatch!`](crate::dispatch) for the others.
#[macro_export]
macro_rules! dispatch_trips {
    ($workload:expr, $peer:ident ($connection:expr, $times:expr) $($then:tt)*) => {
        match $workload {
            $crate::workload::Workload::PageTotal => $crate::trips::page_total::$peer::run($connection, $times) $($then)*,
            $crate::workload::Workload::Writes => $crate::trips::writes::$peer::run($connection, $times) $($then)*,
            $crate::workload::Workload::Batch => $crate::trips::writes::$peer::batch($connection, $times) $($then)*,
            $crate::workload::Workload::Siblings => $crate::trips::siblings::$peer::run($connection, $times) $($then)*,
            $crate::workload::Workload::Graph => $crate::trips::graph::$peer::run($connection, $times) $($then)*,
            _ => $crate::unsupported("it is no workload about round trips"),
        }
    };
}
