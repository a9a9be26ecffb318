//! Whole databases: what is pulled compiles, and its definitions are what was read.

use std::collections::BTreeMap;

use orm_core::schema::TableDef;
use orm_core::{Dialect, Executor};
use orm_kit::introspect::{Introspected, introspect, normal_form};
use orm_kit::pull::{Pulled, pull};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::compiled::{definitions, root, unformatted};
use crate::database::{Fresh, create};
use crate::schemas::schema;

/// A database, what it holds, and what was pulled.
struct Case {
    fresh: Fresh,
    found: Introspected,
    pulled: Pulled,
}

fn case(fresh: Fresh) -> Case {
    let found = introspect(&fresh.db).expect("the schema");
    let pulled = pull(&found, fresh.db.dialect());
    Case { fresh, found, pulled }
}

fn each_dialect() -> Vec<Dialect> {
    Dialect::ALL
        .into_iter()
        .filter(|dialect| match dialect {
            Dialect::Sqlite => cfg!(feature = "sqlite"),
            Dialect::Postgres => cfg!(feature = "postgres"),
        })
        .collect()
}

fn fresh(dialect: Dialect) -> Fresh {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => Fresh::sqlite(),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => Fresh::postgres(),
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        other => panic!("{other} is not compiled in"),
    }
}

/// The music store beside the repository, without which its test is skipped.
fn music_store(dialect: Dialect) -> Option<Case> {
    let name = format!("chinook_{}.sql", dialect.name());
    let path = root().join("../shared/data").join(&name);
    let Ok(script) = std::fs::read_to_string(&path) else {
        eprintln!("{} is absent: the music store is not tested", path.display());
        return None;
    };
    // The test has a database of its own.
    let lines = script.lines().filter(|line| {
        !["DROP DATABASE", "CREATE DATABASE", "\\c"].iter().any(|start| line.starts_with(start))
    });
    let script = lines.collect::<Vec<_>>().join("\n");
    let fresh = fresh(dialect);
    fresh.db.execute_sql(&script).expect("the store");
    Some(case(fresh))
}

/// The tables that structs can say, in the order in which they were read.
fn check(name: &str, case: &Case, defined: &[TableDef]) {
    let normal = normal_form(&case.fresh.db, defined).unwrap_or_else(|error| {
        panic!("{name}: {error}\n{}", case.pulled.source);
    });
    for (read, defined) in case.found.tables.iter().zip(&normal) {
        assert_eq!(read, defined, "{name}\n{}", case.pulled.source);
    }
    assert_eq!(case.found.tables.len(), normal.len(), "{name}");
}

#[test]
fn what_is_pulled_says_what_was_read() {
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    let mut runner = TestRunner::deterministic();
    for dialect in each_dialect() {
        for number in 0..12 {
            let tables = schema().new_tree(&mut runner).expect("a schema").current();
            let fresh = fresh(dialect);
            create(&fresh.db, &tables);
            cases.insert(format!("{}_{number}", dialect.name()), case(fresh));
        }
        if let Some(case) = music_store(dialect) {
            cases.insert(format!("music_{}", dialect.name()), case);
        }
    }
    let sources: BTreeMap<String, String> =
        cases.iter().map(|(name, case)| (name.clone(), case.pulled.source.clone())).collect();
    let defined = definitions(&sources);
    for (name, case) in &cases {
        assert_eq!(case.pulled.warnings, [], "{name}");
        check(name, case, &defined[name]);
        let changes = unformatted(&case.pulled.source);
        assert_eq!(changes, "", "{name}");
    }
}
