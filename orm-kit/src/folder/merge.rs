//! Merges two branches: each part of the schema comes from the branch that changed it.

use orm_core::schema::TableDef;
use serde_json::{Map, Value};

/// A part that both branches change in different ways: `users.nick.nullable`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict(pub String);

/// Joins the tables of two branches that both follow `base`.
///
/// # Errors
/// Returns the parts that both branches change.
pub fn merge(
    base: &[TableDef],
    ours: &[TableDef],
    theirs: &[TableDef],
) -> Result<Vec<TableDef>, Vec<Conflict>> {
    let mut merge = Merge { conflicts: Vec::new() };
    let [base, ours, theirs] = [base, ours, theirs].map(json);
    let merged = merge.value("", Some(&base), Some(&ours), Some(&theirs)).unwrap_or_default();
    if !merge.conflicts.is_empty() {
        return Err(merge.conflicts);
    }
    serde_json::from_value(merged).map_err(|error| vec![Conflict(error.to_string())])
}

fn json(tables: &[TableDef]) -> Value {
    tables.iter().map(|table| serde_json::to_value(table).unwrap_or_default()).collect()
}

struct Merge {
    conflicts: Vec<Conflict>,
}

impl Merge {
    fn value(
        &mut self,
        path: &str,
        base: Option<&Value>,
        ours: Option<&Value>,
        theirs: Option<&Value>,
    ) -> Option<Value> {
        if ours == theirs || base == theirs {
            return ours.cloned();
        }
        if base == ours {
            return theirs.cloned();
        }
        match (ours, theirs) {
            (Some(Value::Object(ours)), Some(Value::Object(theirs))) => {
                let none = Map::new();
                let base = base.and_then(Value::as_object).unwrap_or(&none);
                let keys = ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(*key)));
                let merged = keys.filter_map(|key| {
                    let path = under(path, key);
                    let value = self.value(&path, base.get(key), ours.get(key), theirs.get(key));
                    Some((key.clone(), value?))
                });
                Some(Value::Object(merged.collect()))
            }
            (Some(Value::Array(ours)), Some(Value::Array(theirs)))
                if ours.iter().chain(theirs).all(|part| name(part).is_some()) =>
            {
                let base = base.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                let find = |parts: &[Value], wanted: &str| {
                    parts.iter().find(|part| name(part) == Some(wanted)).cloned()
                };
                let new = theirs
                    .iter()
                    .filter(|part| find(ours, name(part).unwrap_or_default()).is_none());
                let merged = ours.iter().chain(new).filter_map(|part| {
                    let name = name(part)?;
                    let [base, ours, theirs] =
                        [base, ours.as_slice(), theirs].map(|parts| find(parts, name));
                    self.value(&under(path, name), base.as_ref(), ours.as_ref(), theirs.as_ref())
                });
                Some(Value::Array(merged.collect()))
            }
            _ => {
                self.conflicts.push(Conflict(path.to_owned()));
                ours.cloned()
            }
        }
    }
}

/// Returns the name of a table, a column, a constraint or an index.
fn name(part: &Value) -> Option<&str> {
    part.get("name")?.as_str()
}

fn under(path: &str, key: &str) -> String {
    // The lists of a table's parts have no name that people use.
    match (path, key) {
        ("", _) => key.to_owned(),
        (_, "columns" | "uniques" | "checks" | "foreign_keys" | "indexes") => path.to_owned(),
        (_, "ty") => format!("{path}.type"),
        _ => format!("{path}.{key}"),
    }
}

#[cfg(test)]
mod tests {
    use orm_core::schema::{ColumnDef, ColumnType, TableDef};

    use super::*;

    fn table(name: &str, columns: &[(&str, ColumnType)]) -> TableDef {
        columns.iter().fold(TableDef::new(name), |table, (column, ty)| {
            table.column(ColumnDef::new(column, ty.clone()))
        })
    }

    #[test]
    fn each_part_is_as_the_branch_has_it_that_changed_it() {
        use ColumnType::{BigInt, Integer, Text};
        let base = [table("a", &[("id", Integer), ("x", Text), ("gone", Text)]), table("old", &[])];
        let ours = [
            table("a", &[("id", BigInt), ("x", Text), ("gone", Text), ("o", Text)])
                .unique(None, &["o"]),
            table("old", &[]),
            table("ours", &[("id", Text)]),
        ];
        let theirs = [
            table("a", &[("id", Integer), ("x", Text), ("t", Text)]).unique(None, &["t"]),
            table("theirs", &[("id", Text)]),
        ];
        let expected = [
            table("a", &[("id", BigInt), ("x", Text), ("o", Text), ("t", Text)])
                .unique(None, &["o"])
                .unique(None, &["t"]),
            table("ours", &[("id", Text)]),
            table("theirs", &[("id", Text)]),
        ];
        assert_eq!(merge(&base, &ours, &theirs).unwrap(), expected);
        assert_eq!(merge(&base, &ours, &base).unwrap(), ours);
        assert_eq!(merge(&base, &ours, &ours).unwrap(), ours);
    }

    #[test]
    fn what_both_change_is_named() {
        use ColumnType::{BigInt, Integer, Text};
        let base = [table("a", &[("id", Integer), ("x", Text)]), table("b", &[("y", Text)])];
        let ours = [table("a", &[("id", BigInt), ("x", Text)])];
        let theirs = [table("a", &[("id", Text), ("x", Text)]), table("b", &[("y", Integer)])];
        let conflicts = merge(&base, &ours, &theirs).unwrap_err();
        let named: Vec<&str> = conflicts.iter().map(|conflict| conflict.0.as_str()).collect();
        assert_eq!(named, ["a.id.type", "b"]);
    }
}
