//! The tables of PostgreSQL, from its catalog.

use std::collections::HashMap;

use super::super::failure::Result;
use super::super::on::On;
use super::super::statement::Statement;
use super::super::value::Value;
use super::{
    Column, Count, ForeignKey, Index, KeyKind, Locator, NOT_READABLE, Table, TableKind, TableName,
    kinds,
};

/// The tables that belong to no extension and not to the server.
const TABLES: &str = "SELECT c.oid::int8, n.nspname, c.relname, c.relkind, c.reltuples::int8, \
     obj_description(c.oid, 'pg_class'), has_table_privilege(c.oid, 'SELECT'), \
     pg_relation_is_updatable(c.oid, false), \
     CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, c.relispopulated \
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' \
     AND n.nspname !~ '^pg_' AND has_schema_privilege(n.oid, 'USAGE') AND NOT EXISTS (\
     SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')";

const COLUMNS: &str = "SELECT a.attrelid::int8, a.attname, format_type(a.atttypid, a.atttypmod), \
     format_type(a.atttypid, -1), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attgenerated <> '', \
     a.attidentity <> '', col_description(a.attrelid, a.attnum), b.typname, b.typtype, b.typcategory, b.typlen, \
     (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = b.oid) \
     FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid \
     CROSS JOIN LATERAL (WITH RECURSIVE base AS (SELECT t.oid, t.typtype, t.typbasetype UNION ALL \
     SELECT u.oid, u.typtype, u.typbasetype FROM base JOIN pg_type AS u ON u.oid = base.typbasetype \
     WHERE base.typtype = 'd') SELECT oid FROM base WHERE typtype <> 'd' LIMIT 1) AS found \
     JOIN pg_type AS b ON b.oid = found.oid \
     LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
     WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = ANY (";

const INDEXES: &str = "SELECT i.indrelid::int8, c.relname, i.indisunique, i.indisprimary, \
     i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid AND i.indimmediate, pg_get_indexdef(i.indexrelid), \
     (SELECT json_agg(coalesce(a.attname, '') ORDER BY k.place) \
     FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place) \
     LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0 \
     WHERE k.place <= i.indnkeyatts) \
     FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = ANY (";

const FOREIGN_KEYS: &str = "SELECT k.conrelid::int8, k.conname, n.nspname, c.relname, k.confdeltype, k.confupdtype, \
     (SELECT json_agg(a.attname ORDER BY x.place) FROM unnest(k.conkey) WITH ORDINALITY AS x (number, place) \
     JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = x.number), \
     (SELECT json_agg(a.attname ORDER BY x.place) FROM unnest(k.confkey) WITH ORDINALITY AS x (number, place) \
     JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = x.number) \
     FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.confrelid \
     JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE k.contype = 'f' AND k.conrelid = ANY (";

pub(super) fn read(on: &mut On<'_>, name: Option<&TableName>) -> Result<Vec<Table>> {
    let mut statement = Statement::new(on.dialect(), TABLES);
    if let Some(name) = name {
        statement.push(" AND c.relname = ").bind(Value::from(name.name.as_str()));
        match &name.schema {
            Some(schema) => {
                statement.push(" AND n.nspname = ").bind(Value::from(schema.as_str()));
            }
            None => {
                statement.push(" AND pg_table_is_visible(c.oid)");
            }
        }
    }
    statement.push(" ORDER BY n.nspname <> current_schema(), n.nspname, c.relname");
    let mut places = HashMap::new();
    let mut tables = Vec::new();
    for row in on.rows(&statement)? {
        let number = row.first().and_then(Value::number).unwrap_or_default();
        places.insert(number, tables.len());
        tables.push(table(&row));
    }
    let numbers: Vec<String> = places.keys().map(ToString::to_string).collect();
    let numbers = format!("{{{}}}", numbers.join(","));
    columns(on, &numbers, &places, &mut tables)?;
    indexes(on, &numbers, &places, &mut tables)?;
    foreign_keys(on, &numbers, &places, &mut tables)?;
    tables.iter_mut().for_each(find_locator);
    Ok(tables)
}

fn table(row: &[Value]) -> Table {
    let text = |place: usize| row.get(place).and_then(Value::text);
    let sort = text(3).unwrap_or_default();
    let kind = match sort.as_str() {
        "v" => TableKind::View,
        "m" => TableKind::Materialized,
        _ => TableKind::Table,
    };
    // -1: nobody has counted them yet.
    let estimate = row.get(4).and_then(Value::number).and_then(|number| u64::try_from(number).ok());
    let is_readable = row.get(6).is_some_and(Value::is_true);
    // The bits of UPDATE, INSERT and DELETE.
    let is_updatable = row.get(7).and_then(Value::number).is_some_and(|bits| bits & 28 == 28);
    let why = match kind {
        _ if !is_readable => Some(NOT_READABLE),
        TableKind::View => Some("it is a view"),
        TableKind::Materialized => Some("it is a materialized view"),
        _ if !is_updatable => Some("its rows can't be changed"),
        _ => None,
    };
    Table {
        name: TableName { schema: text(1), name: text(2).unwrap_or_default() },
        kind,
        count: estimate
            .filter(|_| kind != TableKind::View)
            .map(|about| Count { about, exact: false }),
        editable: false,
        insertable: why.is_none(),
        why: why.map(str::to_owned),
        columns: Vec::new(),
        key: None,
        key_kind: None,
        uniques: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        sql: text(8),
        comment: text(5),
        is_counted: is_readable
            && matches!(sort.as_str(), "r" | "p" | "m")
            && row.get(9).is_some_and(Value::is_true),
        locator: match sort.as_str() {
            "r" | "m" => Locator::Place,
            _ => Locator::Nothing,
        },
    }
}

/// Calls `f` with each row of a question about the tables, and with the row's table.
fn each(
    on: &mut On<'_>,
    (sql, order): (&str, &str),
    numbers: &str,
    places: &HashMap<i64, usize>,
    tables: &mut [Table],
    f: impl Fn(&mut Table, &[Value]),
) -> Result<()> {
    let mut statement = Statement::new(on.dialect(), sql);
    statement.bind(Value::from(numbers)).push("::oid[])").push(order);
    for row in on.rows(&statement)? {
        let place = row.first().and_then(Value::number).and_then(|number| places.get(&number));
        if let Some(table) = place.and_then(|&place| tables.get_mut(place)) {
            f(table, &row);
        }
    }
    Ok(())
}

fn columns(
    on: &mut On<'_>,
    numbers: &str,
    places: &HashMap<i64, usize>,
    tables: &mut [Table],
) -> Result<()> {
    let order = " ORDER BY a.attrelid, a.attnum";
    each(on, (COLUMNS, order), numbers, places, tables, |table, row| {
        let text = |place: usize| row.get(place).and_then(Value::text);
        let is = |place: usize| row.get(place).is_some_and(Value::is_true);
        let part = |place: usize| text(place).unwrap_or_default();
        let kind = kinds::of_postgres(&part(9), &part(10), &part(11));
        let generated = is(6);
        table.columns.push(Column {
            name: part(1),
            ty: part(2),
            cast: part(3),
            kind,
            nullable: !is(4),
            default: text(5).filter(|_| !generated),
            generated,
            identity: is(7),
            values: text(13).and_then(|labels| serde_json::from_str(&labels).ok()),
            comment: text(8),
            is_long: row.get(12).and_then(Value::number).is_none_or(|length| length < 0)
                && part(9) != "numeric",
        });
    })
}

fn indexes(
    on: &mut On<'_>,
    numbers: &str,
    places: &HashMap<i64, usize>,
    tables: &mut [Table],
) -> Result<()> {
    let order = " ORDER BY i.indrelid, i.indisprimary DESC, c.relname";
    each(on, (INDEXES, order), numbers, places, tables, |table, row| {
        let text = |place: usize| row.get(place).and_then(Value::text);
        let is = |place: usize| row.get(place).is_some_and(Value::is_true);
        let columns = list(row.get(6));
        let (unique, primary, whole) = (is(2), is(3), is(4));
        if unique && whole {
            let is_set = columns.iter().all(|name| {
                table.columns.iter().any(|column| column.name == *name && !column.nullable)
            });
            if table.key.is_none() && (primary || is_set) && !columns.is_empty() {
                table.key = Some(columns.clone());
                table.key_kind = Some(if primary { KeyKind::Primary } else { KeyKind::Unique });
            }
            table.uniques.push(columns.clone());
        }
        let name = text(1).unwrap_or_default();
        table.indexes.push(Index { name, columns, unique, sql: text(5) });
    })
}

fn foreign_keys(
    on: &mut On<'_>,
    numbers: &str,
    places: &HashMap<i64, usize>,
    tables: &mut [Table],
) -> Result<()> {
    let order = " ORDER BY k.conrelid, k.conname";
    each(on, (FOREIGN_KEYS, order), numbers, places, tables, |table, row| {
        let text = |place: usize| row.get(place).and_then(Value::text);
        let action = |place: usize| {
            let action = match text(place).as_deref() {
                Some("r") => "RESTRICT",
                Some("c") => "CASCADE",
                Some("n") => "SET NULL",
                Some("d") => "SET DEFAULT",
                _ => "NO ACTION",
            };
            action.to_owned()
        };
        table.foreign_keys.push(ForeignKey {
            name: text(1).unwrap_or_default(),
            columns: list(row.get(6)),
            to: TableName { schema: text(2), name: text(3).unwrap_or_default() },
            to_columns: list(row.get(7)),
            on_delete: action(4),
            on_update: action(5),
        });
    })
}

fn list(value: Option<&Value>) -> Vec<String> {
    let text = value.and_then(Value::text).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn find_locator(table: &mut Table) {
    if let Some(key) = &table.key {
        table.locator = Locator::Columns(key.clone());
    } else if table.why.is_none() {
        table.why =
            Some("it has no primary key, and no unique index of columns that are NOT NULL".into());
    }
    table.editable = table.why.is_none();
}
