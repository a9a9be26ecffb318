//! Names of constraints, as far as SQLite doesn't settle them.
//!
//! Introspection names a constraint without a name by its table and columns, with a number if others have that name, and
//! so it does if several have one name. Such a name depends on the table's name and on the other constraints.

use orm_core::schema::{CheckDef, ForeignKeyDef, TableDef, UniqueDef};

/// Gives constraints the names that equal ones have in `expected`, unless their own names are known there or in
/// `wanted`.
pub(in crate::introspect) fn as_expected(
    found: &mut TableDef,
    expected: &TableDef,
    wanted: Option<&TableDef>,
) {
    macro_rules! settle {
        ($parts:ident, $part:ty) => {
            let wanted = wanted.map(|table| table.$parts.as_slice()).unwrap_or_default();
            settle(&mut found.$parts, &expected.$parts, wanted, |part: &mut $part| &mut part.name);
        };
    }
    settle!(uniques, UniqueDef);
    settle!(checks, CheckDef);
    settle!(foreign_keys, ForeignKeyDef);
}

fn settle<T: Clone + PartialEq>(
    found: &mut [T],
    expected: &[T],
    wanted: &[T],
    name: impl Fn(&mut T) -> &mut String,
) {
    let name_of = |part: &T| name(&mut part.clone()).clone();
    let named = |part: &T, new: &str| {
        let mut part = part.clone();
        new.clone_into(name(&mut part));
        part
    };
    for known in expected {
        if found.contains(known) {
            continue;
        }
        let new = name_of(known);
        let is_it = |part: &T| {
            !expected.contains(part) && !wanted.contains(part) && named(part, &new) == *known
        };
        let Some(place) = found.iter().position(is_it) else { continue };
        let old = name_of(&found[place]);
        if let Some(other) = found.iter_mut().find(|part| name_of(part) == new) {
            *other = named(other, &old);
        }
        found[place] = known.clone();
    }
    found.sort_by_key(name_of);
}

#[cfg(test)]
mod tests {
    use orm_core::schema::{ColumnDef, ColumnType};

    use super::*;

    fn table(checks: &[(&str, &str)]) -> TableDef {
        let table = TableDef::new("t").column(ColumnDef::new("a", ColumnType::Integer));
        checks.iter().fold(table, |table, (name, condition)| table.check(name, condition))
    }

    #[test]
    fn names_follow_what_is_expected() {
        for (found, expected, becomes) in [
            (&[("t_check", "b")][..], &[("t_check1", "b")][..], &[("t_check1", "b")][..]),
            (
                &[("t_check", "b"), ("t_check1", "c")],
                &[("t_check1", "b"), ("t_check2", "c")],
                &[("t_check1", "b"), ("t_check2", "c")],
            ),
            (
                &[("t_check", "a"), ("t_check1", "b")],
                &[("t_check", "b"), ("t_check1", "a")],
                &[("t_check", "b"), ("t_check1", "a")],
            ),
            (&[("u_check", "a")], &[("mine", "a")], &[("mine", "a")]),
            // What is expected, or has changed, keeps its name.
            (&[("t_check", "a")], &[("t_check", "a"), ("mine", "a")], &[("t_check", "a")]),
            (&[("t_check", "a")], &[("t_check1", "b")], &[("t_check", "a")]),
        ] {
            let mut found = table(found);
            as_expected(&mut found, &table(expected), None);
            assert_eq!(found, table(becomes));
        }
    }
}
