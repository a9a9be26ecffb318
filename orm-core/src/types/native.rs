//! PostgreSQL types that only the program knows.

use std::borrow::Cow;

/// A value of a PostgreSQL type that mizzle doesn't know. `#[derive(Native)]` makes it a type of columns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` doesn't say how its values are written and read",
    label = "no `NativeValue`",
    note = "implement `mizzle::NativeValue` for `{Self}`"
)]
pub trait NativeValue: Sized {
    /// Returns the value as text, as PostgreSQL reads it and SQLite stores it.
    fn to_text(&self) -> Cow<'_, str>;

    /// Reads the text that SQLite stores. `None` is the `VALUE_ERROR` of a column with another text.
    fn from_text(text: &str) -> Option<Self>;

    /// Reads PostgreSQL's binary form. `None` is a `VALUE_ERROR`.
    fn from_binary(bytes: &[u8]) -> Option<Self>;
}
