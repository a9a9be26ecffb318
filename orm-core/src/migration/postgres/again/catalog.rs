//! What the catalog knows of constraints, indexes and columns beyond what structs can express.

use crate::backend::AnyConnection;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::migration::history;

/// The place of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// After the word UNIQUE.
    Unique,
    /// After the first parentheses.
    Columns,
    /// After the columns that a foreign key refers to.
    References,
    /// At the end of the statement.
    End,
    /// In a separate statement, or nowhere.
    Behind,
}

/// Something that structs can't express.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) words: &'static str,
    pub(super) place: Place,
}

pub(super) const INCLUDE: &str = "INCLUDE";

const fn clause_of(words: &'static str, place: Place) -> Clause {
    Clause { words, place }
}

/// In the order of the columns of [`PARTS`], and of their places.
const CLAUSES: [Clause; 17] = [
    clause_of("MATCH FULL", Place::References),
    clause_of("NULLS NOT DISTINCT", Place::Unique),
    clause_of(INCLUDE, Place::Columns),
    clause_of("NO INHERIT", Place::End),
    clause_of("DEFERRABLE", Place::End),
    clause_of("NOT VALID", Place::End),
    clause_of("its storage parameters", Place::Behind),
    clause_of("its tablespace", Place::Behind),
    clause_of("its comment", Place::Behind),
    clause_of("the comment of its index", Place::Behind),
    clause_of("CLUSTER ON", Place::Behind),
    clause_of("REPLICA IDENTITY", Place::Behind),
    clause_of("SET STATISTICS", Place::Behind),
    clause_of("SET STORAGE", Place::Behind),
    clause_of("SET COMPRESSION", Place::Behind),
    clause_of("its options", Place::Behind),
    clause_of("its privileges", Place::Behind),
];

#[cfg(test)]
pub(super) fn clause(words: &str) -> Option<Clause> {
    CLAUSES.into_iter().find(|clause| clause.words == words)
}

/// The values are the words of the clause or what follows them; for INCLUDE, the numbers of the columns.
const PARTS: &str = "WITH part AS ( \
       SELECT k.conrelid AS rel, k.conname::text AS name, k.contype::text AS kind, k.oid AS con, \
         CASE WHEN k.contype IN ('u', 'p') THEN k.conindid ELSE 0 END AS idx, 0 AS col \
       FROM pg_catalog.pg_constraint AS k WHERE k.contype IN ('f', 'u', 'p', 'c') AND k.conrelid <> 0 \
       UNION ALL SELECT i.indrelid, x.relname::text, 'i', 0, i.indexrelid, 0 \
       FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid \
       WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k \
         WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) \
       UNION ALL SELECT a.attrelid, a.attname::text, 'a', 0, 0, a.attnum \
       FROM pg_catalog.pg_attribute AS a WHERE a.attnum > 0 AND NOT a.attisdropped) \
     SELECT c.relname::text, p.name, p.kind, \
       CASE WHEN k.confmatchtype = 'f' THEN 'MATCH FULL' END, \
       CASE WHEN to_jsonb(i) ->> 'indnullsnotdistinct' = 'true' THEN 'NULLS NOT DISTINCT' END, \
       CASE WHEN i.indnatts > i.indnkeyatts THEN (SELECT string_agg(u.key::text, ',' ORDER BY u.n) \
         FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u (key, n) WHERE u.n > i.indnkeyatts) END, \
       CASE WHEN k.contype = 'c' AND k.connoinherit THEN 'NO INHERIT' END, \
       CASE WHEN k.condeferred THEN 'DEFERRABLE INITIALLY DEFERRED' WHEN k.condeferrable THEN 'DEFERRABLE' END, \
       CASE WHEN NOT k.convalidated THEN 'NOT VALID' END, \
       (SELECT '(' || string_agg(format('%I = %L', o.option_name, o.option_value), ', ' ORDER BY o.option_name) || ')' \
         FROM pg_options_to_table(x.reloptions) AS o), \
       (SELECT quote_ident(s.spcname) FROM pg_catalog.pg_tablespace AS s WHERE s.oid = x.reltablespace), \
       quote_literal(CASE p.kind WHEN 'i' THEN obj_description(p.idx, 'pg_class') WHEN 'a' THEN col_description(p.rel, p.col) \
         ELSE obj_description(p.con, 'pg_constraint') END), \
       CASE WHEN p.kind <> 'i' AND p.idx <> 0 THEN quote_literal(obj_description(p.idx, 'pg_class')) END, \
       CASE WHEN i.indisclustered THEN 'CLUSTER ON' END, \
       CASE WHEN i.indisreplident THEN 'REPLICA IDENTITY USING INDEX' END, \
       CASE WHEN p.kind = 'a' THEN nullif(a.attstattarget, -1)::text \
         ELSE (SELECT string_agg(format('ALTER COLUMN %s SET STATISTICS %s', t.attnum, t.attstattarget), ', ' ORDER BY t.attnum) \
           FROM pg_catalog.pg_attribute AS t WHERE t.attrelid = p.idx AND t.attstattarget >= 0) END, \
       CASE WHEN a.attstorage <> y.typstorage \
         THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END END, \
       CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END, \
       (SELECT '(' || string_agg(format('%I = %L', o.option_name, o.option_value), ', ' ORDER BY o.option_name) || ')' \
         FROM pg_options_to_table(a.attoptions) AS o), \
       a.attacl::text \
     FROM part AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.rel \
     LEFT JOIN pg_catalog.pg_constraint AS k ON k.oid = p.con \
     LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = p.idx \
     LEFT JOIN pg_catalog.pg_class AS x ON x.oid = p.idx \
     LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.rel AND a.attnum = p.col AND p.kind = 'a' \
     LEFT JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid \
     WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)";

