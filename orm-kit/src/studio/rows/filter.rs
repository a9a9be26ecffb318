//! Which rows are shown.

use serde::Deserialize;
use serde_json::Value as Json;

use super::super::catalog::{Column, Table, TableName};
use super::super::failure::{Failure, Result};
use super::super::on::On;
use super::super::statement::Statement;
use super::super::value::{self, Value, ValueKind};

/// A condition on the rows of a table.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(in super::super) enum Filter {
    All { all: Vec<Filter> },
    Any { any: Vec<Filter> },
    Not { not: Box<Filter> },
    Related { related: Related },
    One(Condition),
}

/// The condition that rows are connected with another one through a table between them.
#[derive(Clone, Deserialize)]
pub(in super::super) struct Related {
    columns: Vec<String>,
    junction: TableName,
    select: Vec<String>,
    #[serde(rename = "where")]
    conditions: Vec<String>,
    values: Vec<Json>,
}

#[derive(Clone, Deserialize)]
pub(in super::super) struct Condition {
    column: String,
    op: String,
    #[serde(default)]
    value: Json,
    #[serde(default)]
    values: Option<Vec<Json>>,
}

impl Filter {
    /// Writes the condition.
    ///
    /// # Errors
    /// If it names a column that doesn't exist, an operator that nobody knows, or a value of another type.
    pub(in super::super) fn write(&self, table: &Table, statement: &mut Statement) -> Result<()> {
        match self {
            Self::All { all } => joined(all, "AND", "TRUE", table, statement),
            Self::Any { any } => joined(any, "OR", "FALSE", table, statement),
            Self::Not { not } => {
                // NULL is not the opposite of anything.
                statement.push("(");
                not.write(table, statement)?;
                statement.push(") IS NOT TRUE");
                Ok(())
            }
            Self::Related { related } => related.write(statement),
            Self::One(condition) => condition.write(table, statement),
        }
    }

    /// Returns the failure for the condition whose value the database doesn't accept, if there is one.
    pub(in super::super) fn blame(&self, table: &Table, on: &mut On<'_>) -> Option<Failure> {
        match self {
            Self::All { all: parts } | Self::Any { any: parts } => {
                parts.iter().find_map(|part| part.blame(table, on))
            }
            Self::Not { not } => not.blame(table, on),
            Self::Related { .. } => None,
            Self::One(condition) => condition.blame(table, on),
        }
    }
}

fn joined(
    parts: &[Filter],
    word: &str,
    none: &str,
    table: &Table,
    statement: &mut Statement,
) -> Result<()> {
    if parts.is_empty() {
        statement.push(none);
        return Ok(());
    }
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            statement.push(" ").push(word).push(" ");
        }
        statement.push("(");
        part.write(table, statement)?;
        statement.push(")");
    }
    Ok(())
}

impl Related {
    fn write(&self, statement: &mut Statement) -> Result<()> {
        if self.conditions.len() != self.values.len() || self.columns.len() != self.select.len() {
            return Err(Failure::request(
                "a condition on related rows has as many values as columns",
            ));
        }
        let names = |statement: &mut Statement, name: &String| {
            statement.name(name);
        };
        statement.push("(").each(&self.columns, ", ", names).push(") IN (SELECT ");
        statement.each(&self.select, ", ", names).push(" FROM ");
        self.junction.write(statement);
        statement.push(" WHERE ");
        for (place, (name, cell)) in self.conditions.iter().zip(&self.values).enumerate() {
            let value = value::read(cell, ValueKind::Other, statement.dialect(), name)?;
            statement.push(if place > 0 { " AND " } else { "" });
            statement.name(name).push(" = ").bind(value);
        }
        statement.push(")");
        Ok(())
    }
}

