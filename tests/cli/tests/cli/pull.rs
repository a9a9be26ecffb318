//! `pull`.

use std::fs;
use test_support::each_url;

use mizzle::prelude::*;

use crate::project::Project;

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
    each_url!(|url| {
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
    each_url!(|url| {
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
    each_url!(|url| {
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
        assert_eq!(generated, "No changes: the migrations already match the structs\n");
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

/// Tables of schemas that aren't read are no secret.
#[test]
fn other_schemas_are_named() {
    each_url!(|url| {
        let (project, db) = project(url);
        if db.dialect() == mizzle::Dialect::Sqlite {
            return;
        }
        db.execute_sql(
            "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.one (id int PRIMARY KEY); \
             CREATE TABLE elsewhere.two (id int); CREATE SCHEMA empty",
        )
        .expect("another schema");
        let note = "elsewhere.*: 2 tables are left out, as only the first schema of the search path is read: \
                    for this one, add `?options=-c%20search_path%3Delsewhere` to the URL";
        let run = project.db("posts", "pull --out tables.rs").ended(0);
        assert!(run.contains(&format!("warning: {note}")), "{run}");
        let source = fs::read_to_string(project.folder().join("tables.rs")).expect("the file");
        assert!(source.contains(&format!("// {note}")), "{source}");
        assert_eq!(run.matches("warning").count(), 1, "{run}");
        // The advice works.
        let elsewhere = Project::with_url(&format!("{url}?options=-c%20search_path%3Delsewhere"));
        let run = elsewhere.db("posts", "pull").ended(0);
        assert!(run.contains("pub struct One {") && run.contains("public.*: 2 tables"), "{run}");
        // Without any other, they say why there is none.
        let empty = Project::with_url(&format!("{url}?options=-c%20search_path%3Dempty"));
        let run = empty.db("posts", "pull").ended(1);
        assert!(run.contains("elsewhere.*: 2 tables are left out"), "{run}");
    });
}

/// Migrations of another tool that are older than the baseline are nobody's business any more.
#[test]
fn a_database_that_diesel_has_migrated_is_adopted() {
    each_url!(|url| {
        let (project, db) = project(url);
        db.execute_sql(
            "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
             run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP); \
             INSERT INTO __diesel_schema_migrations (version) VALUES ('00000000000000'), ('20200101000000')",
        )
        .expect("a history");
        // Its files are still in the folder.
        let old = project
            .folder()
            .join("migrations")
            .join(project.dialect())
            .join("2020-01-01-000000_all");
        fs::create_dir_all(&old).expect("a folder");
        fs::write(old.join("up.sql"), "SELECT 1").expect("a file");
        project.db("posts", "generate").ended(0);
        let run = project.db("posts", "migrate").ended(1);
        assert!(run.contains("move migrations of another tool out of the folder"), "{run}");
        project.db("posts", "undo").ended(0);
        let run = project.db("posts", "pull --out tables.rs --baseline").ended(1);
        assert!(run.contains("move them out of the folder first"), "{run}");
        fs::remove_dir_all(&old).expect("moved");
        project.db("posts", "pull --out tables.rs --baseline").done();
        assert_eq!(project.db("posts", "check").done(), "Nothing is wrong\n");
        let status = project.db("posts", "status").done();
        assert!(status.ends_with("\n1 applied, 2 replaced\n"), "{status}");
        // One that is newer is missing all the same.
        db.execute_sql(
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000000')",
        )
        .expect("another");
        let check = project.db("posts", "check").ended(1);
        assert!(check.contains("it is applied, but not in the folder"), "{check}");
    });
}

/// What no struct can say is in the baseline as well.
#[test]
fn a_baseline_carries_what_structs_cannot_say() {
    each_url!(|url| {
        let (project, db) = project(url);
        let sql = match db.dialect() {
            mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => {
                "CREATE TABLE notes (text TEXT COLLATE NOCASE, at DATETIME ON CONFLICT IGNORE); \
                 CREATE VIEW emails AS SELECT email FROM users; \
                 CREATE TRIGGER lower AFTER INSERT ON users BEGIN UPDATE users SET nick = lower(nick); END"
            }
            mizzle::Dialect::Postgres => {
                "CREATE FUNCTION next_nick() RETURNS text LANGUAGE sql AS $$ SELECT 'n'; $$; \
                 ALTER TABLE users ALTER COLUMN nick SET DEFAULT next_nick(); \
                 ALTER TABLE users ADD CONSTRAINT later CHECK (nick <> '') NOT VALID; \
                 CREATE TABLE notes (text text, price numeric(10,2)); \
                 CREATE VIEW emails AS SELECT email FROM users"
            }
        };
        let sql = sql.replace(" ON CONFLICT IGNORE", " NOT NULL ON CONFLICT IGNORE");
        db.execute_sql(&sql).expect("more");
        project.db("posts", "pull --out tables.rs --baseline").ended(0);
        let schema = orm_kit_dump(&db);
        let up = project.file(project.dialect(), 0, "up.sql");
        db.execute_sql("DROP VIEW emails; DROP TABLE notes; DROP TABLE posts; DROP TABLE users")
            .expect("an empty database");
        if db.dialect() == mizzle::Dialect::Postgres {
            db.execute_sql("DROP FUNCTION next_nick").expect("an empty database");
        }
        db.execute_sql("DELETE FROM __diesel_schema_migrations").expect("forgotten");
        project.db("posts", "migrate").done();
        assert_eq!(orm_kit_dump(&db), schema, "{up}");
    });
}

fn orm_kit_dump(db: &Db) -> Vec<String> {
    let mut statements = mizzle::kit::dump::dump(db).expect("a dump").statements;
    statements.sort();
    statements
}

#[test]
fn a_baseline_creates_the_same_elsewhere() {
    each_url!(|url| {
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
    each_url!(|url| {
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

/// A function that only the text of another one's body names, too.
#[cfg(feature = "postgres")]
#[test]
fn what_a_baseline_needs_is_named() {
    let fresh = test_support::FreshPostgres::new();
    let (project, db) = project(&fresh.url);
    db.execute_sql(
        "CREATE SCHEMA other; CREATE SEQUENCE other.numbers; \
         CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple); \
         CREATE FUNCTION other.\"q.x\"(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT upper($1)'; \
         CREATE FUNCTION other.unused(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1'; \
         CREATE FUNCTION shout(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT trim(other.\"q.x\"($1))'; \
         CREATE INDEX shouted ON users (shout(email)); \
         ALTER TABLE users ALTER COLUMN nick SET DEFAULT nextval('other.numbers')",
    )
    .expect("a schema that needs another");
    let run = project.db("posts", "pull --out tables.rs --baseline");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let up = project.file("postgres", 0, "up.sql");
    for need in [
        "sequence other.numbers",
        "function other.\"q.x\"(text)",
        "text search configuration plain",
    ] {
        let says =
            format!("the baseline needs {need}, which it doesn't create: it must exist first");
        assert!(run.stderr.contains(&says), "{}", run.stderr);
        assert!(up.contains(&format!("-- It needs {need}, before it can run.")), "{up}");
    }
    assert!(!run.stderr.contains("unused"), "{}", run.stderr);
}

#[test]
fn there_must_be_a_table() {
    each_url!(|url| {
        Db::connect(url).and_then(|db| db.execute_sql("SELECT 1")).expect("the database");
        let run = Project::with_url(url).db("posts", "pull").ended(1);
        assert!(run.contains("has no table that a struct could describe"), "{run}");
    });
}

#[cfg(feature = "sqlite")]
#[test]
fn a_missing_file_is_not_created() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("missing.db");
    let project = Project::with_url(&format!("sqlite:{}", file.display()));
    let run = project.db("posts", "pull").ended(1);
    assert!(run.contains("does not exist"), "{run}");
    assert!(!file.exists());
}

fn users(db: &Db) -> i64 {
    let sql = "(SELECT count(*) FROM users)";
    db.one(diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(sql))).expect("a count")
}
