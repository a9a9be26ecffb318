//! Names of constraints, which mean nothing to SQLite.

use orm_core::schema::TableDef;

/// Returns the name as SQLite compares it: it ignores the case of ASCII letters.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Gives a unique constraint another name if an index or another table's constraint has the same. SQLite doesn't know
/// these names, so they may be equal; in a schema they may not.
pub(super) fn distinct(tables: &mut [TableDef]) {
    let mut taken: Vec<String> = Vec::new();
    for table in tables.iter() {
        taken.push(table.name.to_ascii_lowercase());
        taken.push(table.primary_key_name().to_ascii_lowercase());
        taken.extend(table.indexes.iter().map(|index| index.name.to_ascii_lowercase()));
    }
    for table in tables.iter_mut() {
        for place in 0..table.uniques.len() {
            let name =
                free(&table.uniques[place].name, |name| taken.contains(&name.to_ascii_lowercase()));
            taken.push(name.to_ascii_lowercase());
            table.uniques[place].name = name;
        }
    }
}

/// Returns `name` or, if that is taken, the first of `name1`, `name2`, … that isn't.
pub(super) fn free(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (1_u32..).map(|number| format!("{name}{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    // The numbers don't end.
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use orm_core::schema::{ColumnDef, ColumnType};

    #[test]
    fn names_that_meet_get_numbers() {
        let table = |name: &str, column: &str| {
            TableDef::new(name)
                .column(ColumnDef::new(column, ColumnType::Text))
                .unique(None, &[column])
        };
        let mut tables = [table("a", "b_c"), table("a_b", "c")];
        distinct(&mut tables);
        assert_eq!(tables[0].uniques[0].name, "a_b_c_key");
        assert_eq!(tables[1].uniques[0].name, "a_b_c_key1");
    }
}
