//! `push`.

use mizzle::Dialect;
use mizzle::prelude::*;
use test_support::each_url;

use crate::project::Project;

/// A project whose database has the tables of a version of the structs, and rows.
fn project(url: &str, schema: &str) -> (Project, Db) {
    let project = Project::with_url(url);
    project.db(schema, "push").done();
    let db = Db::connect(url).expect("the database");
    db.execute_sql(
        "INSERT INTO users (email, nick) VALUES ('a', 'Ada'), ('b', 'Ada'), ('c', NULL)",
    )
    .expect("rows");
    (project, db)
}

fn nicks(db: &Db, column: &str) -> i64 {
    let sql = format!("(SELECT count({column}) FROM users)");
    db.one(diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(&sql))).expect("a count")
}

#[test]
fn a_second_push_does_nothing() {
    each_url!(|url| {
        let (project, db) = project(url, "first");
        for schema in ["first", "posts"] {
            project.db(schema, "push").done();
            let document = project.db(schema, "push --json").json(0);
            assert_eq!(document["changed"], false);
        }
        assert_eq!(nicks(&db, "nick"), 2);
        insta::allow_duplicates! {
            insta::assert_snapshot!(project.told("without_posts", "push"), @"
            Changed <database>
              - table posts
            ");
            insta::assert_snapshot!(project.told("without_posts", "push"), @"Nothing to do: <database> matches the structs");
        }
    });
}

#[test]
fn labels_get_other_names() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("labels", "push").done();
        let db = Db::connect(url).expect("the database");
        let rows = "INSERT INTO posts (status, mood) VALUES ('draft', 'draft'), ('live', NULL)";
        db.execute_sql(rows).expect("rows");
        let holds = |expected: [&str; 2]| {
            let sql = "SELECT CONCAT(status, mood) FROM posts ORDER BY id";
            let sql = if db.dialect() == mizzle::Dialect::Sqlite {
                sql.replace("CONCAT(status, mood)", "status || coalesce(mood, '')")
            } else {
                sql.to_owned()
            };
            let found: Vec<String> =
                db.load(diesel::dsl::sql::<diesel::sql_types::Text>(&sql)).expect("rows");
            assert_eq!(found, expected);
        };
        project.db("relabelled", "push").done();
        holds(["sketchsketch", "live"]);
        assert_eq!(project.db("relabelled", "push --json").json(0)["changed"], false);
        // The way back, by flag: the default and the type follow.
        let flags = "--rename posts.status:sketch=draft --rename posts.mood:sketch=draft";
        project.db("labels", &format!("push {flags}")).done();
        holds(["draftdraft", "live"]);
        // Swapped names: nothing shows whether they were swapped.
        let error = project.db("swapped", "push").ended(1);
        let flags = "--rename posts.status:draft=live --rename posts.status:live=draft";
        assert!(error.contains(flags), "{error}");
        let more = "--rename posts.mood:draft=live --rename posts.mood:live=draft";
        project.db("swapped", &format!("push {flags} {more}")).done();
        holds(["livelive", "draft"]);
        // Now the push remembers it.
        for again in ["push --dry-run", "push", "check"] {
            project.db("swapped", again).done();
        }
        assert_eq!(project.db("swapped", "push --json").json(0)["changed"], false);
        holds(["livelive", "draft"]);
        let error = project.db("labels", "push --rename posts.status:nothing=draft").ended(1);
        assert!(error.contains("matches nothing"), "{error}");
    });
}

/// The names of two columns and of two tables. A database alone doesn't show whether they were swapped.
#[test]
fn swapped_names_are_remembered() {
    each_url!(|url| {
        for by_push in [true, false] {
            let project = Project::with_url(url);
            let db = Db::connect(url).expect("the database");
            let update = |schema: &str, flags: &str| {
                if by_push {
                    project.db(schema, &format!("push {flags}")).done();
                } else {
                    project.db(schema, "generate").ended(0);
                    project.db(schema, "migrate").done();
                }
            };
            update("before_swap", "");
            db.execute_sql(
                "INSERT INTO fans (home, away) VALUES ('h', 'a'); INSERT INTO guests (seat) VALUES (7)",
            )
            .expect("rows");
            let mut flags = Vec::new();
            // Each answer opens the next question.
            let unanswered = |flags: &[String]| {
                let run = project.db("after_swap", &format!("push --dry-run {}", flags.join(" ")));
                (run.code != 0).then(|| run.ended(1))
            };
            while let Some(error) = Some(&flags).filter(|_| by_push).and_then(|f| unanswered(f)) {
                let (_, rest) = error.split_once("pass `").expect("flags");
                let (named, _) = rest.split_once('`').expect("flags");
                assert!(!flags.iter().any(|known| known == named), "{error}");
                flags.push(named.to_owned());
            }
            update("after_swap", &flags.join(" "));
            let holds = || {
                let sql = "(SELECT home || away FROM guests)";
                let found: String = db
                    .one(diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>(sql)))
                    .expect("a row");
                assert_eq!(found, "ah", "{flags:?}");
            };
            holds();
            for again in ["push --dry-run", "push", "check", "push --dry-run"] {
                project.db("after_swap", again).done();
            }
            assert_eq!(project.db("after_swap", "push --json").json(0)["changed"], false);
            holds();
            db.execute_sql("DROP TABLE fans; DROP TABLE guests").expect("no tables");
            for history in ["__mizzle_pushed", "__diesel_schema_migrations"] {
                db.execute_sql(&format!("DROP TABLE IF EXISTS {history}")).expect("no history");
            }
        }
    });
}

