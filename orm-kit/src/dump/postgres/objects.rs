//! Extensions, types, functions, sequences and views.

use orm_core::{Executor, Result};

use super::{Object, objects, texts, wrapped};

const EXTENSIONS: &str = "SELECT CASE WHEN n.oid = {schema} OR n.nspname = 'pg_catalog' \
       THEN format('CREATE EXTENSION IF NOT EXISTS %I', x.extname) \
       ELSE format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I', x.extname, n.nspname) END \
     FROM pg_catalog.pg_extension AS x JOIN pg_catalog.pg_namespace AS n ON n.oid = x.extnamespace \
     WHERE x.extname <> 'plpgsql' ORDER BY x.oid";

const SCHEMAS_OF_EXTENSIONS: &str = "SELECT DISTINCT format('CREATE SCHEMA IF NOT EXISTS %I', n.nspname) \
     FROM pg_catalog.pg_extension AS x JOIN pg_catalog.pg_namespace AS n ON n.oid = x.extnamespace \
     WHERE x.extname <> 'plpgsql' AND n.oid <> {schema} AND n.nspname <> 'pg_catalog' ORDER BY 1";

/// Whether the type `t` belongs to the application.
const OWN_TYPE: &str = "t.typnamespace = {schema} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e \
     WHERE e.classid = 'pg_catalog.pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')";

const ENUMS: &str = "SELECT 't' || t.oid, format('CREATE TYPE %I AS ENUM (%s)', t.typname, coalesce( \
       (SELECT string_agg(quote_literal(l.enumlabel), ', ' ORDER BY l.enumsortorder) \
        FROM pg_catalog.pg_enum AS l WHERE l.enumtypid = t.oid), '')) \
     FROM pg_catalog.pg_type AS t WHERE t.typtype = 'e' AND {own_type} ORDER BY t.oid";

const DOMAINS: &str = "SELECT 't' || t.oid, format('CREATE DOMAIN %I AS %s%s%s%s%s', t.typname, \
       format_type(t.typbasetype, t.typtypmod), \
       CASE WHEN t.typcollation <> b.typcollation THEN ' COLLATE ' || t.typcollation::regcollation ELSE '' END, \
       coalesce(' DEFAULT ' || pg_get_expr(t.typdefaultbin, 0), ''), \
       CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END, \
       (SELECT coalesce(string_agg(format(' CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid, true)), '' \
         ORDER BY k.conname), '') FROM pg_catalog.pg_constraint AS k \
        WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated)) \
     FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype \
     WHERE t.typtype = 'd' AND {own_type} ORDER BY t.oid";

const COMPOSITES: &str = "SELECT 't' || t.oid, format('CREATE TYPE %I AS (%s)', t.typname, coalesce( \
       (SELECT string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod), \
          CASE WHEN a.attcollation <> b.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END), \
          ', ' ORDER BY a.attnum) \
        FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS b ON b.oid = a.atttypid \
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '')) \
     FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_class AS r ON r.oid = t.typrelid AND r.relkind = 'c' \
     WHERE t.typtype = 'c' AND {own_type} ORDER BY t.oid";

const RANGES: &str = "SELECT 't' || t.oid, format('CREATE TYPE %I AS RANGE (SUBTYPE = %s%s%s%s)', t.typname, \
       format_type(r.rngsubtype, NULL), \
       CASE WHEN r.rngcollation NOT IN (0, b.typcollation) THEN ', COLLATION = ' || r.rngcollation::regcollation ELSE '' END, \
       CASE WHEN o.opcdefault THEN '' ELSE format(', SUBTYPE_OPCLASS = %I', o.opcname) END, \
       CASE WHEN r.rngsubdiff = 0 THEN '' ELSE ', SUBTYPE_DIFF = ' || r.rngsubdiff::regproc END) \
     FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid \
     JOIN pg_catalog.pg_type AS b ON b.oid = r.rngsubtype \
     JOIN pg_catalog.pg_opclass AS o ON o.oid = r.rngsubopc \
     WHERE t.typtype = 'r' AND {own_type} ORDER BY t.oid";

