//! What a change may do, told to people and programs.

use serde_json::{Value, json};

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
