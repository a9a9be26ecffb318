//! Constraints, indexes, columns and tables of databases that others made go, and come back.

use std::fmt::Debug;

use diesel::dsl::sql;
use diesel::sql_types::Text;
use orm_core::migration::run_script;
use orm_core::schema::TableDef;
use orm_core::schema::fragments::type_checks;
use orm_core::{Db, Dialect, Executor};
use orm_kit::introspect::introspect;
use orm_kit::render::render;

use crate::fixed_point::pushed;

/// The tables without something, and what that is.
#[derive(Debug)]
pub struct Dropped {
    what: String,
    /// The tables with it. They may not name what is over it.
    from: Vec<TableDef>,
    tables: Vec<TableDef>,
    /// The table that had it.
    of: String,
    loses_rows: bool,
}

/// What a database has.
pub struct Seen {
    /// The statements that make it.
    pub schema: Vec<String>,
    pub rows: Vec<String>,
}

/// Marks objects that have their own catalog table.
const STANDS: &str = " (catalog)";

/// The indexes, constraints, triggers and whatever else stands on tables, each with the table's name before it.
fn objects(db: &Db) -> Vec<String> {
    let mut all: Vec<String> = match db.dialect() {
        Dialect::Sqlite | Dialect::D1 => db
            .load(sql::<Text>(
                "SELECT tbl_name || ': ' || type || ' ' || name FROM sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL",
            ))
            .expect("the objects"),
        Dialect::Postgres => db
            .load(sql::<Text>(
                "SELECT c.relname || ': ' || o.what FROM pg_class AS c JOIN ( \
                   SELECT indrelid AS rel, 'index ' || i.relname AS what FROM pg_index JOIN pg_class AS i ON i.oid = indexrelid \
                   UNION ALL SELECT conrelid, 'constraint ' || conname FROM pg_constraint \
                   UNION ALL SELECT stxrelid, 'statistics ' || stxname FROM pg_statistic_ext \
                   UNION ALL SELECT tgrelid, 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal \
                   UNION ALL SELECT polrelid, 'policy ' || polname FROM pg_policy \
                   UNION ALL SELECT ev_class, 'rule ' || rulename FROM pg_rewrite \
                   UNION ALL SELECT d.refobjid, 'sequence ' || s.relname FROM pg_depend AS d \
                   JOIN pg_class AS s ON s.oid = d.objid AND s.relkind = 'S' WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'a' \
                     AND NOT EXISTS (SELECT FROM pg_depend AS u WHERE u.refobjid = s.oid AND u.classid = 'pg_attrdef'::regclass) \
                 ) AS o ON o.rel = c.oid WHERE c.relnamespace = 'public'::regnamespace",
            ))
            .expect("the objects"),
    };
    all.iter_mut().for_each(|line| line.insert_str(line.find(": ").expect("a table") + 1, STANDS));
    // Those that stand in the statement of a table have no place of their own in SQLite.
    for table in introspect(db).expect("the schema").tables {
        let uniques = table.uniques.iter().map(|part| &part.name);
        let checks = table.checks.iter().map(|part| &part.name);
        let keys = table.foreign_keys.iter().map(|part| &part.name);
        all.extend(uniques.chain(checks).chain(keys).map(|name| format!("{}: {name}", table.name)));
    }
    all
}

/// Drops something that nothing else in the structs needs. `None` if there is no such thing at that place.
pub fn drop(mut below: impl FnMut(usize) -> usize, tables: &[TableDef]) -> Option<Dropped> {
    let mut from = tables.to_vec();
    let mut tables = tables.to_vec();
    let place = below(tables.len());
    let kind = below(7);
    let name = tables[place].name.clone();
    let referring: Vec<Vec<String>> = tables
        .iter()
        .flat_map(|table| &table.foreign_keys)
        .filter(|key| key.table.eq_ignore_ascii_case(&name))
        .map(|key| key.references.clone())
        .collect();
    let table = &mut tables[place];
    let (what, loses_rows) = match kind {
        0 => {
            (table.indexes.pop().filter(|index| !index.unique || referring.is_empty())?.name, false)
        }
        1 => (table.uniques.pop().filter(|_| referring.is_empty())?.name, false),
        2 => (table.checks.pop()?.name, false),
        3 => (table.foreign_keys.pop()?.name, false),
        4 if table.columns.len() > 1 => {
            let column = below(table.columns.len());
            let column = table.columns.remove(column).name;
            // Everything that may name it, in any way.
            if format!("{table:?}{referring:?}").contains(&column) || column.contains('"') {
                return None;
            }
            (format!("{name}.{column}"), true)
        }
        4 => return None,
        // What is over the column belongs to somebody else.
        5 if table.columns.len() > 1 => {
            let column = table.columns[below(table.columns.len())].name.clone();
            let others = |part: &dyn Debug| !format!("{part:?}").contains(&column);
            table.indexes.retain(|part| others(part));
            table.uniques.retain(|part| others(part));
            table.checks.retain(|part| others(part));
            table.foreign_keys.retain(|part| others(part));
            from[place] = table.clone();
            table.columns.retain(|other| other.name != column);
            if format!("{table:?}{referring:?}").contains(&column) || column.contains('"') {
                return None;
            }
            (format!("{name}.{column}, which others use"), true)
        }
        5 => return None,
        _ => {
            let table = tables.remove(place);
            if tables
                .iter()
                .flat_map(|table| &table.foreign_keys)
                .any(|key| key.table.eq_ignore_ascii_case(&table.name))
            {
                return None;
            }
            (name.clone(), true)
        }
    };
    Some(Dropped { what, from, tables, of: name, loses_rows })
}

