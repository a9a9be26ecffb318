//! The plan of a statement, as a tree.

use orm_core::migration::statements;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::super::Inner;
use super::super::failure::{Failure, Result};
use super::super::on::{Limit, On};
use super::super::value::Value;
use super::only_reads::only_reading;

#[derive(Deserialize)]
pub(in super::super) struct Request {
    sql: String,
    #[serde(default)]
    analyze: bool,
}

/// Returns the plan. With `analyze`, the statement runs, and only if it reads.
pub(in super::super) fn explain(studio: &Inner, request: &Request, limit: &Limit) -> Result<Json> {
    let dialect = studio.db.dialect();
    let all = statements(&request.sql, dialect);
    let [statement] = all.as_slice() else {
        return Err(Failure::request("a plan is that of one statement"));
    };
    let sql = statement.sql();
    let before = sql.as_ptr().addr() - request.sql.as_ptr().addr();
    let before = request.sql[..before].chars().count();
    studio.db.with_connection(|connection| {
        connection.close_afterwards("");
        let on = &mut On::new(connection, limit.clone());
        let explained = match dialect.is_sqlite() {
            true => of_sqlite(on, sql),
            false => of_postgres(on, sql, request.analyze),
        };
        Ok(explained.map_err(|(failure, prefix)| {
            // The database counts from the start of EXPLAIN.
            let position = failure.position.map(|at| at.saturating_sub(prefix) + before);
            let mut failure = failure.at(position);
            if failure.code == "READ_ONLY" {
                failure.advice = None;
            }
            failure
        }))
    })?
}

fn of_sqlite(on: &mut On<'_>, sql: &str) -> Result<Json, (Failure, usize)> {
    const PREFIX: &str = "EXPLAIN QUERY PLAN ";
    // It never runs.
    let rows = on.ask(&format!("{PREFIX}{sql}")).map_err(|failure| (failure, PREFIX.len()))?;
    let steps: Vec<Step> = rows
        .iter()
        .map(|row| Step {
            id: row.first().and_then(Value::number).unwrap_or_default(),
            parent: row.get(1).and_then(Value::number).unwrap_or_default(),
            detail: row.get(3).and_then(Value::text).unwrap_or_default(),
        })
        .collect();
    let mut text = String::new();
    let children = below(0, &steps, 0, &mut text);
    let plan = json!({ "name": "QUERY PLAN", "detail": "", "rows": null, "cost": null, "ms": null, "loops": null,
        "children": children });
    Ok(json!({ "plan": plan, "text": text, "total": { "ms": null, "cost": null } }))
}

struct Step {
    id: i64,
    parent: i64,
    detail: String,
}

fn below(parent: i64, steps: &[Step], depth: usize, text: &mut String) -> Vec<Json> {
    const DEEPEST: usize = 64;
    if depth == DEEPEST {
        return Vec::new();
    }
    let mut found = Vec::new();
    for step in steps.iter().filter(|step| step.parent == parent && step.id != parent) {
        text.push_str(&"  ".repeat(depth));
        text.push_str(&step.detail);
        text.push('\n');
        let children = below(step.id, steps, depth + 1, text);
        found.push(json!({ "name": step_name(&step.detail), "detail": step.detail, "rows": null, "cost": null, "ms": null, "loops": null,
            "children": children }));
    }
    found
}

/// Returns what a step does: `SCAN`, `USE TEMP B-TREE`.
fn step_name(detail: &str) -> &str {
    const LONGER: [&str; 4] =
        ["USE TEMP B-TREE", "CO-ROUTINE", "COMPOUND QUERY", "CORRELATED SUBQUERY"];
    let long = LONGER.into_iter().find(|name| detail.starts_with(name));
    long.unwrap_or_else(|| detail.split(' ').next().unwrap_or_default())
}

fn of_postgres(on: &mut On<'_>, sql: &str, analyze: bool) -> Result<Json, (Failure, usize)> {
    let prefix = match analyze {
        true => "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ",
        false => "EXPLAIN (FORMAT JSON) ",
    };
    let sql = format!("{prefix}{sql}");
    let rows =
        only_reading(on, &sql, |on| on.ask(&sql)).map_err(|failure| (failure, prefix.len()))?;
    let text = rows.into_iter().flatten().next().as_ref().and_then(Value::text).unwrap_or_default();
    let document: Json = serde_json::from_str(&text).unwrap_or_default();
    let top = &document[0];
    let total = json!({ "ms": top["Execution Time"], "cost": top["Plan"]["Total Cost"] });
    Ok(json!({ "plan": node(&top["Plan"], 0), "text": text, "total": total }))
}

fn node(plan: &Json, depth: usize) -> Json {
    const DEEPEST: usize = 64;
    let text = |name: &str| plan[name].as_str().unwrap_or_default();
    let mut detail = Vec::new();
    for (name, words) in [
        ("Join Type", ""),
        ("Relation Name", "on "),
        ("CTE Name", "of "),
        ("Function Name", "of "),
        ("Index Name", "using "),
        ("Index Cond", "where "),
        ("Hash Cond", "where "),
        ("Merge Cond", "where "),
        ("Filter", "filter "),
    ] {
        if !text(name).is_empty() {
            detail.push(format!("{words}{}", text(name)));
        }
    }
    if let Some(keys) = plan["Sort Key"].as_array() {
        let keys: Vec<&str> = keys.iter().filter_map(Json::as_str).collect();
        detail.push(format!("by {}", keys.join(", ")));
    }
    let plans = plan["Plans"].as_array().filter(|_| depth < DEEPEST);
    let children = plans.into_iter().flatten().map(|plan| node(plan, depth + 1));
    let loops = plan["Actual Loops"].as_f64();
    // The time of one loop.
    let ms = plan["Actual Total Time"].as_f64().map(|ms| ms * loops.unwrap_or(1.0));
    let rows = plan["Actual Rows"].as_f64().or_else(|| plan["Plan Rows"].as_f64());
    json!({
        "name": text("Node Type"),
        "detail": detail.join(", "),
        "rows": rows,
        "planned": plan["Plan Rows"],
        "cost": plan["Total Cost"],
        "ms": ms,
        "loops": plan["Actual Loops"],
        "children": children.collect::<Vec<_>>(),
    })
}
