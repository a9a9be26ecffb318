//! `check`.

use std::fs;

use serde_json::json;
use test_support::each_url;

use mizzle::prelude::*;

use crate::project::Project;

#[test]
fn a_project_that_is_in_order() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("first", "generate").done();
        project.db("first", "migrate").done();
        assert_eq!(project.db("first", "check").done(), "Nothing is wrong\n");
        let document = project.db("first", "check --json").json(0);
        assert_eq!((&document["errors"], &document["warnings"]), (&0.into(), &0.into()));
    });
}

#[test]
fn pending_migrations_are_looked_at() {
    let project = Project::new();
    project.db("posts", "generate").done();
    project.db("without_posts", "generate").ended(0);
    insta::assert_snapshot!(project.db("without_posts", "check").ended(0), @"
    SQLite: <version>_drop_posts
      warning: posts: drops the table with its rows
      warning: posts: rolling back creates the table without its rows
    PostgreSQL: <version>_drop_posts
      warning: posts: drops the table with its rows
      warning: posts: rolling back creates the table without its rows
    0 errors, 4 warnings
    note: no database is set, so all migrations count as pending; set one with `--url` or DATABASE_URL
    ");
    project.db("without_posts", "check --strict").ended(1);
    let document = project.db("without_posts", "check --json --dialect sqlite").json(0);
    let kinds: Vec<&str> = document["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|finding| finding["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["destructive", "irreversible"]);
}

#[test]
fn a_rename_is_no_drop() {
    let project = Project::new();
    project.db("first", "generate").done();
    project.db("renamed", "generate --rename users.nick=nickname").done();
    let run = project.db("renamed", "check").ended(0);
    assert!(run.starts_with("Nothing is wrong\n"), "{run}");
}

#[test]
fn applied_migrations_are_not_looked_at_again() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("posts", "generate").done();
        project.db("without_posts", "generate").ended(0);
        project.db("without_posts", "check --strict").ended(1);
        project.db("without_posts", "migrate").done();
        project.db("without_posts", "check --strict").done();
    });
}

#[test]
fn statements_of_a_person_are_looked_at_by_their_words() {
    let project = Project::new();
    project.db("first", "generate").done();
    project.db("first", "generate --custom --name clean_up").done();
    for dialect in ["sqlite", "postgres"] {
        let sql = "-- DROP TABLE users\nDELETE FROM users;\nCREATE INDEX nicks ON users (nick);\n";
        fs::write(project.path(dialect, 1).join("up.sql"), sql).expect("written");
    }
    insta::assert_snapshot!(project.db("first", "check").ended(0), @"
    SQLite: <version>_clean_up
      warning: line 2, `DELETE FROM users`: removes all rows, as it has no WHERE
      warning: it can't be rolled back: there is no down.sql, or no statement in it
    PostgreSQL: <version>_clean_up
      warning: line 2, `DELETE FROM users`: removes all rows, as it has no WHERE
      warning: line 3, `CREATE INDEX nicks ON users (nick)`: nobody can write to the table while the index is built; to allow writes, use CREATE INDEX CONCURRENTLY in a migration with `run_in_transaction = false` in its metadata.toml
      warning: it can't be rolled back: there is no down.sql, or no statement in it
    0 errors, 5 warnings
    note: no database is set, so all migrations count as pending; set one with `--url` or DATABASE_URL
    ");
}

#[test]
fn drift_is_told() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("first", "generate").done();
        project.db("first", "migrate").done();
        let db = Db::connect(url).expect("the database");
        db.execute_sql(
            "ALTER TABLE users ADD COLUMN age INTEGER; ALTER TABLE users DROP COLUMN nick",
        )
        .expect("a change by hand");
        let check = project.db("first", "check").ended(1);
        for line in ["\n    - column users.nick\n", "note: users.age: no struct names this column"]
        {
            assert!(check.contains(line), "{check}");
        }
        // A migration that is not applied yet is no drift.
        let project = Project::with_url(url);
        project.db("first", "generate").done();
        db.execute_sql("DROP TABLE users").expect("an empty database");
        db.execute_sql("DELETE FROM __mizzle_migrations; DELETE FROM __diesel_schema_migrations")
            .expect("forgotten");
        assert_eq!(project.db("first", "check").done(), "Nothing is wrong\n");
    });
}

