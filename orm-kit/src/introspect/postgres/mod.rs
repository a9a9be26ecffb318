//! The contents of a PostgreSQL database.

mod columns;
mod constraints;
mod defaults;
mod expression;
mod full_text;
mod indexes;
pub(super) mod views;

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use orm_core::schema::{DefaultValue, TableDef};
use orm_core::{Dialect, Executor, Result};

use super::{Introspected, Note, canonical};

/// Where to look.
#[derive(Debug, Clone, Copy)]
pub(super) enum Namespace {
    /// The first schema of the search path.
    Current,
    /// The temporary tables of this session.
    Temporary,
}

impl Namespace {
    /// Returns the expression for its oid.
    fn oid(self) -> &'static str {
        match self {
            Self::Current => {
                "(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema())"
            }
            Self::Temporary => "pg_my_temp_schema()",
        }
    }

    /// Returns the condition that a type is one of its types. Temporary tables have the database's own ones if those fit.
    fn has_type(self, namespace: &str, oid: &str) -> String {
        match self {
            Self::Current => format!("{namespace} = {}", self.oid()),
            Self::Temporary => format!("pg_type_is_visible({oid})"),
        }
    }
}

/// Returns the labels of the database's own enum types, by name.
pub(super) fn enums(tx: &impl Executor) -> Result<BTreeMap<String, Vec<String>>> {
    columns::labels(tx, Namespace::Current)
}

/// The tables while they are read.
struct Tables {
    namespace: Namespace,
    /// By oid.
    tables: BTreeMap<i64, Table>,
    notes: Vec<Note>,
}

struct Table {
    def: TableDef,
    /// The names of the columns by their number.
    columns: BTreeMap<i32, String>,
    /// The numbers of the columns that are left out, because mizzle doesn't know their types.
    unknown: BTreeSet<i32>,
    /// Whether the index of the full text is there.
    has_gin: bool,
    /// The defaults of serial columns, and of identity columns as if they had one.
    serials: BTreeMap<String, String>,
}

/// Makes the database write values in one form, whatever the session's settings, until the end of the transaction. It
/// compiles no queries: the planner takes those of the catalog for long ones, and compiling them takes many times as long
/// as running them.
pub(crate) fn settle(tx: &impl Executor) -> Result<()> {
    tx.execute_sql(
        "SELECT set_config('jit', 'off', true) WHERE current_setting('jit', true) IS NOT NULL; \
         SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres'; \
         SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; \
         SET LOCAL standard_conforming_strings = on; SET LOCAL quote_all_identifiers = off",
    )
}

/// Makes new objects temporary, and drops those that exist, until the end of the transaction, which must be rolled
/// back.
pub(super) fn use_temporary_schema(tx: &impl Executor) -> Result<()> {
    let drops: Vec<String> = tx.load(sql::<Text>(
        "SELECT format('DROP %s IF EXISTS pg_temp.%I CASCADE', \
           CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'c' THEN 'TYPE' \
             ELSE 'TABLE' END, c.relname) \
         FROM pg_catalog.pg_class AS c \
         WHERE c.relnamespace = pg_my_temp_schema() AND c.relkind IN ('r', 'p', 'v', 'S', 'c') \
         UNION ALL \
         SELECT format('DROP TYPE IF EXISTS pg_temp.%I CASCADE', t.typname) \
         FROM pg_catalog.pg_type AS t \
         WHERE t.typnamespace = pg_my_temp_schema() AND t.typtype IN ('e', 'd')",
    ))?;
    for drop in drops {
        tx.execute_sql(&drop)?;
    }
    let setting = "SELECT set_config('search_path', \
         concat_ws(', ', 'pg_temp', nullif(current_setting('search_path'), '')), true)";
    tx.load::<String, _>(sql::<Text>(setting))?;
    Ok(())
}

