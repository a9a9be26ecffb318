//! The Rust types and SQL types of columns that std and diesel lack.

mod decimal;
mod inet;
mod json;
pub mod sql_types;
pub mod stored;

pub use self::decimal::{Decimal, ParseDecimalError};
pub(crate) use self::decimal::{check_decimal, parse_digits};
pub use self::inet::{Inet, ParseInetError};
pub use self::json::Json;
