//! What must be true of any SQLite file.

use diesel::dsl::sql;
use diesel::sql_types::{Nullable, Text};
use orm_core::migration::run_script;
use orm_core::schema::TableDef;
use orm_core::{Db, Dialect, Executor};
use orm_kit::dump::dump;
use orm_kit::introspect::introspect;
use orm_kit::pull::{Pulled, pull};
use orm_kit::render::render;

use super::ddl::{Random, Writer};
use crate::drops::{Seen, drop};
use crate::fixed_point::{differences, pushed};
use crate::names_change::rename;

/// A file that somebody made.
pub struct Foreign {
    db: Db,
    /// The statements that made it, and those that filled it.
    made: Vec<String>,
    filled: Vec<String>,
    seed: u64,
}

impl Foreign {
    pub fn new(seed: u64) -> Self {
        let db = Db::connect("sqlite::memory:").expect("a database");
        let mut writer = Writer::new(seed);
        let mut made = Vec::new();
        let mut keep = |sql: String| {
            // SQLite refuses some of what can be written.
            let is_kept = db.execute_sql(&sql).is_ok();
            if is_kept {
                made.push(sql);
            }
            is_kept
        };
        for _ in 0..=writer.random.below(5) {
            let sql = writer.table();
            if !keep(sql) {
                writer.tables.pop();
            }
        }
        if !writer.tables.is_empty() {
            for number in 0..writer.random.below(6) {
                let sql = writer.object(number);
                keep(sql);
            }
            for number in 0..writer.random.below(5) {
                let (sql, view) = writer.view(number);
                // Some can't be read, and few of them are kept.
                let probe = format!("SELECT * FROM {} LIMIT 0", quoted(&view.0));
                if keep(sql) && (db.execute_sql(&probe).is_ok() || writer.random.one_in(4)) {
                    writer.views.push(view);
                } else {
                    // What isn't a view stays.
                    keep(format!("DROP VIEW IF EXISTS {}", quoted(&view.0)));
                }
            }
        }
        let mut filled = Vec::new();
        for place in 0..writer.tables.len() {
            let columns: Vec<String> = texts(
                &db,
                &format!(
                    "SELECT name FROM pragma_table_xinfo({}) WHERE hidden = 0",
                    Dialect::Sqlite.quote_literal(&writer.tables[place].name)
                ),
            );
            for _ in 0..12 {
                let sql = writer.row(place, &columns);
                if db.execute_sql(&sql).is_ok() {
                    filled.push(sql);
                }
            }
        }
        Self { db, made, filled, seed }
    }

    /// The file that a script makes.
    pub fn of(script: &str) -> Self {
        let db = empty();
        db.execute_sql(script).unwrap_or_else(|error| panic!("{error:?}"));
        Self { db, made: Vec::new(), filled: Vec::new(), seed: 0 }
    }

    pub fn script(&self) -> String {
        let all = [self.made.join(";\n"), self.filled.join(";\n")].join(";\n\n");
        all + ";"
    }

    pub fn pulled(&self) -> Pulled {
        pull(&introspect(&self.db).expect("the schema"), Dialect::Sqlite)
    }

    /// What `generate`, `check` and `push` would propose for structs that say these tables.
    pub fn differences(&self, tables: &[TableDef]) -> Vec<String> {
        differences(&self.db, &self.pulled(), tables)
    }

    pub fn check(&self) -> Result<(), String> {
        let pulled = self.pulled();
        let differences = self.differences(&pulled.tables);
        if !differences.is_empty() {
            return Err(format!("{differences:#?}"));
        }
        self.check_baseline()?;
        self.check_change(&pulled.tables)?;
        // The SELECTs of the structs' views would have to change along: they are left to the database.
        let tables: Vec<TableDef> =
            pulled.tables.into_iter().filter(|table| !table.is_view()).collect();
        self.check_renames(&tables)?;
        self.check_drops(&tables)
    }

