//! Migrations for Cloudflare D1, which its own tool applies.

use std::fs;

use mizzle::Dialect;
use mizzle::kit::folder::Folder;
use mizzle::prelude::*;

use crate::project::Project;

#[test]
fn generate_writes_files_for_wrangler() {
    let project = Project::new();
    insta::assert_snapshot!(project.db("first", "generate --dialect d1").done(), @"
    Wrote migrations/d1/0001_create_users.sql
      + table users (id, email, nick)
    ");
    // From then on, the folder says that the project has the database.
    insta::assert_snapshot!(project.db("posts", "generate").done(), @"
    Wrote migrations/d1/0002_create_posts_alter_users.sql
      + column users.active: boolean NOT NULL, default true
      + table posts (id, author_id, title, created_at)
    ");
    let files = ["0001_create_users.sql", "0002_create_posts_alter_users.sql", "meta"];
    assert_eq!(project.names("migrations/d1"), files);
    assert_eq!(project.names("migrations"), ["d1"]);
    let beside = "migrations/d1/meta/0002_create_posts_alter_users";
    assert_eq!(project.names(beside), ["down.sql", "snapshot.json"]);
    let up = fs::read_to_string(project.folder().join("migrations/d1").join(files[1])).unwrap();
    assert!(up.contains("ALTER TABLE \"users\" ADD COLUMN \"active\""), "{up}");
    for word in ["BEGIN", "COMMIT", "TEMP"] {
        assert!(!up.contains(word), "{up}");
    }
    project.db("posts", "generate --check").done();
    let found = project.db("posts", "check").ended(0);
    assert!(!found.contains("error"), "{found}");

    let removed = project.db("posts", "undo").ended(0);
    assert!(
        removed.contains("Removed migrations/d1/0002_create_posts_alter_users.sql"),
        "{removed}"
    );
    assert_eq!(project.names("migrations/d1"), ["0001_create_users.sql", "meta"]);
    assert_eq!(project.names("migrations/d1/meta"), ["0001_create_users"]);
}

#[test]
fn each_database_has_versions_of_its_own() {
    let project = Project::new();
    project.db("first", "generate --dialect d1 --dialect sqlite").done();
    project.db("posts", "generate").done();
    assert_eq!(project.names("migrations/d1").len(), 3);
    assert_eq!(project.names("migrations/sqlite").len(), 2);
    // They were written together, and go together.
    let removed = project.db("posts", "undo").ended(0);
    assert!(
        removed.contains("migrations/d1/0002_") && removed.contains("migrations/sqlite/"),
        "{removed}"
    );
    assert_eq!(project.names("migrations/d1").len(), 2);
    assert_eq!(project.names("migrations/sqlite").len(), 1);
}

#[test]
fn by_default_there_is_none() {
    let project = Project::new();
    project.db("first", "generate").done();
    assert_eq!(project.names("migrations"), ["postgres", "sqlite"]);
}

/// A project with files of another tool, and the local database that wrangler has applied them to.
fn adopted(applied: &[&str]) -> (Project, String) {
    let project = Project::new();
    let tables = project.db("first", "export --dialect d1").done();
    let folder = project.folder().join("migrations/d1");
    fs::create_dir_all(folder.join("meta")).expect("done");
    fs::write(folder.join("meta/_journal.json"), "{}").expect("done");
    fs::write(folder.join("0000_init.sql"), &tables).expect("done");
    fs::write(folder.join("0001_none.sql"), "SELECT 1;\n").expect("done");
    let url = format!("sqlite:{}", project.folder().join("local.sqlite").display());
    let db = Db::connect(&url).expect("done");
    db.execute_sql(&tables).expect("done");
    db.execute_sql(
        "CREATE TABLE d1_migrations(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT \
         CURRENT_TIMESTAMP NOT NULL); CREATE TABLE _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)",
    )
    .expect("done");
    for name in applied {
        db.execute_sql(&format!("INSERT INTO d1_migrations (name) VALUES ('{name}')"))
            .expect("done");
    }
    (project, url)
}

#[test]
fn files_of_another_tool_are_adopted() {
    let (project, url) = adopted(&["0000_init.sql", "0001_none.sql"]);
    let told =
        project.db("first", &format!("pull --baseline --dialect d1 --out schema.rs --url {url}"));
    let told = told.ended(0);
    assert!(told.contains("meta/0001_none/snapshot.json"), "{told}");
    let source = fs::read_to_string(project.folder().join("schema.rs")).unwrap();
    assert!(!source.contains("struct D1") && !source.contains("struct Cf"), "{source}");
    project.db("first", "generate --check").done();
    let next = project.db("posts", "generate").done();
    assert!(next.contains("Wrote migrations/d1/0002_create_posts_alter_users.sql"), "{next}");
    let folder = Folder::read(&project.folder().join("migrations"), Dialect::D1).unwrap();
    assert_eq!(folder.migrations.len(), 3);
    // Once there is a snapshot, there is nothing to adopt.
    let again = project.db("posts", &format!("pull --baseline --dialect d1 --url {url}"));
    assert!(again.ended(1).contains("has migrations for D1 already"));
}

#[test]
fn a_database_that_lacks_a_file_is_not_adopted() {
    let (project, url) = adopted(&["0000_init.sql"]);
    let refused =
        project.db("first", &format!("pull --baseline --dialect d1 --url {url}")).ended(1);
    assert!(refused.contains("0001_none.sql is not applied in"), "{refused}");
    assert!(refused.contains("run `wrangler d1 migrations apply` first"), "{refused}");
    assert_eq!(project.names("migrations/d1/meta"), ["_journal.json"]);
}
