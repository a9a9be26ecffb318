//! Columns and their types.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use orm_core::schema::{ColumnDef, ColumnType};
use orm_core::{Dialect, Executor, Result};
use orm_lexer::without_parentheses;

use super::{Namespace, Tables, defaults, full_text, numbers};
use crate::introspect::Note;

/// Columns in the order of their tables. A domain has the type below it.
const COLUMNS: &str = "SELECT a.attrelid::bigint, a.attnum::integer, a.attname::text, a.attnotnull, \
       a.attidentity::text, a.attgenerated::text, pg_get_expr(d.adbin, d.adrelid), \
       EXISTS (SELECT FROM pg_catalog.pg_depend AS s \
         JOIN pg_catalog.pg_class AS q ON q.oid = s.objid AND q.relkind = 'S' \
         WHERE s.classid = 'pg_catalog.pg_class'::regclass \
           AND s.refclassid = 'pg_catalog.pg_class'::regclass \
           AND s.refobjid = a.attrelid AND s.refobjsubid = a.attnum AND s.deptype = 'a'), \
       (SELECT format('nextval(%L::regclass)', s.objid::regclass) FROM pg_catalog.pg_depend AS s \
         WHERE s.classid = 'pg_catalog.pg_class'::regclass AND s.refclassid = 'pg_catalog.pg_class'::regclass \
           AND s.refobjid = a.attrelid AND s.refobjsubid = a.attnum AND s.deptype = 'i' AND a.attidentity <> ''), \
       coalesce(b.typname, t.typname)::text, \
       coalesce(b.typnamespace, t.typnamespace) = 'pg_catalog'::regnamespace, \
       {own_type} AND coalesce(b.typtype, t.typtype) = 'e', \
       (SELECT e.typname::text FROM pg_catalog.pg_type AS e WHERE e.oid = t.typelem AND t.typcategory = 'A' \
         AND e.typtype = 'e' AND {own_element}), \
       (SELECT o.typname::text FROM pg_catalog.pg_type AS o \
         WHERE o.oid = CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END \
           AND o.typtype IN ('b', 'c', 'm', 'r') AND pg_type_is_visible(o.oid)), t.typcategory = 'A', \
       CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, \
       format_type(a.atttypid, a.atttypmod), t.typtype = 'd', \
       CASE WHEN a.attcollation <> t.typcollation THEN coll.collname::text END, \
       coalesce(a.attcollation <> t.typcollation AND NOT pg_collation_is_visible(a.attcollation), false), \
       ARRAY(SELECT p.refobjsubid FROM pg_catalog.pg_depend AS p \
         WHERE p.refclassid = 'pg_catalog.pg_class'::regclass AND p.refobjid = a.attrelid \
           AND p.refobjsubid > 0 AND a.attgenerated <> '' AND p.refobjsubid <> a.attnum \
           AND (p.classid = 'pg_catalog.pg_attrdef'::regclass AND p.objid = d.oid \
             OR p.classid = 'pg_catalog.pg_class'::regclass AND p.objid = a.attrelid \
               AND p.objsubid = a.attnum))::text \
     FROM pg_catalog.pg_attribute AS a \
     JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid \
     JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid \
     LEFT JOIN pg_catalog.pg_type AS b ON t.typtype = 'd' AND b.oid = t.typbasetype \
     LEFT JOIN pg_catalog.pg_collation AS coll ON coll.oid = a.attcollation \
     LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
     WHERE c.relnamespace = {namespace} AND a.attnum > 0 AND NOT a.attisdropped \
     ORDER BY a.attrelid, a.attnum";

type RowType = (
    BigInt,
    Integer,
    Text,
    Bool,
    Text,
    Text,
    Nullable<Text>,
    Bool,
    Nullable<Text>,
    Text,
    Bool,
    Bool,
    Nullable<Text>,
    Nullable<Text>,
    Bool,
    Integer,
    Text,
    Bool,
    Nullable<Text>,
    Bool,
    Text,
);

/// A row of [`COLUMNS`].
type Row = (
    i64,
    i32,
    String,
    bool,
    String,
    String,
    Option<String>,
    bool,
    Option<String>,
    String,
    bool,
    bool,
    Option<String>,
    Option<String>,
    bool,
    i32,
    String,
    bool,
    Option<String>,
    bool,
    String,
);