/// Gives temporary keys other names than those of the database's sequences, which they hide: a default that names such a
/// sequence would be printed with its schema. A key of another name in the database leaves its usual one to a sequence.
pub(super) fn uncover_sequences(tx: &impl Executor) -> Result<()> {
    let renames: Vec<String> = tx.load(sql::<Text>(
        "SELECT format('ALTER INDEX pg_temp.%I RENAME TO %I', c.relname, '__mizzle_' || c.oid) \
         FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid \
         WHERE c.relnamespace = pg_my_temp_schema() AND i.indisprimary AND EXISTS ( \
           SELECT FROM pg_catalog.pg_class AS s \
           WHERE s.relkind = 'S' AND s.relname = c.relname AND s.relnamespace <> c.relnamespace)",
    ))?;
    renames.iter().try_for_each(|rename| tx.execute_sql(rename))
}

/// Reads the schema, with these types that only the program knows. Call it in a transaction that sees one moment.
pub(super) fn read(
    tx: &impl Executor,
    namespace: Namespace,
    other_types: &[&str],
) -> Result<Introspected> {
    let mut tables = tables(tx, namespace)?;
    views::add(tx, &mut tables)?;
    columns::read(tx, &mut tables, other_types)?;
    constraints::read(tx, &mut tables)?;
    indexes::read(tx, &mut tables)?;
    let (views, own): (Vec<Table>, Vec<Table>) =
        tables.tables.into_values().partition(|table| table.def.is_view());
    let views = views.into_iter().map(|mut view| {
        expression::settle(&mut view.def);
        view.def
    });
    let notes = &mut tables.notes;
    let defs = own.into_iter().map(|mut table| {
        table.settle_serials();
        full_text::settle(&mut table, notes);
        expression::settle(&mut table.def);
        let checks = table.def.checks.iter();
        let candidates = checks.filter_map(|check| constraints::candidate(&table.def, check));
        let candidates = candidates.collect();
        canonical::adopt_type_checks(table.def, candidates, Dialect::Postgres)
    });
    let defs = defs.collect();
    let mut found = Introspected { tables: defs, views: views.collect(), notes: tables.notes };
    if let Namespace::Current = namespace {
        found.notes.extend(elsewhere(tx)?);
    }
    Ok(canonical::finish(found, Dialect::Postgres))
}

/// Returns a note for each schema with tables that isn't read.
fn elsewhere(tx: &impl Executor) -> Result<Vec<Note>> {
    let schemas: Vec<(String, i64)> = tx.load(sql::<(Text, BigInt)>(
        "SELECT n.nspname::text, count(*) FROM pg_catalog.pg_class AS c \
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' \
           AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' \
           AND n.nspname IS DISTINCT FROM current_schema() \
           AND c.relname <> '__diesel_schema_migrations' AND c.relname NOT LIKE '\\_\\_mizzle\\_%' \
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d \
             WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') \
         GROUP BY 1 ORDER BY 1",
    ))?;
    let note = |(schema, count): (String, i64)| {
        let tables = if count == 1 { "1 table is" } else { &format!("{count} tables are") };
        let what = format!(
            "{tables} left out, as only the first schema of the search path is read: \
             for this one, add `?options=-c%20search_path%3D{schema}` to the URL"
        );
        Note::table(&format!("{schema}.*"), what)
    };
    Ok(schemas.into_iter().map(note).collect())
}

