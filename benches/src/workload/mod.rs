//! The workloads, a file for each.

pub mod copy;
pub mod cte;
pub mod find;
pub mod group_by;
pub mod insert;
pub mod load;
pub mod mixed;
pub mod page;
pub mod readers;
pub mod relations;
pub mod sql;
pub mod stream;
pub mod transaction;
pub mod update;
pub mod update_all;
pub mod upsert;
pub mod upsert_all;
pub mod view;
pub mod wide;

use anyhow::{Context, Result};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// One row by its primary key.
    Find,
    /// A filtered, sorted page of 20 rows.
    Page,
    /// All 10,000 rows.
    Load,
    /// All columns of one row, by its key.
    Update,
    /// A row that exists in half of the cases, by a unique column, returned.
    Upsert,
    /// A row is read and written in a transaction.
    Transaction,
    /// A join with a count for each of 100 groups.
    GroupBy,
    /// 100 rows with 10 related rows each, with 5 related rows each.
    Relations,
    /// 500 rows of 17 columns of every type.
    Wide,
    /// One row, returned.
    Insert,
    /// 100 rows.
    Insert100,
    /// 10,000 rows, all or none.
    Insert10000,
    /// 10,000 rows of an iterator, all or none.
    Copy10000,
    /// All columns of 1,000 rows, each with its own values.
    Update1000,
    /// 1,000 rows by a unique column, of which half exist.
    Upsert1000,
    /// All 10,000 rows, one by one.
    Stream,
    /// A page of 20 rows by SQL that the program writes.
    Sql,
    /// A count for each of 100 groups in a common table expression.
    Cte,
    /// The same in a view.
    View,
    /// Seven finds, a page, an update and an insert in ten, on one thread.
    Mixed1,
    /// The same on 4 threads.
    Mixed4,
    /// The same on 16 threads.
    Mixed16,
    /// Finds and pages on one thread while another writes.
    Readers1,
    /// The same on 2 threads that read.
    Readers2,
    /// The same on 4 threads that read.
    Readers4,
    /// A filtered, sorted page of 20 rows and the number of all such rows.
    PageTotal,
    /// Three writes in a transaction that looks at the result of each.
    Writes,
    /// Three writes, all or none.
    Batch,
    /// 100 rows with two relations each.
    Siblings,
    /// 10 new rows with 5 new related rows each, returned.
    Graph,
    /// A page of 50 customers.
    Customers,
    /// A customer by key.
    CustomerById,
    /// Customers whose company's name contains a text.
    SearchCustomer,
    /// A page of 20 employees.
    Employees,
    /// An employee by key, with whom they report to.
    EmployeeWithRecipient,
    /// A page of 50 suppliers.
    Suppliers,
    /// A supplier by key.
    SupplierById,
    /// A page of 50 products.
    Products,
    /// A product by key, with its supplier.
    ProductWithSupplier,
    /// Products whose name contains a text.
    SearchProduct,
    /// A page of 50 orders with counts and sums over their details.
    OrdersWithDetails,
    /// An order by key with counts and sums over its details.
    OrderWithDetails,
    /// An order by key with its details and their products.
    OrderWithDetailsAndProducts,
}

