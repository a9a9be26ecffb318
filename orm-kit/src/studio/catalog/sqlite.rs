//! The tables of SQLite, from its pragmas.

use super::super::failure::Result;
use super::super::on::On;
use super::super::statement::Statement;
use super::super::value::Value;
use super::{Column, ForeignKey, Index, KeyKind, Locator, Table, TableKind, TableName, kinds};

pub(super) fn read(on: &mut On<'_>, name: Option<&TableName>) -> Result<Vec<Table>> {
    let mut statement = Statement::new(
        on.dialect(),
        "SELECT l.name, l.type, l.wr, s.sql FROM pragma_table_list AS l \
         JOIN sqlite_schema AS s ON s.name = l.name AND s.type IN ('table', 'view') \
         WHERE l.schema = 'main' AND l.type IN ('table', 'view', 'virtual') \
         AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    );
    if let Some(name) = name {
        statement.push(" AND l.name = ").bind(Value::from(name.name.as_str()));
    }
    statement.push(" ORDER BY l.name COLLATE NOCASE, l.name");
    let mut tables = Vec::new();
    for row in on.rows(&statement)? {
        let text = |place: usize| row.get(place).and_then(Value::text);
        let kind = match text(1).as_deref() {
            Some("view") => TableKind::View,
            Some("virtual") => TableKind::Virtual,
            _ => TableKind::Table,
        };
        let without_rowid = row.get(2).is_some_and(Value::is_true);
        let name = TableName { schema: None, name: text(0).unwrap_or_default() };
        tables.push(table(on, name, kind, without_rowid, text(3))?);
    }
    complete_references(&mut tables, on)?;
    Ok(tables)
}

fn table(
    on: &mut On<'_>,
    name: TableName,
    kind: TableKind,
    without_rowid: bool,
    sql: Option<String>,
) -> Result<Table> {
    // A view whose tables are gone has no columns that could be read.
    let (parts, broken) = match columns(on, &name.name) {
        Ok(parts) => (parts, None),
        Err(failure) if kind == TableKind::Table => return Err(failure),
        Err(failure) => (Vec::new(), Some(failure.message.clone())),
    };
    let mut table = Table {
        name,
        kind,
        count: None,
        editable: false,
        insertable: kind == TableKind::Table,
        why: broken,
        columns: Vec::new(),
        key: None,
        key_kind: None,
        uniques: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        sql,
        comment: None,
        locator: Locator::Nothing,
        is_counted: kind == TableKind::Table,
    };
    if kind == TableKind::Table {
        indexes(on, &mut table)?;
        foreign_keys(on, &mut table)?;
    }
    find_key(on, &mut table, &parts, without_rowid)?;
    let key = table.key.clone().unwrap_or_default();
    table.columns = parts.into_iter().map(|(column, _)| column).collect();
    // The rowid is never NULL, whatever the declaration says.
    for column in table.columns.iter_mut().filter(|column| key.contains(&column.name)) {
        column.nullable = false;
    }
    if table.why.is_none() {
        table.why = match kind {
            TableKind::View => Some("it is a view".into()),
            TableKind::Virtual => Some("a module keeps its rows".into()),
            _ => None,
        };
    }
    table.editable = table.why.is_none();
    Ok(table)
}

/// Returns the columns, each with its place in the primary key, which is 0 for others.
fn columns(on: &mut On<'_>, table: &str) -> Result<Vec<(Column, i64)>> {
    let mut statement = Statement::new(
        on.dialect(),
        "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(",
    );
    statement.bind(Value::from(table)).push(", 'main') WHERE hidden <> 1 ORDER BY cid");
    let rows = on.rows(&statement)?;
    let column = |row: Vec<Value>| {
        let text = |place: usize| row.get(place).and_then(Value::text);
        let number = |place: usize| row.get(place).and_then(Value::number).unwrap_or_default();
        let ty = text(1).unwrap_or_default();
        let column = Column {
            name: text(0).unwrap_or_default(),
            kind: kinds::of_sqlite(&ty),
            cast: String::new(),
            ty,
            nullable: number(2) == 0,
            default: text(3),
            generated: number(5) >= 2,
            identity: false,
            values: None,
            comment: None,
            is_long: true,
        };
        (column, number(4))
    };
    Ok(rows.into_iter().map(column).collect())
}

/// Decides by which columns rows are found.
fn find_key(
    on: &mut On<'_>,
    table: &mut Table,
    parts: &[(Column, i64)],
    without_rowid: bool,
) -> Result<()> {
    if table.kind != TableKind::Table {
        return Ok(());
    }
    let mut primary: Vec<&(Column, i64)> = parts.iter().filter(|(_, place)| *place > 0).collect();
    primary.sort_by_key(|(_, place)| *place);
    // SQLite allows NULL in the primary key of a table with rowids, unless it is the rowid itself.
    let is_rowid = !without_rowid
        && matches!(primary.as_slice(), [(column, _)] if column.ty.eq_ignore_ascii_case("INTEGER"));
    let is_whole = match primary.as_slice() {
        [(column, _)] if column.nullable && !is_rowid => !has_null(on, table, &column.name)?,
        several => several.iter().all(|(column, _)| !column.nullable),
    };
    if !primary.is_empty() && (without_rowid || is_rowid || is_whole) {
        let names: Vec<String> = primary.iter().map(|(column, _)| column.name.clone()).collect();
        table.key = Some(names.clone());
        table.key_kind = Some(KeyKind::Primary);
        table.locator = Locator::Columns(names);
        return Ok(());
    }
    let is_free =
        |name: &&str| !parts.iter().any(|(column, _)| column.name.eq_ignore_ascii_case(name));
    match ["rowid", "_rowid_", "oid"].into_iter().find(is_free) {
        Some(name) => {
            table.key = Some(vec![name.into()]);
            table.key_kind = Some(KeyKind::Rowid);
            table.locator = Locator::Rowid(name);
        }
        None => table.why = Some("its columns have all the names of the rowid".into()),
    }
    Ok(())
}

/// Whether a column that the table's own index begins with has a NULL.
fn has_null(on: &mut On<'_>, table: &Table, column: &str) -> Result<bool> {
    let mut statement = Statement::new(on.dialect(), "SELECT 1 FROM ");
    table.name.write(&mut statement);
    statement.push(" WHERE ").name(column).push(" IS NULL LIMIT 1");
    Ok(!on.rows(&statement)?.is_empty())
}

fn indexes(on: &mut On<'_>, table: &mut Table) -> Result<()> {
    let mut statement = Statement::new(
        on.dialect(),
        "SELECT l.name, l.\"unique\", l.partial, s.sql, i.name FROM pragma_index_list(",
    );
    statement
        .bind(Value::from(table.name.name.as_str()))
        .push(", 'main') AS l JOIN pragma_index_info(l.name, 'main') AS i ")
        .push("LEFT JOIN sqlite_schema AS s ON s.type = 'index' AND s.name = l.name ")
        .push("ORDER BY l.seq DESC, i.seqno");
    let mut partial = Vec::new();
    for row in on.rows(&statement)? {
        let text = |place: usize| row.get(place).and_then(Value::text);
        let name = text(0).unwrap_or_default();
        // An expression has no name.
        let column = text(4).unwrap_or_default();
        match table.indexes.last_mut().filter(|index| index.name == name) {
            Some(index) => index.columns.push(column),
            None => {
                partial.push(row.get(2).is_some_and(Value::is_true));
                table.indexes.push(Index {
                    name,
                    columns: vec![column],
                    unique: row.get(1).is_some_and(Value::is_true),
                    sql: text(3),
                });
            }
        }
    }
    let whole = table.indexes.iter().zip(&partial).filter(|(index, partial)| {
        index.unique && !**partial && index.columns.iter().all(|column| !column.is_empty())
    });
    table.uniques = whole.map(|(index, _)| index.columns.clone()).collect();
    Ok(())
}

fn foreign_keys(on: &mut On<'_>, table: &mut Table) -> Result<()> {
    let mut statement = Statement::new(
        on.dialect(),
        "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list(",
    );
    statement.bind(Value::from(table.name.name.as_str())).push(", 'main') ORDER BY id DESC, seq");
    let mut last = None;
    for row in on.rows(&statement)? {
        let text = |place: usize| row.get(place).and_then(Value::text);
        let id = row.first().and_then(Value::number);
        let column = text(2).unwrap_or_default();
        if last != Some(id) {
            last = Some(id);
            table.foreign_keys.push(ForeignKey {
                name: String::new(),
                columns: Vec::new(),
                to: TableName { schema: None, name: text(1).unwrap_or_default() },
                to_columns: Vec::new(),
                on_delete: text(5).unwrap_or_default(),
                on_update: text(4).unwrap_or_default(),
            });
        }
        if let Some(key) = table.foreign_keys.last_mut() {
            key.columns.push(column);
            key.to_columns.extend(text(3));
        }
    }
    for key in &mut table.foreign_keys {
        key.name = format!("{}_{}_fkey", table.name.name, key.columns.join("_"));
    }
    Ok(())
}

/// Names the columns of foreign keys that only name a table: those of its primary key.
fn complete_references(tables: &mut [Table], on: &mut On<'_>) -> Result<()> {
    for table in tables {
        for key in &mut table.foreign_keys {
            if key.to_columns.is_empty()
                && let Ok(mut parts) = columns(on, &key.to.name)
            {
                parts.retain(|(_, place)| *place > 0);
                parts.sort_by_key(|(_, place)| *place);
                key.to_columns = parts.into_iter().map(|(column, _)| column.name).collect();
            }
        }
    }
    Ok(())
}