struct RawColumn {
    table: i64,
    number: i32,
    name: String,
    not_null: bool,
    /// `a` or `d` for an identity column.
    identity: String,
    /// `s` for a stored one, `v` for one that is computed when it is read.
    generated: String,
    expression: Option<String>,
    /// Whether it owns a sequence.
    serial: bool,
    /// The query for the next number of an identity column.
    next: Option<String>,
    ty: String,
    of_catalog: bool,
    is_enum: bool,
    /// The enum type of an array's elements.
    element: Option<String>,
    /// The type, or that of an array's elements, if its name alone finds it.
    other: Option<String>,
    is_array: bool,
    modifier: i32,
    shown: String,
    domain: bool,
    /// Its collation, if that isn't its type's.
    collation: Option<String>,
    /// Whether the collation's name alone doesn't find it.
    hidden_collation: bool,
    /// The columns that it is computed from.
    uses: Vec<i32>,
}

impl From<Row> for RawColumn {
    fn from(row: Row) -> Self {
        Self {
            table: row.0,
            number: row.1,
            name: row.2,
            not_null: row.3,
            identity: row.4,
            generated: row.5,
            expression: row.6,
            serial: row.7,
            next: row.8,
            ty: row.9,
            of_catalog: row.10,
            is_enum: row.11,
            element: row.12,
            other: row.13,
            is_array: row.14,
            modifier: row.15,
            shown: row.16,
            domain: row.17,
            collation: row.18,
            hidden_collation: row.19,
            uses: numbers(&row.20),
        }
    }
}

/// Adds the columns to their tables.
pub(super) fn read(tx: &impl Executor, tables: &mut Tables, other_types: &[&str]) -> Result<()> {
    let namespace = tables.namespace;
    let labels = labels(tx, namespace)?;
    let own_type =
        namespace.has_type("coalesce(b.typnamespace, t.typnamespace)", "coalesce(b.oid, t.oid)");
    let query = COLUMNS
        .replace("{own_type}", &own_type)
        .replace("{own_element}", &namespace.has_type("e.typnamespace", "e.oid"))
        .replace("{namespace}", namespace.oid());
    let rows: Vec<Row> = tx.load(sql::<RowType>(&query))?;
    let columns: Vec<RawColumn> = rows.into_iter().map(Into::into).collect();
    for column in &columns {
        let Some(table) = tables.tables.get_mut(&column.table) else { continue };
        table.columns.insert(column.number, column.name.clone());
        if column_type(column, &labels, other_types).is_none() {
            table.unknown.insert(column.number);
            if let ("tsvector", "s", Some(sql)) =
                (column.ty.as_str(), column.generated.as_str(), &column.expression)
                && let Some(index) = full_text::of_column(&table.def, &column.name, sql)
            {
                table.def.full_text = Some(index);
                continue;
            }
            let mut what = format!("mizzle doesn't know the type {}; it is left out", column.shown);
            if column.not_null && column.expression.is_none() && column.identity.is_empty() {
                what.push_str(
                    ", and as it is NOT NULL without a default, mizzle can't insert rows",
                );
            }
            tables.notes.push(Note::column(&table.def.name, &column.name, what));
        }
    }
    for column in &columns {
        let Some(table) = tables.tables.get_mut(&column.table) else { continue };
        let Some(ty) = column_type(column, &labels, other_types) else { continue };
        if table.has_unknown(&column.uses) {
            table.unknown.insert(column.number);
            let what = "it is computed from a column that is left out, and is left out too";
            tables.notes.push(Note::column(&table.def.name, &column.name, what.into()));
            continue;
        }
        let remarks = if table.def.is_view() { Vec::new() } else { remarks(column) };
        for what in remarks {
            tables.notes.push(Note::column(&table.def.name, &column.name, what));
        }
        let def = build(column, ty);
        if def.auto
            && let Some(default) = column.next.as_ref().or(column.expression.as_ref())
        {
            table.serials.insert(def.name.clone(), default.clone());
        }
        table.def.columns.push(def);
    }
    Ok(())
}