impl Condition {
    fn write(&self, table: &Table, statement: &mut Statement) -> Result<()> {
        let column = self.column(table)?;
        let dialect = statement.dialect();
        let read = |cell: &Json| value::read(cell, column.kind, dialect, &column.name);
        match self.op.as_str() {
            "is null" => {
                statement.name(&column.name).push(" IS NULL");
            }
            "is not null" => {
                statement.name(&column.name).push(" IS NOT NULL");
            }
            "=" | "≠" | "!=" | "<>" | "<" | "≤" | "<=" | ">" | "≥" | ">=" => {
                compare(statement, column, &self.op, read(&self.value)?);
            }
            "contains" | "starts" | "ends" => self.write_text(statement, column)?,
            "in" => {
                let values = self.values.as_deref().unwrap_or_default();
                let values = values.iter().map(read).collect::<Result<Vec<_>>>()?;
                let has_null = values.contains(&Value::Null);
                let values: Vec<Value> =
                    values.into_iter().filter(|value| *value != Value::Null).collect();
                match values.is_empty() {
                    true => statement.push("FALSE"),
                    false => statement
                        .name(&column.name)
                        .push(" IN (")
                        .each(values, ", ", |statement, value| {
                            statement.bind_as(value, &column.cast);
                        })
                        .push(")"),
                };
                if has_null {
                    statement.push(" OR ").name(&column.name).push(" IS NULL");
                }
            }
            "between" => {
                let [low, high] = self.values.as_deref().unwrap_or_default() else {
                    return Err(Failure::value(&column.name, "`between` needs two values"));
                };
                compare(statement, column, ">=", read(low)?);
                statement.push(" AND ");
                compare(statement, column, "<=", read(high)?);
            }
            other => {
                return Err(Failure::value(&column.name, format!("{other:?} is no operator")));
            }
        }
        Ok(())
    }

    /// Compares texts, whichever their case.
    fn write_text(&self, statement: &mut Statement, column: &Column) -> Result<()> {
        let text = match &self.value {
            Json::String(text) => text.as_str(),
            Json::Array(parts) => parts.get(1).and_then(Json::as_str).unwrap_or_default(),
            _ => return Err(Failure::value(&column.name, "this needs a text")),
        };
        let (before, after) = match self.op.as_str() {
            "starts" => ("", "%"),
            "ends" => ("%", ""),
            _ => ("%", "%"),
        };
        let mut escaped = String::from(before);
        for character in text.chars() {
            if matches!(character, '%' | '_' | '\\') {
                escaped.push('\\');
            }
            escaped.push(character);
        }
        escaped.push_str(after);
        match statement.dialect().is_sqlite() {
            true => {
                // `lower` knows ASCII only, which is what LIKE compares without case.
                statement.push("CAST(").name(&column.name).push(" AS TEXT) LIKE ");
                statement.bind(Value::from(escaped.as_str())).push(" ESCAPE '\\'");
            }
            false => {
                statement.name(&column.name).push("::text ILIKE ");
                statement.bind_as(Value::from(escaped.as_str()), "text");
            }
        }
        Ok(())
    }

    fn column<'t>(&self, table: &'t Table) -> Result<&'t Column> {
        table.column(&self.column)
    }

    fn blame(&self, table: &Table, on: &mut On<'_>) -> Option<Failure> {
        let column = self.column(table).ok()?;
        if matches!(self.op.as_str(), "contains" | "starts" | "ends") {
            return None;
        }
        let cells = self.values.iter().flatten().chain([&self.value]);
        for cell in cells {
            let value = match value::read(cell, column.kind, on.dialect(), &column.name) {
                Ok(value) => value,
                Err(failure) => return Some(failure),
            };
            let mut statement = Statement::new(on.dialect(), "SELECT ");
            statement.bind_as(value, &column.cast).push(" IS NULL");
            if let Err(failure) = on.rows(&statement) {
                return Some(failure.of_column(&column.name));
            }
        }
        None
    }
}

/// Writes a comparison with a value. NULL is equal to NULL here, as a person means it.
fn compare(statement: &mut Statement, column: &Column, op: &str, value: Value) {
    let op = match op {
        "≠" | "!=" => "<>",
        "≤" => "<=",
        "≥" => ">=",
        other => other,
    };
    statement.name(&column.name);
    match (&value, op) {
        (Value::Null, "=") => statement.push(" IS NULL"),
        (Value::Null, "<>") => statement.push(" IS NOT NULL"),
        // PostgreSQL has no operators for it.
        _ if column.kind == ValueKind::Json && column.ty == "json" => {
            statement.push("::text ").push(op).push(" ").bind_as(value, "text")
        }
        _ => statement.push(" ").push(op).push(" ").bind_as(value, &column.cast),
    };
}
