//! Rows that violate a new key, unique constraint, unique index or foreign key.

use orm_core::schema::{ForeignKeyDef, IndexKey, SchemaError};

use super::{OfTable, filled};
use crate::diff::{Steps, is_not_null, mentions};
use crate::values::after;

impl OfTable<'_> {
    pub(super) fn keys(&mut self, steps: &Steps<'_>) -> Result<(), SchemaError> {
        let filled = filled(steps);
        let is_filled =
            |columns: &[String]| columns.iter().any(|column| filled.contains(&column.as_str()));
        let mut keys: Vec<(String, &[String])> = steps
            .after()
            .uniques
            .iter()
            .filter(|unique| steps.uniques.added.contains(unique) || is_filled(&unique.columns))
            .map(|unique| (format!("the unique constraint {:?}", unique.name), &*unique.columns))
            .collect();
        if steps.key_changed && !steps.after().primary_key.is_empty() {
            keys.push(("the primary key".into(), &steps.after().primary_key));
        }
        for (what, columns) in keys {
            let is_needed = |name: &str| columns.iter().any(|column| column == name);
            if let Some(source) = after::source(steps, self.dialect, is_needed)? {
                let set = self.are_set(columns, "");
                self.duplicates(&what, &columns.join(", "), &source, &self.list(columns), &set);
            }
        }
        for index in steps.after().indexes.iter().filter(|index| index.unique) {
            let parts: Vec<String> = index
                .parts
                .iter()
                .map(|part| match &part.key {
                    IndexKey::Column(column) => self.quoted(column),
                    IndexKey::Expression(sql) => format!("({sql})"),
                })
                .collect();
            let mut conditions: Vec<String> =
                parts.iter().map(|part| format!("{part} IS NOT NULL")).collect();
            conditions.extend(index.condition.iter().map(|sql| format!("({sql})")));
            let condition = conditions.join(" AND ");
            let is_touched = filled.iter().any(|column| mentions(&condition, column, self.dialect));
            if !steps.indexes.added.contains(index) && !is_touched {
                continue;
            }
            let is_needed = |name: &str| mentions(&condition, name, self.dialect);
            if let Some(source) = after::source(steps, self.dialect, is_needed)? {
                let what = format!("the unique index {:?}", index.name);
                let parts = parts.join(", ");
                self.duplicates(&what, &parts, &source, &parts, &condition);
            }
        }
        Ok(())
    }

    fn duplicates(
        &mut self,
        what: &str,
        shown: &str,
        source: &str,
        columns: &str,
        condition: &str,
    ) {
        let number = self.quoted("n");
        self.refuse(
            None,
            format!(
                "{:?} has {{rows}} rows that share their ({shown}) with another, which {what} forbids: change or \
                 delete all but one of each",
                self.alteration.from.name
            ),
            format!(
                "SELECT coalesce(sum({number}), 0) FROM (SELECT count(*) AS {number} FROM {source} WHERE {condition} \
                 GROUP BY {columns} HAVING count(*) > 1) AS {}",
                self.quoted("twice"),
            ),
        );
    }

    pub(super) fn foreign_keys(
        &mut self,
        steps: &Steps<'_>,
        all: &[Steps<'_>],
    ) -> Result<(), SchemaError> {
        let filled = filled(steps);
        for key in &steps.after().foreign_keys {
            let is_filled = key.columns.iter().any(|column| filled.contains(&column.as_str()));
            if !is_filled && !steps.foreign_keys.added.contains(key) {
                continue;
            }
            // The same key with other actions is already enforced.
            let holds = steps.foreign_keys.dropped.iter().any(|old| {
                old.columns == key.columns
                    && old.table == key.table
                    && old.references == key.references
            });
            let is_column = |name: &str| key.columns.iter().any(|column| column == name);
            // A new column that is NULL in all rows refers to nothing.
            let is_empty = |name: &String| {
                steps.added.iter().any(|column| {
                    column.name == *name
                        && column.default.is_none()
                        && column.generated.is_none()
                        && !is_not_null(steps.after(), column)
                })
            };
            if key.columns.iter().any(is_empty) {
                continue;
            }
            let Some(source) = after::source(steps, self.dialect, is_column)? else { continue };
            if holds && !is_filled {
                continue;
            }
            let altered = all.iter().find(|parent| parent.after().name == key.table);
            let is_new = self.diff.created().any(|created| created.name == key.table);
            let parent = match altered {
                Some(parent) => {
                    let is_referenced =
                        |name: &str| key.references.iter().any(|column| column == name);
                    after::source(parent, self.dialect, is_referenced)?
                }
                None => (!is_new).then(|| self.quoted(&key.table)),
            };
            match parent {
                Some(parent) => self.orphans(key, &source, &parent),
                None if is_new => self.orphans_of_new(key, &source),
                None => {}
            }
        }
        Ok(())
    }

    fn orphans(&mut self, key: &ForeignKeyDef, source: &str, parent: &str) {
        let (child, other) = (self.quoted("child"), self.quoted("parent"));
        let same: Vec<String> = key
            .columns
            .iter()
            .zip(&key.references)
            .map(|(column, reference)| {
                format!("{other}.{} = {child}.{}", self.quoted(reference), self.quoted(column))
            })
            .collect();
        let named = |source: &str, name: &str| {
            let source =
                source.strip_suffix(&format!(" AS {}", self.quoted("after"))).unwrap_or(source);
            format!("{source} AS {name}")
        };
        let count = format!(
            "SELECT count(*) FROM {} WHERE {} AND NOT EXISTS (SELECT 1 FROM {} WHERE {})",
            named(source, &child),
            self.are_set(&key.columns, &format!("{child}.")),
            named(parent, &other),
            same.join(" AND ")
        );
        self.refuse(
            None,
            format!(
                "{:?} has {{rows}} rows whose ({}) is in no row of {:?}, to which the foreign key {:?} refers: change \
                 or delete those rows, or add what they refer to",
                self.alteration.from.name,
                key.columns.join(", "),
                key.table,
                key.name
            ),
            count,
        );
    }

    fn orphans_of_new(&mut self, key: &ForeignKeyDef, source: &str) {
        self.refuse(
            None,
            format!(
                "{:?} has {{rows}} rows with a ({}), which the foreign key {:?} would look for in {:?}, and that table \
                 is new and empty: create and fill it in a migration before this one",
                self.alteration.from.name,
                key.columns.join(", "),
                key.name,
                key.table
            ),
            format!("SELECT count(*) FROM {source} WHERE {}", self.are_set(&key.columns, "")),
        );
    }
}