impl Dropped {
    /// Whether rows or objects of others may go along.
    pub fn loses_rows(&self) -> bool {
        self.loses_rows
    }

    /// Pushes the drop and takes it back. Returns what is wrong, or nothing.
    ///
    /// A constraint loses the clauses that no struct can say, and with a column or a table go its values. So the statements
    /// that name the table aren't compared, nor are its rows in the second case; but whether they are there is.
    pub fn there_and_back(&self, db: &Db, look: impl Fn() -> Seen) -> Result<(), String> {
        let wrong = |what: String| format!("without {}: {what}", self.what);
        let before = look();
        let objects_before = objects(db);
        let (tables, without) = (&*self.from, &*self.tables);
        for (from, to) in [(tables, without), (without, tables)] {
            let diff = pushed(db, to, from).map_err(wrong)?;
            // An equal constraint that structs don't have does for one that they have.
            if diff.is_empty() && !self.loses_rows {
                continue;
            }
            if diff.is_empty() {
                return Err(wrong("nothing to do".into()));
            }
            let script = render(&diff, db.dialect()).map_err(|error| wrong(error.to_string()))?;
            let run = run_script(db, &script.text(), script.runs_in_transaction());
            match run {
                Ok(()) => {}
                // The database refuses to drop a column or a table that a view needs, and a column NOT NULL in rows.
                Err(error) if self.loses_rows => {
                    let after = look();
                    if std::ptr::eq(from.as_ptr(), tables.as_ptr())
                        && (after.schema != before.schema || after.rows != before.rows)
                    {
                        return Err(wrong(format!("half done: {error:?}")));
                    }
                    return Ok(());
                }
                // A foreign key that structs can't express needs the unique constraint.
                Err(error) if error.to_string().contains("columns that are not a key") => {
                    return Ok(());
                }
                Err(error) => return Err(wrong(format!("{error:?}\n{}", script.text()))),
            }
            let left = pushed(db, to, to).map_err(wrong)?;
            if !left.is_empty() {
                return Err(wrong(format!("left: {:?}", left.summary())));
            }
            // A constraint that goes leaves its number to the next one without a name.
            if self.loses_rows && std::ptr::eq(from, tables) {
                self.goes_alone(db, &objects_before).map_err(wrong)?;
            }
        }
        let after = look();
        let bare =
            |text: &str| text.replace(|c: char| c.is_whitespace() || "\"`[]".contains(c), "");
        // PostgreSQL cuts the names that it derives.
        let table = bare(&self.of).to_lowercase();
        let table: String = table.chars().take(40).collect();
        let is_other = |line: &&String| !bare(line).to_lowercase().contains(&table);
        let is_kept = |line: &&String| !self.loses_rows || is_other(line);
        let lost =
            before.schema.iter().filter(|line| !after.schema.contains(line)).filter(is_other);
        let came =
            after.schema.iter().filter(|line| !before.schema.contains(line)).filter(is_other);
        let rows = before.rows.iter().filter(|line| !after.rows.contains(line)).filter(is_kept);
        let more = after.rows.iter().filter(|line| !before.rows.contains(line)).filter(is_kept);
        let lost: Vec<&String> = lost.chain(rows).collect();
        let came: Vec<&String> = came.chain(more).collect();
        if lost.is_empty() && came.is_empty() {
            return Ok(());
        }
        Err(wrong(format!("lost: {lost:#?}\ncame: {came:#?}")))
    }

    /// With a column goes nothing that no struct has named. Returns what did, or nothing.
    fn goes_alone(&self, db: &Db, before: &[String]) -> Result<(), String> {
        let after = objects(db);
        let known = |tables: &[TableDef]| -> Vec<String> {
            let table = tables.iter().find(|table| table.name == self.of);
            table.map(|table| names(table, db.dialect())).unwrap_or_default()
        };
        let (from, to) = (known(&self.from), known(&self.tables));
        let is_named = |line: &String| {
            from.iter().any(|name| !to.contains(name) && line.ends_with(&format!(" {name}")))
        };
        let is_gone = self.tables.iter().all(|table| table.name != self.of);
        let of_table = format!("{}: ", self.of);
        let along: Vec<&String> = before
            .iter()
            .filter(|line| !after.contains(line) && !is_named(line))
            // A foreign key to a table that is gone is no longer read, and names that follow from others change.
            .filter(|line| !is_gone || !line.starts_with(&of_table) && line.contains(STANDS))
            .collect();
        if along.is_empty() { Ok(()) } else { Err(format!("along with it went {along:?}")) }
    }
}

