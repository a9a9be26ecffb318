//! What the studio says about itself and its database.

use std::time::Duration;

use orm_core::{Db, Dialect};
use serde_json::{Value as Json, json};

use super::Inner;
use super::catalog::no_d1;
use super::failure::Result;
use super::on::{Limit, reading};
use super::value::Value;

/// How long a database may take to show that it is there.
const BRIEFLY: Duration = Duration::from_secs(3);

/// Checks that the database answers.
pub(super) fn ping(db: &Db) -> Result<()> {
    db.ping(BRIEFLY)?;
    Ok(())
}

pub(super) fn info(studio: &Inner, limit: &Limit) -> Result<Json> {
    let dialect = studio.db.dialect();
    if dialect == Dialect::D1 {
        return Err(no_d1());
    }
    let sql = match dialect.is_sqlite() {
        true => "SELECT sqlite_version()",
        false => "SELECT current_setting('server_version')",
    };
    let rows = reading(&studio.db, limit, |on| on.ask(sql))?;
    let version = rows.into_iter().flatten().next().as_ref().and_then(Value::text);
    Ok(json!({
        "dialect": dialect.name(),
        "version": version,
        "database": studio.database,
        "readOnly": studio.read_only,
        "title": studio.title,
        "hasStructs": studio.structs.is_some(),
    }))
}
