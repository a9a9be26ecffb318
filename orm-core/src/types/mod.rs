//! The Rust types and the SQL types of columns that neither std nor diesel has.

mod decimal;
mod json;
pub mod sql_types;
pub mod stored;

pub use self::decimal::{Decimal, ParseDecimalError};
pub(crate) use self::decimal::{check_decimal, parse_digits};
pub use self::json::Json;
