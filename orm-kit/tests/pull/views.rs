//! Views of a database as structs.

use orm_core::{Db, Executor};
use orm_kit::introspect::introspect_rows;
use orm_kit::pull::{Pulled, pull};

use crate::fixed_point::differences;

/// Pulls what the statements make, and asserts that nothing is proposed.
fn pulled(db: &Db, sql: &str) -> Pulled {
    db.execute_sql(sql).unwrap_or_else(|error| panic!("{error:?}"));
    let pulled = pull(&introspect_rows(db).expect("the schema"), db.dialect());
    assert_eq!(differences(db, &pulled, &pulled.tables), [""; 0]);
    pulled
}

/// The part of the file behind the last table.
fn views(pulled: &Pulled) -> &str {
    let start = pulled
        .source
        .find("#[derive(View")
        .or_else(|| pulled.source.find("\n// "))
        .expect("a view");
    pulled.source[start..].trim_start()
}

const TABLES: &str = "CREATE TABLE users (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL, age INTEGER); \
     CREATE TABLE logs (line TEXT);";

#[cfg(feature = "sqlite")]
#[test]
fn of_sqlite() {
    test_support::with_sqlite(|db| {
        let sql = format!(
            "{TABLES} INSERT INTO users VALUES (1, 'a', 2);
             CREATE VIEW ages AS SELECT age, count(*) AS users, -- how many
                sum(id) AS total, upper(name) AS loud, age * 1.5 AS more
             FROM users GROUP BY age;
             CREATE VIEW \"Old ages\" (age, \"how many\") AS SELECT age, users FROM ages WHERE age > 9;
             CREATE VIEW pairs AS SELECT one.id, two.name FROM users one LEFT JOIN users two ON two.id > one.id;
             CREATE VIEW lines AS SELECT line FROM logs;
             CREATE VIEW broken AS SELECT missing FROM users;"
        );
        let pulled = pulled(db, &sql);
        let expected = r#"#[derive(View, Debug, Clone, PartialEq)]
#[view(
    sqlite = "SELECT age, count(*) AS users, sum(id) AS total, upper(name) AS loud, age * 1.5 AS more FROM users GROUP BY age"
)]
pub struct Age {
    pub age: Option<i64>,
    pub users: i64,
    pub total: Option<i64>,
    pub loud: Option<String>,
    // SQLite has no type for it: it is read as a 64-bit float, as its rows are
    pub more: Option<f64>,
}

#[derive(View, Debug, Clone, PartialEq)]
#[view(name = "Old ages", module = old_ages)]
#[view(
    sqlite = "WITH \"columns of Old ages\"(age, \"how many\") AS (SELECT age, users FROM ages WHERE age > 9) SELECT * FROM \"columns of Old ages\""
)]
pub struct OldAge {
    pub age: Option<i64>,
    #[column(name = "how many")]
    pub how_many: i64,
}
"#;
        assert!(views(&pulled).starts_with(expected), "{}", views(&pulled));
        for said in [
            "// id, name may be NULL as far as the database knows, so they are `Option`\n#[derive(View",
            "pub struct Pair {\n    pub id: Option<i64>,\n    pub name: Option<String>,\n}",
            "// broken: SQLite can't read it: ",
            "// broken: the view has no struct: none of its columns can be a field",
            "// lines: the view has no struct: it reads logs, which has none",
            "= [User, Age, OldAge, Pair]",
        ] {
            assert!(pulled.source.contains(said), "{said}\n{}", pulled.source);
        }
    });
}

#[cfg(feature = "postgres")]
#[test]
fn of_postgres() {
    let fresh = test_support::Fresh::postgres();
    let sql = format!(
        "{TABLES} INSERT INTO users VALUES (1, 'a', 2);
         CREATE TYPE mood AS ENUM ('low', 'high');
         CREATE VIEW ages AS SELECT age, count(*) AS users, sum(age) AS total, 'low'::mood AS mood FROM users GROUP BY age;
         CREATE MATERIALIZED VIEW \"Old ages\" AS SELECT age AS \"Age\", users FROM ages WHERE age > 9;
         CREATE UNIQUE INDEX by_age ON \"Old ages\" (\"Age\" DESC) WHERE users > 1;
         CREATE INDEX \"Old ages_users_idx\" ON \"Old ages\" (users);
         CREATE VIEW pairs AS SELECT one.id, two.name FROM users one LEFT JOIN users two ON two.id > one.id;
         CREATE VIEW lines AS SELECT line FROM logs;
         CREATE SCHEMA away; CREATE TABLE away.things (id int); CREATE VIEW far AS SELECT id FROM away.things;
         CREATE VIEW points AS SELECT point(1, 2) AS at, id FROM users;"
    );
    let pulled = pulled(&fresh.db, &sql);
    let expected = r#"#[derive(View, Debug, Clone, PartialEq)]
#[view(
    postgres = "SELECT users.age, count(*) AS users, sum(users.age) AS total, 'low'::mood AS mood FROM users GROUP BY users.age"
)]
pub struct Age {
    pub age: Option<i32>,
    pub users: i64,
    pub total: Option<i64>,
    pub mood: Option<Mood>,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[db(native = "mood")]
pub enum Mood {
    Low,
    High,
}

#[derive(View, Debug, Clone, PartialEq)]
#[view(name = "Old ages", module = old_ages)]
#[view(postgres = "SELECT ages.age AS \"Age\", ages.users FROM ages WHERE (ages.age > 9)")]
#[view(materialized)]
#[view(index(users))]
#[view(index(age.desc(), unique, name = "by_age", where = "users > 1"))]
pub struct OldAge {
    #[column(name = "Age")]
    pub age: Option<i32>,
    pub users: i64,
}
"#;
    assert!(views(&pulled).starts_with(expected), "{}", views(&pulled));
    for said in [
        "// total, mood may be NULL as far as the database knows, so they are `Option`\n#[derive(View",
        "pub struct Point {\n    pub id: i64,\n    // at: mizzle doesn't know the type point; it is left out\n}",
        "// far: the view has no struct: it reads away.things, which has none",
        "// lines: the view has no struct: it reads logs, which has none",
        "= [User, Age, OldAge, Pair, Point]",
    ] {
        assert!(pulled.source.contains(said), "{said}\n{}", pulled.source);
    }
    // Their indexes are compared as those of tables.
    let change = |sql: &str| {
        fresh.db.execute_sql(sql).expect("another index");
        differences(&fresh.db, &pulled, &pulled.tables)
    };
    let drift = ["push: ~ materialized view Old ages"; 2];
    let other = "DROP INDEX by_age; CREATE UNIQUE INDEX by_age ON \"Old ages\"";
    assert_eq!(change(&format!("{other} (\"Age\") WHERE users > 1")), drift);
    assert_eq!(change(&format!("{other} (\"Age\" DESC) WHERE users > 2")), drift);
    assert_eq!(change(&format!("{other} (\"Age\" DESC) WHERE users > 1")), [""; 0]);
    let plain = other.replace("UNIQUE ", "");
    assert_eq!(change(&format!("{plain} (\"Age\" DESC) WHERE users > 1")), drift);
}
