//! Types by their names: those that only a program or PostgreSQL knows, and all of them in prose.

use super::ColumnType;

impl ColumnType {
    /// The names of the types that are `Other` here, and that mizzle has a Rust type for.
    pub const OTHERS: &[(&str, &str)] = &[
        (Self::VECTOR, "Vector"),
        ("int4range", "Range<i32>"),
        ("int8range", "Range<i64>"),
        ("numrange", "Range<Decimal>"),
        ("daterange", "Range<NaiveDate>"),
        ("tsrange", "Range<NaiveDateTime>"),
        ("tstzrange", "Range<DateTime<Utc>>"),
    ];

    /// The name of pgvector's type.
    pub const VECTOR: &str = "vector";

    /// Returns the name of a PostgreSQL type that isn't one of mizzle's: a native enum, or one that only the program
    /// knows.
    pub fn named(&self) -> Option<&str> {
        if let Self::Other(name) = self { Some(name) } else { self.native() }
    }

    /// Returns the type in prose, for messages: "the column is …".
    pub fn described(&self) -> String {
        if let Some(length) = self.max_length() {
            return format!("text of at most {length} characters");
        }
        if let Some(Self::Enum { native: Some(name), .. }) = self.element() {
            return format!("an array, each element the enum {name:?}");
        }
        if let Some(Self::Other(name)) = self.element() {
            return format!("an array, each element a value of the type {name:?}");
        }
        if let Self::Other(name) = self {
            return format!("a value of the type {name:?}");
        }
        match (self.labels(), self.native()) {
            (Some(_), Some(name)) => format!("the enum {name:?}"),
            (Some(_), None) => "an enum".into(),
            (None, _) => self.facts().described.into(),
        }
    }
}