impl Workload {
    /// All.
    pub const ALL: [Self; 43] = [
        Self::Find,
        Self::Page,
        Self::Load,
        Self::Update,
        Self::Upsert,
        Self::Transaction,
        Self::GroupBy,
        Self::Relations,
        Self::Wide,
        Self::Insert,
        Self::Insert100,
        Self::Insert10000,
        Self::Copy10000,
        Self::Update1000,
        Self::Upsert1000,
        Self::Stream,
        Self::Sql,
        Self::Cte,
        Self::View,
        Self::Mixed1,
        Self::Mixed4,
        Self::Mixed16,
        Self::Readers1,
        Self::Readers2,
        Self::Readers4,
        Self::PageTotal,
        Self::Writes,
        Self::Batch,
        Self::Siblings,
        Self::Graph,
        Self::Customers,
        Self::CustomerById,
        Self::SearchCustomer,
        Self::Employees,
        Self::EmployeeWithRecipient,
        Self::Suppliers,
        Self::SupplierById,
        Self::Products,
        Self::ProductWithSupplier,
        Self::SearchProduct,
        Self::OrdersWithDetails,
        Self::OrderWithDetails,
        Self::OrderWithDetailsAndProducts,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Page => "page",
            Self::Load => "load",
            Self::Update => "update",
            Self::Upsert => "upsert",
            Self::Transaction => "transaction",
            Self::GroupBy => "group-by",
            Self::Relations => "relations",
            Self::Wide => "wide",
            Self::Insert => "insert-1",
            Self::Insert100 => "insert-100",
            Self::Insert10000 => "insert-10000",
            Self::Copy10000 => "copy-10000",
            Self::Update1000 => "update-1000",
            Self::Upsert1000 => "upsert-1000",
            Self::Stream => "stream",
            Self::Sql => "sql",
            Self::Cte => "cte",
            Self::View => "view",
            Self::Mixed1 => "mixed-1",
            Self::Mixed4 => "mixed-4",
            Self::Mixed16 => "mixed-16",
            Self::Readers1 => "readers-1",
            Self::Readers2 => "readers-2",
            Self::Readers4 => "readers-4",
            Self::PageTotal => "page-total",
            Self::Writes => "writes",
            Self::Batch => "batch",
            Self::Siblings => "siblings",
            Self::Graph => "insert-graph",
            Self::Customers => "customers",
            Self::CustomerById => "customer-by-id",
            Self::SearchCustomer => "search-customer",
            Self::Employees => "employees",
            Self::EmployeeWithRecipient => "employee-with-recipient",
            Self::Suppliers => "suppliers",
            Self::SupplierById => "supplier-by-id",
            Self::Products => "products",
            Self::ProductWithSupplier => "product-with-supplier",
            Self::SearchProduct => "search-product",
            Self::OrdersWithDetails => "orders-with-details",
            Self::OrderWithDetails => "order-with-details",
            Self::OrderWithDetailsAndProducts => "order-with-details-and-products",
        }
    }

    /// The workload of this name.
    pub fn named(name: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|known| known.name() == name);
        known.with_context(|| format!("there is no workload {name:?}"))
    }

    /// Whether it leaves rows behind, alive or dead, that must go before the next round.
    pub fn leaves_rows(self) -> bool {
        use Workload::*;
        let inserts = matches!(
            self,
            Insert | Insert100 | Insert10000 | Copy10000 | Upsert | Writes | Batch | Graph
        );
        let writes_many = matches!(self, Update1000 | Upsert1000);
        let has_threads =
            matches!(self, Mixed1 | Mixed4 | Mixed16 | Readers1 | Readers2 | Readers4);
        inserts || writes_many || has_threads
    }

    /// Whether it shows round trips, which only PostgreSQL has.
    pub fn is_about_trips(self) -> bool {
        use Workload::*;
        matches!(self, PageTotal | Writes | Batch | Siblings | Graph)
    }

    /// Returns the number of threads that do it at the same time, without the one that writes while others read.
    pub fn threads(self) -> u64 {
        match self {
            Self::Readers2 => 2,
            Self::Mixed4 | Self::Readers4 => 4,
            Self::Mixed16 => 16,
            _ => 1,
        }
    }
}

/// Calls a peer's code for a workload: `dispatch!(workload, raw::sqlite(connection, times))`, with `.await` at the end
/// for an asynchronous peer.
#[macro_export]
macro_rules! dispatch {
    ($workload:expr, $peer:ident :: $on:ident ($connection:expr, $times:expr) $($then:tt)*) => {
        match $workload {
            $crate::workload::Workload::Find => $crate::workload::find::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Page => $crate::workload::page::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Load => $crate::workload::load::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Update => $crate::workload::update::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Upsert => $crate::workload::upsert::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Transaction => $crate::workload::transaction::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::GroupBy => $crate::workload::group_by::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Relations => $crate::workload::relations::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Wide => $crate::workload::wide::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Insert => $crate::workload::insert::one::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Insert100 => $crate::workload::insert::many::$peer::$on($connection, 100, $times) $($then)*,
            $crate::workload::Workload::Insert10000 => $crate::workload::insert::many::$peer::$on($connection, 10000, $times) $($then)*,
            $crate::workload::Workload::Copy10000 => $crate::workload::copy::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Update1000 => $crate::workload::update_all::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Upsert1000 => $crate::workload::upsert_all::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Stream => $crate::workload::stream::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Sql => $crate::workload::sql::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Cte => $crate::workload::cte::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::View => $crate::workload::view::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::PageTotal
            | $crate::workload::Workload::Writes
            | $crate::workload::Workload::Batch
            | $crate::workload::Workload::Siblings
            | $crate::workload::Workload::Graph => {
                $crate::unsupported("SQLite has no round trips")
            }
            $crate::workload::Workload::Customers => $crate::northwind::customers::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::CustomerById => $crate::northwind::customer_by_id::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::SearchCustomer => $crate::northwind::search_customer::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Employees => $crate::northwind::employees::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::EmployeeWithRecipient => $crate::northwind::employee_with_recipient::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Suppliers => $crate::northwind::suppliers::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::SupplierById => $crate::northwind::supplier_by_id::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Products => $crate::northwind::products::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::ProductWithSupplier => $crate::northwind::product_with_supplier::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::SearchProduct => $crate::northwind::search_product::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::OrdersWithDetails => $crate::northwind::orders_with_details::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::OrderWithDetails => $crate::northwind::order_with_details::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::OrderWithDetailsAndProducts => $crate::northwind::order_with_details_and_products::$peer::$on($connection, $times) $($then)*,
            $crate::workload::Workload::Mixed1
            | $crate::workload::Workload::Mixed4
            | $crate::workload::Workload::Mixed16 => {
                $crate::workload::mixed::$peer::$on($connection, $workload.threads(), $times) $($then)*
            }
            $crate::workload::Workload::Readers1
            | $crate::workload::Workload::Readers2
            | $crate::workload::Workload::Readers4 => {
                $crate::workload::readers::$peer::$on($connection, $workload.threads(), $times) $($then)*
            }
        }
    };
}
