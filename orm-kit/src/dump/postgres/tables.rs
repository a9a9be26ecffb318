//! Tables with their columns.

use orm_core::{Executor, Result};

use super::{Object, objects};

const TABLES: &str = "SELECT 'r' || c.oid, format('CREATE %sTABLE %I ', \
       CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, c.relname) || \
     CASE WHEN c.relispartition THEN format('PARTITION OF %s %s', \
         (SELECT i.inhparent::regclass FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid), \
         pg_get_expr(c.relpartbound, c.oid)) \
       ELSE format(E'(\\n  %s\\n)', coalesce((SELECT string_agg(format('%I %s%s%s%s', a.attname, \
           format_type(a.atttypid, a.atttypmod), \
           CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END, \
           CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END, \
           CASE WHEN a.attgenerated = 's' THEN format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(d.adbin, d.adrelid)) \
             WHEN a.attgenerated = 'v' THEN format(' GENERATED ALWAYS AS (%s) VIRTUAL', pg_get_expr(d.adbin, d.adrelid)) \
             WHEN a.attidentity <> '' THEN (SELECT format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %I START WITH %s \
                 INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s)', \
                 CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, q.relname, s.seqstart, s.seqincrement, \
                 s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END) \
               FROM pg_catalog.pg_depend AS i \
               JOIN pg_catalog.pg_class AS q ON q.oid = i.objid \
               JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = q.oid \
               WHERE i.classid = 'pg_catalog.pg_class'::regclass AND i.refclassid = 'pg_catalog.pg_class'::regclass \
                 AND i.refobjid = a.attrelid AND i.refobjsubid = a.attnum AND i.deptype = 'i') \
             ELSE '' END), E',\\n  ' ORDER BY a.attnum) \
         FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attislocal), '')) || \
       coalesce((SELECT format(' INHERITS (%s)', string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)) \
         FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid HAVING count(*) > 0), '') END || \
     CASE WHEN c.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(c.oid) ELSE '' END || \
     coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', '') \
     FROM pg_catalog.pg_class AS c WHERE {own} AND c.relkind IN ('r', 'p') ORDER BY c.oid";

pub(super) fn read(tx: &impl Executor) -> Result<Vec<Object>> {
    objects(tx, TABLES, false)
}