#[test]
fn values_go_by_force_alone() {
    each_url!(|url| {
        let (project, db) = project(url, "first");
        insta::allow_duplicates! {
            insta::assert_snapshot!(project.db("without_nick", "push").ended(1), @"
            error: nothing was changed:
              users.nick: drops the column with its values, 2 rows
              - pass `--force` to lose these rows and values; if something was only renamed, pass `--rename old=new`
            ");
        }
        assert_eq!(nicks(&db, "nick"), 2);
        let document = project.db("without_nick", "push --json").json(1);
        assert_eq!(document["error"]["code"], "REFUSED");
        assert_eq!(document["error"]["hazards"][0]["rows"], 2);
        insta::allow_duplicates! {
            assert_eq!(
                project.db("without_nick", "push --dry-run").ended(1),
                project.db("without_nick", "push").ended(1)
            );
            insta::assert_snapshot!(project.db("without_nick", "push --dry-run --force").ended(0), @r#"
            -- alone: what else depends on it, and no statement drops, stops this.
            ALTER TABLE "users" DROP COLUMN "nick";
            warning: users.nick: drops the column with its values, 2 rows
            "#);
            insta::assert_snapshot!(project.told("without_nick", "push --force"), @"
            Changed <database>
              - column users.nick
            warning: users.nick: drops the column with its values, 2 rows
            ");
        }
        let document = project.db("without_nick", "push --json").json(0);
        assert_eq!(document["changed"], false);
    });
}

#[test]
fn rows_in_the_way_are_counted() {
    each_url!(|url| {
        let (project, db) = project(url, "first");
        insta::allow_duplicates! {
            for args in ["push", "push --force"] {
                insta::assert_snapshot!(project.db("unique_nick", args).ended(1), @r#"
                error: nothing was changed:
                  "users" has 2 rows that share their (nick) with another, which the unique constraint "users_nick_key" forbids: change or delete all but one of each
                "#);
            }
        }
        db.execute_sql("UPDATE users SET nick = email WHERE nick IS NOT NULL").expect("other rows");
        project.db("unique_nick", "push").done();
        assert!(db.execute_sql("INSERT INTO users (email, nick) VALUES ('d', 'a')").is_err());
        assert_eq!(nicks(&db, "nick"), 2);
    });
}

/// Rows that can't be counted stop the push, with the advice for what stopped the count.
#[test]
fn rows_that_are_not_counted_are_kept() {
    each_url!(|url| {
        let (project, db) = project(url, "first");
        if db.dialect() == Dialect::Sqlite {
            return; // Whoever may write there may read.
        }
        // Like the database, whose name is unique.
        let role = url.rsplit('/').next().unwrap_or_default();
        db.execute_sql(&format!(
            "CREATE ROLE {role}; GRANT ALL ON SCHEMA public TO {role}; \
             GRANT ALL ON __mizzle_pushed TO {role}; ALTER TABLE users OWNER TO {role}; \
             REVOKE ALL ON users FROM {role}"
        ))
        .expect("an owner that may not read");
        let url = format!("{url}?options=-c%20role%3D{role}");
        let run = project.run("without_nick", "push --force", &[("DATABASE_URL", &url)]).ended(1);
        db.execute_sql(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"))
            .expect("no role");
        let says = "could not count the rows of users.nick to see whether it loses something: \
                    permission denied for table users";
        assert!(run.contains(says), "{run}");
        assert!(!run.contains("--force") && !run.contains("migration"), "{run}");
    });
}

#[test]
fn a_rename_keeps_values() {
    each_url!(|url| {
        let (project, db) = project(url, "first");
        let run = project.db("renamed", "push").ended(2);
        assert!(run.contains("--rename users.nick=users.nickname"), "{run}");
        project.db("declared", "push").done();
        assert_eq!(nicks(&db, "nickname"), 2);
        project.db("renamed", "push").done();
        project.db("first", "push --rename users.nickname=nick").done();
        assert_eq!(nicks(&db, "nick"), 2);
    });
}

/// What no struct ever named is nobody's business, with rows or without.
#[test]
fn what_others_made_is_left_alone() {
    each_url!(|url| {
        let (project, db) = project(url, "posts");
        db.execute_sql(
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT); \
             CREATE TABLE \"user\" (id INTEGER PRIMARY KEY, email TEXT, nick TEXT, author INTEGER REFERENCES users (id)); \
             ALTER TABLE users ADD COLUMN by_hand INTEGER DEFAULT 7; \
             CREATE INDEX by_hand_idx ON users (by_hand); CREATE UNIQUE INDEX nick_by_hand ON users (nick, email)",
        )
        .expect("things by hand");
        let stays = || {
            for sql in [
                "INSERT INTO notes VALUES (1, 'a')",
                "DELETE FROM notes",
                "INSERT INTO \"user\" (id) VALUES (1)",
                "DELETE FROM \"user\"",
                "UPDATE users SET by_hand = 8",
                "DROP INDEX by_hand_idx",
                "CREATE INDEX by_hand_idx ON users (by_hand)",
                "DROP INDEX nick_by_hand",
                "CREATE UNIQUE INDEX nick_by_hand ON users (nick, email)",
            ] {
                db.execute_sql(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
            }
        };
        for args in ["push", "push --force"] {
            let document = project.db("posts", &format!("{args} --json")).json(0);
            assert_eq!(document["changed"], false, "{document}");
        }
        stays();
        // Not by a change of the same table either, nor by that of one that is referred to.
        for schema in ["without_posts", "first", "unique_nick", "declared"] {
            db.execute_sql("UPDATE users SET nick = email").ok();
            project.db(schema, "push --force").ended(0);
            if schema != "declared" {
                stays();
            }
        }
        let check = project.db("declared", "check").done();
        for note in [
            "note: notes: no struct describes this table; it is left alone",
            "note: users.by_hand: no struct names this column; it is left alone",
            "note: users: no struct names the index by_hand_idx; it is left alone",
        ] {
            assert!(check.contains(note), "{check}");
        }
        assert!(check.ends_with("Nothing is wrong\n"), "{check}");
        // Whoever names it means it.
        let run = project.db("declared", "push --drop notes --drop users.by_hand").ended(1);
        assert!(run.contains("users.by_hand: drops the column with its values, 3 rows"), "{run}");
        project.db("declared", "push --force --drop notes --drop users.by_hand").ended(0);
        assert!(db.execute_sql("SELECT * FROM notes").is_err());
        assert!(db.execute_sql("SELECT by_hand FROM users").is_err());
    });
}

/// What depends on a column keeps its type, and the column, until somebody drops it.
#[test]
fn dependents_are_named_with_what_to_do() {
    each_url!(|url| {
        let (project, db) = project(url, "first");
        if db.dialect() == Dialect::Sqlite {
            return;
        }
        db.execute_sql(
            "ALTER TABLE users ALTER COLUMN nick TYPE varchar(9); \
             CREATE VIEW nicknames AS SELECT nick FROM users",
        )
        .expect("a view");
        for (schema, args) in [("first", "push"), ("without_nick", "push --force")] {
            let run = project.db(schema, args).ended(1);
            assert!(run.contains("view nicknames"), "{run}");
            let hints: Vec<&str> = run.lines().filter(|line| line.starts_with("  - ")).collect();
            let drop =
                "  - drop what depends on it before the change, and create it again afterwards";
            assert_eq!(hints, [drop], "{run}");
        }
    });
}

/// Equal constraints are several, also those that no struct has.
#[test]
fn equal_constraints_of_others_stay() {
    each_url!(|url| {
        let db = Db::connect(url).expect("the database");
        let id = match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => "INTEGER PRIMARY KEY AUTOINCREMENT",
            Dialect::Postgres => "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        };
        db.execute_sql(&format!(
            "CREATE TABLE users (id {id}, email TEXT NOT NULL, nick TEXT, other INT CONSTRAINT one UNIQUE, \
               CONSTRAINT users_email_key UNIQUE (email), CONSTRAINT two UNIQUE (other), \
               CONSTRAINT three CHECK (other > 0), CONSTRAINT four CHECK (other > 0))"
        ))
        .expect("a table");
        let project = Project::with_url(url);
        if db.dialect() == Dialect::Postgres {
            // The server makes one of two in CREATE TABLE.
            db.execute_sql("ALTER TABLE users ADD CONSTRAINT two UNIQUE (other)").expect("it");
        }
        // The column, two unique constraints, two checks.
        let noted = || project.told("first", "check").matches("no struct names").count();
        assert_eq!(noted(), 5);
        project.db("unique_nick", "push").ended(0);
        project.db("first", "push").ended(0);
        assert_eq!(noted(), 5);
    });
}

/// What went from the structs goes, also if it came by a migration.
#[test]
fn what_structs_named_goes() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("posts", "generate").done();
        project.db("posts", "migrate").done();
        let printed = project.db("without_posts", "push").done();
        assert!(printed.ends_with("  - table posts\n"), "{printed}");
        project.db("posts", "push").done();
        let printed = project.db("without_posts", "push").done();
        assert!(printed.ends_with("  - table posts\n"), "{printed}");
    });
}

#[test]
fn several_at_once_do_it_once() {
    each_url!(|url| {
        let project = Project::with_url(url);
        for schema in ["posts", "without_posts", "posts"] {
            std::thread::scope(|scope| {
                let pushes: Vec<_> =
                    (0..4).map(|_| scope.spawn(|| project.db(schema, "push --json"))).collect();
                for push in pushes {
                    let document = push.join().expect("a run").json(0);
                    assert!(document["error"].is_null(), "{document}");
                }
            });
        }
    });
}

#[test]
fn the_history_of_migrations_is_left_alone() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("first", "generate").done();
        project.db("first", "migrate").done();
        project.db("posts", "push").done();
        let status = project.db("posts", "status").done();
        assert!(status.ends_with("\n1 applied\n"), "{status}");
    });
}