/// The names of a table's constraints and indexes.
fn names(table: &TableDef, dialect: Dialect) -> Vec<String> {
    let of_types = type_checks(table, dialect).into_iter().map(|(_, check)| check.name);
    let uniques = table.uniques.iter().map(|part| part.name.clone());
    let checks = table.checks.iter().map(|part| part.name.clone());
    let keys = table.foreign_keys.iter().map(|part| part.name.clone());
    let indexes = table.indexes.iter().map(|part| part.name.clone());
    of_types.chain(uniques).chain(checks).chain(keys).chain(indexes).collect()
}

#[cfg(test)]
mod tests {
    use test_support::with_sqlite;

    use super::*;

    /// Creates a table, drops a constraint of it by a push, and asserts that the rest is as it was, and stays.
    #[track_caller]
    fn without(create: &str, name: &str, expected: &str) {
        with_sqlite(|db| {
            db.execute_sql(create).expect("a table");
            let tables = introspect(db).expect("the schema").tables;
            let mut fewer = tables.clone();
            for table in &mut fewer {
                table.uniques.retain(|unique| unique.name != name);
                table.checks.retain(|check| check.name != name);
                table.foreign_keys.retain(|key| key.name != name);
            }
            assert_ne!(tables, fewer, "{tables:#?}");
            let diff = pushed(db, &fewer, &tables).expect("a change");
            let script = render(&diff, db.dialect()).expect("a script");
            run_script(db, &script.text(), script.runs_in_transaction()).expect("it runs");
            let sql: String = db
                .one(diesel::dsl::sql::<Text>("SELECT sql FROM sqlite_schema WHERE name = 't'"))
                .expect("the table");
            let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ",");
            assert_eq!(sql, expected);
            let left = pushed(db, &fewer, &fewer).expect("a change");
            assert!(left.is_empty(), "{:?}", left.summary());
        });
    }

    #[test]
    fn one_of_several_checks_without_a_name() {
        let create = "CREATE TABLE t (a INT, b INT, CHECK (a > 0), CHECK (b > a), CHECK (a <> 7))";
        without(
            create,
            "t_check",
            "CREATE TABLE \"t\" (a INT, b INT, CHECK (b > a), CHECK (a <> 7))",
        );
        without(
            create,
            "t_check1",
            "CREATE TABLE \"t\" (a INT, b INT, CHECK (a > 0), CHECK (a <> 7))",
        );
        let create = "CREATE TABLE t (a INT CHECK (a > 0) CHECK (a <> 7))";
        without(create, "t_a_check", "CREATE TABLE \"t\" (a INT CHECK (a <> 7))");
    }

    /// A foreign key that no struct has stops a table from going, if rows are in the way.
    #[test]
    fn a_table_that_others_refer_to() {
        with_sqlite(|db| {
            db.execute_sql(
                "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a INT REFERENCES p (id));
                 INSERT INTO p VALUES (1); INSERT INTO t VALUES (1)",
            )
            .expect("tables");
            let mut tables = introspect(db).expect("the schema").tables;
            tables[1].foreign_keys.clear();
            let diff = pushed(db, &tables[1..], &tables).expect("a change");
            let script = render(&diff, db.dialect()).expect("a script");
            let run = || run_script(db, &script.text(), script.runs_in_transaction());
            let refused = run().expect_err("rows in the way").to_string();
            assert!(refused.contains("\"t\"") && refused.contains("\"p\""), "{refused}");
            db.execute_sql("DELETE FROM t").expect("no rows");
            run().expect("it runs");
        });
    }

    #[test]
    fn one_of_two_constraints_of_a_name() {
        let create = "CREATE TABLE t (a INT, b INT, CONSTRAINT c CHECK (a > 0), CONSTRAINT c CHECK (b > a), CHECK (a <> 7))";
        without(
            create,
            "c",
            "CREATE TABLE \"t\" (a INT, b INT, CONSTRAINT c CHECK (b > a), CHECK (a <> 7))",
        );
    }

    #[test]
    fn one_of_two_equal_constraints() {
        let twice =
            "CREATE TABLE t (a INT, CONSTRAINT c CHECK (a > 0), CONSTRAINT c CHECK (a > 0))";
        for name in ["c", "t_check"] {
            without(twice, name, "CREATE TABLE \"t\" (a INT, CONSTRAINT c CHECK (a > 0))");
        }
        without(
            "CREATE TABLE t (a DATE NOT NULL CONSTRAINT pk UNIQUE, b REAL, UNIQUE (a ASC))",
            "pk",
            "CREATE TABLE \"t\" (a DATE NOT NULL, b REAL, UNIQUE (a ASC))",
        );
    }
}
