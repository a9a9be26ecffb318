//! What PostgreSQL drops along with a column or a table, in silence.
//!
//! A generated migration drops by name what it knows. What somebody has added, or what structs can't express, would go with the
//! column: an index, a constraint, a statistics object. So a statement that is marked by `-- alone: …`, or that drops a
//! column only to create it again, stops the file if it would drop more than it names.

use crate::backend::AnyConnection;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::migration::drops::{Drop, drops, last_name, takes_name};
use crate::migration::statement::Statement;
use orm_lexer::Cursor;

/// Returns what would go along with what the statement drops, each as a sentence.
pub(in crate::migration) fn goes_along(
    connection: &mut AnyConnection,
    statement: &Statement<'_>,
) -> Result<Vec<String>> {
    let comes_again = statement.again().is_some();
    if !comes_again && !statement.is_alone() {
        return Ok(Vec::new());
    }
    let mut sentences = Vec::new();
    if let Some((table, column)) = default_of(statement) {
        for row in connection.ask(OTHER_DEFAULTS, &[&table, &column])? {
            let mut row = row.into_iter().flatten();
            if let (Some(heir), Some(sql)) = (row.next(), row.next()) {
                sentences.push(format!(
                    "the default of \"{column}\" in {heir} would be dropped along with that of {table}, and nothing names it: run \
                     `{sql}` first, in the migration or by hand, and set it again afterwards"
                ));
            }
        }
    }
    for drop in drops(statement.sql(), Dialect::Postgres) {
        let (found, from, advice) = match drop {
            Drop::Column(table, column) => (
                connection.ask(OVER_COLUMN, &[&table, &column])?,
                format!("the column \"{column}\" of \"{}\"", last_name(&table, Dialect::Postgres)),
                ", or declare in the struct what it can express",
            ),
            Drop::Table(table) => (
                connection.ask(OF_TABLE, &[&table])?,
                format!("the table \"{}\"", last_name(&table, Dialect::Postgres)),
                "",
            ),
            Drop::Schema(_) => continue,
        };
        for row in found {
            let mut row = row.into_iter();
            let Some(what) = row.next().flatten() else { continue };
            if comes_again {
                sentences.push(format!(
                    "{what} would be lost with {from}, which has to be computed again: drop it first, and create it \
                     again afterwards"
                ));
                continue;
            }
            let first = match row.next().flatten() {
                Some(sql) => format!("run `{sql}`"),
                None => "drop it".to_owned(),
            };
            sentences.push(format!(
                "{what} would be dropped along with {from}, and nothing names it: {first} first, in the migration or by \
                 hand{advice}"
            ));
        }
    }
    Ok(sentences)
}

/// Returns the table, as it is written, and the column whose default the statement drops.
fn default_of(statement: &Statement<'_>) -> Option<(String, String)> {
    let mut cursor = Cursor::new(statement.sql(), Dialect::Postgres);
    if !(cursor.takes("alter") && cursor.takes("table")) {
        return None;
    }
    let table = takes_name(&mut cursor)?;
    if !cursor.takes("alter") {
        return None;
    }
    cursor.takes("column");
    let column = cursor.takes_name()?;
    (cursor.takes("drop") && cursor.takes("default")).then_some((table, column))
}

/// The tables that inherit a column and have another default for it, and the statement that drops that.
const OTHER_DEFAULTS: &str = "WITH RECURSIVE heirs AS ( \
       SELECT a.attrelid, a.attnum, pg_get_expr(d.adbin, d.adrelid) AS value FROM pg_catalog.pg_attribute AS a \
       LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
       WHERE a.attrelid = to_regclass($1) AND a.attname = $2::name \
       UNION SELECT a.attrelid, a.attnum, h.value FROM heirs AS h \
       JOIN pg_catalog.pg_inherits AS i ON i.inhparent = h.attrelid \
       JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.inhrelid AND a.attname = $2::name) \
     SELECT DISTINCT h.attrelid::regclass::text, format('ALTER TABLE ONLY %s ALTER COLUMN %I DROP DEFAULT', h.attrelid::regclass, $2::name) \
     FROM heirs AS h JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = h.attrelid AND d.adnum = h.attnum \
     WHERE pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM h.value ORDER BY 1";

