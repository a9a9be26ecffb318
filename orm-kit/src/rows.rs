//! What a person should know before a diff runs.

use orm_core::Dialect;
use orm_core::schema::SchemaError;

use crate::diff::{Diff, Renames, Steps, is_not_null};
use crate::render;
use crate::values::guards;

/// A hazard: something a change may do that a person should know before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// Its kind.
    pub kind: HazardKind,
    /// The table, by its name before the change.
    pub table: String,
    /// The column, by its name before the change, if it is about one.
    pub column: Option<String>,
    /// What happens, such as "drops the column with its values". For [`HazardKind::MayFail`], what is in the way and
    /// what to do, with `{rows}` for the number of rows.
    pub what: String,
    /// A query that counts the affected rows, on the old schema; `None` if no rows are affected.
    pub count: Option<String>,
}

/// A kind of hazard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HazardKind {
    /// Values are lost: those in the rows that `count` finds.
    Destructive,
    /// The change is refused if `count` finds rows.
    MayFail,
    /// Others wait while it runs, longer the more rows there are.
    Locking,
    /// The way back can't restore the old state.
    Irreversible,
}

/// Returns what a person should know before `diff` runs on this database.
///
/// # Errors
/// A schema that no database could create.
pub fn hazards(diff: &Diff, dialect: Dialect) -> Result<Vec<Hazard>, SchemaError> {
    let mut hazards = Vec::new();
    let quoted = |name: &str| dialect.quote_ident(name);
    for table in diff.dropped() {
        let count = Some(format!("SELECT count(*) FROM {}", quoted(&table.name)));
        hazards.push(hazard(
            HazardKind::Destructive,
            &table.name,
            None,
            "drops the table with its rows",
            count,
        ));
        let what = "rolling back creates the table without its rows";
        hazards.push(hazard(HazardKind::Irreversible, &table.name, None, what, None));
    }
    let renames = Renames::of(diff);
    let all = Steps::of(diff, &renames, dialect)?;
    for steps in &all {
        let alteration = steps.alteration;
        let table = &alteration.from.name;
        let counting = |condition: String| {
            Some(format!("SELECT count(*) FROM {} WHERE {condition}", quoted(table)))
        };
        for column in steps.dropped.iter().filter(|column| column.generated.is_none()) {
            let name = Some(column.name.as_str());
            let count = counting(format!("{} IS NOT NULL", quoted(&column.name)));
            hazards.push(hazard(
                HazardKind::Destructive,
                table,
                name,
                "drops the column with its values",
                count,
            ));
            let what = "rolling back adds the column without its values";
            hazards.push(hazard(HazardKind::Irreversible, table, name, what, None));
        }
        for (old, new) in &steps.changed {
            let fills = !is_not_null(&steps.before, old)
                && is_not_null(steps.after(), new)
                && new.default.is_some();
            if let (true, Some(name)) = (fills, alteration.old_name(&new.name)) {
                let count = counting(format!("{} IS NULL", quoted(name)));
                let what = "rolling back leaves the default in place of NULL";
                hazards.push(hazard(HazardKind::Irreversible, table, Some(name), what, count));
            }
            if old.generated.is_none() && new.generated.is_some() {
                let name = alteration.old_name(&new.name);
                let count = name.and_then(|name| counting(format!("{} IS NOT NULL", quoted(name))));
                let what = "replaces the values of the column by computed ones";
                hazards.push(hazard(HazardKind::Destructive, table, name, what, count));
            }
        }
    }
    for lock in render::locks(diff, &all, dialect)? {
        let count = Some(format!("SELECT count(*) FROM {}", quoted(&lock.rows_of)));
        hazards.push(hazard(HazardKind::Locking, &lock.table, None, &lock.what, count));
    }
    hazards.extend(guards(diff, dialect)?.into_iter().map(|guard| Hazard {
        kind: HazardKind::MayFail,
        table: guard.table,
        column: guard.column,
        what: guard.message,
        count: Some(guard.count),
    }));
    Ok(hazards)
}

fn hazard(
    kind: HazardKind,
    table: &str,
    column: Option<&str>,
    what: &str,
    count: Option<String>,
) -> Hazard {
    Hazard { kind, table: table.into(), column: column.map(Into::into), what: what.into(), count }
}
