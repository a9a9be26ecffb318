//! The order in which old tables are dropped, while foreign keys do what they say.
//!
//! A table goes after those that refer to it, so that nothing happens to other rows. In a circle, all tables are emptied
//! first. Then, for each that is dropped while another still refers to it, a table with its keys stands in: SQLite looks for
//! it when the others are dropped.

use std::collections::BTreeSet;

use orm_core::schema::{Action, ForeignKeyDef, TableDef};

use super::DIALECT;
use crate::diff::is_not_null;
use crate::render::sqlite::quoted;

/// Returns the statements that drop the tables.
pub(super) fn drops(mut tables: Vec<TableDef>) -> Vec<String> {
    let mut statements = Vec::new();
    while !tables.is_empty() {
        let group = next_group(&tables);
        let (group, rest): (Vec<_>, Vec<_>) =
            tables.into_iter().enumerate().partition(|(place, _)| group.contains(place));
        tables = rest.into_iter().map(|(_, table)| table).collect();
        drop_group(group.into_iter().map(|(_, table)| table).collect(), &mut statements);
    }
    statements
}

fn drop_group(tables: Vec<TableDef>, statements: &mut Vec<String>) {
    if let [only] = tables.as_slice() {
        statements.push(format!("DROP TABLE {}", quoted(&only.name)));
        return;
    }
    let tables = emptied(tables);
    let names = || tables.iter().map(|table| quoted(&table.name));
    statements.extend(names().map(|name| format!("DELETE FROM {name}")));
    let mut standing_in = Vec::new();
    for (place, name) in names().enumerate() {
        statements.push(format!("DROP TABLE {name}"));
        let keys = keys_to(&tables[place], &tables[place + 1..]);
        if let Some(columns) = stand_in(&keys) {
            statements.push(format!("CREATE TABLE {name} ({columns})"));
            standing_in.push(format!("DROP TABLE {name}"));
        }
    }
    statements.extend(standing_in);
}

/// Returns the columns of the table that others refer to.
fn keys_to<'t>(table: &TableDef, others: &'t [TableDef]) -> BTreeSet<&'t [String]> {
    let keys = others.iter().flat_map(|other| &other.foreign_keys);
    keys.filter(|key| refers(key, table)).map(|key| key.references.as_slice()).collect()
}

/// Returns the definition of a table with these keys.
fn stand_in(keys: &BTreeSet<&[String]>) -> Option<String> {
    let columns: BTreeSet<&String> = keys.iter().copied().flatten().collect();
    let list = |names: &mut dyn Iterator<Item = &String>| {
        names.map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
    };
    let uniques = keys.iter().map(|key| format!("UNIQUE ({})", list(&mut key.iter())));
    let parts: Vec<String> = [list(&mut columns.into_iter())].into_iter().chain(uniques).collect();
    (!keys.is_empty()).then(|| parts.join(", "))
}

fn refers(key: &ForeignKeyDef, table: &TableDef) -> bool {
    DIALECT.is_same_name(&key.table, &table.name)
}

/// Returns the places of tables to drop next: one to which no other refers, or a circle to which no other refers.
fn next_group(tables: &[TableDef]) -> Vec<usize> {
    let places = || 0..tables.len();
    let parents = |place: usize| {
        places().filter(move |&other| {
            tables[place].foreign_keys.iter().any(|key| refers(key, &tables[other]))
        })
    };
    // Whatever a table refers to, directly or not.
    let reached: Vec<BTreeSet<usize>> = places()
        .map(|place| {
            let mut reached: BTreeSet<usize> = BTreeSet::new();
            let mut waiting: Vec<usize> = parents(place).collect();
            while let Some(other) = waiting.pop() {
                if reached.insert(other) {
                    waiting.extend(parents(other));
                }
            }
            reached
        })
        .collect();
    let group = |place: usize| -> Vec<usize> {
        let in_circle =
            |other: &usize| reached[place].contains(other) && reached[*other].contains(&place);
        places().filter(|other| *other == place || in_circle(other)).collect()
    };
    let is_free = |group: &Vec<usize>| {
        places().all(|other| {
            group.contains(&other) || parents(other).all(|parent| !group.contains(&parent))
        })
    };
    // Circles that refer to each other would be one, so there is always such a group.
    places().map(group).find(is_free).unwrap_or_else(|| places().collect())
}

/// Returns the tables of a circle in an order in which they can be emptied: if possible, no row of another would get a NULL
/// that it can't have.
fn emptied(mut tables: Vec<TableDef>) -> Vec<TableDef> {
    let mut ordered = Vec::new();
    while !tables.is_empty() {
        let is_harmless = |place: &usize| {
            let others = tables.iter().enumerate().filter(|(other, _)| other != place);
            let mut keys = others
                .flat_map(|(_, child)| child.foreign_keys.iter().map(move |key| (child, key)));
            keys.all(|(child, key)| !refers(key, &tables[*place]) || !is_stuck(child, key))
        };
        let place = (0..tables.len()).find(is_harmless).unwrap_or(0);
        ordered.push(tables.remove(place));
    }
    ordered
}

/// Returns whether the foreign key's action can't change its row.
fn is_stuck(child: &TableDef, key: &ForeignKeyDef) -> bool {
    let columns = key.columns.iter().filter_map(|column| child.find_column(column));
    let mut columns = columns.filter(|column| is_not_null(child, column));
    match key.on_delete {
        Action::SetNull => columns.next().is_some(),
        Action::SetDefault => columns.any(|column| column.default.is_none()),
        Action::NoAction | Action::Restrict | Action::Cascade => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables of one letter: `"b>ac"` is `b`, which refers to `a` and `c`.
    fn dropped(tables: &[&str]) -> String {
        let tables = tables.iter().map(|table| {
            let (name, parents) = table.split_once('>').unwrap_or((table, ""));
            parents.chars().fold(TableDef::new(name), |table, parent| {
                let parent = parent.to_string();
                let action = Action::NoAction;
                table.foreign_key(None, &["x"], &parent, &["id"], action, action)
            })
        });
        drops(tables.collect()).join("; ").replace('"', "")
    }

    #[test]
    fn children_go_first() {
        assert_eq!(
            dropped(&["a", "b>a", "c>ab", "d>d"]),
            "DROP TABLE c; DROP TABLE b; DROP TABLE a; DROP TABLE d"
        );
    }

    #[test]
    fn a_circle_is_emptied_before() {
        assert_eq!(
            dropped(&["a>b", "b>ac", "c", "d>a"]),
            "DROP TABLE d; DELETE FROM a; DELETE FROM b; DROP TABLE a; CREATE TABLE a (id, UNIQUE (id)); DROP TABLE b; \
             DROP TABLE a; DROP TABLE c"
        );
    }
}
