//! A local D1 database.

use std::cell::Cell;

use orm_core::schema::{TableDef, create_schema};
use orm_core::{Dialect, Executor as _};
use orm_kit::diff::{Diff, Hints, diff};
use orm_kit::introspect::{Introspected, introspect_for};
use orm_kit::render::render;
use serde_json::{Value, json};

use crate::kept::Asks;
use crate::server::{Server, server};

/// What the tables' statements are, without those of others: their tables, and the parts of full text indexes.
const STATEMENTS: &str = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
    AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name <> 'd1_migrations' AND name NOT IN (SELECT v.name || s.column1 FROM \
    sqlite_schema AS v, (VALUES ('_data'), ('_idx'), ('_content'), ('_docsize'), ('_config')) AS s WHERE v.sql LIKE 'CREATE \
    VIRTUAL TABLE%') ORDER BY type = 'trigger', type = 'view', type = 'index', rowid";

/// A separate database.
pub struct D1 {
    server: &'static Server,
    number: usize,
    applied: Cell<u32>,
}

impl D1 {
    /// Returns an empty database; `None` if node is missing.
    pub fn fresh() -> Option<Self> {
        let server = server()?;
        Some(Self { server, number: server.fresh(), applied: Cell::new(0) })
    }

    /// Runs statements, all or none.
    pub fn batch(&self, statements: &[String]) -> Result<(), String> {
        if statements.is_empty() {
            return Ok(());
        }
        self.server.ask(self.number, &[("batch", json!(statements))]).map(drop)
    }

    #[track_caller]
    pub fn sql(&self, statements: &[&str]) {
        let statements: Vec<String> = statements.iter().map(|sql| (*sql).to_owned()).collect();
        self.batch(&statements).unwrap_or_else(|error| panic!("{error}\n{statements:#?}"));
    }

    /// Creates the tables and views.
    #[track_caller]
    pub fn create(&self, tables: &[TableDef]) {
        let statements = create_schema(tables, Dialect::D1).expect("a valid schema");
        self.batch(&statements).unwrap_or_else(|error| panic!("{error}\n{statements:#?}"));
    }

    /// Applies the text of a migration's file as wrangler does.
    pub fn apply(&self, sql: &str) -> Result<(), String> {
        let number = self.applied.replace(self.applied.get() + 1);
        let file = json!({ "name": format!("{number:04}_x.sql"), "sql": sql });
        self.server.ask(self.number, &[("apply", file)]).map(drop)
    }

    /// Leads the database from the one schema to the other.
    pub fn evolve(&self, from: &[TableDef], to: &[TableDef], hints: &Hints) -> Result<(), String> {
        let change = diff(from, to, hints).unwrap_or_else(|error| panic!("{error}"));
        let text = render(&change, Dialect::D1).expect("a valid schema").text();
        self.apply(&text).map_err(|error| format!("{error}\n{text}"))
    }

    /// Returns the statements of everything in the database.
    pub fn statements(&self) -> Vec<String> {
        self.texts_of(STATEMENTS).into_iter().flatten().collect()
    }

    /// Returns the marks of the tables that count, by name.
    pub fn mark(&self, table: &str) -> Option<i64> {
        let name = Dialect::D1.quote_literal(table);
        let found = self.texts_of(&format!(
            "SELECT CAST(seq AS TEXT) FROM sqlite_sequence WHERE name = {name}"
        ));
        found.into_iter().next().flatten().and_then(|mark| mark.parse().ok())
    }

    /// Reads the schema, in an SQLite database that gets the same statements.
    pub fn introspect(&self, tables: &[TableDef]) -> Introspected {
        let statements = self.statements();
        test_support::with_sqlite(|db| {
            for sql in &statements {
                db.execute_sql(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
            }
            introspect_for(db, tables).expect("the schema")
        })
    }

    /// Returns what differs from a new database with these tables and views.
    pub fn differs_from(&self, tables: &[TableDef]) -> Option<String> {
        let fresh = Self::fresh()?;
        fresh.create(tables);
        let (found, expected) = (self.introspect(tables), fresh.introspect(tables));
        let left = diff(&found.tables, &expected.tables, &Hints::default());
        let is_same = left.as_ref().is_ok_and(Diff::is_empty);
        let names = |of: &Introspected| -> Vec<(String, Option<String>)> {
            let select = |view: &TableDef| view.select(Dialect::D1).map(str::to_owned);
            of.views.iter().map(|view| (view.name.clone(), select(view))).collect()
        };
        let (views, wanted) = (names(&found), names(&expected));
        (!is_same || views != wanted).then(|| {
            format!(
                "{}\nviews {views:#?}\nexpected {wanted:#?}\nfound {:#?}",
                left.map_or_else(|error| error.to_string(), |left| left.summary().join("\n")),
                self.statements()
            )
        })
    }

    fn texts_of(&self, query: &str) -> Vec<Option<String>> {
        let rows = self.server.ask(self.number, &[("query", json!(query))]);
        let rows = rows.unwrap_or_else(|error| panic!("{error}\n{query}"));
        let text = |value: Value| match value {
            Value::String(text) => Some(text),
            Value::Null => None,
            other => Some(other.to_string()),
        };
        rows.into_iter().map(text).collect()
    }

    /// Asserts what a query returns.
    #[track_caller]
    pub fn holds(&self, query: &str, expected: &[&str]) {
        let found: Vec<String> =
            self.texts(query).into_iter().map(|text| text.unwrap_or("NULL".into())).collect();
        assert_eq!(found, expected, "{query}");
    }
}

impl Asks for D1 {
    fn dialect(&self) -> Dialect {
        Dialect::D1
    }

    fn texts(&self, query: &str) -> Vec<Option<String>> {
        self.texts_of(&format!("WITH q(x) AS ({query}) SELECT CAST(x AS TEXT) AS x FROM q"))
    }
}
