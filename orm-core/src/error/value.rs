//! Errors about a single value.

/// An error about a value that a column or a Rust type can't hold. Never shows the value itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The database has another type than the program reads.
    #[error("the database has a value of type {found} where the program reads {wanted}")]
    Mismatch {
        /// The type in the database.
        found: String,
        /// The type that the program reads.
        wanted: &'static str,
    },
    /// NULL, where the program reads a value.
    #[error("the value is NULL: read it as an `Option`, or exclude NULLs in the SQL")]
    Null,
    /// NULL in an array, where the program reads values.
    #[error("an element of the array is NULL: read it as a `Vec` of `Option`s")]
    NullInArray,
    /// An array of several dimensions.
    #[error("the array has several dimensions, and the program reads arrays of one")]
    ArrayDimensions,
    /// An array whose first element doesn't have the number 1.
    #[error(
        "the first element of the array doesn't have the number 1, so it equals no array of a program: store `column[:]` \
         instead"
    )]
    ArrayBounds,
    /// The value doesn't fit the Rust type.
    #[error("the value does not fit {wanted}")]
    OutOfRange {
        /// The type that the program reads.
        wanted: &'static str,
    },
    /// Text that is not valid UTF-8.
    #[error("the text is not valid UTF-8")]
    NotUtf8,
    /// Text with a NUL character, which PostgreSQL can't store.
    #[error(
        "the text contains a NUL character, which PostgreSQL can't store: remove it, or store bytes"
    )]
    NulInText,
    /// Not a number, which SQLite would turn into NULL.
    #[error("the value is not a number (NaN), which the database can't store")]
    NotANumber,
    /// A year that doesn't fit into the four digits of SQLite's text form.
    #[error("the year is outside 0000 to 9999, the range of dates on SQLite")]
    YearOnSqlite,
    /// A time of day in a leap second.
    #[error("the time is in a leap second, which a time of day can't hold")]
    LeapSecond,
    /// A number with more digits than PostgreSQL's `numeric` has.
    #[error(
        "the number has more than 131072 digits before or 16383 after the decimal point, \
         which is more than a decimal column can hold"
    )]
    DecimalDigits,
    /// Text that is not a JSON document, or not one of the Rust type.
    #[error(
        "the JSON document {} (line {line}, column {column}, read as {type_name})",
        if *.is_data { "does not have the shape of the type" } else { "is not valid" }
    )]
    Json {
        /// The Rust type.
        type_name: &'static str,
        /// The line in the document.
        line: usize,
        /// The column in the line.
        column: usize,
        /// Whether it is valid JSON with another shape.
        is_data: bool,
    },
    /// A moment in another form than its column has.
    #[error("the value is not in the form of the column ({form}): {advice}")]
    NotInForm {
        /// The form of the column.
        form: String,
        /// What to do.
        advice: String,
    },
    /// A label that the enum doesn't have.
    #[error(transparent)]
    UnknownLabel(#[from] UnknownLabel),
    /// A document with more levels of arrays and objects than can be read again.
    #[error(
        "the JSON document has more than {limit} levels of arrays and objects, the most that can be read"
    )]
    JsonTooDeep {
        /// The most levels.
        limit: usize,
    },
    /// A value with more bytes than the database accepts.
    #[error("the value is longer than {limit} bytes, the maximum of the database")]
    TooLong {
        /// The maximum number of bytes.
        limit: usize,
    },
}

/// An error about a text that is not a label of an enum. Never shows the text itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the value is not a {type_name}; allowed: {}", .allowed.join(", "))]
pub struct UnknownLabel {
    /// The enum.
    pub type_name: &'static str,
    /// Its labels.
    pub allowed: &'static [&'static str],
}

/// An error about a value of a known column.
#[derive(Debug, thiserror::Error)]
#[error("{table}.{column}: {source}")]
pub(crate) struct ColumnError {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) source: Box<dyn std::error::Error + Send + Sync>,
}

/// NULL in a column of a result that the program reads into a type other than an `Option`.
#[derive(Debug, thiserror::Error)]
#[error("{column}: {source}")]
pub(crate) struct NullError {
    /// The column's name in the result, after its table's if that is known.
    pub(crate) column: String,
    pub(crate) source: ValueError,
}
