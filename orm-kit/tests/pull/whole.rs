//! Whole databases: what is pulled compiles, and its definitions are what was read.

use std::collections::BTreeMap;

use orm_core::schema::{Action, ColumnDef, ColumnType, DefaultValue, IndexPart, TableDef};
use orm_core::{Dialect, Executor};
use orm_kit::introspect::{Introspected, introspect, normal_form};
use orm_kit::pull::{Pulled, pull};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::compiled::{definitions, root, unformatted};
use crate::foreign;
use crate::schemas::schema;
use test_support::{Fresh, create};

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
    [Dialect::Sqlite, Dialect::Postgres]
        .into_iter()
        .filter(|dialect| match dialect {
            Dialect::Sqlite | Dialect::D1 => cfg!(feature = "sqlite"),
            Dialect::Postgres => cfg!(feature = "postgres"),
        })
        .collect()
}

fn fresh(dialect: Dialect) -> Fresh {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite | Dialect::D1 => Fresh::sqlite(),
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
    // The test has its own database.
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

/// Names that meet each other, Rust's and mizzle's once they are Rust's, and references of every shape.
fn names() -> Vec<TableDef> {
    let id = || ColumnDef::new("id", ColumnType::BigInt);
    let keyed = |name: &str| TableDef::new(name).column(id().auto()).primary_key(&["id"]);
    let text = |name: &str| ColumnDef::new(name, ColumnType::Text);
    let number = |name: &str, ty| ColumnDef::new(name, ty).nullable();
    let labels = |labels: &[&str]| ColumnType::Enum {
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        native: None,
    };
    let key = |table: TableDef, columns: &[&str], to: &str, references: &[&str]| {
        table.foreign_key(None, columns, to, references, Action::NoAction, Action::NoAction)
    };
    let users = keyed("users")
        .column(text("name"))
        .column(text("maybe_name").nullable())
        .column(text("build").nullable())
        .column(text("clear_build"))
        .column(text("set_build"))
        .column(text("default"))
        .column(text("query"))
        .column(text("string"))
        .column(text("option"))
        .column(text("vec"))
        .column(text("r"))
        .column(text("t"))
        .column(text("name_1"))
        .column(text("name1"))
        .column(number("friend_id", ColumnType::BigInt))
        .column(number("post_id", ColumnType::BigInt))
        .unique(None, &["name", "maybe_name"])
        .unique(None, &["default"]);
    let users = key(users, &["friend_id"], "users", &["id"]);
    let users = key(users, &["post_id"], "posts", &["id"]);
    let posts = keyed("posts")
        .column(number("author_id", ColumnType::BigInt))
        .column(number("author", ColumnType::Integer))
        .column(text("by"))
        .column(number("type_id", ColumnType::BigInt))
        .column(number("query_id", ColumnType::BigInt))
        .column(text("unique"))
        .column(text("references"))
        .index(None, vec![IndexPart::column("unique"), IndexPart::column("by").desc()], true, None)
        .unique(None, &["references", "unique"]);
    let posts = key(posts, &["author_id"], "users", &["id"]);
    let posts = key(posts, &["author"], "users", &["id"]);
    let posts = key(posts, &["by"], "users", &["default"]);
    let posts = key(posts, &["type_id"], "new_users", &["id"]);
    let posts = key(posts, &["query_id"], "strings", &["id"]);
    let posts = posts.foreign_key(
        Some("a key"),
        &["unique", "references"],
        "pairs",
        &["a", "b"],
        Action::Cascade,
        Action::Restrict,
    );
    let pairs = TableDef::new("pairs")
        .column(text("a"))
        .column(text("b"))
        .column(ColumnDef::new("pairs", labels(&["None", "Self", "1st", "two words", ""])))
        .column(ColumnDef::new("Some", labels(&["Ok"])).default(DefaultValue::Text("Ok".into())))
        .primary_key(&["b", "a"])
        .unique(None, &["a", "b"])
        .check("its name", "a <> b")
        .check("self", "a <> 'x'")
        .column_check("a", "a <> ''");
    let alone =
        |name: &str, column: &str| TableDef::new(name).column(text(column)).primary_key(&[column]);
    let profile = alone("user_profile", "user").column(number("user_id", ColumnType::BigInt));
    let profile = profile.unique(None, &["user_id"]);
    let profile = key(profile, &["user_id"], "users", &["id"]);
    vec![
        users,
        posts,
        pairs,
        profile,
        keyed("new_users"),
        keyed("user_changes"),
        keyed("strings"),
        alone("i64", "str"),
        alone("type", "self"),
        alone("Vec", "Vec"),
        alone("User Relations", "table"),
        alone("schema", "schema"),
        alone("2024", "columns"),
        alone("diesel", "diesel"),
        alone("mizzle", "std"),
    ]
}

#[test]
fn what_is_pulled_says_what_was_read() {
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    let mut runner = TestRunner::deterministic();
    for dialect in each_dialect() {
        for number in 0..12 {
            let tables = schema().new_tree(&mut runner).expect("a schema").current();
            let fresh = self::fresh(dialect);
            create(&fresh.db, &tables);
            cases.insert(format!("{}_{number}", dialect.name()), case(fresh));
        }
        let fresh = self::fresh(dialect);
        create(&fresh.db, &names());
        cases.insert(format!("names_{}", dialect.name()), case(fresh));
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

/// Where structs can't say all, they compile, and say of the rest what there is.
#[test]
fn what_structs_cannot_say_is_a_comment_and_a_warning() {
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    for dialect in each_dialect() {
        let fresh = self::fresh(dialect);
        let sql = match dialect {
            Dialect::Sqlite | Dialect::D1 => foreign::SQLITE,
            Dialect::Postgres => foreign::POSTGRES,
        };
        fresh.db.execute_sql(sql).expect("the tables");
        cases.insert(format!("foreign_{}", dialect.name()), case(fresh));
    }
    let sources: BTreeMap<String, String> =
        cases.iter().map(|(name, case)| (name.clone(), case.pulled.source.clone())).collect();
    let defined = definitions(&sources);
    for (name, case) in &cases {
        let source = &case.pulled.source;
        for warning in &case.pulled.warnings {
            assert!(source.contains(&warning.what), "{warning}\n{source}");
        }
        let warned: Vec<String> = case.pulled.warnings.iter().map(ToString::to_string).collect();
        assert!(warned.contains(&"nokey: it has no struct: it has no primary key".to_owned()));
        assert_eq!(unformatted(source), "", "{name}");
        let normal = normal_form(&case.fresh.db, &defined[name]).expect("the normal form");
        for defined in &normal {
            let mut read = case.found.tables.iter().find(|t| t.name == defined.name).cloned();
            let read = read.as_mut().expect("the table");
            // The foreign keys that SET NULL where no NULL may be.
            read.foreign_keys.retain(|key| key.on_delete != Action::SetNull);
            assert_eq!(read, defined, "{name}\n{source}");
        }
    }
}
