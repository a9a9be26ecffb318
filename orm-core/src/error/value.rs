//! What can be wrong with a single value.

/// A value that a column or a Rust type can't hold. Never shows the value itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The database holds another type than the program asks for.
    #[error("the database has a value of type {found} where the program reads {wanted}")]
    Mismatch {
        /// What the database has.
        found: String,
        /// What was asked for.
        wanted: &'static str,
    },
    /// The value doesn't fit the Rust type.
    #[error("the value does not fit {wanted}")]
    OutOfRange {
        /// What was asked for.
        wanted: &'static str,
    },
    /// Text with bytes that are no UTF-8.
    #[error("the text is not valid UTF-8")]
    NotUtf8,
    /// PostgreSQL's text can't hold the character with the number 0.
    #[error(
        "the text contains a NUL character, which PostgreSQL can't store: remove it, or store bytes"
    )]
    NulInText,
    /// SQLite turns "not a number" into NULL.
    #[error("the value is not a number (NaN), which the database can't store")]
    NotANumber,
    /// SQLite's text form has four digits for the year.
    #[error("the year is outside 0000 to 9999, which is what dates on SQLite can hold")]
    YearOnSqlite,
    /// A time of day in a leap second.
    #[error("the time is in a leap second, which a time of day can't hold")]
    LeapSecond,
    /// More digits than PostgreSQL's `numeric` has.
    #[error(
        "the number has more than 131072 digits before or 16383 after the decimal point, \
         which is more than a decimal column can hold"
    )]
    DecimalDigits,
    /// Text that is no JSON document, or not one of the type.
    #[error(
        "the JSON document {} (line {line}, column {column}, read as {type_name})",
        if *.is_data { "does not have the shape of the type" } else { "is not valid" }
    )]
    Json {
        /// The Rust type.
        type_name: &'static str,
        /// Where in the document.
        line: usize,
        /// Where in the line.
        column: usize,
        /// Whether it is valid JSON of another shape.
        is_data: bool,
    },
    /// A moment in another form than the column's.
    #[error("the value is not in the form of the column ({form}): {advice}")]
    NotInForm {
        /// The form that the column has.
        form: String,
        /// What to do.
        advice: String,
    },
    /// A label that the enum doesn't have.
    #[error(transparent)]
    UnknownLabel(#[from] UnknownLabel),
    /// More bytes than a database takes in one value.
    #[error("the value is longer than {limit} bytes, the most that the database takes")]
    TooLong {
        /// The most bytes.
        limit: usize,
    },
}

/// A text that is none of an enum's labels. Never shows the text itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the value is not a {type_name}; allowed: {}", .allowed.join(", "))]
pub struct UnknownLabel {
    /// The enum.
    pub type_name: &'static str,
    /// Its labels.
    pub allowed: &'static [&'static str],
}

/// A value of a certain column that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{table}.{column}: {source}")]
pub(crate) struct ColumnError {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) source: Box<dyn std::error::Error + Send + Sync>,
}
