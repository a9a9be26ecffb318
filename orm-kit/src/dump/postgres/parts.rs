//! Parts of tables, views and domains besides their columns.

use orm_core::{Executor, Result};

use super::{texts, wrapped};

const DEFAULTS: &str = "SELECT format('ALTER TABLE ONLY %I ALTER COLUMN %I SET DEFAULT %s', c.relname, a.attname, \
       pg_get_expr(d.adbin, d.adrelid)) \
     FROM pg_catalog.pg_attrdef AS d JOIN pg_catalog.pg_class AS c ON c.oid = d.adrelid \
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum \
     WHERE {own} AND c.relkind IN ('r', 'p') AND a.attgenerated = '' ORDER BY c.relname, a.attnum";

const OWNERS_OF_SEQUENCES: &str = "SELECT format('ALTER SEQUENCE %I OWNED BY %I.%I', c.relname, t.relname, a.attname) \
     FROM pg_catalog.pg_class AS c \
     JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a' \
       AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0 \
     JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid AND t.relnamespace = c.relnamespace \
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid \
     WHERE {own} AND c.relkind = 'S' ORDER BY c.relname";

const UNCHECKED_DOMAINS: &str = "SELECT format('ALTER DOMAIN %I ADD CONSTRAINT %I %s', t.typname, k.conname, \
       pg_get_constraintdef(k.oid, true)) \
     FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_type AS t ON t.oid = k.contypid \
     WHERE t.typnamespace = {schema} AND k.contype = 'c' AND NOT k.convalidated ORDER BY t.typname, k.conname";

/// Children inherit the checks of their table, and partitions the keys.
const CONSTRAINTS: &str = "SELECT format('ALTER TABLE %s%I ADD CONSTRAINT %I %s', \
       CASE WHEN c.relkind = 'p' OR k.contype = 'c' THEN '' ELSE 'ONLY ' END, c.relname, k.conname, \
       pg_get_constraintdef(k.oid, true)) \
     FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid \
     WHERE {own} AND k.contype IN ('p', 'u', 'x', 'c') AND k.conparentid = 0 AND k.coninhcount = 0 \
     ORDER BY array_position('{p,u,x,c}'::\"char\"[], k.contype), c.relname, k.conname";

const FOREIGN_KEYS: &str = "SELECT format('ALTER TABLE %I ADD CONSTRAINT %I %s', c.relname, k.conname, \
       pg_get_constraintdef(k.oid, true)) \
     FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid \
     WHERE {own} AND k.contype = 'f' AND k.conparentid = 0 ORDER BY c.relname, k.conname";

/// The indexes of partitions come with the partitioned table's, which is described as if it had no partitions.
const INDEXES: &str = "SELECT CASE WHEN x.relkind = 'I' \
       THEN replace(pg_get_indexdef(i.indexrelid, 0, true), ' ON ONLY ' || i.indrelid::regclass, ' ON ' || i.indrelid::regclass) \
       ELSE pg_get_indexdef(i.indexrelid, 0, true) END \
     FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid \
     JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid \
     WHERE {own} AND c.relkind {kinds} AND (i.indisvalid OR x.relkind = 'I') \
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.indexrelid) \
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k \
         WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) ORDER BY x.relname";

const STATISTICS: &str = "SELECT replace(pg_get_statisticsobjdef(s.oid), 'CREATE STATISTICS ' || quote_ident(current_schema()) || '.', \
       'CREATE STATISTICS ') \
     FROM pg_catalog.pg_statistic_ext AS s JOIN pg_catalog.pg_class AS c ON c.oid = s.stxrelid WHERE {own} ORDER BY s.stxname";

const IDENTITIES: &str = "SELECT format('ALTER TABLE %I REPLICA IDENTITY %s', c.relname, \
       CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' ELSE 'USING INDEX ' || \
         (SELECT i.indexrelid::regclass FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.oid AND i.indisreplident) END) \
     FROM pg_catalog.pg_class AS c WHERE {own} AND c.relkind IN ('r', 'p') AND c.relreplident <> 'd' ORDER BY c.relname";

/// The triggers of partitions come with those of the partitioned table.
const TRIGGERS: &str = "SELECT pg_get_triggerdef(g.oid, true) \
     FROM pg_catalog.pg_trigger AS g JOIN pg_catalog.pg_class AS c ON c.oid = g.tgrelid \
     WHERE {own} AND NOT g.tgisinternal AND coalesce(to_jsonb(g) ->> 'tgparentid', '0') = '0' ORDER BY c.relname, g.tgname";

const TRIGGER_STATES: &str = "SELECT format('ALTER TABLE %I %s TRIGGER %I', c.relname, \
       CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, g.tgname) \
     FROM pg_catalog.pg_trigger AS g JOIN pg_catalog.pg_class AS c ON c.oid = g.tgrelid \
     WHERE {own} AND NOT g.tgisinternal AND g.tgenabled <> 'O' \
       AND coalesce(to_jsonb(g) ->> 'tgparentid', '0') = '0' ORDER BY c.relname, g.tgname";

const RULES: &str = "SELECT rtrim(pg_get_ruledef(r.oid, true), ';') \
     FROM pg_catalog.pg_rewrite AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class \
     WHERE {own} AND r.rulename <> '_RETURN' ORDER BY c.relname, r.rulename";

