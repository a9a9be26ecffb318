//! Foreign keys that can be looked up at compile time, to find the one that a relation follows.

/// A foreign key of a table, written by `#[derive(Table)]`.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// The name of the relation: `author` for `author_id`.
    pub name: &'static str,
    /// The name of the (first) column.
    pub column: &'static str,
    /// The positions of the referring columns.
    pub columns: &'static [usize],
    /// The referenced table.
    pub table: &'static str,
    /// The positions of the referenced columns.
    pub target: &'static [usize],
}

/// The result of [`find_reference`].
#[derive(Debug, Clone, Copy)]
pub enum ReferenceLookup {
    /// The foreign key.
    One(Reference),
    /// The table has no foreign key to that table, or none with that name.
    None,
    /// The table has several foreign keys to that table, and none was chosen.
    Several,
}

/// Returns the foreign key in `references` that leads to `table`: the only one, or the one that `via` names by its
/// column or its relation's name. Runs at compile time.
pub const fn find_reference(
    references: &[Reference],
    table: &str,
    via: Option<&str>,
) -> ReferenceLookup {
    let mut found = ReferenceLookup::None;
    let mut index = 0;
    while index < references.len() {
        let reference = references[index];
        index += 1;
        if !same(reference.table, table) {
            continue;
        }
        match via {
            Some(via) => {
                if same(reference.column, via) || same(reference.name, via) {
                    return ReferenceLookup::One(reference);
                }
            }
            None => {
                found = match found {
                    ReferenceLookup::None => ReferenceLookup::One(reference),
                    _ => ReferenceLookup::Several,
                };
            }
        }
    }
    found
}

/// Returns the names of the columns at `places`. Runs at compile time.
pub const fn column_names<const N: usize>(
    columns: &[&'static str],
    places: &[usize],
) -> [&'static str; N] {
    let mut names = [""; N];
    let mut index = 0;
    while index < N {
        names[index] = columns[places[index]];
        index += 1;
    }
    names
}

/// Returns the position of a name among `names`. Runs at compile time.
pub const fn position_of(names: &[&str], name: &str) -> Option<usize> {
    let mut index = 0;
    while index < names.len() {
        if same(names[index], name) {
            return Some(index);
        }
        index += 1;
    }
    None
}

/// Compares texts for equality, because `==` can't run at compile time yet.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn reference(name: &'static str, column: &'static str, table: &'static str) -> Reference {
        Reference { name, column, columns: &[0], table, target: &[0] }
    }

    const REFERENCES: &[Reference] = &[
        reference("author", "author_id", "users"),
        reference("editor", "editor_id", "users"),
        reference("blog", "blog_id", "blogs"),
    ];

    #[test]
    fn finds_the_one_that_is_meant() {
        let found = |table, via| match find_reference(REFERENCES, table, via) {
            ReferenceLookup::One(reference) => reference.name,
            ReferenceLookup::None => "none",
            ReferenceLookup::Several => "several",
        };
        assert_eq!(found("blogs", None), "blog");
        assert_eq!(found("users", None), "several");
        assert_eq!(found("users", Some("editor_id")), "editor");
        assert_eq!(found("users", Some("author")), "author");
        assert_eq!(found("users", Some("blog")), "none");
        assert_eq!(found("tags", None), "none");
    }
}