/// Whether a default of the columns `$of` takes its numbers from the sequence `c`.
macro_rules! is_taken_from {
    ($of:literal) => {
        concat!(
            "EXISTS (SELECT FROM pg_catalog.pg_attrdef AS o JOIN pg_catalog.pg_depend AS u \
               ON u.classid = 'pg_catalog.pg_attrdef'::regclass AND u.objid = o.oid \
               AND u.refclassid = 'pg_catalog.pg_class'::regclass AND u.refobjid = c.oid WHERE ",
            $of,
            ")"
        )
    };
}

/// What depends on a column automatically, and the statement that drops it. The column goes from tables that inherit it, if
/// they don't declare it themselves. A column's own default goes with it, and so does the sequence of that default. What
/// belongs to a constraint or an index of the parent goes with that one.
const OVER_COLUMN: &str = concat!(
    "WITH RECURSIVE gone AS ( \
       SELECT a.attrelid, a.attnum FROM pg_catalog.pg_attribute AS a \
       WHERE a.attrelid = to_regclass($1) AND a.attname = $2::name \
       UNION SELECT a.attrelid, a.attnum FROM gone AS g JOIN pg_catalog.pg_inherits AS i ON i.inhparent = g.attrelid \
       JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.inhrelid AND a.attname = $2::name AND NOT a.attislocal) \
     SELECT DISTINCT \
       CASE WHEN f.oid IS NULL THEN pg_describe_object(d.classid, d.objid, 0) \
         ELSE pg_describe_object('pg_catalog.pg_class'::regclass, f.adrelid, f.adnum) END, \
       CASE WHEN k.oid IS NOT NULL THEN format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname) \
         WHEN c.relkind = 'S' THEN format('ALTER SEQUENCE %s OWNED BY NONE', c.oid::regclass) \
         WHEN c.oid IS NOT NULL THEN format('DROP INDEX %s', c.oid::regclass) \
         WHEN s.oid IS NOT NULL THEN format('DROP STATISTICS %I.%I', n.nspname, s.stxname) \
         WHEN f.oid IS NOT NULL THEN format('ALTER TABLE %s DROP COLUMN %I', f.adrelid::regclass, t.attname) END \
     FROM gone AS g JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_class'::regclass \
       AND d.refobjid = g.attrelid AND d.refobjsubid = g.attnum AND d.deptype = 'a' \
     LEFT JOIN pg_catalog.pg_constraint AS k ON d.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = d.objid \
     LEFT JOIN pg_catalog.pg_class AS c ON d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid \
     LEFT JOIN pg_catalog.pg_statistic_ext AS s ON d.classid = 'pg_catalog.pg_statistic_ext'::regclass AND s.oid = d.objid \
     LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace \
     LEFT JOIN pg_catalog.pg_attrdef AS f ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND f.oid = d.objid \
     LEFT JOIN pg_catalog.pg_attribute AS t ON t.attrelid = f.adrelid AND t.attnum = f.adnum \
     WHERE (f.oid IS NULL OR (f.adrelid, f.adnum) <> (g.attrelid, g.attnum)) \
       AND (k.oid IS NULL OR k.contype <> 'n' AND k.coninhcount = 0 AND k.conparentid = 0) \
       AND (c.oid IS NULL OR NOT c.relispartition \
         AND (c.relkind <> 'S' OR NOT ",
    is_taken_from!("o.adrelid = g.attrelid AND o.adnum = g.attnum"),
    ")) ORDER BY 1"
);

/// The partitions of a table, and the sequences that its columns own and don't take their numbers from.
const OF_TABLE: &str = concat!(
    "SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0), \
       CASE c.relkind WHEN 'S' THEN format('ALTER SEQUENCE %s OWNED BY NONE', c.oid::regclass) \
         ELSE format('ALTER TABLE %s DETACH PARTITION %s', d.refobjid::regclass, c.oid::regclass) END \
     FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_class AS c ON c.oid = d.objid \
     WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass \
       AND d.refobjid = to_regclass($1) AND d.deptype = 'a' \
       AND (c.relkind IN ('r', 'p', 'f') OR c.relkind = 'S' AND NOT ",
    is_taken_from!("o.adrelid = d.refobjid"),
    ") ORDER BY 1"
);
