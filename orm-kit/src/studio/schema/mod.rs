//! The schema: the tables of the structs, how the database differs from them, the migrations, and what looks wrong.

mod drift;
mod lints;
mod migrations;
mod structs;

use serde_json::{Value as Json, json};

use super::Inner;
use super::catalog;
use super::failure::Result;
use super::on::{Limit, reading};

pub(super) use self::structs::add_labels;

/// Returns all of it. A part that can't be found out is left out, with a line that says why.
pub(super) fn schema(studio: &Inner, limit: &Limit) -> Result<Json> {
    let dialect = studio.db.dialect();
    let tables = reading(&studio.db, limit, catalog::shapes)?;
    let mut problems = Vec::new();
    let structs = studio.structs.as_deref();
    let drift = structs.and_then(|structs| {
        let found = drift::drift(&studio.db, structs, studio.dir.as_deref());
        found.map_err(|problem| problems.push(problem)).ok()
    });
    let migrations = studio.dir.as_deref().filter(|dir| dir.exists()).and_then(|dir| {
        let found = migrations::migrations(&studio.db, dir);
        found.map_err(|error| problems.push(error.to_string())).ok()
    });
    let (drift, script) = match drift {
        Some(drift::Drift { lines, script }) => {
            let lines: Vec<Json> =
                lines.into_iter().map(|text| json!({ "text": text, "sql": null })).collect();
            (Some(lines), script)
        }
        None => (None, None),
    };
    Ok(json!({
        "structs": structs.map(|structs| structs::tables(structs, dialect)),
        "drift": drift,
        "driftSql": script,
        "migrations": migrations,
        "lints": lints::lints(&tables, dialect),
        "problems": problems,
    }))
}
