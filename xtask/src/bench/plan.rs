//! What is measured: the databases, the peers and the workloads, by their names in the peers' programs.

use super::{Options, What};

/// The peer that all others are compared with.
pub(crate) const RAW: &str = "raw";

/// The raw driver that sends statements without waiting for the answers of others.
pub(crate) const PIPELINED: &str = "pipelined";

/// The peer that async calls are compared with: tokio-postgres with deadpool.
pub(crate) const DEADPOOL: &str = "deadpool";

/// mizzle's async calls.
pub(crate) const MIZZLE_ASYNC: &str = "mizzle-async";

/// mizzle's calls that wait, on tokio's threads for blocking work.
pub(crate) const MIZZLE_INTERACT: &str = "mizzle-interact";

/// All peers, those first that others are compared with.
pub(crate) const PEERS: [&str; 13] = [
    RAW,
    DEADPOOL,
    MIZZLE_INTERACT,
    PIPELINED,
    "mizzle",
    MIZZLE_ASYNC,
    "diesel",
    "diesel-tuned",
    "diesel-async",
    "drizzle",
    "sqlx",
    "sea-orm",
    "toasty",
];

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    SqliteMemory,
    SqliteFile,
    Postgres,
    Network,
    /// Async calls.
    TasksSqlite,
    TasksPostgres,
    TasksNetwork,
}

impl Target {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::SqliteMemory => "SQLite in memory",
            Self::SqliteFile => "SQLite in a file, WAL",
            Self::Postgres => "PostgreSQL through a Unix socket",
            Self::Network => "PostgreSQL over a network, 1 ms there and back",
            Self::TasksSqlite => "Async calls on SQLite in a file, WAL",
            Self::TasksPostgres => "Async calls on PostgreSQL through a Unix socket",
            Self::TasksNetwork => "Async calls on PostgreSQL over a network, 1 ms there and back",
        }
    }

    /// Whether several connections can see the same database.
    pub(crate) fn is_shared(self) -> bool {
        self != Self::SqliteMemory
    }

    /// Whether a peer is for this kind of database.
    pub(crate) fn has_peer(self, peer: &str) -> bool {
        if self.has_tasks() {
            return match peer {
                DEADPOOL | "diesel-async" | "toasty" => self.has_server(),
                MIZZLE_ASYNC | MIZZLE_INTERACT | "sqlx" | "sea-orm" => true,
                _ => false,
            };
        }
        match peer {
            DEADPOOL | MIZZLE_ASYNC | MIZZLE_INTERACT => false,
            "drizzle" => !self.has_server(),
            PIPELINED | "diesel-async" => self.has_server(),
            _ => true,
        }
    }

    /// Returns the peer that all others are compared with.
    pub(crate) fn reference(self) -> &'static str {
        match self {
            Self::SqliteMemory | Self::SqliteFile | Self::Postgres | Self::Network => RAW,
            Self::TasksSqlite => MIZZLE_INTERACT,
            Self::TasksPostgres | Self::TasksNetwork => DEADPOOL,
        }
    }

    /// Returns the tables, and what is done with them.
    pub(crate) fn datasets(self) -> &'static [Dataset] {
        match self {
            Self::SqliteMemory | Self::SqliteFile | Self::Postgres | Self::Network => {
                &[PEOPLE, NORTHWIND]
            }
            Self::TasksSqlite => &[READING_TASKS],
            Self::TasksPostgres | Self::TasksNetwork => &[TASKS],
        }
    }

    /// Whether tasks call.
    pub(crate) fn has_tasks(self) -> bool {
        matches!(self, Self::TasksSqlite | Self::TasksPostgres | Self::TasksNetwork)
    }

    /// Whether a server is asked, in round trips.
    pub(crate) fn has_server(self) -> bool {
        matches!(self, Self::Postgres | Self::TasksPostgres) || self.has_network()
    }

    /// Whether there is a network before the server.
    pub(crate) fn has_network(self) -> bool {
        matches!(self, Self::Network | Self::TasksNetwork)
    }
}

pub(crate) fn targets(options: &Options) -> Vec<Target> {
    let mut targets = Vec::new();
    if options.includes(What::Sqlite) {
        targets.extend([Target::SqliteMemory, Target::SqliteFile]);
    }
    if options.includes(What::Postgres) {
        targets.push(Target::Postgres);
    }
    if options.includes(What::Network) {
        targets.push(Target::Network);
    }
    if options.includes(What::Async) {
        targets.extend([Target::TasksPostgres, Target::TasksNetwork, Target::TasksSqlite]);
    }
    targets
}

/// Tables that workloads share, and the workloads.
pub(crate) struct Dataset {
    pub(crate) name: &'static str,
    pub(crate) workloads: &'static [&'static str],
    /// Whether the workloads don't change the tables, so that peers can share a database.
    pub(crate) is_read_only: bool,
}

pub(crate) const PEOPLE: Dataset = Dataset {
    name: "people",
    workloads: &[
        "find",
        "page",
        // Before those that write: a peer changes as many rows as it has time for.
        "page-total",
        "load",
        "stream",
        "insert-1",
        "insert-100",
        "insert-10000",
        "copy-10000",
        "update",
        "update-1000",
        "upsert",
        "upsert-1000",
        "transaction",
        "writes",
        "batch",
        "siblings",
        "insert-graph",
        "group-by",
        "cte",
        "view",
        "sql",
        "relations",
        "wide",
        "mixed-1",
        "mixed-4",
        "mixed-16",
        "readers-1",
        "readers-2",
        "readers-4",
    ],
    is_read_only: false,
};

const TASKS: Dataset = Dataset {
    name: "people",
    workloads: &["tasks-1", "tasks-64", "tasks-1000"],
    is_read_only: false,
};

const READING_TASKS: Dataset =
    Dataset { name: "people", workloads: &["reads-1", "reads-64"], is_read_only: true };

pub(crate) const NORTHWIND: Dataset = Dataset {
    name: "northwind",
    workloads: &[
        "customers",
        "customer-by-id",
        "search-customer",
        "employees",
        "employee-with-recipient",
        "suppliers",
        "supplier-by-id",
        "products",
        "product-with-supplier",
        "search-product",
        "orders-with-details",
        "order-with-details",
        "order-with-details-and-products",
    ],
    is_read_only: true,
};

/// The prefix of the workloads in which some threads read while one writes; their number follows.
pub(crate) const READERS: &str = "readers-";

/// Whether a workload is about round trips, which only a server has.
pub(crate) fn needs_server(workload: &str) -> bool {
    matches!(workload, "writes" | "batch" | "page-total" | "siblings" | "insert-graph")
}

/// Returns the number of tasks of a workload, if tasks call.
pub(crate) fn tasks(workload: &str) -> Option<u64> {
    let (load, tasks) = workload.split_once('-')?;
    ["tasks", "reads"].contains(&load).then(|| tasks.parse().ok())?
}

/// Whether a workload uses several threads, or would on another database.
pub(crate) fn needs_pool(workload: &str) -> bool {
    workload.starts_with("mixed-") || workload.starts_with(READERS)
}