const ROW_SECURITY: &str = "SELECT format('ALTER TABLE %I %s ROW LEVEL SECURITY', c.relname, v.verb) \
     FROM pg_catalog.pg_class AS c \
     CROSS JOIN LATERAL (VALUES ('ENABLE', c.relrowsecurity), ('FORCE', c.relforcerowsecurity)) AS v (verb, is_on) \
     WHERE {own} AND v.is_on ORDER BY c.relname, v.verb";

const POLICIES: &str = "SELECT format('CREATE POLICY %I ON %I AS %s FOR %s TO %s%s%s', p.polname, c.relname, \
       CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, \
       CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, \
       CASE WHEN p.polroles = '{0}' THEN 'PUBLIC' ELSE (SELECT string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname) \
         FROM pg_catalog.pg_roles AS r WHERE r.oid = ANY (p.polroles)) END, \
       coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ''), \
       coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')) \
     FROM pg_catalog.pg_policy AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid \
     WHERE {own} ORDER BY c.relname, p.polname";

const COMMENTS: &str = "SELECT CASE WHEN d.objsubid = 0 THEN format('COMMENT ON %s %I IS %L', \
         CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' \
           WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'INDEX' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, c.relname, d.description) \
       ELSE format('COMMENT ON COLUMN %I.%I IS %L', c.relname, a.attname, d.description) END \
     FROM pg_catalog.pg_description AS d JOIN pg_catalog.pg_class AS c ON c.oid = d.objoid \
     LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.objsubid \
     WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND {own} ORDER BY c.relname, d.objsubid";

const CONSTRAINT_COMMENTS: &str = "SELECT format('COMMENT ON CONSTRAINT %I ON %I IS %L', k.conname, c.relname, d.description) \
     FROM pg_catalog.pg_description AS d JOIN pg_catalog.pg_constraint AS k ON k.oid = d.objoid \
     JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid \
     WHERE d.classoid = 'pg_catalog.pg_constraint'::regclass AND {own} AND k.conparentid = 0 ORDER BY c.relname, k.conname";

/// Storage parameters of an index, which its constraint doesn't mention.
const INDEX_PARAMETERS: &str = "SELECT format('ALTER INDEX %I SET (%s)', x.relname, \
       (SELECT string_agg(format('%I = %L', o.option_name, o.option_value), ', ' ORDER BY o.option_name) \
         FROM pg_options_to_table(x.reloptions) AS o)) \
     FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid \
     JOIN pg_catalog.pg_class AS x ON x.oid = k.conindid \
     WHERE {own} AND k.contype IN ('p', 'u', 'x') AND k.conparentid = 0 AND x.reloptions IS NOT NULL ORDER BY x.relname";

const CLUSTERED: &str = "SELECT format('ALTER TABLE %I CLUSTER ON %I', c.relname, x.relname) \
     FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid \
     JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid WHERE {own} AND i.indisclustered ORDER BY c.relname";

/// How columns are stored, and their statistics targets.
const SETTINGS: &str = "SELECT format('ALTER TABLE ONLY %I ALTER COLUMN %I SET %s', c.relname, a.attname, s.what) \
     FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid \
     JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid \
     CROSS JOIN LATERAL (VALUES ('STATISTICS ' || nullif(a.attstattarget, -1)), \
       (CASE WHEN a.attstorage <> t.typstorage THEN 'STORAGE ' || \
         CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END END), \
       ('COMPRESSION ' || CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END), \
       ((SELECT '(' || string_agg(format('%I = %L', o.option_name, o.option_value), ', ' ORDER BY o.option_name) || ')' \
         FROM pg_options_to_table(a.attoptions) AS o))) AS s (what) \
     WHERE {own} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND s.what IS NOT NULL \
     ORDER BY c.relname, a.attnum, s.what";

const INDEX_STATISTICS: &str = "SELECT format('ALTER INDEX %I ALTER COLUMN %s SET STATISTICS %s', c.relname, a.attnum, a.attstattarget) \
     FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid \
     WHERE {own} AND c.relkind IN ('i', 'I') AND a.attstattarget >= 0 \
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = c.oid) ORDER BY c.relname, a.attnum";

/// Returns what views may need, and everything that refers from table to table.
pub(super) fn before_views(tx: &impl Executor) -> Result<Vec<String>> {
    let mut statements = Vec::new();
    let of_tables = INDEXES.replace("{kinds}", "IN ('r', 'p')");
    for query in [
        DEFAULTS,
        OWNERS_OF_SEQUENCES,
        UNCHECKED_DOMAINS,
        CONSTRAINTS,
        &of_tables,
        FOREIGN_KEYS,
        STATISTICS,
        INDEX_PARAMETERS,
        IDENTITIES,
        CLUSTERED,
        SETTINGS,
    ] {
        statements.extend(texts(tx, query)?);
    }
    Ok(statements)
}

pub(super) fn after_views(tx: &impl Executor) -> Result<Vec<String>> {
    let mut statements = texts(tx, &INDEXES.replace("{kinds}", "= 'm'"))?;
    statements.extend(texts(tx, RULES)?.iter().map(|rule| match rule.contains(';') {
        true => wrapped(rule),
        false => rule.clone(),
    }));
    for query in [
        TRIGGERS,
        TRIGGER_STATES,
        POLICIES,
        ROW_SECURITY,
        INDEX_STATISTICS,
        COMMENTS,
        CONSTRAINT_COMMENTS,
    ] {
        statements.extend(texts(tx, query)?);
    }
    Ok(statements)
}
