//! `pull`.

use std::fs;

use mizzle::prelude::*;

use crate::project::Project;
use crate::support::each_url;

/// A project whose database nobody has migrated.
fn project(url: &str) -> (Project, Db) {
    let project = Project::with_url(url);
    project.db("posts", "push").done();
    let db = Db::connect(url).expect("the database");
    db.execute_sql("INSERT INTO users (email) VALUES ('ada@example.com')").expect("a row");
    (project, db)
}

#[test]
fn structs_are_printed() {
    each_url(|url| {
        let (project, _) = project(url);
        insta::allow_duplicates! {
            insta::assert_snapshot!(project.db("first", "pull").done(), @r#"
            //! The tables of the database, as `pull` found them.

            use mizzle::prelude::*;

            #[derive(Table, Debug, Clone, PartialEq)]
            #[table(check(title_not_empty = "length(title) > 0"))]
            #[table(index(author_id, created_at.desc()))]
            pub struct Post {
                #[column(primary_key, auto)]
                pub id: i64,
                #[column(references(User, on_delete = cascade))]
                pub author_id: i64,
                pub title: String,
                #[column(default = now)]
                pub created_at: DateTime<Utc>,
            }

            #[derive(Table, Debug, Clone, PartialEq)]
            #[table(has_many(posts = Post))]
            pub struct User {
                #[column(primary_key, auto)]
                pub id: i64,
                #[column(unique)]
                pub email: String,
                pub nick: Option<String>,
                #[column(default = true)]
                pub active: bool,
            }

            mizzle::schema!(pub Schema = [Post, User]);
            "#);
        }
        assert_eq!(project.names("."), [""; 0]);
        let document = project.db("first", "pull --json").json(0);
        let source = document["source"].as_str().expect("text");
        assert!(source.contains("pub struct Post {"), "{source}");
    });
}

#[test]
fn a_file_is_overwritten_by_force_alone() {
    each_url(|url| {
        let (project, _) = project(url);
        project.db("first", "pull --out tables.rs").done();
        let path = project.folder().join("tables.rs");
        let written = fs::read_to_string(&path).expect("the file");
        fs::write(&path, "mine").expect("written");
        let run = project.db("first", "pull --out tables.rs").ended(1);
        assert!(run.contains("can't write tables.rs") && run.contains("pass `--force`"), "{run}");
        assert_eq!(fs::read_to_string(&path).expect("the file"), "mine");
        project.db("first", "pull --out tables.rs --force").done();
        assert_eq!(fs::read_to_string(&path).expect("the file"), written);
    });
}

#[test]
fn a_database_is_adopted() {
    each_url(|url| {
        let (project, db) = project(url);
        let printed = project.db("posts", "pull --out tables.rs --baseline").done();
        let dialect = project.dialect();
        assert_eq!(
            printed,
            format!(
                "Wrote tables.rs, with 2 tables\nWrote migrations/{dialect}/<version>_baseline, and recorded it as \
                 applied\n"
            )
        );
        // The structs that were pulled are those that the database was made from.
        let generated = project.db("posts", "generate").done();
        assert_eq!(generated, "No changes: the migrations lead to the structs already\n");
        assert_eq!(project.db("posts", "check").done(), "Nothing is wrong\n");
        assert_eq!(
            project.db("posts", "migrate").done(),
            "Nothing to do: all migrations are applied\n"
        );
        // From there it goes on.
        project.db("without_posts", "generate").ended(0);
        project.db("without_posts", "migrate").done();
        assert_eq!(users(&db), 1);
        let run = project.db("posts", "pull --baseline").ended(1);
        assert!(run.contains("has migrations for"), "{run}");
    });
}

#[test]
fn a_baseline_creates_the_same_elsewhere() {
    each_url(|url| {
        let (project, db) = project(url);
        project.db("posts", "pull --out tables.rs --baseline").done();
        db.execute_sql("DROP TABLE posts; DROP TABLE users").expect("an empty database");
        for history in ["__mizzle_migrations", "__diesel_schema_migrations"] {
            db.execute_sql(&format!("DELETE FROM {history}")).expect("a history");
        }
        project.db("posts", "migrate").done();
        assert_eq!(project.db("posts", "push").done().split(':').next(), Some("Nothing to do"));
        // What was there before its migrations doesn't go with them.
        let run = project.db("posts", "rollback").ended(1);
        assert!(run.contains("_baseline can't be rolled back"), "{run}");
    });
}

#[test]
fn what_has_no_struct_is_a_warning() {
    each_url(|url| {
        let (project, db) = project(url);
        db.execute_sql("CREATE TABLE notes (text TEXT)").expect("a table");
        let run = project.db("posts", "pull --out tables.rs --baseline");
        assert_eq!(
            (run.code, run.stderr.as_str()),
            (0, "warning: notes: it has no struct: it has no primary key\n")
        );
        let check = project.db("posts", "check").done();
        assert!(check.ends_with("Nothing is wrong\n"), "{check}");
    });
}

#[test]
fn there_must_be_a_table() {
    each_url(|url| {
        let run = Project::with_url(url).db("posts", "pull").ended(1);
        assert!(run.contains("has no table that a struct could describe"), "{run}");
    });
}

fn users(db: &Db) -> i64 {
    let sql = "(SELECT count(*) FROM users)";
    db.one(diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(sql))).expect("a count")
}
