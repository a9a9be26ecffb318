//! Whose words an error's message is made of, which decides whether a value can stand in it.

/// Where a message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Words {
    /// From mizzle, or about the text of the SQL alone: no value can stand in it.
    #[default]
    Plain,
    /// From the database, about something that it met while the statement ran. If a part of a bound value stands
    /// in it, `instead` is said: nothing is cut out of a sentence whose language is not known.
    Database {
        /// What to say then.
        instead: &'static str,
    },
    /// From whoever wrote a trigger or a function: values are taken out of it.
    Program,
}
