//! Edits of rows: all of them or none, and only if nobody else has changed the rows meanwhile.

mod compare;
mod write;

use std::collections::HashMap;
use std::time::Duration;

use axum::http::StatusCode;
use orm_core::Dialect;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::Inner;
use super::catalog::{self, Table, TableName};
use super::failure::{Failure, Result};
use super::on::{Limit, On, reading, writing};
use super::statement::Statement;

/// How long an edit waits for a row that somebody else is changing.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
pub(super) struct Request {
    edits: Vec<Edit>,
}

/// A change of one row.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Edit {
    Insert {
        table: TableName,
        #[serde(default)]
        values: Map<String, Json>,
    },
    Update {
        table: TableName,
        key: Vec<Json>,
        /// The cells that the page shows.
        #[serde(default)]
        seen: Map<String, Json>,
        set: Map<String, Json>,
    },
    Delete {
        table: TableName,
        key: Vec<Json>,
        #[serde(default)]
        seen: Map<String, Json>,
    },
}

impl Edit {
    fn table(&self) -> &TableName {
        let (Self::Insert { table, .. } | Self::Update { table, .. } | Self::Delete { table, .. }) =
            self;
        table
    }

    /// Writes its statement, without what it returns.
    fn write(&self, statement: &mut Statement, table: &Table) -> Result<()> {
        match self {
            Self::Insert { values, .. } => write::insert(statement, table, values),
            Self::Update { key, set, .. } => write::update(statement, table, key, set),
            Self::Delete { key, .. } => write::delete(statement, table, key),
        }
    }
}

/// The tables of edits.
struct Tables(HashMap<TableName, Table>);

impl Tables {
    fn of(on: &mut On<'_>, request: &Request) -> Result<Self> {
        let mut tables = HashMap::new();
        for edit in &request.edits {
            if !tables.contains_key(edit.table()) {
                let table = catalog::table(on, edit.table())?;
                tables.insert(edit.table().clone(), table);
            }
            let table = &tables[edit.table()];
            match edit {
                Edit::Insert { .. } => table.check_insertable()?,
                _ => table.check_editable()?,
            }
        }
        Ok(Self(tables))
    }

    fn get(&self, edit: &Edit) -> Result<&Table> {
        self.0.get(edit.table()).ok_or_else(|| Failure::missing("the table is missing"))
    }
}

/// Returns the statements of the edits, for people.
pub(super) fn preview(studio: &Inner, request: &Request, limit: &Limit) -> Result<Json> {
    let tables = reading(&studio.db, limit, |on| Tables::of(on, request))?;
    Ok(json!({ "statements": texts(request, &tables, studio.db.dialect())? }))
}

fn texts(request: &Request, tables: &Tables, dialect: Dialect) -> Result<Vec<String>> {
    let text = |(place, edit): (usize, &Edit)| {
        let mut statement = Statement::shown(dialect, "");
        let table = tables.get(edit)?;
        edit.write(&mut statement, table).map_err(|failure| failure.of_edit(place))?;
        Ok(statement.text().to_owned())
    };
    request.edits.iter().enumerate().map(text).collect()
}

/// Applies the edits in one transaction.
pub(super) fn apply(studio: &Inner, request: &Request, limit: &Limit) -> Result<Json> {
    if studio.read_only {
        return Err(Failure::read_only());
    }
    let mut shown = Vec::new();
    let applied = writing(&studio.db, limit, |on| {
        let tables = Tables::of(on, request)?;
        shown = texts(request, &tables, on.dialect())?;
        apply_all(on, request, &tables)
    });
    let rows = request.edits.len() as u64;
    studio.log.add("edit", &shown, applied.as_ref().map(|_| rows));
    let rows = applied?;
    Ok(json!({ "applied": rows.len(), "rows": rows }))
}

fn apply_all(on: &mut On<'_>, request: &Request, tables: &Tables) -> Result<Vec<Json>> {
    if !on.dialect().is_sqlite() {
        let milliseconds = LOCK_TIMEOUT.as_millis();
        on.ask(&format!("SELECT set_config('lock_timeout', '{milliseconds}', true)"))?;
    }
    let mut conflicts = Vec::new();
    for (place, edit) in request.edits.iter().enumerate() {
        let table = tables.get(edit)?;
        let none = Map::new();
        let (key, seen, set) = match edit {
            Edit::Insert { .. } => continue,
            Edit::Update { key, seen, set, .. } => (key, seen, set),
            Edit::Delete { key, seen, .. } => (key, seen, &none),
        };
        let differs = compare::compare(on, table, key, seen, set)
            .map_err(|failure| failure.of_edit(place))?;
        if let Some(mut conflict) = differs {
            conflict["edit"] = place.into();
            conflicts.push(conflict);
        }
    }
    if !conflicts.is_empty() {
        let mut failure = Failure::new(
            StatusCode::CONFLICT,
            "STALE_ROW",
            "somebody else has changed rows meanwhile, and nothing was applied",
        )
        .advised("look at both values, and apply the edits again");
        failure.beside.insert("conflicts".into(), conflicts.into());
        return Err(failure);
    }
    let mut rows = Vec::new();
    for (place, edit) in request.edits.iter().enumerate() {
        let row = tables.get(edit).and_then(|table| apply_one(on, edit, table));
        rows.push(row.map_err(|failure| failure.of_edit(place))?);
    }
    Ok(rows)
}

/// Applies an edit, and returns the row as it is then.
fn apply_one(on: &mut On<'_>, edit: &Edit, table: &Table) -> Result<Json> {
    let mut statement = Statement::new(on.dialect(), "");
    edit.write(&mut statement, table)?;
    if matches!(edit, Edit::Delete { .. }) {
        statement.push(" RETURNING 1");
        let rows = on.rows(&statement)?;
        return exactly_one(rows.len()).map(|()| Json::Null);
    }
    let keys = write::returning_key(on, &mut statement, table)?;
    exactly_one(keys.len())?;
    // A trigger may have changed it again, or moved it.
    match keys.first().filter(|key| !key.is_empty()) {
        Some(key) => write::row(on, table, key),
        None => Ok(Json::Null),
    }
}

fn exactly_one(changed: usize) -> Result<()> {
    match changed {
        1 => Ok(()),
        0 => Err(Failure::new(
            StatusCode::CONFLICT,
            "NOTHING_CHANGED",
            "the database changed no row",
        )
        .advised("a trigger or a policy of the table may have refused it without an error")),
        many => Err(Failure::new(
            StatusCode::CONFLICT,
            "TOO_MANY_CHANGED",
            format!("the statement would have changed {many} rows instead of one"),
        )),
    }
}
