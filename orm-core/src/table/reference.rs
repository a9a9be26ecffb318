//! Foreign keys as a compiler can look them up: which one a relation follows.

/// A foreign key of a table, as `#[derive(Table)]` writes it.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// The name of the relation: `author` for `author_id`.
    pub name: &'static str,
    /// The name of the (first) column.
    pub column: &'static str,
    /// The referring columns, by their places.
    pub columns: &'static [usize],
    /// The table that is referred to.
    pub table: &'static str,
    /// The columns that are referred to, by their places.
    pub target: &'static [usize],
}

/// What [`find_reference`] found.
#[derive(Debug, Clone, Copy)]
pub enum Found {
    /// The one.
    One(Reference),
    /// The table has none to that table, or none of that name.
    None,
    /// The table has several to that table, and nothing says which.
    Several,
}

/// The foreign key among `references` that leads to `table`: the only one, or the one named by `via`, which
/// is its column or its relation's name. Runs while the program is compiled.
pub const fn find_reference(references: &[Reference], table: &str, via: Option<&str>) -> Found {
    let mut found = Found::None;
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
                    return Found::One(reference);
                }
            }
            None => {
                found = match found {
                    Found::None => Found::One(reference),
                    _ => Found::Several,
                };
            }
        }
    }
    found
}

/// The names of the columns at `places`. Runs while the program is compiled.
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

/// `==` for texts, which the compiler can't run yet.
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
            Found::One(reference) => reference.name,
            Found::None => "none",
            Found::Several => "several",
        };
        assert_eq!(found("blogs", None), "blog");
        assert_eq!(found("users", None), "several");
        assert_eq!(found("users", Some("editor_id")), "editor");
        assert_eq!(found("users", Some("author")), "author");
        assert_eq!(found("users", Some("blog")), "none");
        assert_eq!(found("tags", None), "none");
    }
}
