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

/// The parts of indexes. The last flag says that mizzle can't write a part: it has an operator class or a collation, or
/// NULLs at the other end.
const PARTS: &str = "SELECT i.indexrelid::bigint, a.attname::text, \
       pg_get_indexdef(i.indexrelid, n, false), i.indoption[n - 1] & 1 = 1, \
       NOT o.opcdefault OR i.indoption[n - 1] NOT IN (0, 3) \
         OR CASE WHEN a.attname IS NULL \
           THEN i.indcollation[n - 1] NOT IN (0, 'pg_catalog.\"default\"'::regcollation) \
           ELSE i.indcollation[n - 1] <> a.attcollation END \
     FROM pg_catalog.pg_index AS i \
     JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid \
     CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) AS n \
     JOIN pg_catalog.pg_opclass AS o ON o.oid = i.indclass[n - 1] \
     LEFT JOIN pg_catalog.pg_attribute AS a \
       ON a.attrelid = i.indrelid AND a.attnum = i.indkey[n - 1] AND a.attnum > 0 \
     WHERE c.relnamespace = {namespace} ORDER BY i.indexrelid, n";

type IndexRow = (i64, i64, String, bool, String, Option<String>, bool, bool, bool, String);
type PartRow = (i64, Option<String>, String, bool, bool);

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
        tx.load(sql::<(BigInt, Nullable<Text>, Text, Bool, Bool)>(&in_namespace(PARTS)))?;
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
        } else if method != "btree" {
            Some("is of a method that mizzle can't write")
        } else if equal_nulls {
            Some("has NULLS NOT DISTINCT, which mizzle can't write")
        } else if includes {
            Some("includes other columns, which mizzle can't write")
        } else if parts.iter().any(|part| part.4) {
            Some("has an operator class, a collation or an order of NULLs that mizzle can't write")
        } else {
            None
        };
        if let Some(problem) = problem {
            let what = format!("the index {name} {problem}; it is left out");
            tables.notes.push(Note::table(&table.def.name, what));
            continue;
        }
        let parts = parts.into_iter().map(|(_, column, expression, descending, _)| {
            let key = match column {
                Some(column) => IndexKey::Column(column),
                None => IndexKey::Expression(
                    without_parentheses(&expression, Dialect::Postgres).to_owned(),
                ),
            };
            IndexPart { key, descending }
        });
        let condition =
            condition.map(|sql| without_parentheses(&sql, Dialect::Postgres).to_owned());
        let index = IndexDef { name, parts: parts.collect(), unique, condition };
        table.def.indexes.push(index);
    }
    Ok(())
}
