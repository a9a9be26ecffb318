//! Where statements end: mizzle must see the same as the databases.

use std::env;
use test_support::on_each_database;

use diesel::sql_types::BigInt;
use mizzle::migration::{Migration, MigrationError};
use mizzle::prelude::*;
use mizzle::{Dialect, Migrations};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::folder::{Folder, cause, number, tables};

/// What stands in the log, and what else the script made.
const MADE: [&str; 2] = [
    "SELECT count(*) + (SELECT count(*) FROM sqlite_schema WHERE type = 'trigger') + (SELECT count(*) FROM \
     sqlite_temp_schema WHERE type = 'trigger') FROM log",
    "SELECT count(*) + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace) + (SELECT count(*) FROM pg_rules \
     WHERE rulename LIKE 'made%') FROM log",
];

/// Statements that both databases can run; each adds one to what `MADE` counts.
const COMMON: [&str; 9] = [
    "INSERT INTO log VALUES ('a')",
    "insert into log values('b;c''d;')",
    "INSERT INTO log (\"x\") VALUES ('-- ;')",
    "INSERT INTO log SELECT CASE WHEN 1 = 1 THEN 'e' END",
    "INSERT INTO log VALUES ('/*')",
    "INSERT INTO log VALUES ('*/;')",
    "INSERT INTO log VALUES ('\\')",
    "INSERT INTO log SELECT 'f' AS \"g;\"\"h\"",
    "INSERT INTO log VALUES ('ü\u{a0};é')",
];

const OF_SQLITE: [&str; 6] = [
    "CREATE TRIGGER made AFTER INSERT ON other BEGIN INSERT INTO log VALUES (';END;'); SELECT 1; END",
    "create temp trigger nothing after insert on other begin select case when 1 then 2 end; end; INSERT INTO log VALUES (2)",
    "INSERT INTO log SELECT 'a' AS [b;c]",
    "INSERT INTO log SELECT 'a' AS `b;``c`",
    "INSERT INTO log SELECT '$$' AS a$b",
    "INSERT INTO log SELECT x'3b27'",
];

const OF_POSTGRES: [&str; 12] = [
    "INSERT INTO log SELECT $$a;b'$$",
    "INSERT INTO log SELECT $a$b;$$;$b$;$a$",
    "INSERT INTO log SELECT E'it\\'s;'",
    "INSERT INTO log SELECT e'a\\\\'\n  'b\\';'",
    "INSERT INTO log SELECT e'a' -- c;'\r '\\';'",
    "INSERT INTO log SELECT U&'\\003b;'",
    "INSERT INTO log SELECT 'a' AS U&\"b;\"",
    "INSERT INTO log SELECT 'a' AS b$c$",
    "DO $do$ BEGIN INSERT INTO log VALUES (';'); END; $do$",
    "CREATE FUNCTION made(begin int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
    "CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2'; INSERT INTO log VALUES (2)",
    "CREATE RULE made AS ON INSERT TO other DO ALSO (INSERT INTO log VALUES (1); SELECT 2)",
];

/// What may stand between statements, or in their midst.
const BETWEEN: [&str; 9] =
    [" ", "\n", "\t", "\r", "\r\n", "\x0c", "-- c; '\n", "/* c; ' */", "-- c\r\n"];

/// What changes the meaning of what is behind it.
const ODD: [&str; 42] = [
    "-- c\r",
    "/* a /* b */",
    "/*",
    "*/",
    "'",
    "\"",
    "`",
    "[",
    "]",
    "$$",
    "$a$",
    "$a",
    "$1",
    "1$a$",
    "a$b$",
    "$1$a$",
    "E'",
    "e'\\'",
    "E''",
    "U&'",
    "U&\"",
    "x'",
    "\\",
    "(",
    ")",
    "BEGIN",
    "END",
    "ATOMIC",
    "CASE",
    "CREATE",
    "TRIGGER",
    "é",
    "\u{feff}",
    "\u{a0}",
    "\u{2028}",
    "\x0b",
    "@a",
    ":a",
    "::",
    "$a(b;c)",
    "#",
    "-- ü",
];

