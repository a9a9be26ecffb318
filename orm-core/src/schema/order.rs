//! The order in which tables can be created.

use std::collections::HashMap;

use super::model::TableDef;

/// Returns the positions of `tables`, each after those of the tables that it refers to, and otherwise in their order.
///
/// Tables that refer to each other in a circle can't all come after each other: the one that is reached first comes
/// last.
pub fn parents_first(tables: &[TableDef]) -> Vec<usize> {
    let positions: HashMap<&str, usize> = tables
        .iter()
        .enumerate()
        .map(|(position, table)| (table.name.as_str(), position))
        .collect();
    let mut visit = Visit { tables, positions, seen: vec![false; tables.len()], order: Vec::new() };
    for position in 0..tables.len() {
        visit.table(position);
    }
    visit.order
}

struct Visit<'a> {
    tables: &'a [TableDef],
    positions: HashMap<&'a str, usize>,
    seen: Vec<bool>,
    order: Vec<usize>,
}

impl Visit<'_> {
    fn table(&mut self, position: usize) {
        if std::mem::replace(&mut self.seen[position], true) {
            return;
        }
        for key in &self.tables[position].foreign_keys {
            if let Some(&parent) = self.positions.get(key.table.as_str()) {
                self.table(parent);
            }
        }
        self.order.push(position);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Action;

    /// Tables of one letter: `"b>ac"` is `b`, which refers to `a` and `c`.
    fn order(tables: &[&str]) -> String {
        let tables: Vec<TableDef> = tables
            .iter()
            .map(|table| {
                let (name, parents) = table.split_once('>').unwrap_or((table, ""));
                parents.chars().fold(TableDef::new(name), |table, parent| {
                    let parent = parent.to_string();
                    let action = Action::NoAction;
                    table.foreign_key(None, &["x"], &parent, &["id"], action, action)
                })
            })
            .collect();
        parents_first(&tables).into_iter().map(|at| tables[at].name.clone()).collect()
    }

    #[test]
    fn independent_tables_stay_as_listed() {
        assert_eq!(order(&["c", "a", "b"]), "cab");
    }

    #[test]
    fn parents_come_first() {
        assert_eq!(order(&["a>bc", "b>c", "c", "d>a"]), "cbad");
        assert_eq!(order(&["d>bc", "b>a", "c>a", "a"]), "abcd");
    }

    #[test]
    fn a_table_may_refer_to_itself() {
        assert_eq!(order(&["a>ab", "b"]), "ba");
    }

    #[test]
    fn circles_end() {
        assert_eq!(order(&["a>b", "b>a"]), "ba");
        assert_eq!(order(&["d>a", "a>b", "b>c", "c>a"]), "cbad");
    }
}