const COLLATIONS: &str = "SELECT 'c' || c.oid, format('CREATE COLLATION %I (PROVIDER = %s, %s, DETERMINISTIC = %s)', \
       c.collname, CASE c.collprovider WHEN 'i' THEN 'icu' ELSE 'libc' END, \
       CASE WHEN c.collprovider = 'i' THEN format('LOCALE = %L', \
         coalesce(to_jsonb(c) ->> 'colliculocale', to_jsonb(c) ->> 'colllocale', c.collcollate)) \
         ELSE format('LC_COLLATE = %L, LC_CTYPE = %L', c.collcollate, c.collctype) END, \
       c.collisdeterministic::text) \
     FROM pg_catalog.pg_collation AS c WHERE c.collnamespace = {schema} AND c.collprovider IN ('i', 'c') \
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e \
         WHERE e.classid = 'pg_catalog.pg_collation'::regclass AND e.objid = c.oid AND e.deptype = 'e') ORDER BY c.oid";

/// Whether the function `p` belongs to the application.
const OWN_FUNCTION: &str = "p.pronamespace = {schema} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e \
     WHERE e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = p.oid AND e.deptype IN ('e', 'i'))";

/// The name follows FUNCTION or PROCEDURE, with its schema.
const FUNCTIONS: &str = "SELECT 'p' || p.oid, CASE WHEN to_jsonb(p) ->> 'prosqlbody' IS NULL THEN '' ELSE 'atomic:' END || \
       k.start || substr(pg_get_functiondef(p.oid), length(k.start || quote_ident(current_schema()) || '.') + 1) \
     FROM pg_catalog.pg_proc AS p CROSS JOIN LATERAL (SELECT 'CREATE OR REPLACE ' || \
       CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END AS start) AS k \
     WHERE p.prokind IN ('f', 'p', 'w') AND {own_function} ORDER BY p.oid";

const AGGREGATES: &str = "SELECT 'p' || p.oid, format('CREATE AGGREGATE %I(%s) (SFUNC = %s, STYPE = %s%s%s)', p.proname, \
       pg_get_function_arguments(p.oid), a.aggtransfn::regproc, format_type(a.aggtranstype, NULL), \
       CASE WHEN a.aggfinalfn = 0 THEN '' ELSE ', FINALFUNC = ' || a.aggfinalfn::regproc END, \
       coalesce(', INITCOND = ' || quote_literal(a.agginitval), '')) \
     FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_aggregate AS a ON a.aggfnoid = p.oid \
     WHERE p.prokind = 'a' AND a.aggkind = 'n' AND {own_function} ORDER BY p.oid";

/// Sequences of identity columns come with their columns.
const SEQUENCES: &str = "SELECT 'r' || c.oid, format('CREATE SEQUENCE %I AS %s START WITH %s INCREMENT BY %s MINVALUE %s \
       MAXVALUE %s CACHE %s%s', c.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, \
       s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END) \
     FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = c.oid \
     WHERE {own} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS i \
       WHERE i.classid = 'pg_catalog.pg_class'::regclass AND i.objid = c.oid AND i.deptype = 'i') ORDER BY c.oid";

const VIEWS: &str = "SELECT 'r' || c.oid, format('CREATE %sVIEW %I%s AS %s%s', \
       CASE c.relkind WHEN 'm' THEN 'MATERIALIZED ' ELSE '' END, c.relname, \
       coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', ''), \
       rtrim(pg_get_viewdef(c.oid, true), ';'), \
       CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN ' WITH NO DATA' ELSE '' END) \
     FROM pg_catalog.pg_class AS c WHERE {own} AND c.relkind IN ('v', 'm') ORDER BY c.oid";

pub(super) fn extensions(tx: &impl Executor) -> Result<Vec<String>> {
    let mut statements = texts(tx, SCHEMAS_OF_EXTENSIONS)?;
    statements.extend(texts(tx, EXTENSIONS)?);
    Ok(statements)
}

pub(super) fn read(tx: &impl Executor) -> Result<Vec<Object>> {
    let mut all = objects(tx, COLLATIONS, false)?;
    for query in [ENUMS, DOMAINS, COMPOSITES, RANGES] {
        all.extend(objects(tx, &query.replace("{own_type}", OWN_TYPE), false)?);
    }
    for query in [FUNCTIONS, AGGREGATES] {
        all.extend(objects(tx, &query.replace("{own_function}", OWN_FUNCTION), false)?);
    }
    for object in &mut all {
        // The body of such a function is not a text, so its semicolons are outside of quotes.
        if let Some(sql) = object.sql.strip_prefix("atomic:") {
            object.sql = wrapped(sql.trim_end());
        }
    }
    all.extend(objects(tx, SEQUENCES, false)?);
    all.extend(objects(tx, VIEWS, true)?);
    Ok(all)
}