fn fragments(dialect: Dialect) -> impl Strategy<Value = String> {
    let own: &[&'static str] = match dialect {
        Dialect::Sqlite | Dialect::D1 => &OF_SQLITE,
        Dialect::Postgres => &OF_POSTGRES,
    };
    let any = |of: &[&'static str]| proptest::sample::select(of.to_vec());
    let piece = prop_oneof![
        12 => any(&COMMON),
        12 => any(own),
        20 => Just(";"),
        20 => any(&BETWEEN),
        3 => any(&ODD),
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// What the texts do in one transaction, which is rolled back: how much they make, or `None` if one of them fails.
fn made(db: &Db, before: &str, texts: &[&str]) -> Option<i64> {
    let count = if db.dialect() == Dialect::Sqlite { MADE[0] } else { MADE[1] };
    let mut found = None;
    let undone: mizzle::Result<()> = db.transaction(|tx| {
        tx.execute_sql(before)?;
        for text in texts {
            tx.execute_sql(text)?;
        }
        found = Some(tx.one(diesel::dsl::sql::<BigInt>(count))?);
        tx.execute_sql("SELECT undone_on_purpose")
    });
    undone.unwrap_err();
    found
}

/// A migration of this text.
fn migration(dialect: Dialect, up: &str) -> Migration {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join(dialect.name()).join("1_a");
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("up.sql"), up).unwrap();
    let migrations = Migrations::from_path(folder.path()).unwrap();
    migrations.of(dialect).unwrap()[0].clone()
}

/// Compares one by one with all at once.
fn compare(db: &Db, before: &str, sql: &str) -> Result<(), TestCaseError> {
    let migration = migration(db.dialect(), sql);
    let statements = migration.up_statements();
    if statements.iter().any(|statement| statement.unusable().is_some()) {
        return Ok(());
    }
    let one_by_one: Vec<&str> = statements.iter().map(|statement| statement.sql()).collect();
    // One that ends the transaction is refused.
    if one_by_one.iter().any(|sql| sql.starts_with("BEGIN") || sql.starts_with("END")) {
        return Ok(());
    }
    let split = made(db, before, &one_by_one);
    // A text without a statement is an error on PostgreSQL.
    let all = format!("SELECT 0;{sql}");
    let mut whole = made(db, before, &[&all]);
    if whole.is_none() && split.is_some() {
        // White space that the databases don't know is left out before a statement and behind it.
        let unknown = ['\u{a0}', '\u{feff}', '\u{2028}', '\x0b'];
        whole = made(db, before, &[&all.replace(unknown, " ")]);
    }
    // Where strings are read otherwise than usual, a failure is as good as the right end.
    if split.is_some() || before.is_empty() {
        prop_assert_eq!(split, whole, "{:?} as {:?}", sql, one_by_one);
    }
    if before.is_empty()
        && let Some(made) = split
    {
        prop_assert_eq!(made, one_by_one.len() as i64, "{:?} as {:?}", sql, one_by_one);
    }
    Ok(())
}

/// `MIZZLE_TEST_CASES` runs as many as it says.
fn run(db: &Db, before: &str, cases: u32) {
    let cases =
        env::var("MIZZLE_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    let config = Config { failure_persistence: None, ..Config::with_cases(cases) };
    let mut runner = TestRunner::new(config);
    let checked = runner.run(&fragments(db.dialect()), |sql| compare(db, before, &sql));
    checked.unwrap_or_else(|failure| panic!("{failure}"));
}

on_each_database! {
    fn statements_end_where_the_database_says(db: &Db) {
        db.execute_sql("CREATE TABLE log (x TEXT); CREATE TABLE other (x TEXT)").unwrap();
        run(db, "", 500);
        if db.dialect() == Dialect::Postgres {
            run(db, "SET LOCAL standard_conforming_strings = off", 200);
        }
    }

    fn white_space_of_unicode_is_nothing(db: &Db) {
        for (number, sql) in [
            "CREATE TABLE a (id int);\n-- done\n\u{a0}",
            "\u{feff}\u{a0} CREATE TABLE a (id int)\u{2003};\u{feff}",
            "CREATE TABLE a (id int)\u{a0}",
            "-- first\n\u{a0} CREATE TABLE a (id int);\u{a0}-- done\u{a0}\n\u{a0}",
        ]
        .into_iter()
        .enumerate()
        {
            let folder = Folder::new().add(&format!("{number}_a"), sql, "DROP TABLE a;\n--\n\u{a0}");
            db.migrate(&folder.read()).unwrap();
            assert_eq!(tables(db), ["a"], "{sql:?}");
            db.migrator(&folder.read()).rollback(1).unwrap();
            assert!(tables(db).is_empty());
        }
    }

    fn a_carriage_return_ends_a_comment_where_the_database_says(db: &Db) {
        let sql = "CREATE TABLE a (id int);\r-- second\rCREATE TABLE b (id int);\r";
        let folder = Folder::new().add("1_a", sql, "");
        db.migrate(&folder.read()).unwrap();
        let expected: &[&str] = if db.dialect() == Dialect::Postgres { &["a", "b"] } else { &["a"] };
        assert_eq!(tables(db), expected);
    }

    fn what_would_be_skipped_is_refused(db: &Db) {
        for (sql, says) in [
            ("CREATE TABLE a (id int);\n/* note\nCREATE TABLE b (id int);", "the comment that begins on line 2 is never closed"),
            ("CREATE TABLE a (id int) /* note", "the comment that begins on line 1 is never closed"),
            ("CREATE TABLE a (id int);\0CREATE TABLE b (id int);", "NUL"),
        ] {
            let folder = Folder::new().add("1_a", sql, "");
            let error = db.migrate(&folder.read()).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert!(tables(db).is_empty());
        }
        if db.dialect() == Dialect::Postgres {
            for (sql, says) in [
                ("CREATE TABLE a (id int);\n\\restrict abc\nSELECT 1;", "`\\restrict` on line 2 is a psql command"),
                ("CREATE TABLE a (id int);\nCOPY a FROM STDIN;\n1\n\\.\n", "`COPY a FROM STDIN` on line 2"),
            ] {
                let folder = Folder::new().add("1_a", sql, "");
                let error = db.migrate(&folder.read()).unwrap_err();
                assert!(matches!(cause(&error), MigrationError::Unusable { .. }), "{error:?}");
                assert!(error.to_string().contains(says), "{error}");
                assert!(tables(db).is_empty());
            }
        }
    }

    /// What stands in comments is never run, whatever happens.
    fn comments_do_nothing(db: &Db) {
        db.execute_sql("CREATE TABLE victim (id int); INSERT INTO victim VALUES (1)").unwrap();
        for sql in [
            "-- refused: x\n-- counted: DELETE FROM victim RETURNING 5\nSELECT nosuch;",
            "-- guard: {rows}\n-- counted: DELETE FROM victim RETURNING 5\nSELECT nosuch;",
            "-- guard: {rows}\nINSERT INTO victim WITH x AS (SELECT 1) SELECT nosuch FROM x;",
        ] {
            let folder = Folder::new().add("1_a", sql, "");
            let error = db.migrate(&folder.read()).unwrap_err();
            let MigrationError::Failed(failed) = cause(&error) else { panic!("{error:?}") };
            assert!(!failed.refused, "{error}");
            assert!(failed.reason.contains("nosuch"), "{error}");
            assert_eq!(number(db, "SELECT count(*) FROM victim"), 1);
        }
    }
}
