//! Indexes that don't belong to a key.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use orm_core::schema::{IndexDef, IndexKey, IndexPart};
use orm_core::{Dialect, Executor, Result};
use orm_lexer::without_parentheses;

use super::{Tables, numbers};
use crate::introspect::Note;

const INDEXES: &str = "SELECT i.indexrelid::bigint, i.indrelid::bigint, c.relname::text, \
       i.indisunique, m.amname::text, pg_get_expr(i.indpred, i.indrelid), i.indisvalid, \
       coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'true', \
       i.indnatts <> i.indnkeyatts, \
       ARRAY(SELECT d.refobjsubid FROM pg_catalog.pg_depend AS d \
         WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid \
           AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indrelid \
           AND d.refobjsubid > 0)::text \
     FROM pg_catalog.pg_index AS i \
     JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid \
     JOIN pg_catalog.pg_am AS m ON m.oid = c.relam \
     WHERE c.relnamespace = {namespace} \
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k \
         WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))";

/// The parts of indexes, which are their own columns, with their operator classes, if they aren't those of their types. The
/// last flag says that mizzle can't write a part: it has a collation, NULLs at the other end, or an operator class with
/// parameters or in a schema that isn't searched.
pub(super) const PARTS: &str = "SELECT i.indexrelid::bigint, a.attname::text, \
       pg_get_indexdef(i.indexrelid, n.attnum, false), i.indoption[n.attnum - 1] & 1 = 1, \
       CASE WHEN NOT o.opcdefault THEN o.opcname::text END, \
       NOT pg_catalog.pg_opclass_is_visible(o.oid) OR i.indoption[n.attnum - 1] NOT IN (0, 3) \
         OR n.attoptions IS NOT NULL \
         OR CASE WHEN a.attname IS NULL \
           THEN i.indcollation[n.attnum - 1] NOT IN (0, 'pg_catalog.\"default\"'::regcollation) \
           ELSE i.indcollation[n.attnum - 1] <> a.attcollation END \
     FROM pg_catalog.pg_index AS i \
     JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid \
     JOIN pg_catalog.pg_attribute AS n \
       ON n.attrelid = i.indexrelid AND n.attnum BETWEEN 1 AND i.indnkeyatts \
     JOIN pg_catalog.pg_opclass AS o ON o.oid = i.indclass[n.attnum - 1] \
     LEFT JOIN pg_catalog.pg_attribute AS a \
       ON a.attrelid = i.indrelid AND a.attnum = i.indkey[n.attnum - 1] AND a.attnum > 0 \
     WHERE c.relnamespace = {namespace} ORDER BY i.indexrelid, n.attnum";

type IndexRow = (i64, i64, String, bool, String, Option<String>, bool, bool, bool, String);
type PartRow = (i64, Option<String>, String, bool, Option<String>, bool);

/// Adds the indexes to their tables.
pub(super) fn read(tx: &impl Executor, tables: &mut Tables) -> Result<()> {
    let in_namespace = |query: &str| query.replace("{namespace}", tables.namespace.oid());
    let indexes: Vec<IndexRow> =
        tx.load(
            sql::<(BigInt, BigInt, Text, Bool, Text, Nullable<Text>, Bool, Bool, Bool, Text)>(
                &in_namespace(INDEXES),
            ),
        )?;
    let rows: Vec<PartRow> =
        tx.load(sql::<(BigInt, Nullable<Text>, Text, Bool, Nullable<Text>, Bool)>(&in_namespace(
            PARTS,
        )))?;
    let mut parts: BTreeMap<i64, Vec<PartRow>> = BTreeMap::new();
    for row in rows {
        parts.entry(row.0).or_default().push(row);
    }
    for row in indexes {
        let (oid, table, name, unique, method, condition, valid, equal_nulls, includes, over) = row;
        let Some(table) = tables.tables.get_mut(&table) else { continue };
        let parts = parts.remove(&oid).unwrap_or_default();
        if table.def.full_text.is_some()
            && method == "gin"
            && valid
            && name == table.def.full_text_index_name()
        {
            table.has_gin = true;
            continue;
        }
        let problem = if table.has_unknown(&numbers(&over)) {
            Some("is over a column that is left out")
        } else if !valid {
            Some("is not valid, as creating it failed")
        } else if equal_nulls {
            Some("has NULLS NOT DISTINCT, which mizzle can't write")
        } else if includes {
            Some("includes other columns, which mizzle can't write")
        } else if parts.iter().any(|part| part.5) {
            Some("has a collation, an order of NULLs or an operator class that mizzle can't write")
        } else {
            None
        };
        if let Some(problem) = problem {
            let what = format!("the index {name} {problem}; it is left out");
            tables.notes.push(Note::table(&table.def.name, what));
            continue;
        }
        let parts = parts.into_iter().map(|(_, column, expression, descending, ops, _)| {
            let key = match column {
                Some(column) => IndexKey::Column(column),
                None => IndexKey::Expression(
                    without_parentheses(&expression, Dialect::Postgres).to_owned(),
                ),
            };
            IndexPart { key, descending, ops }
        });
        let condition =
            condition.map(|sql| without_parentheses(&sql, Dialect::Postgres).to_owned());
        let method = Some(method).filter(|method| method != "btree");
        let index = IndexDef { name, method, parts: parts.collect(), unique, condition };
        table.def.indexes.push(index);
    }
    Ok(())
}