#[test]
fn a_missing_migration_and_branches_are_errors() {
    let project = Project::new();
    project.db("first", "generate").done();
    insta::assert_snapshot!(project.db("posts", "check").ended(1), @"
    SQLite
      error: the structs have changed since the last migration: run `generate`
        + column users.active: boolean NOT NULL, default true
        + table posts (id, author_id, title, created_at)
    PostgreSQL
      error: the structs have changed since the last migration: run `generate`
        + column users.active: boolean NOT NULL, default true
        + table posts (id, author_id, title, created_at)
    2 errors, 0 warnings
    note: no database is set, so all migrations count as pending; set one with `--url` or DATABASE_URL
    ");
    project.db("posts", "generate --dialect sqlite").done();
    let second = project.path("sqlite", 1);
    let aside = project.folder().join("aside");
    fs::rename(&second, &aside).expect("moved");
    project.db("unique_nick", "generate --dialect sqlite").ended(0);
    fs::rename(&aside, second.with_file_name("20990101000000_other")).expect("moved back");
    let check = project.db("posts", "check --dialect sqlite").ended(1);
    assert!(check.contains("branches that didn't know of each other"), "{check}");
}

/// One expression that the database refuses doesn't keep the rest from being looked at.
#[test]
fn what_is_refused_is_named_and_the_rest_compared() {
    each_url!(|url| {
        let project = Project::with_url(url);
        let db = Db::connect(url).expect("the database");
        let key = match project.dialect() {
            "sqlite" => "INTEGER PRIMARY KEY AUTOINCREMENT",
            _ => "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        };
        db.execute_sql(&format!(
            "CREATE TABLE plains (id {key}, name text NOT NULL); \
             CREATE TABLE odds (id {key}, number bigint NOT NULL, plain_id bigint NOT NULL, \
             CONSTRAINT odd_sum CHECK (number > 0), \
             CONSTRAINT odds_plain_id_fkey FOREIGN KEY (plain_id) REFERENCES plains (id))"
        ))
        .expect("tables");
        let run = project.db("expressions", "check").ended(1);
        for words in [
            "the check \"odd_number\" of \"odds\" is refused by the database",
            "is_odd",
            "plains.lacking",
            "odds.absent",
        ] {
            assert!(run.contains(words), "{words}: {run}");
        }
        assert!(!run.contains("odd_sum"), "{run}");
        let run = project.db("expressions", "push").ended(1);
        assert!(
            run.contains("nothing was changed")
                && run.contains("the check \"odd_number\" of \"odds\""),
            "{run}"
        );
    });
}

#[test]
fn each_sql_is_prepared() {
    let project = Project::with_url("sqlite:shop.db");
    project.queries("generate").done();
    project.queries("migrate").done();
    insta::assert_snapshot!(project.queries("check --dialect sqlite").ended(1), @r#"
    SQLite: tests/cli/src/queries/wrong.rs:16
      error: no such column: nmae
        UPDATE customers SET nmae = … WHERE id = …
    SQLite: tests/cli/src/queries/wrong.rs:20
      error: near "UPDATE": syntax error
        SELECT * FROM sales FOR UPDATE
    SQLite: tests/cli/src/queries/wrong.rs:24
      warning: customers.name may be NULL: make Named.name an `Option`, or exclude NULLs in the SQL with `name IS NOT NULL`
        SELECT id, name FROM customers
    SQLite: tests/cli/src/queries/wrong.rs:28
      warning: sales.cents is NULL if the join finds no row of sales: make value 2 of the row an `Option`, or exclude NULLs in the SQL
        SELECT email, cents FROM customers c LEFT JOIN sales ON customer_id = c.id
    SQLite: tests/cli/src/queries/wrong.rs:36
      warning: the column cents is a 64-bit integer, and value 1 of the row is a 32-bit integer: a larger value is an error
      error: the column at is a point in time, and value 2 of the row is a UUID
        SELECT cents, at FROM sales
    SQLite: tests/cli/src/queries/wrong.rs:40
      error: Named has no field for the column one; the columns of the result are id, name, one
        SELECT id, email AS name, 1 AS one FROM customers
    SQLite: tests/cli/src/queries/wrong.rs:44
      warning: no statement of the program and no query on one table accepts it: no such function: lenght
        lenght(email) > …
    SQLite: tests/cli/src/queries/wrong.rs:48
      error: near "?1": syntax error: a value can't stand there, and no `sql!` of the program that is a part of other SQL fits
        SELECT count(*) FROM …
    5 errors, 4 warnings
    "#);
    let document = project.queries("check --json").json(1);
    let finding = document["findings"].as_array().expect("a list").first().expect("a finding");
    let place = [&finding["file"], &finding["line"], &finding["column"], &finding["kind"]];
    assert_eq!(
        place,
        [&json!("tests/cli/src/queries/wrong.rs"), &json!(16), &json!(5), &json!("sql")]
    );
    assert_eq!(finding["details"][0], "UPDATE customers SET nmae = … WHERE id = …");
    // The server is needed for the other half.
    let notice =
        "note: `sql!` was not checked on PostgreSQL; name a server with `--url` or DATABASE_URL\n";
    let check = project.queries("check").ended(1);
    assert_eq!(check.ends_with(notice), cfg!(feature = "postgres"), "{check}");
}

#[cfg(feature = "postgres")]
#[test]
fn each_sql_is_prepared_on_the_server() {
    let fresh = test_support::FreshPostgres::new();
    let project = Project::with_url(&fresh.url);
    project.queries("generate").done();
    project.queries("migrate").done();
    insta::assert_snapshot!(project.queries("check --dialect postgres").ended(1), @r#"
    PostgreSQL: tests/cli/src/queries/wrong.rs:16
      error: column "nmae" of relation "customers" does not exist
        UPDATE customers SET nmae = … WHERE id = …
    PostgreSQL: tests/cli/src/queries/wrong.rs:24
      warning: customers.name may be NULL: make Named.name an `Option`, or exclude NULLs in the SQL with `name IS NOT NULL`
        SELECT id, name FROM customers
    PostgreSQL: tests/cli/src/queries/wrong.rs:28
      warning: sales.cents is NULL if the join finds no row of sales: make value 2 of the row an `Option`, or exclude NULLs in the SQL
        SELECT email, cents FROM customers c LEFT JOIN sales ON customer_id = c.id
    PostgreSQL: tests/cli/src/queries/wrong.rs:36
      warning: the column cents is bigint, and value 1 of the row is a 32-bit integer: a larger value is an error
      error: the column at is timestamp with time zone, and value 2 of the row is a UUID
        SELECT cents, at FROM sales
    PostgreSQL: tests/cli/src/queries/wrong.rs:40
      error: Named has no field for the column one; the columns of the result are id, name, one
        SELECT id, email AS name, 1 AS one FROM customers
    PostgreSQL: tests/cli/src/queries/wrong.rs:44
      warning: no statement of the program and no query on one table accepts it: function lenght(text) does not exist
        lenght(email) > …
    PostgreSQL: tests/cli/src/queries/wrong.rs:48
      error: syntax error at or near "$1": a value can't stand there, and no `sql!` of the program that is a part of other SQL fits
        SELECT count(*) FROM …
    4 errors, 4 warnings
    "#);
    // SQLite is always there.
    let both = project.queries("check").ended(1);
    assert!(both.contains("\nSQLite: tests/cli/src/queries/wrong.rs:20\n"), "{both}");
    assert!(!both.contains("not checked"), "{both}");
}
