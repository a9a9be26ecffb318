//! What a change keeps, and what stops it.

use orm_core::Dialect;
use orm_core::schema::SchemaError;
use orm_kit::diff::{Diff, TableChange};
use orm_kit::rows::{HazardKind, hazards};

/// A database that answers queries.
pub trait Asks {
    fn dialect(&self) -> Dialect;

    /// Returns the first column of the query's rows, as text.
    fn texts(&self, query: &str) -> Vec<Option<String>>;
}

/// The rows of the columns that the change keeps as they are, by their names before or after.
pub fn kept(base: &impl Asks, change: &Diff, is_after: bool) -> Vec<Vec<Option<String>>> {
    let dialect = base.dialect();
    let mut found = Vec::new();
    for before in &change.from {
        let alteration = change.tables.iter().find_map(|change| match change {
            TableChange::Alter(alteration) if alteration.from.name == before.name => {
                Some(alteration)
            }
            _ => None,
        });
        let is_dropped = change
            .tables
            .iter()
            .any(|change| matches!(change, TableChange::Drop(table) if table.name == before.name));
        if is_dropped {
            continue;
        }
        let after = alteration.map_or(before, |alteration| &alteration.to);
        let mut columns: Vec<(&str, &str)> = match alteration {
            Some(alteration) => {
                let columns = alteration.columns.iter();
                columns.map(|(before, after)| (before.as_str(), after.as_str())).collect()
            }
            None => before.columns.iter().map(|column| (&*column.name, &*column.name)).collect(),
        };
        columns.retain(|(old, new)| {
            let (Some(old), Some(new)) = (before.find_column(old), after.find_column(new)) else {
                return false;
            };
            // NULLs that get a default are another matter.
            old.ty == new.ty
                && old.nullable == new.nullable
                && old.generated.is_none()
                && new.generated.is_none()
        });
        columns.sort();
        let table = if is_after { after } else { before };
        let parts: Vec<String> = columns
            .iter()
            .map(|(old, new)| {
                let name = dialect.quote_ident(if is_after { new } else { old });
                match dialect {
                    Dialect::Sqlite | Dialect::D1 => format!("quote({name})"),
                    Dialect::Postgres => format!("coalesce({name}::text, 'NULL')"),
                }
            })
            .collect();
        let row = if parts.is_empty() { "''".into() } else { parts.join(" || '|' || ") };
        found.push(base.texts(&format!(
            "SELECT {row} AS y FROM {} ORDER BY y",
            dialect.quote_ident(&table.name)
        )));
    }
    found
}

/// Returns whether rows are in the way, according to the hazards before anything runs.
pub fn is_in_the_way(base: &impl Asks, change: &Diff) -> Result<bool, SchemaError> {
    let hazards = hazards(change, base.dialect())?;
    Ok(hazards
        .iter()
        .filter(|hazard| hazard.kind == HazardKind::MayFail)
        .filter_map(|hazard| hazard.count.as_ref())
        .any(|count| base.texts(count) != [Some("0".to_owned())]))
}

/// Whether values become others, of another type or computed.
pub fn changes_values(change: &Diff) -> bool {
    change
        .from
        .iter()
        .chain(&change.to)
        .any(|table| table.columns.iter().any(|column| column.generated.is_some()))
        || change.tables.iter().any(|change| match change {
            TableChange::Alter(altered) => altered.columns.iter().any(|(old, new)| {
                altered.from.find_column(old).map(|column| &column.ty)
                    != altered.to.find_column(new).map(|column| &column.ty)
            }),
            _ => false,
        })
}