    /// A database that is made from the baseline holds the same.
    fn check_baseline(&self) -> Result<(), String> {
        let mut other = empty();
        let mut filled_in = String::new();
        let file = dump(&self.db).expect("the statements").text();
        run_script(&other, &file, true)
            .map_err(|error| format!("the baseline: {error:?}\n{file}"))?;
        // The tables that tools keep for themselves are not carried over; random ones are none of these.
        let there = schema(&other);
        let mut here = schema(&self.db);
        here.retain(|line| !self.made.is_empty() || there.contains(line));
        same("the baseline's schema", &here, &there)?;
        if self.made.is_empty() {
            return Ok(());
        }
        let mut here = rows(&self.db);
        loop {
            for row in &self.filled {
                other
                    .execute_sql(row)
                    .map_err(|error| format!("a row of the baseline: {error:?}"))?;
            }
            let told = same("rows of the baseline", &here, &rows(&other));
            let second = second(&other);
            if told.is_ok() || second == filled_in {
                return told;
            }
            // Defaults are the moment of an insert: both are filled again, until it is in the same second.
            filled_in = second;
            let again = empty();
            for sql in self.made.iter().chain(&self.filled) {
                again.execute_sql(sql).map_err(|error| format!("the file again: {error:?}"))?;
            }
            here = rows(&again);
            other = empty();
            run_script(&other, &file, true).map_err(|error| format!("again: {error:?}"))?;
        }
    }

