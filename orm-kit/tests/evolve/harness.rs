//! One body, both databases: a schema with rows, another schema, and what must be there afterwards.

use diesel::sql_types::{Nullable, Text};
use orm_core::schema::TableDef;
use orm_core::{Db, Dialect, Executor};
use orm_kit::diff::{Diff, Hints, diff};
use orm_kit::introspect::{introspect, introspect_for, normal_form};
use orm_kit::render::{Script, render};

use crate::kept::Asks;

/// Makes a test of each function for each database: `on_each_base! { fn works(base: &Base) { … } }`.
#[macro_export]
macro_rules! on_each_base {
    ($($(#[$attribute:meta])* fn $name:ident($base:ident: &Base) $body:block)*) => {
        $(mod $name {
            #[allow(unused_imports)]
            use super::*;

            fn body($base: &$crate::harness::Base) $body

            #[cfg(feature = "sqlite")]
            #[test]
            fn on_sqlite() {
                $crate::harness::Base::sqlite(body);
            }

            #[cfg(feature = "postgres")]
            #[test]
            fn on_postgres() {
                $crate::harness::Base::postgres(body);
            }
        })*
    };
}

/// A fresh database.
pub struct Base {
    pub db: Db,
}

impl Base {
    /// Runs `body` with a fresh SQLite file.
    #[cfg(feature = "sqlite")]
    pub fn sqlite<R>(body: impl FnOnce(&Self) -> R) -> R {
        test_support::with_sqlite(|db| body(&Self { db: db.clone() }))
    }

    /// Runs `body` with a fresh database of the server's.
    #[cfg(feature = "postgres")]
    pub fn postgres<R>(body: impl FnOnce(&Self) -> R) -> R {
        test_support::with_postgres(|db| body(&Self { db: db.clone() }))
    }

    pub fn dialect(&self) -> Dialect {
        self.db.dialect()
    }

    /// One of two texts, by the database.
    pub fn either<'t>(&self, sqlite: &'t str, postgres: &'t str) -> &'t str {
        if self.dialect() == Dialect::Sqlite { sqlite } else { postgres }
    }

    #[track_caller]
    pub fn sql(&self, sql: &str) {
        self.db.execute_sql(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    }

    /// Creates the tables.
    #[track_caller]
    pub fn create(&self, tables: &[TableDef]) {
        test_support::create(&self.db, tables);
    }

    /// Returns the first column of the query's rows, as text.
    #[track_caller]
    pub fn texts(&self, query: &str) -> Vec<Option<String>> {
        let query = format!("CAST(x AS TEXT) FROM ({query}) AS q(x)");
        let query = match self.dialect() {
            Dialect::Postgres => query,
            // SQLite names columns only so.
            Dialect::Sqlite | Dialect::D1 => {
                let inner = query.split_once(" FROM (").expect("a query").1;
                let inner = inner.strip_suffix(") AS q(x)").expect("a query");
                format!("CAST(x AS TEXT) FROM (WITH q(x) AS ({inner}) SELECT x FROM q)")
            }
        };
        let query = diesel::dsl::sql::<Nullable<Text>>(&format!("SELECT {query}"));
        self.db.load(query).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Asserts what a query returns.
    #[track_caller]
    pub fn holds(&self, query: &str, expected: &[&str]) {
        let found: Vec<String> =
            self.texts(query).into_iter().map(|text| text.unwrap_or("NULL".into())).collect();
        assert_eq!(found, expected, "{query}");
    }

    /// Runs what leads from the one schema to the other.
    pub fn run(&self, script: &Script) -> Result<(), String> {
        let (text, in_transaction) = (script.text(), script.runs_in_transaction());
        let failed = |error| format!("{error:?}\n{text}");
        let found = introspect(&self.db).expect("the schema");
        let rehearsed = orm_core::migration::rehearse_script(&self.db, &text, in_transaction);
        let rehearsed = rehearsed.map(drop).map_err(failed);
        assert_eq!(introspect(&self.db).expect("the schema"), found, "a rehearsal changes nothing");
        let ran = orm_core::migration::run_script(&self.db, &text, in_transaction);
        let ran = ran.map_err(failed);
        assert_eq!(rehearsed, ran, "a rehearsal ends as a run");
        ran
    }

    /// Leads the database, which holds `from`, to `to` and checks that it is there.
    #[track_caller]
    pub fn evolve(&self, from: &[TableDef], to: &[TableDef], hints: &Hints) -> Diff {
        let change = diff(from, to, hints).unwrap_or_else(|error| panic!("{error}"));
        self.apply(&change);
        change
    }

    #[track_caller]
    pub fn apply(&self, change: &Diff) {
        let script = render(change, self.dialect()).expect("a valid schema");
        self.run(&script).unwrap_or_else(|error| panic!("{error}"));
        self.is(&change.to, &script);
    }

    /// Asserts that the database holds these tables.
    #[track_caller]
    pub fn is(&self, tables: &[TableDef], script: &Script) {
        let found = introspect_for(&self.db, tables).expect("the schema");
        let expected = normal_form(&self.db, tables).expect("the normal form");
        let left = diff(&found.tables, &expected, &Hints::default());
        let is_done = left.as_ref().is_ok_and(Diff::is_empty);
        assert!(
            is_done,
            "{}\nfound: {:#?}\nexpected: {:#?}\n{}",
            left.map_or_else(|error| error.to_string(), |left| left.summary().join("\n")),
            found.tables,
            expected,
            script.text()
        );
    }

    /// There and back again.
    #[track_caller]
    pub fn there_and_back(&self, from: &[TableDef], to: &[TableDef], hints: &Hints) {
        let change = self.evolve(from, to, hints);
        self.apply(&change.inverse());
    }

    /// Asserts that the change is refused for this number of rows, with nothing changed.
    #[track_caller]
    pub fn refuses(
        &self,
        from: &[TableDef],
        to: &[TableDef],
        hints: &Hints,
        rows: u64,
        says: &[&str],
    ) {
        let change = diff(from, to, hints).unwrap_or_else(|error| panic!("{error}"));
        let script = render(&change, self.dialect()).expect("a valid schema");
        let refused = self.run(&script).expect_err("a refusal");
        self.is(from, &Script::default());
        let mut found = Vec::new();
        for step in &script.statements {
            let lines = step.comment.iter().flat_map(|comment| comment.lines());
            found.extend(lines.filter_map(|line| line.strip_prefix("guard: ")));
        }
        let hazards = orm_kit::rows::hazards(&change, self.dialect()).expect("a valid schema");
        let counted = hazards
            .iter()
            .filter(|hazard| hazard.kind == orm_kit::rows::HazardKind::MayFail)
            .filter_map(|hazard| Some((hazard, self.texts(hazard.count.as_ref()?))))
            .find(|(_, count)| *count != [Some("0".to_owned())]);
        let (hazard, count) = counted.expect("a hazard that counts rows");
        assert_eq!(count, [Some(rows.to_string())], "{}", hazard.what);
        for words in says {
            assert!(hazard.what.contains(words), "{words:?} is not in {:?}", hazard.what);
        }
        let message = hazard.what.replace("{rows}", &rows.to_string());
        assert!(refused.contains(&message), "{message:?} is not in {refused}");
        assert!(found.contains(&hazard.what.as_str()), "{found:?}");
    }
}

impl Asks for Base {
    fn dialect(&self) -> Dialect {
        self.dialect()
    }

    fn texts(&self, query: &str) -> Vec<Option<String>> {
        self.texts(query)
    }
}

/// No hints.
pub fn none() -> Hints {
    Hints::default()
}

/// A column under a new name.
pub fn column(table: &str, old: &str, new: &str) -> Hints {
    Hints { columns: vec![(table.into(), old.into(), new.into())], ..Hints::default() }
}

/// A table under a new name.
pub fn table(old: &str, new: &str) -> Hints {
    Hints { tables: vec![(old.into(), new.into())], ..Hints::default() }
}
