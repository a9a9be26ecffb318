//! `migrate`, `rollback`, `status`.

use std::fs;
use std::thread;
use test_support::each_url;

use mizzle::prelude::*;

use crate::project::Project;

/// A project with two migrations.
fn project(url: &str) -> Project {
    let project = Project::with_url(url);
    project.db("first", "generate").done();
    project.db("posts", "generate").done();
    project
}

fn count(db: &Db, table: &str) -> i64 {
    let sql = format!("(SELECT count(*) FROM {table})");
    db.one(diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(&sql))).expect("a count")
}

#[test]
fn migrations_go_up_and_down() {
    each_url!(|url| {
        let project = project(url);
        insta::allow_duplicates! {
            insta::assert_snapshot!(project.told("posts", "status"), @"
            <database>
              pending  <version>_create_users
              pending  <version>_create_posts_alter_users
            2 pending
            ");
            insta::assert_snapshot!(project.told("posts", "migrate"), @"
            Applied <version>_create_users
            Applied <version>_create_posts_alter_users
            2 migrations applied
            ");
            insta::assert_snapshot!(project.told("posts", "migrate"), @"Nothing to do: all migrations are applied");
            insta::assert_snapshot!(project.told("posts", "status"), @"
            <database>
              applied  <version>_create_users
              applied  <version>_create_posts_alter_users
            2 applied
            ");
        }
        let db = Db::connect(url).expect("the database");
        db.execute_sql(
            "INSERT INTO users (email) VALUES ('ada@example.com'); \
             INSERT INTO posts (author_id, title) VALUES (1, 'Tea')",
        )
        .expect("rows");
        let refused = project.db("posts", "rollback").ended(1);
        for words in [
            "nothing was rolled back",
            "_create_posts_alter_users: it drops 1 row of \"posts\"",
            "`--force`",
        ] {
            assert!(refused.contains(words), "{refused}");
        }
        assert_eq!(count(&db, "posts"), 1);
        insta::allow_duplicates! {
            insta::assert_snapshot!(project.told("posts", "rollback --force"), @"
            Took back <version>_create_posts_alter_users
            1 migration taken back
            ");
            insta::assert_snapshot!(project.told("posts", "status"), @"
            <database>
              applied  <version>_create_users
              pending  <version>_create_posts_alter_users
            1 applied, 1 pending
            ");
        }
        // What stays keeps its rows.
        assert_eq!(count(&db, "users"), 1);
        project.db("posts", "migrate").done();
        let first = project.version(0);
        let refused = project.db("posts", &format!("rollback --to {first}")).ended(1);
        assert!(
            refused.contains("it drops column \"active\" of \"users\", which has a value in 1 row"),
            "{refused}"
        );
        let back = project.db("posts", &format!("rollback --to {first} --force")).done();
        assert!(back.contains("1 migration taken back"), "{back}");
        let refused = project.db("posts", "rollback --to 0 --json").json(1);
        assert_eq!(refused["error"]["hazards"][0]["rows"], 1, "{refused}");
        let back = project.db("posts", "rollback --to 0 --force").done();
        assert!(back.contains("1 migration taken back"), "{back}");
        assert_eq!(
            project.db("posts", "rollback").done(),
            "Nothing to do: there is no migration to roll back\n"
        );
    });
}

#[test]
fn a_run_may_stop_at_a_version() {
    each_url!(|url| {
        let project = project(url);
        let first = project.version(0);
        let document = project.db("posts", &format!("migrate --to {first} --json")).json(0);
        let applied = document["applied"].as_array().expect("a list");
        assert_eq!(applied.len(), 1);
        assert_eq!(applied[0]["version"], "<version>");
        let document = project.db("posts", "status --json").json(0);
        let states: Vec<&str> = document["migrations"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|migration| migration["state"].as_str())
            .collect();
        assert_eq!(states, ["applied", "pending"]);
        let run = project.db("posts", "migrate --to 1").ended(1);
        assert!(run.contains("there is no migration of version 1"), "{run}");
    });
}

#[test]
fn a_dry_run_changes_nothing() {
    each_url!(|url| {
        let project = project(url);
        let printed = project.db("posts", "migrate --dry-run").done();
        let [first, second] = ["_create_users\n", "_create_posts_alter_users\n"]
            .map(|name| printed.find(&format!("-- <version>{name}")).expect("a comment"));
        assert!(first < second);
        assert!(printed.contains("CREATE TABLE \"posts\""), "{printed}");
        let status = project.db("posts", "status").done();
        assert!(status.ends_with("\n2 pending\n"), "{status}");
    });
}

#[test]
fn a_failure_is_told_with_its_place() {
    each_url!(|url| {
        let project = project(url);
        let path = project.path(project.dialect(), 1).join("up.sql");
        fs::write(
            &path,
            "-- a remark\nCREATE TABLE tea (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n",
        )
        .expect("written");
        fs::write(path.with_file_name("metadata.toml"), "run_in_transaction = true\n")
            .expect("written");
        let run = project.db("posts", "migrate");
        assert!(run.stdout.contains("create_users in "), "{run:?}");
        assert!(
            run.stderr.contains("up.sql failed at statement 2 of 2, line 3 (`INSERT INTO nowhere"),
            "{run:?}"
        );
        assert!(run.stderr.contains("nothing of it remains"), "{run:?}");
        assert_eq!(run.code, 1);
        let document = project.db("posts", "migrate --json").json(1);
        let error = &document["error"];
        assert_eq!((&error["code"], &error["line"]), (&"MIGRATION_ERROR".into(), &3.into()));
        let db = Db::connect(url).expect("the database");
        assert!(db.execute_sql("SELECT * FROM tea").is_err());
        assert_eq!(count(&db, "users"), 0);
    });
}

#[test]
fn an_edited_file_is_refused() {
    each_url!(|url| {
        let project = project(url);
        project.db("posts", "migrate").done();
        let path = project.path(project.dialect(), 0).join("up.sql");
        let text = fs::read_to_string(&path).expect("the file");
        fs::write(&path, text + "\n-- a remark\n").expect("written");
        let run = project.db("posts", "migrate").ended(1);
        assert!(
            run.contains("a migration was edited after being applied: <version>_create_users"),
            "{run}"
        );
        project.db("posts", "migrate --allow-edited").done();
        let status = project.db("posts", "status").done();
        assert!(status.contains("edited   <version>_create_users"), "{status}");
        let check = project.db("posts", "check").ended(1);
        assert!(check.contains("its files were edited after it was applied"), "{check}");
    });
}

#[test]
fn a_folder_must_be_there() {
    each_url!(|url| {
        insta::allow_duplicates! {
            insta::assert_snapshot!(Project::with_url(url).db("first", "migrate").ended(1), @"
            error: there are no migrations: migrations does not exist
              - run `generate`, which writes the first one, or name the folder with `--dir`
            ");
        }
    });
}

#[test]
fn eight_runners_at_once_apply_each_migration_once() {
    each_url!(|url| {
        let project = project(url);
        let applied: usize = thread::scope(|scope| {
            let run = || {
                let document = project.db("posts", "migrate --json").json(0);
                document["applied"].as_array().expect("a list").len()
            };
            let runners: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
            runners.into_iter().map(|runner| runner.join().expect("no panic")).sum()
        });
        assert_eq!(applied, 2);
        project.db("posts", "check").done();
    });
}

/// What a person wrote into down.sql is looked at as well.
#[test]
fn taking_back_by_hand_counts_rows() {
    each_url!(|url| {
        let project = project(url);
        project.db("posts", "migrate").done();
        project.db("posts", "generate --custom --name more").done();
        let write = |file: &str, text: &str| {
            fs::write(project.path(project.dialect(), 2).join(file), text).expect("written");
        };
        write("up.sql", "CREATE TABLE \"more; notes\" (id int, note text);\n-- done");
        write("down.sql", "-- all\nDROP TABLE IF EXISTS \"more; notes\";");
        project.db("posts", "migrate").done();
        let db = Db::connect(url).expect("the database");
        db.execute_sql("INSERT INTO \"more; notes\" VALUES (1, 'a'), (2, NULL)").expect("rows");
        let refused = project.db("posts", "rollback").ended(1);
        assert!(refused.contains("it drops 2 rows of \"more; notes\""), "{refused}");
        assert_eq!(count(&db, "\"more; notes\""), 2);
        db.execute_sql("DELETE FROM \"more; notes\"").expect("no rows");
        project.db("posts", "rollback").done();
    });
}

/// Names that newer migrations have changed are followed.
#[test]
fn taking_back_many_counts_rows() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("first", "generate").done();
        project.db("renamed", "generate --rename users.nick=nickname").done();
        for (row, loses) in [(false, false), (true, true)] {
            project.db("renamed", "migrate").done();
            let db = Db::connect(url).expect("the database");
            if row {
                db.execute_sql("INSERT INTO users (email) VALUES ('ada@example.com')")
                    .expect("a row");
            }
            project.db("renamed", "rollback").done();
            project.db("renamed", "migrate").done();
            let run = project.db("renamed", "rollback --to 0");
            let told = run.ended(i32::from(loses));
            assert_eq!(told.contains("it drops 1 row of \"users\""), loses, "{told}");
        }
    });
}

/// The guards see hand-written SQL that deals with the rows in the way, and failures are reported as they are.
#[test]
fn a_backfill_above_the_guards_counts() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("first", "generate").done();
        project.db("first", "migrate").done();
        let db = Db::connect(url).expect("the database");
        db.execute_sql("INSERT INTO users (email, nick) VALUES ('a', 'x'), ('b', 'x'), ('c', 'y')")
            .expect("rows");
        project.db("unique_nick", "generate").ended(0);
        let refused = project.db("unique_nick", "migrate").ended(1);
        for words in ["is refused: \"users\" has 2 rows that share", "above the guard", "`undo`"] {
            assert!(refused.contains(words), "{words} is not in {refused}");
        }
        let place = project.path(project.dialect(), 1).join("up.sql");
        let generated = fs::read_to_string(&place).expect("up.sql");
        let marked = "-- Each guard stops the migration";
        let with = |sql: &str| generated.replacen(marked, &format!("{sql};\n{marked}"), 1);
        // Another mistake is not blamed on the rows.
        let backfill = "UPDATE users SET nick = email WHERE nick = 'x'";
        fs::write(&place, with(&format!("{backfill};\nSELECT nosuch"))).expect("written");
        let failed = project.db("unique_nick", "migrate").ended(1);
        assert!(failed.contains("nosuch") && !failed.contains("share"), "{failed}");
        assert_eq!(count(&db, "users WHERE nick = 'x'"), 2);
        fs::write(&place, with(backfill)).expect("written");
        project.db("unique_nick", "migrate").done();
        assert_eq!(count(&db, "users WHERE nick = 'x'"), 0);
    });
}

