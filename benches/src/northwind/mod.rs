//! The thirteen queries that Drizzle publishes its figures on, on generated data of its micro size.

mod by_key;
mod orders;
mod pages;
mod searches;
mod with_one;

pub use by_key::{customer_by_id, supplier_by_id};
pub use orders::{order_with_details, order_with_details_and_products, orders_with_details};
pub use pages::{customers, employees, products, suppliers};
pub use searches::{search_customer, search_product};
pub use with_one::{employee_with_recipient, product_with_supplier};
