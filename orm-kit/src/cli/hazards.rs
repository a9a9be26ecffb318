//! What a change may do, told to people and programs.

use orm_core::{Db, Executor as _};
use serde_json::{Value, json};

use super::failure::Failure;
use crate::rows::{Hazard, HazardKind};

/// `users.nick`, or `users`.
pub(super) fn place(hazard: &Hazard) -> String {
    match &hazard.column {
        Some(column) => format!("{}.{column}", hazard.table),
        None => hazard.table.clone(),
    }
}

/// A line for people, where nobody has counted the rows.
pub(super) fn line(hazard: &Hazard) -> String {
    match hazard.kind {
        // The message of the refusal, which names the place itself.
        HazardKind::MayFail => format!("refused where {}", hazard.what.replace("{rows} ", "")),
        _ => format!("{}: {}", place(hazard), hazard.what),
    }
}

/// The kind, by the name in documents.
pub(super) fn kind(kind: HazardKind) -> &'static str {
    match kind {
        HazardKind::Destructive => "destructive",
        HazardKind::MayFail => "may_fail",
        HazardKind::Locking => "locking",
        HazardKind::Irreversible => "irreversible",
    }
}

/// The document of a hazard.
pub(super) fn json(hazard: &Hazard) -> Value {
    json!({
        "kind": kind(hazard.kind),
        "table": hazard.table,
        "column": hazard.column,
        "what": hazard.what.replace("{rows} ", ""),
    })
}

/// A hazard, and how many rows it concerns.
pub(super) struct Counted {
    pub(super) hazard: Hazard,
    pub(super) rows: i64,
}

/// Counts the rows that hazards concern, and leaves out those that concern none.
pub(super) fn counted(db: &Db, hazards: Vec<Hazard>) -> Result<Vec<Counted>, Failure> {
    let mut counted = Vec::new();
    for hazard in hazards {
        let Some(count) = &hazard.count else { continue };
        let rows = count_rows(db, count).map_err(|failure| Failure {
            message: format!(
                "the rows of {} could not be counted, to see whether it {}: {}",
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

/// The number that a query gives.
fn count_rows(db: &Db, count: &str) -> Result<i64, Failure> {
    // A sum is a decimal number on PostgreSQL.
    let count = format!("CAST(({count}) AS BIGINT)");
    let query = diesel::dsl::sql::<diesel::sql_types::BigInt>(&count);
    Ok(db.one(diesel::select(query))?)
}

impl Counted {
    /// A line for people.
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

    /// The document.
    pub(super) fn json(&self) -> Value {
        let mut document = json(&self.hazard);
        document["rows"] = self.rows.into();
        document["what"] = self.line().into();
        document
    }
}