fn build(column: &RawColumn, ty: ColumnType) -> ColumnDef {
    let mut def = ColumnDef::new(&column.name, ty);
    def.nullable = !column.not_null;
    if has_own_type(column, &def.ty) {
        def.db_type.postgres = Some(column.shown.clone());
    }
    if !column.hidden_collation {
        def.collate.postgres.clone_from(&column.collation);
    }
    if !column.generated.is_empty() {
        let expression = column.expression.as_deref().unwrap_or_default();
        def.generated = Some(without_parentheses(expression, Dialect::Postgres).to_owned());
        return def;
    }
    let counts = column.serial
        && column.expression.as_deref().is_some_and(|default| default.starts_with("nextval("));
    def.auto = def.ty.is_integer() && (counts || !column.identity.is_empty());
    if !def.auto {
        def.default = column.expression.as_ref().and_then(|sql| defaults::read(sql, &def.ty));
    }
    def
}

/// Returns what the column loses if it is written again.
fn remarks(column: &RawColumn) -> Vec<String> {
    let mut remarks = Vec::new();
    if column.hidden_collation {
        remarks.push(
            "its collation is in another schema, and is lost when mizzle creates the column again"
                .into(),
        );
    }
    if column.identity == "a" {
        remarks.push("it is GENERATED ALWAYS, so mizzle can't write its values".into());
    }
    if column.generated == "v" {
        remarks.push(
            "it is computed when it is read; mizzle stores it when it creates the column again"
                .into(),
        );
    }
    remarks
}

/// Returns the type, if mizzle or the program knows it.
fn column_type(
    column: &RawColumn,
    labels: &BTreeMap<String, Vec<String>>,
    other_types: &[&str],
) -> Option<ColumnType> {
    own_type(column, labels).or_else(|| {
        let is_known = |name: &String| {
            let mut others = ColumnType::OTHERS.iter();
            other_types.contains(&name.as_str())
                || !column.is_array && others.any(|(other, _)| name == other)
        };
        let name = column.other.as_ref().filter(|name| is_known(name))?;
        let ty = ColumnType::Other(name.clone());
        Some(if column.is_array { ty.array() } else { ty })
    })
}

/// Returns the type, if it is one of mizzle's.
fn own_type(column: &RawColumn, labels: &BTreeMap<String, Vec<String>>) -> Option<ColumnType> {
    if column.is_enum {
        // The structs can't create the type below a domain, so the two could not be compared.
        if column.domain {
            return None;
        }
        let labels = labels.get(&column.ty)?.clone();
        return Some(ColumnType::Enum { labels, native: Some(column.ty.clone()) });
    }
    if let Some(element) = &column.element {
        let labels = labels.get(element)?.clone();
        return Some(ColumnType::Enum { labels, native: Some(element.clone()) }.array());
    }
    if !column.of_catalog {
        return None;
    }
    match u32::try_from(column.modifier - HEADER) {
        Ok(length) if column.ty == "varchar" => Some(ColumnType::Varchar(length)),
        _ => ColumnType::of_postgres(&column.ty),
    }
}

/// Whether the column's declaration differs from mizzle's for the same type. Texts without a length count as the same:
/// `varchar` and `text`.
fn has_own_type(column: &RawColumn, ty: &ColumnType) -> bool {
    let is_narrower = column.modifier >= 0 && !matches!(ty, ColumnType::Varchar(_));
    column.domain || is_narrower || matches!(column.ty.as_str(), "bpchar" | "json")
}

/// PostgreSQL adds this to the length of a `varchar` in its modifier.
const HEADER: i32 = 4;

/// Reads the labels of the enum types, by name.
pub(super) fn labels(
    tx: &impl Executor,
    namespace: Namespace,
) -> Result<BTreeMap<String, Vec<String>>> {
    let rows: Vec<(String, String)> = tx.load(sql::<(Text, Text)>(&format!(
        "SELECT t.typname::text, e.enumlabel::text FROM pg_catalog.pg_enum AS e \
         JOIN pg_catalog.pg_type AS t ON t.oid = e.enumtypid WHERE {} \
         ORDER BY t.typname, e.enumsortorder",
        namespace.has_type("t.typnamespace", "t.oid")
    )))?;
    let mut labels: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, label) in rows {
        labels.entry(name).or_default().push(label);
    }
    Ok(labels)
}
