//! `generate`.

use std::fs;
use test_support::each_url;

use mizzle::prelude::*;

use crate::project::Project;

#[test]
fn one_run_writes_both_databases() {
    let project = Project::new();
    insta::assert_snapshot!(project.db("first", "generate").done(), @"
    Wrote migrations/sqlite/<version>_create_users
    Wrote migrations/postgres/<version>_create_users
      + table users (id, email, nick)
    ");
    insta::assert_snapshot!(project.db("first", "generate").done(), @"No changes: the migrations already match the structs");
    insta::assert_snapshot!(project.db("posts", "generate").done(), @"
    Wrote migrations/sqlite/<version>_create_posts_alter_users
    Wrote migrations/postgres/<version>_create_posts_alter_users
      + column users.active: boolean NOT NULL, default true
      + table posts (id, author_id, title, created_at)
    ");
    let sqlite = project.names("migrations/sqlite");
    assert_eq!(sqlite, project.names("migrations/postgres"));
    assert_eq!(sqlite.len(), 2);
    assert_eq!(
        project.names(&format!("migrations/sqlite/{}", sqlite[0])),
        ["down.sql", "metadata.toml", "snapshot.json", "up.sql"]
    );
}

#[test]
fn the_files_are_the_same_on_every_run() {
    let [one, other] = [Project::new(), Project::new()];
    for project in [&one, &other] {
        project.db("first", "generate").done();
        project.db("posts", "generate").done();
    }
    for dialect in ["sqlite", "postgres"] {
        for position in 0..2 {
            for file in ["up.sql", "down.sql", "snapshot.json", "metadata.toml"] {
                assert_eq!(one.file(dialect, position, file), other.file(dialect, position, file));
            }
        }
    }
}

#[test]
fn check_writes_nothing() {
    let project = Project::new();
    insta::assert_snapshot!(project.db("first", "generate --check").ended(1), @"
    A migration is missing: run `generate`
      + table users (id, email, nick)
    ");
    assert_eq!(project.names("."), [""; 0]);
    project.db("first", "generate").done();
    project.db("first", "generate --check").done();
    // A rename that nobody declares is a missing migration too.
    let run = project.db("renamed", "generate --check").ended(1);
    assert!(run.contains("--rename users.nick=users.nickname"), "{run}");
}

#[test]
fn a_rename_is_asked_for_by_flag() {
    let project = Project::new();
    project.db("first", "generate").done();
    let before = project.names("migrations/sqlite");
    insta::assert_snapshot!(project.db("renamed", "generate").ended(2), @r#"error: column "nick" of table "users" is gone, and "nickname" is new: if it was renamed, pass `--rename users.nick=users.nickname`, or write `renamed_from = "nick"` in the struct; to drop it with its contents, pass `--drop users.nick`"#);
    let document = project.db("renamed", "generate --json").json(2);
    assert_eq!(document["error"]["code"], "ANSWER_NEEDED");
    assert_eq!(document["error"]["questions"][0]["gone"], "nick");
    assert_eq!(project.names("migrations/sqlite"), before);
    insta::assert_snapshot!(project.db("renamed", "generate --rename users.nick=nickname").done(), @"
    Wrote migrations/sqlite/<version>_alter_users
    Wrote migrations/postgres/<version>_alter_users
      ~ column users.nick -> nickname
    ");
    assert!(project.file("sqlite", 1, "up.sql").contains("RENAME"));
    project.db("renamed", "generate --check").done();
}

#[test]
fn a_rename_is_declared_by_the_struct() {
    let project = Project::new();
    project.db("first", "generate").done();
    project.db("declared", "generate").done();
    let up = project.file("postgres", 1, "up.sql");
    assert!(up.contains("RENAME") && !up.contains("DROP"), "{up}");
    // The attribute may stay, and may go.
    project.db("declared", "generate --check").done();
    project.db("renamed", "generate --check").done();
}

#[test]
fn a_label_gets_another_name_and_its_rows_follow() {
    each_url!(|url| {
        for (schema, expected) in
            [("relabelled", ["sketch", "live"]), ("swapped", ["live", "draft"])]
        {
            let project = Project::with_url(url);
            project.db("labels", "generate").done();
            project.db("labels", "migrate").done();
            let db = Db::connect(url).expect("the database");
            let holds = |expected: [&str; 2]| {
                for column in ["status", "mood"] {
                    let sql = format!("SELECT CAST({column} AS TEXT) FROM posts ORDER BY id");
                    let found: Vec<String> =
                        db.load(diesel::dsl::sql::<diesel::sql_types::Text>(&sql)).expect("rows");
                    assert_eq!(found, expected, "{column}");
                }
            };
            db.execute_sql(
                "INSERT INTO posts (status, mood) VALUES ('draft', 'draft'), ('live', 'live')",
            )
            .expect("rows");
            let told = project.db(schema, "generate").ended(0);
            assert!(told.contains("posts.status: label \"draft\" -> "), "{told}");
            project.db(schema, "migrate").done();
            holds(expected);
            // The attribute has been followed, and may stay.
            project.db(schema, "generate --check").done();
            project.db(schema, "check").done();
            project.db(schema, "rollback").done();
            holds(["draft", "live"]);
            project.db(schema, "migrate").done();
            holds(expected);
            project.db(schema, "rollback --to 0 --force").done();
        }
    });
}

#[test]
fn a_drop_is_written_with_a_warning() {
    let project = Project::new();
    project.db("first", "generate").done();
    insta::assert_snapshot!(project.db("without_nick", "generate").ended(0), @"
    Wrote migrations/sqlite/<version>_alter_users
    Wrote migrations/postgres/<version>_alter_users
      - column users.nick
    warning: users.nick: drops the column with its values
    warning: users.nick: rolling back adds the column without its values
    ");
    project.db("renamed", "generate --drop users.nick").ended(1);
}

#[test]
fn an_answer_that_fits_nothing_is_refused() {
    let project = Project::new();
    project.db("first", "generate").done();
    insta::assert_snapshot!(project.db("posts", "generate --rename users.nik=nickname").ended(1), @"
    error: `--rename users.nik=nickname` matches nothing: users.nik must be gone from the structs, and nickname must be new
      - use the names of tables and columns in the database, and check their spelling
    ");
    insta::assert_snapshot!(project.db("posts", "generate --rename nickname").ended(1), @"
    error: `--rename nickname` is not valid
      - write `--rename users=people` for a table, `--rename users.nick=nickname` for a column, `--rename users.role:admin=owner` for an enum's label
    ");
    assert_eq!(project.names("migrations/sqlite").len(), 1);
}

#[test]
fn a_migration_may_be_written_by_hand() {
    let project = Project::new();
    project.db("first", "generate").done();
    insta::assert_snapshot!(project.db("first", "generate --custom --name BackfillNicks").done(), @"
    Wrote migrations/sqlite/<version>_backfill_nicks
    Wrote migrations/postgres/<version>_backfill_nicks
      to fill in: the SQL that applies it, and down.sql, which undoes it
    ");
    assert_eq!(
        project.file("sqlite", 1, "up.sql"),
        "-- Write the SQL that changes the database here.\n"
    );
    assert_eq!(project.file("sqlite", 1, "metadata.toml"), "run_in_transaction = true\n");
    project.db("first", "generate --check").done();
}

#[test]
fn one_database_may_be_meant() {
    let project = Project::new();
    project.db("first", "generate --dialect sqlite").done();
    // From then on the project is one for SQLite.
    project.db("posts", "generate").done();
    assert_eq!(project.names("migrations"), ["sqlite"]);
    assert_eq!(project.names("migrations/sqlite").len(), 2);
    // Until it is said otherwise; the other one catches up in one step.
    project.db("posts", "generate --dialect postgres").done();
    assert_eq!(project.names("migrations/postgres").len(), 1);
    project.db("posts", "generate --check").done();
}

#[test]
fn branches_are_an_error_that_says_what_to_do() {
    let project = Project::new();
    project.db("first", "generate").done();
    project.db("posts", "generate --name ours").done();
    let ours = project.names("migrations/sqlite")[1].clone();
    let [from, aside] = ["migrations/sqlite", "aside"].map(|folder| project.folder().join(folder));
    fs::rename(from.join(&ours), &aside).expect("moved");
    project.db("unique_nick", "generate --dialect sqlite --name theirs").ended(0);
    // Two branches seldom meet in one second.
    fs::rename(&aside, from.join("20990101000000_ours")).expect("moved back");
    insta::assert_snapshot!(project.db("posts", "generate").ended(1), @"error: migrations/sqlite/<version>_theirs and migrations/sqlite/<version>_ours were both generated from the same schema, on branches that didn't know of each other: run `merge`, which joins them if they change different things; otherwise delete the one that is not applied anywhere yet (probably migrations/sqlite/<version>_ours) and run `generate`, which writes it again on top of the other; if it is hand-written, delete only its snapshot.json");
}

#[test]
fn a_snapshot_of_a_later_version_is_told() {
    let project = Project::new();
    project.db("first", "generate --dialect sqlite").done();
    let folder = project.names("migrations/sqlite")[0].clone();
    let path = project.folder().join("migrations/sqlite").join(folder).join("snapshot.json");
    let text = fs::read_to_string(&path).expect("a snapshot");
    fs::write(&path, text.replace("\"format\": 1", "\"format\": 9")).expect("written");
    let run = project.db("posts", "generate").ended(1);
    assert!(run.contains("has format 9") && run.contains("update mizzle"), "{run}");
}
