//! What depends on what.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::sql;
use diesel::sql_types::Text;
use orm_core::{Executor, Result};

use super::{Object, texts};

/// The object that a pair of columns of `pg_depend` means: a default of its own statement means none, a row's type its
/// table, an array's type that of its elements.
const OBJECT: &str = "CASE {class} \
     WHEN 'pg_catalog.pg_class'::regclass THEN (SELECT CASE o.relkind WHEN 'c' THEN 't' || o.reltype ELSE 'r' || o.oid END \
       FROM pg_catalog.pg_class AS o WHERE o.oid = {oid} AND o.relkind NOT IN ('i', 'I')) \
     WHEN 'pg_catalog.pg_type'::regclass THEN (SELECT CASE WHEN r.relkind <> 'c' THEN 'r' || r.oid \
         ELSE 't' || coalesce(e.oid, o.oid) END \
       FROM pg_catalog.pg_type AS o \
       LEFT JOIN pg_catalog.pg_type AS e ON o.typcategory = 'A' AND e.oid = o.typelem \
       LEFT JOIN pg_catalog.pg_class AS r ON r.oid = coalesce(nullif(e.typrelid, 0), o.typrelid) WHERE o.oid = {oid}) \
     WHEN 'pg_catalog.pg_proc'::regclass THEN 'p' || {oid} \
     WHEN 'pg_catalog.pg_collation'::regclass THEN 'c' || {oid} \
     WHEN 'pg_catalog.pg_attrdef'::regclass THEN (SELECT 'r' || o.adrelid FROM pg_catalog.pg_attrdef AS o \
       JOIN pg_catalog.pg_attribute AS a ON a.attrelid = o.adrelid AND a.attnum = o.adnum AND a.attgenerated <> '' \
       WHERE o.oid = {oid}) \
     WHEN 'pg_catalog.pg_rewrite'::regclass THEN (SELECT 'r' || o.ev_class FROM pg_catalog.pg_rewrite AS o \
       WHERE o.oid = {oid} AND o.rulename = '_RETURN') \
     WHEN 'pg_catalog.pg_constraint'::regclass THEN (SELECT 't' || o.contypid FROM pg_catalog.pg_constraint AS o \
       WHERE o.oid = {oid} AND o.contypid <> 0) END";

/// Pairs of an object and what it needs. (A sequence belongs to its column, and needs nothing.)
pub(super) fn dependencies(tx: &impl Executor) -> Result<Vec<(String, String)>> {
    let of = |class: &str, oid: &str| OBJECT.replace("{class}", class).replace("{oid}", oid);
    let query = format!(
        "SELECT p.one, p.other FROM (SELECT DISTINCT {} AS one, {} AS other FROM pg_catalog.pg_depend AS d \
         WHERE d.deptype IN ('n', 'a') AND NOT (d.deptype = 'a' AND d.classid = 'pg_catalog.pg_class'::regclass \
           AND EXISTS (SELECT FROM pg_catalog.pg_class AS s WHERE s.oid = d.objid AND s.relkind = 'S')) \
           AND d.refobjid >= 16384) AS p \
         WHERE p.one IS NOT NULL AND p.other IS NOT NULL AND p.one <> p.other",
        of("d.classid", "d.objid"),
        of("d.refclassid", "d.refobjid"),
    );
    tx.load(sql::<(Text, Text)>(&query))
}

/// The objects, each behind what it needs; those that need a view, and views, apart. Where they need each other, as they
/// were made.
pub(super) fn ordered(
    mut objects: Vec<Object>,
    dependencies: &[(String, String)],
) -> (Vec<Object>, Vec<Object>) {
    let number = |id: &str| id[1..].parse::<u64>().unwrap_or_default();
    objects.sort_by_key(|object| number(&object.id));
    let ids: BTreeSet<&str> = objects.iter().map(|object| object.id.as_str()).collect();
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (one, other) in dependencies {
        if ids.contains(one.as_str()) && ids.contains(other.as_str()) {
            needs.entry(one.clone()).or_default().insert(other.clone());
        }
    }
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut late: BTreeSet<String> = BTreeSet::new();
    let (mut first, mut views) = (Vec::new(), Vec::new());
    while !objects.is_empty() {
        let is_ready = |object: &Object| {
            needs.get(&object.id).is_none_or(|needs| needs.iter().all(|need| done.contains(need)))
        };
        let place = objects.iter().position(is_ready).unwrap_or_default();
        let object = objects.remove(place);
        let needs_view =
            needs.get(&object.id).is_some_and(|needs| needs.iter().any(|need| late.contains(need)));
        done.insert(object.id.clone());
        if object.is_view || needs_view {
            late.insert(object.id.clone());
            views.push(object);
        } else {
            first.push(object);
        }
    }
    (first, views)
}

/// What is of another schema, and of no extension.
const NEEDS: &str = "SELECT DISTINCT pg_describe_object(d.refclassid, d.refobjid, 0) \
     FROM pg_catalog.pg_depend AS d \
     CROSS JOIN LATERAL (SELECT CASE d.refclassid \
       WHEN 'pg_catalog.pg_class'::regclass THEN (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid = d.refobjid) \
       WHEN 'pg_catalog.pg_type'::regclass THEN (SELECT typnamespace FROM pg_catalog.pg_type WHERE oid = d.refobjid) \
       WHEN 'pg_catalog.pg_proc'::regclass THEN (SELECT pronamespace FROM pg_catalog.pg_proc WHERE oid = d.refobjid) \
       END AS schema) AS r \
     JOIN pg_catalog.pg_namespace AS n ON n.oid = r.schema \
     CROSS JOIN LATERAL (SELECT CASE d.classid \
       WHEN 'pg_catalog.pg_class'::regclass THEN (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid = d.objid) \
       WHEN 'pg_catalog.pg_type'::regclass THEN (SELECT typnamespace FROM pg_catalog.pg_type WHERE oid = d.objid) \
       WHEN 'pg_catalog.pg_proc'::regclass THEN (SELECT pronamespace FROM pg_catalog.pg_proc WHERE oid = d.objid) \
       WHEN 'pg_catalog.pg_constraint'::regclass THEN \
         (SELECT connamespace FROM pg_catalog.pg_constraint WHERE oid = d.objid) \
       WHEN 'pg_catalog.pg_attrdef'::regclass THEN (SELECT c.relnamespace FROM pg_catalog.pg_attrdef AS a \
         JOIN pg_catalog.pg_class AS c ON c.oid = a.adrelid WHERE a.oid = d.objid) \
       WHEN 'pg_catalog.pg_rewrite'::regclass THEN (SELECT c.relnamespace FROM pg_catalog.pg_rewrite AS w \
         JOIN pg_catalog.pg_class AS c ON c.oid = w.ev_class WHERE w.oid = d.objid) \
       WHEN 'pg_catalog.pg_trigger'::regclass THEN (SELECT c.relnamespace FROM pg_catalog.pg_trigger AS g \
         JOIN pg_catalog.pg_class AS c ON c.oid = g.tgrelid WHERE g.oid = d.objid) \
       END AS schema) AS o \
     WHERE o.schema = {schema} AND r.schema <> {schema} AND n.nspname !~ '^(pg_|information_schema$)' \
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e WHERE e.classid = d.refclassid AND e.objid = d.refobjid \
         AND e.deptype = 'e') ORDER BY 1";

pub(super) fn needs(tx: &impl Executor) -> Result<Vec<String>> {
    texts(tx, NEEDS)
}