#[test]
fn tables_that_no_struct_could_describe_are_left_alone() {
    each_url!(|url| {
        let (project, db) = project(url, "first");
        db.execute_sql("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('keep me')")
            .expect("a table without a primary key");
        project.db("posts", "push --force").done();
        let check = project.db("posts", "check").done();
        assert!(check.ends_with("Nothing is wrong\n"), "{check}");
        db.execute_sql("DELETE FROM notes").expect("the table is there");
    });
}

/// A dry run prints what a push runs, with what comes along that no struct says, or is refused like the push.
#[test]
#[cfg(feature = "sqlite")]
fn a_dry_run_foretells_the_push() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("a.db").display());
    let (project, db) = (Project::with_url(&url), Db::connect(&url).expect("the database"));
    let key = "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT";
    db.execute_sql(&format!(
        "CREATE TABLE users ({key}, email TEXT NOT NULL CONSTRAINT users_email_key UNIQUE ON CONFLICT REPLACE, \
         nick TEXT, extra TEXT DEFAULT 'x', CHECK (extra <> 'no')) STRICT; \
         CREATE TRIGGER seen AFTER INSERT ON users BEGIN SELECT 1; END; \
         INSERT INTO users (id, email) VALUES (7, 'a')"
    ))
    .expect("a table");
    let schema = || -> Vec<String> {
        let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' \
                   AND name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY type = 'trigger', name";
        db.load(diesel::dsl::sql::<diesel::sql_types::Text>(sql)).expect("the schema")
    };
    let before = schema();
    let document = project.db("unique_nick", "push --dry-run --json").json(0);
    let printed = project.db("unique_nick", "push --dry-run").done();
    assert_eq!(schema(), before);
    for clause in
        ["ON CONFLICT REPLACE", "extra <> 'no'", "STRICT", "CREATE TRIGGER seen", "\"extra\""]
    {
        assert!(printed.contains(clause), "{clause}: {printed}");
    }
    let statements: Vec<&str> = document["statements"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|sql| sql.as_str())
        .collect();
    project.db("unique_nick", "push").done();
    let after = schema();
    // The same as plain SQL, on a connection that says that nothing is lost.
    let plain = format!("CREATE TEMP TABLE mizzle_runner (x); {}", statements.join(";\n"));
    db.execute_sql(&format!(
        "DROP TABLE users; {}; INSERT INTO users (id, email) VALUES (7, 'a')",
        before.join(";\n")
    ))
    .expect("the table as it was");
    db.execute_sql(&plain).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(schema(), after);

    db.execute_sql("CREATE VIEW nicks AS SELECT nick FROM users").expect("a view");
    let refused = project.db("without_nick", "push --force").ended(1);
    assert!(refused.contains("nicks"), "{refused}");
    assert_eq!(project.db("without_nick", "push --dry-run --force").ended(1), refused);
}