/// A constraint, an index or a column, with what structs can't express.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) table: String,
    pub(super) name: String,
    /// The catalog's letter for a constraint, `i` or `a`.
    pub(super) kind: String,
    /// A value for each of [`CLAUSES`].
    values: Vec<Option<String>>,
}

/// All parts of all tables, or those with one name, by table and name.
pub(super) fn parts(
    connection: &mut AnyConnection,
    only: Option<(&str, &str)>,
) -> Result<Vec<Part>> {
    let mut query = PARTS.to_owned();
    if let Some((table, name)) = only {
        let literal = |text: &str| Dialect::Postgres.quote_literal(text);
        // As the type `name`, which cuts the text as it cuts names.
        query.push_str(&format!(
            " AND c.relname = {}::name AND p.name = {}::name::text",
            literal(table),
            literal(name)
        ));
    }
    let part = |row: Vec<Option<String>>| {
        let mut row = row.into_iter();
        let mut next = || row.next().flatten();
        Some(Part { table: next()?, name: next()?, kind: next()?, values: row.collect() })
    };
    Ok(connection.ask(&query, &[])?.into_iter().filter_map(part).collect())
}

impl Part {
    fn clauses(&self) -> impl Iterator<Item = (Clause, Option<&str>)> {
        CLAUSES.into_iter().zip(self.values.iter().map(Option::as_deref))
    }

    /// Returns the part that belongs inside the statement that creates it.
    pub(super) fn inside(&self) -> impl Iterator<Item = (Clause, &str)> {
        self.clauses().filter_map(|(clause, value)| {
            Some((clause, value?)).filter(|(clause, _)| clause.place != Place::Behind)
        })
    }

    /// Returns the statements for the rest, by the new names.
    pub(super) fn behind(&self, table: &str, name: &str) -> Vec<String> {
        self.clauses()
            .filter_map(|(clause, value)| self.statement(clause, value?, table, name))
            .collect()
    }

    /// Returns the statements for what it has and the other lacks, which has its names. `is_possible` says whether the
    /// other can have a clause.
    pub(super) fn behind_again(
        &self,
        after: &Self,
        is_possible: impl Fn(Clause) -> bool,
    ) -> Vec<String> {
        self.clauses()
            .zip(&after.values)
            .filter(|((clause, value), after)| *value != after.as_deref() && is_possible(*clause))
            .filter_map(|((clause, value), _)| {
                self.statement(clause, value?, &self.table, &self.name)
            })
            .collect()
    }

