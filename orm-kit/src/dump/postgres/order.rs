//! The order of objects by their dependencies.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::sql;
use diesel::sql_types::Text;
use orm_core::{Executor, Result};

use super::{Object, texts};

/// Pairs of an object and what it needs, as the rows of `pg_depend` mean it. A default that is not part of its table's
/// statement adds no dependency; a row type means its table, and an array type the type of its elements. (A sequence
/// belongs to its column, and needs nothing.)
const DEPENDENCIES: &str = "WITH object AS ( \
       SELECT 'pg_catalog.pg_class'::regclass AS class, c.oid, \
         CASE c.relkind WHEN 'c' THEN 't' || c.reltype ELSE 'r' || c.oid END AS id, c.relkind = 'S' AS is_sequence \
       FROM pg_catalog.pg_class AS c WHERE c.oid >= 16384 AND c.relkind NOT IN ('i', 'I', 't') \
       UNION ALL SELECT 'pg_catalog.pg_type'::regclass, t.oid, \
         CASE WHEN r.relkind <> 'c' THEN 'r' || r.oid ELSE 't' || coalesce(e.oid, t.oid) END, false \
       FROM pg_catalog.pg_type AS t LEFT JOIN pg_catalog.pg_type AS e ON t.typcategory = 'A' AND e.oid = t.typelem \
       LEFT JOIN pg_catalog.pg_class AS r ON r.oid = CASE WHEN e.oid IS NULL THEN t.typrelid ELSE e.typrelid END \
       WHERE t.oid >= 16384 \
       UNION ALL SELECT 'pg_catalog.pg_proc'::regclass, p.oid, 'p' || p.oid, false \
       FROM pg_catalog.pg_proc AS p WHERE p.oid >= 16384 \
       UNION ALL SELECT 'pg_catalog.pg_collation'::regclass, c.oid, 'c' || c.oid, false \
       FROM pg_catalog.pg_collation AS c WHERE c.oid >= 16384 \
       UNION ALL SELECT 'pg_catalog.pg_attrdef'::regclass, d.oid, 'r' || d.adrelid, false \
       FROM pg_catalog.pg_attrdef AS d JOIN pg_catalog.pg_attribute AS a \
         ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated <> '' \
       UNION ALL SELECT 'pg_catalog.pg_rewrite'::regclass, r.oid, 'r' || r.ev_class, false \
       FROM pg_catalog.pg_rewrite AS r WHERE r.oid >= 16384 AND r.rulename = '_RETURN' \
       UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass, k.oid, 't' || k.contypid, false \
       FROM pg_catalog.pg_constraint AS k WHERE k.oid >= 16384 AND k.contypid <> 0) \
     SELECT DISTINCT one.id, other.id FROM pg_catalog.pg_depend AS d \
     JOIN object AS one ON one.class = d.classid AND one.oid = d.objid \
     JOIN object AS other ON other.class = d.refclassid AND other.oid = d.refobjid \
     WHERE d.deptype IN ('n', 'a') AND NOT one.is_sequence AND one.id <> other.id";

pub(super) fn dependencies(tx: &impl Executor) -> Result<Vec<(String, String)>> {
    tx.load(sql::<(Text, Text)>(DEPENDENCIES))
}

/// Returns the objects, each after what it needs; views, and the objects that need one, are separate. Objects that
/// need each other come in the order of their creation.
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

/// Objects of another schema that belong to no extension.
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
     WHERE d.objid >= 16384 AND d.refobjid >= 16384 AND o.schema = {schema} AND r.schema <> {schema} AND n.nspname !~ '^(pg_|information_schema$)' \
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e WHERE e.classid = d.refclassid AND e.objid = d.refobjid \
         AND e.deptype = 'e') ORDER BY 1";

/// Functions of another schema that the bodies of functions call. PostgreSQL records no dependency of a body that is a
/// text, so the text is searched for the name with its schema, or without it if the search path leads there.
const NEEDS_OF_BODIES: &str = r#"SELECT DISTINCT pg_describe_object('pg_catalog.pg_proc'::regclass, f.oid, 0)
     FROM pg_catalog.pg_proc AS f JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
     CROSS JOIN LATERAL (SELECT '"?' || regexp_replace(n.nspname, '(\W)', '\\\1', 'g') || '"?\s*\.\s*' AS schema,
       '"?' || regexp_replace(f.proname, '(\W)', '\\\1', 'g') || '"?\s*\(' AS call) AS t
     JOIN pg_catalog.pg_proc AS p ON p.prosrc ~* ('(^|[^\w."])' || t.schema || t.call)
       OR n.nspname = ANY (current_schemas(false)) AND p.prosrc ~* ('(^|[^\w."])' || t.call)
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc AS s
         WHERE s.proname = f.proname AND s.pronamespace = p.pronamespace)
     WHERE p.oid >= 16384 AND f.oid >= 16384 AND p.pronamespace = {schema} AND f.pronamespace <> {schema}
       AND n.nspname !~ '^(pg_|information_schema$)'
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e WHERE e.classid = 'pg_catalog.pg_proc'::regclass
         AND e.objid IN (f.oid, p.oid) AND e.deptype IN ('e', 'i')) ORDER BY 1"#;

/// Objects of the schema itself that a dump doesn't write.
const UNWRITTEN: &str = "SELECT o.kind || ' ' || quote_ident(o.name) FROM ( \
       SELECT 'text search configuration' AS kind, 'pg_catalog.pg_ts_config'::regclass AS class, oid, cfgname AS name, \
         cfgnamespace AS schema FROM pg_catalog.pg_ts_config \
       UNION ALL SELECT 'text search dictionary', 'pg_catalog.pg_ts_dict'::regclass, oid, dictname, dictnamespace \
       FROM pg_catalog.pg_ts_dict \
       UNION ALL SELECT 'operator', 'pg_catalog.pg_operator'::regclass, oid, oprname, oprnamespace \
       FROM pg_catalog.pg_operator \
       UNION ALL SELECT 'foreign table', 'pg_catalog.pg_class'::regclass, oid, relname, relnamespace \
       FROM pg_catalog.pg_class WHERE relkind = 'f' \
       UNION ALL SELECT 'operator class', 'pg_catalog.pg_opclass'::regclass, oid, opcname, opcnamespace \
       FROM pg_catalog.pg_opclass) AS o \
     WHERE o.schema = {schema} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e \
       WHERE e.classid = o.class AND e.objid = o.oid AND e.deptype = 'e') ORDER BY 1";

pub(super) fn needs(tx: &impl Executor) -> Result<Vec<String>> {
    let mut all = texts(tx, NEEDS)?;
    for need in texts(tx, NEEDS_OF_BODIES)?.into_iter().chain(texts(tx, UNWRITTEN)?) {
        if !all.contains(&need) {
            all.push(need);
        }
    }
    Ok(all)
}
