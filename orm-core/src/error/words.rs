//! Who wrote an error's message, which decides whether the message may contain a value.

/// The author of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Words {
    /// mizzle, or the database about the text of the SQL only. The message contains no value.
    #[default]
    Plain,
    /// The database, about something that happened while the statement ran. If the message contains a part of a bound
    /// value, `instead` replaces it: nothing is cut out of a sentence in an unknown language.
    Database {
        /// The message to use then.
        instead: &'static str,
    },
    /// The author of a trigger or a function. Values are removed from the message.
    Program,
}