    /// Returns the statement for a clause that belongs into one.
    fn statement(&self, clause: Clause, value: &str, table: &str, name: &str) -> Option<String> {
        let (table, name) =
            (Dialect::Postgres.quote_ident(table), Dialect::Postgres.quote_ident(name));
        let is_column = self.kind == "a";
        let column = format!("ALTER TABLE {table} ALTER COLUMN {name}");
        Some(match clause.words {
            "its storage parameters" => format!("ALTER INDEX {name} SET {value}"),
            "its tablespace" => format!("ALTER INDEX {name} SET TABLESPACE {value}"),
            "its comment" if is_column => {
                format!("COMMENT ON COLUMN {table}.{name} IS {value}")
            }
            "its comment" if self.kind != "i" => {
                format!("COMMENT ON CONSTRAINT {name} ON {table} IS {value}")
            }
            "its comment" | "the comment of its index" => {
                format!("COMMENT ON INDEX {name} IS {value}")
            }
            "CLUSTER ON" | "REPLICA IDENTITY" => format!("ALTER TABLE {table} {value} {name}"),
            "SET STATISTICS" if !is_column => format!("ALTER INDEX {name} {value}"),
            "SET STATISTICS" | "SET STORAGE" | "SET COMPRESSION" => {
                format!("{column} {} {value}", clause.words)
            }
            "its options" => format!("{column} SET {value}"),
            _ => return None,
        })
    }

    /// Returns what it has and the other lacks.
    pub(super) fn lost(&self, after: Option<&Self>) -> Vec<String> {
        let of_other = |place: usize| after.and_then(|after| after.values.get(place)?.as_deref());
        self.clauses()
            .enumerate()
            .filter(|(place, (_, value))| value.is_some() && *value != of_other(*place))
            .map(|(_, (clause, value))| match value {
                Some(value) if value.starts_with(clause.words) => value.to_owned(),
                _ => clause.words.to_owned(),
            })
            .collect()
    }
}

/// Returns the names of columns, by their numbers. A column that no longer exists gets a name that no table has.
pub(super) fn names(connection: &mut AnyConnection, table: &str, numbers: &str) -> Result<String> {
    let query = format!(
        "SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY u.n) \
         FROM unnest('{{{numbers}}}'::int2[]) WITH ORDINALITY AS u (key, n) \
         JOIN pg_catalog.pg_attribute AS a ON a.attrelid = {} AND a.attnum = u.key",
        number_of(table)
    );
    Ok(history::scalar(connection, &query, &[])?.unwrap_or_default())
}

/// Whether a value of the column can be stored apart from its row, and be compressed.
pub(super) fn is_toasted(connection: &mut AnyConnection, part: &Part) -> Result<bool> {
    let query = format!(
        "SELECT y.typstorage <> 'p' FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid \
         WHERE a.attrelid = {} AND a.attname = {}::name",
        number_of(&part.table),
        Dialect::Postgres.quote_literal(&part.name)
    );
    Ok(history::scalar(connection, &query, &[])?.is_some_and(|answer| answer == "t"))
}

/// Returns the constraints, indexes and statistics objects over a column, in PostgreSQL's words.
pub(super) fn over(
    connection: &mut AnyConnection,
    table: &str,
    column: &str,
) -> Result<Vec<String>> {
    let query = format!(
        "SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0) \
         FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_depend AS d \
           ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum \
         WHERE a.attrelid = {} AND a.attname = {}::name AND d.objsubid = 0 AND d.classid IN ( \
           'pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_class'::regclass, 'pg_catalog.pg_statistic_ext'::regclass) \
         ORDER BY 1",
        number_of(table),
        Dialect::Postgres.quote_literal(column)
    );
    history::column(connection, &query, &[])
}

/// Returns SQL for the number of the table, NULL if there is none.
fn number_of(table: &str) -> String {
    let name = Dialect::Postgres.quote_literal(&Dialect::Postgres.quote_ident(table));
    format!("to_regclass({name})")
}