/// A database that is older than its migrations.
#[test]
fn tables_that_no_migration_made_lead_to_a_baseline() {
    each_url!(|url| {
        let project = project(url);
        let db = Db::connect(url).expect("the database");
        db.execute_sql("CREATE TABLE users (id int)").expect("a table");
        let failed = project.db("posts", "migrate").ended(1);
        assert!(failed.contains("run `pull --baseline`, which writes one"), "{failed}");
    });
}

/// Version control and editors change ends of lines and put marks before the text: to migrations that is no edit.
#[test]
fn ends_of_lines_are_no_edit() {
    each_url!(|url| {
        let project = project(url);
        project.db("posts", "migrate").done();
        for place in 0..2 {
            for file in ["up.sql", "down.sql", "snapshot.json", "metadata.toml"] {
                let path = project.path(project.dialect(), place).join(file);
                let text = fs::read_to_string(&path).expect("the file").replace('\n', "\r\n");
                fs::write(&path, format!("\u{feff}{text}")).expect("written");
            }
        }
        assert_eq!(project.db("posts", "check").done(), "Nothing is wrong\n");
        assert_eq!(
            project.db("posts", "migrate").done(),
            "Nothing to do: all migrations are applied\n"
        );
        project.db("posts", "generate --check").done();
        project.db("posts", "rollback --to 0").done();
        project.db("posts", "migrate").done();
    });
}