fn tables(tx: &impl Executor, namespace: Namespace) -> Result<Tables> {
    let rows: Vec<(i64, String, bool, bool, Option<String>)> =
        tx.load(sql::<(BigInt, Text, Bool, Bool, Nullable<Text>)>(&format!(
            "SELECT c.oid::bigint, c.relname::text, c.relkind = 'p', \
               EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid), \
               (SELECT k.conname::text FROM pg_catalog.pg_constraint AS k \
                WHERE k.conrelid = c.oid AND k.contype = 'p') \
             FROM pg_catalog.pg_class AS c \
             WHERE c.relnamespace = {} AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
               AND c.relname <> '__diesel_schema_migrations' \
               AND c.relname NOT LIKE '\\_\\_mizzle\\_%' \
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d \
                 WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')",
            namespace.oid()
        )))?;
    let mut tables = Tables { namespace, tables: BTreeMap::new(), notes: Vec::new() };
    for (oid, name, partitioned, inherits, primary_key) in rows {
        let def = TableDef::new(&name);
        let mut note = |what: String| tables.notes.push(Note::table(&name, what));
        if partitioned {
            note("it is partitioned, which mizzle doesn't write when it creates the table".into());
        }
        if inherits {
            note("it inherits from another table, which mizzle doesn't write when it creates the table".into());
        }
        if let Some(primary_key) = primary_key
            && primary_key != def.primary_key_name()
        {
            note(format!(
                "its primary key is called {primary_key}, but mizzle expects {}",
                def.primary_key_name()
            ));
        }
        tables.tables.insert(oid, Table::new(def));
    }
    Ok(tables)
}

impl Table {
    fn new(def: TableDef) -> Self {
        Self {
            def,
            columns: BTreeMap::new(),
            unknown: BTreeSet::new(),
            has_gin: false,
            serials: BTreeMap::new(),
        }
    }

    /// `auto` is for primary keys: any other counted column has a default.
    fn settle_serials(&mut self) {
        let TableDef { columns, primary_key, .. } = &mut self.def;
        for column in columns.iter_mut().filter(|column| *primary_key != [column.name.as_str()]) {
            if let Some(default) = self.serials.remove(&column.name) {
                column.auto = false;
                column.default = Some(DefaultValue::Sql(default));
            }
        }
    }

    /// Returns the names of the columns with these numbers; `None` if one is left out or isn't a column.
    fn names(&self, numbers: &[i32]) -> Option<Vec<String>> {
        numbers
            .iter()
            .map(|number| {
                self.columns.get(number).filter(|_| !self.unknown.contains(number)).cloned()
            })
            .collect()
    }

    /// Whether one of these columns is left out.
    fn has_unknown(&self, numbers: &[i32]) -> bool {
        numbers.iter().any(|number| self.unknown.contains(number))
    }
}

/// Reads the numbers of an array as text, `{1,2}`, or of a vector, `1 2`.
fn numbers(array: &str) -> Vec<i32> {
    let numbers = array.split(|c: char| !c.is_ascii_digit() && c != '-');
    numbers.filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_of_the_catalog_are_not_compiled() {
        test_support::with_postgres(|db| {
            let jit = |tx: &orm_core::Tx<'_>| {
                let shown: Vec<Option<String>> =
                    tx.load(sql::<Nullable<Text>>("SELECT current_setting('jit', true)"))?;
                Ok::<_, orm_core::Error>(shown)
            };
            db.transaction(|tx| {
                tx.execute_sql("SELECT set_config('jit', 'on', false)")?;
                settle(tx)?;
                assert_eq!(jit(tx)?, [Some("off".to_owned())]);
                Ok(())
            })
            .expect("a transaction");
            assert_eq!(
                db.transaction(jit).expect("a transaction"),
                [Some("on".to_owned())],
                "only until its end"
            );
        });
    }

    #[test]
    fn the_planner_knows_how_many_parts_indexes_have() {
        test_support::with_postgres(|db| {
            let parts = indexes::PARTS.replace("{namespace}", "'pg_catalog'::regnamespace");
            let plan: Vec<String> =
                db.load(sql::<Text>(&format!("EXPLAIN {parts}"))).expect("a plan");
            let rows = plan[0].split_once("rows=").expect("an estimate").1;
            let rows: u32 =
                rows.split(' ').next().and_then(|rows| rows.parse().ok()).expect("a number");
            let found: Vec<String> = db
                .load(sql::<Text>(&format!(
                    "SELECT n::text FROM (SELECT count(*) AS n FROM ({parts}) AS p) AS c"
                )))
                .expect("a count");
            let found: u32 = found[0].parse().expect("a number");
            assert!(rows < 10 * found, "{rows} parts instead of {found}: {plan:#?}");
        });
    }
}
