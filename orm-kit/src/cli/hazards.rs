//! Hazards of a change, formatted for people and programs.

use orm_core::{Db, Executor as _};
use serde_json::{Value, json};

use super::failure::Failure;
use crate::rows::{Hazard, HazardKind};

/// Returns `users.nick`, or `users`.
pub(super) fn place(hazard: &Hazard) -> String {
    match &hazard.column {
        Some(column) => format!("{}.{column}", hazard.table),
        None => hazard.table.clone(),
    }
}

/// Returns a line for people, without a count of rows.
pub(super) fn line(hazard: &Hazard) -> String {
    match hazard.kind {
        // The message of the refusal already names the table and column.
        HazardKind::MayFail => format!("refused where {}", hazard.what.replace("{rows} ", "")),
        _ => format!("{}: {}", place(hazard), hazard.what),
    }
}

/// Returns the name of the kind in JSON.
pub(super) fn kind(kind: HazardKind) -> &'static str {
    match kind {
        HazardKind::Destructive => "destructive",
        HazardKind::MayFail => "may_fail",
        HazardKind::Locking => "locking",
        HazardKind::Irreversible => "irreversible",
    }
}

/// Returns a hazard as JSON.
pub(super) fn json(hazard: &Hazard) -> Value {
    json!({
        "kind": kind(hazard.kind),
        "table": hazard.table,
        "column": hazard.column,
        "what": hazard.what.replace("{rows} ", ""),
    })
}

/// A hazard, and the number of rows that it affects.
pub(super) struct Counted {
    pub(super) hazard: Hazard,
    pub(super) rows: i64,
}

/// Counts the rows that hazards affect, and leaves out hazards that affect none.
pub(super) fn counted(db: &Db, hazards: Vec<Hazard>) -> Result<Vec<Counted>, Failure> {
    let mut counted = Vec::new();
    for hazard in hazards {
        let Some(count) = &hazard.count else { continue };
        let rows = count_rows(db, count).map_err(|failure| Failure {
            message: format!(
                "could not count the rows of {} to see whether it {}: {}",
                place(&hazard),
                match hazard.kind {
                    HazardKind::MayFail => "can be changed",
                    _ => "loses something",
                },
                failure.message
            ),
            ..failure
        })?;
        if rows > 0 {
            counted.push(Counted { hazard, rows });
        }
    }
    Ok(counted)
}

/// Returns the number from a query.
fn count_rows(db: &Db, count: &str) -> Result<i64, Failure> {
    // On PostgreSQL a sum is a decimal number.
    let count = format!("CAST(({count}) AS BIGINT)");
    let query = diesel::dsl::sql::<diesel::sql_types::BigInt>(&count);
    Ok(db.one(diesel::select(query))?)
}

impl Counted {
    /// Returns a line for people.
    pub(super) fn line(&self) -> String {
        let Self { hazard, rows } = self;
        match hazard.kind {
            HazardKind::MayFail => hazard.what.replace("{rows}", &rows.to_string()),
            _ => {
                let rows = super::ui::counted(*rows as usize, "row");
                format!("{}: {}, {rows}", place(hazard), hazard.what)
            }
        }
    }

    /// Returns the hazard as JSON.
    pub(super) fn json(&self) -> Value {
        let mut document = json(&self.hazard);
        document["rows"] = self.rows.into();
        document["what"] = self.line().into();
        document
    }
}
