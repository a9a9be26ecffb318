//! The workloads, each written for the raw driver (rusqlite), for diesel and for mizzle, side by side in one
//! file, on the same table in an SQLite database in memory.

pub mod table;
pub mod workload;
