//! The Rust types and the SQL types of columns that neither std nor diesel has.

mod decimal;
mod json;
pub mod sql_types;
pub mod stored;

pub(crate) use self::decimal::check_decimal;
pub use self::decimal::{Decimal, ParseDecimalError};
pub use self::json::Json;
