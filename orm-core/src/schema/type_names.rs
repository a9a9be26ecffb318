//! The types that the databases' own names mean.

use super::{ColumnType, Family};

impl ColumnType {
    /// Returns the type that one of PostgreSQL's catalog means, by its name there.
    pub fn of_postgres(name: &str) -> Option<Self> {
        if let Some(element) = name.strip_prefix('_') {
            // An array of another type that means the same, such as `varchar[]`, compares with no `text[]`.
            let is_it = |ty: &&Self| ty.facts().postgres.names.first() == Some(&element);
            return Self::elements().find(is_it).cloned().map(Self::array);
        }
        Self::PLAIN.iter().find(|ty| ty.facts().postgres.names.contains(&name)).cloned()
    }

    /// Returns the types without parameters that an array can be of. A document can hold an array itself.
    fn elements() -> impl Iterator<Item = &'static Self> {
        Self::PLAIN.iter().filter(|ty| ty.family() != Family::Json)
    }

    /// Returns the type that a declared one of SQLite's means, by its name in capitals.
    pub fn of_sqlite(name: &str) -> Option<Self> {
        let is_it = |ty: &&Self| ty.array_facts().sqlite.names.contains(&name);
        if let Some(element) = Self::elements().find(is_it) {
            return Some(element.clone().array());
        }
        Self::PLAIN.iter().find(|ty| ty.facts().sqlite.names.contains(&name)).cloned()
    }
}