    /// Less, there and back.
    fn check_drops(&self, tables: &[TableDef]) -> Result<(), String> {
        let mut numbers = Random::new(self.seed ^ 0x7777);
        for _ in 0..4.min(tables.len() * 4) {
            if let Some(dropped) = drop(|end| numbers.below(end), tables) {
                let is_whole = !dropped.loses_rows();
                let all = || Seen { schema: schema(&self.db), rows: rows_of(&self.db, "'table'") };
                dropped.there_and_back(&self.db, all)?;
                // What has lost values or objects of others is no start for a further case.
                if !is_whole {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Other names, there and back.
    fn check_renames(&self, tables: &[TableDef]) -> Result<(), String> {
        let mut numbers = Random::new(self.seed);
        for _ in 0..3.min(tables.len()) {
            if let Some(rename) = rename(|end| numbers.below(end), tables) {
                let all = || [clauses(&self.db), tables_of(&self.db), rows(&self.db)].concat();
                rename.there_and_back(&self.db, tables, all)?;
            }
        }
        Ok(())
    }

    /// A change of every second table, there and back.
    fn check_change(&self, tables: &[TableDef]) -> Result<(), String> {
        let changed: Vec<TableDef> = tables
            .iter()
            .enumerate()
            .map(|(place, table)| {
                if (place as u64 + self.seed).is_multiple_of(2) && !table.is_view() {
                    table.clone().check(&format!("changed_{place}"), "1")
                } else {
                    table.clone()
                }
            })
            .collect();
        let before = (schema(&self.db), rows(&self.db));
        for (from, to) in [(tables, &*changed), (&*changed, tables)] {
            let diff = pushed(&self.db, to, from)?;
            let script = render(&diff, Dialect::Sqlite).map_err(|error| format!("{error}"))?;
            run_script(&self.db, &script.text(), script.runs_in_transaction())
                .map_err(|error| format!("a change: {error:?}\n{}", script.text()))?;
            if to.len() == changed.len() && std::ptr::eq(to.as_ptr(), changed.as_ptr()) {
                same("rows there", &before.1, &rows(&self.db))?;
            }
        }
        same("the schema after a change and back", &before.0, &schema(&self.db))?;
        same("rows after a change and back", &before.1, &rows(&self.db))
    }
}

/// A database in memory, with the collations of programs whose files are looked at.
fn empty() -> Db {
    let own = Db::builder("sqlite::memory:").on_connect(|connection| {
        connection.create_collation("unicase", |a, b| a.to_lowercase().cmp(&b.to_lowercase()))
    });
    own.connect().expect("a database")
}

/// The present second.
fn second(db: &Db) -> String {
    texts(db, "SELECT datetime('now')").concat()
}

fn same(what: &str, before: &[String], after: &[String]) -> Result<(), String> {
    for place in 0..before.len().max(after.len()) {
        let (before, after) = (before.get(place), after.get(place));
        if before != after {
            return Err(format!("{what}: {before:?} has become {after:?}"));
        }
    }
    Ok(())
}

fn texts(db: &Db, query: &str) -> Vec<String> {
    let found: Vec<Option<String>> =
        db.load(sql::<Nullable<Text>>(query)).unwrap_or_else(|error| panic!("{error:?}\n{query}"));
    found.into_iter().map(|text| text.unwrap_or_else(|| "NULL".into())).collect()
}

const APPLICATION: &str =
    "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'";

fn quoted(name: &str) -> String {
    Dialect::Sqlite.quote_ident(name)
}

/// All statements, without white space and the quotation marks of names.
fn schema(db: &Db) -> Vec<String> {
    let query = format!(
        "SELECT type || ' ' || name || ' ' || coalesce(sql, '-') FROM sqlite_schema WHERE {APPLICATION} ORDER BY type, name"
    );
    let bare = |text: String| -> String {
        text.chars().filter(|c| !c.is_whitespace() && !"\"`[]".contains(*c)).collect()
    };
    let mut all: Vec<String> = texts(db, &query).into_iter().map(bare).collect();
    // What views give is compared with the rows: one that a struct says comes back in its words.
    for line in &mut all {
        if let Some(end) = line.find("CREATEVIEW") {
            line.truncate(end);
        }
    }
    all
}

/// What is read of each table.
fn tables_of(db: &Db) -> Vec<String> {
    let tables = introspect(db).expect("the schema").tables;
    tables.iter().map(|table| format!("{table:?}")).collect()
}

/// How often each clause stands in the statement of an object. A name that follows from the table's may be written out.
fn clauses(db: &Db) -> Vec<String> {
    let count = |line: String| {
        let upper = line.to_uppercase();
        let object = line.split("CREATE").next().unwrap_or_default().to_owned();
        CLAUSES.iter().fold(object, |told, clause| {
            told + &format!(" {clause}:{}", upper.matches(clause).count())
        })
    };
    schema(db).into_iter().map(count).collect()
}

const CLAUSES: [&str; 6] =
    ["ONCONFLICT", "COLLATENOCASE", "COLLATEBINARY", "DEFERRABLE", "WITHOUTROWID", "AUTOINCREMENT"];

/// All rows of tables and views, each value with its storage class.
fn rows(db: &Db) -> Vec<String> {
    rows_of(db, "'table', 'view'")
}

fn rows_of(db: &Db, types: &str) -> Vec<String> {
    let mut all = Vec::new();
    let tables = texts(
        db,
        &format!(
            "SELECT name FROM sqlite_schema WHERE type IN ({types}) AND {APPLICATION} ORDER BY name"
        ),
    );
    for table in tables {
        let probe = format!("SELECT 1 FROM {} LIMIT 1", quoted(&table));
        if db.execute_sql(&probe).is_err() {
            continue;
        }
        let columns = texts(
            db,
            &format!(
                "SELECT name FROM pragma_table_xinfo({}) WHERE hidden <> 1 ORDER BY cid",
                Dialect::Sqlite.quote_literal(&table)
            ),
        );
        let value = |name: &String| {
            format!(
                "typeof({0}) || ':' || CASE typeof({0}) WHEN 'text' THEN hex({0}) ELSE quote({0}) END",
                quoted(name)
            )
        };
        let values: Vec<String> = columns.iter().map(value).collect();
        let mut found =
            texts(db, &format!("SELECT {} FROM {}", values.join(" || ' ' || "), quoted(&table)));
        found.sort();
        all.extend(found.into_iter().map(|row| format!("{table}: {row}")));
    }
    all
}
