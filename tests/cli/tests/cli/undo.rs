//! `undo`.

use std::fs;

use mizzle::prelude::*;
use test_support::each_url;

use crate::project::Project;

#[test]
fn what_is_applied_nowhere_is_removed() {
    let project = Project::new();
    project.db("first", "generate").done();
    project.db("posts", "generate").done();
    insta::assert_snapshot!(project.db("posts", "undo").ended(0), @"
    Removed migrations/sqlite/<version>_create_posts_alter_users
    Removed migrations/postgres/<version>_create_posts_alter_users
    note: no database is set, so it is not known whether the migration is applied; set one with `--url` or DATABASE_URL
    ");
    for dialect in ["sqlite", "postgres"] {
        assert_eq!(project.names(&format!("migrations/{dialect}")).len(), 1);
    }
    // From there it goes on.
    let again = project.db("posts", "generate").done();
    assert!(again.contains("_create_posts_alter_users"), "{again}");
    let removed = project.run("posts", "undo --json", &[]).json(0);
    assert_eq!(removed["removed"].as_array().map(Vec::len), Some(2), "{removed}");
    project.db("first", "undo").ended(0);
    assert_eq!(project.db("first", "undo").ended(0), "Nothing to do: there is no migration\n");
}

#[test]
fn what_is_applied_stays() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("first", "generate").done();
        project.db("first", "migrate").done();
        let refused = project.db("first", "undo").ended(1);
        assert!(refused.contains("_create_users is applied in"), "{refused}");
        assert!(refused.contains("run `rollback` to undo it"), "{refused}");
        assert_eq!(project.names("migrations/sqlite").len(), 1);
        project.db("first", "rollback").done();
        project.db("first", "undo").done();
        assert!(project.names("migrations/sqlite").is_empty());
    });
}

#[test]
fn what_a_person_wrote_stays() {
    let project = Project::new();
    project.db("first", "generate").done();
    // Untouched, there is nothing to keep.
    project.db("first", "generate --custom").done();
    project.db("first", "undo").ended(0);
    for file in ["up.sql", "down.sql"] {
        project.db("posts", "generate").done();
        let path = project.path("postgres", 1).join(file);
        let text = fs::read_to_string(&path).expect("the file");
        fs::write(&path, format!("{text}UPDATE users SET nick = '';\n")).expect("written");
        let refused = project.db("posts", "undo").ended(1);
        assert!(refused.contains(&format!("{file} contains hand-written SQL")), "{refused}");
        assert_eq!(project.names("migrations/sqlite").len(), 2);
        project.db("posts", "undo --force").ended(0);
        assert_eq!(project.names("migrations/sqlite").len(), 1);
    }
}

/// A refused migration stays in the folder, and a further one would run behind it.
#[test]
fn what_is_not_applied_is_named_with_the_way_back() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("first", "generate").done();
        project.db("first", "migrate").done();
        let db = Db::connect(url).expect("the database");
        db.execute_sql("INSERT INTO users (email, nick) VALUES ('a', 'Ada'), ('b', 'Ada')")
            .expect("rows");
        project.db("unique_nick", "generate").ended(0);
        project.db("unique_nick", "migrate").ended(1);
        let told = project.db("posts", "generate").ended(0);
        let says = "warning: <version>_alter_users is not applied in ";
        assert!(told.contains(says), "{told}");
        let says = ", and `migrate` runs it before the new one; if it was refused, run `undo` 2 times, which removes \
                    the files of both, and then `generate`, which writes one migration instead";
        assert!(told.contains(says), "{told}");
        // A third one behind the two.
        let document =
            project.db("declared", "generate --json --drop posts --drop users.active").json(0);
        assert_eq!(document["unapplied"].as_array().map(Vec::len), Some(2), "{document}");
        for _ in 0..3 {
            project.db("declared", "undo").ended(0);
        }
        project.db("posts", "generate").done();
        project.db("posts", "migrate").done();
        project.db("posts", "generate --check").done();
    });
}

/// Without a database, only what takes back something tells of a refusal.
#[test]
fn a_correction_is_noticed_without_a_database() {
    let project = Project::new();
    project.db("first", "generate").done();
    project.db("unique_nick", "generate").ended(0);
    let told = project.db("posts", "generate").ended(0);
    let says = "warning: the new migration changes again what <version>_alter_users changes, and no database can be \
                asked whether that is applied; if it was refused, run `undo` 2 times";
    assert!(told.contains(says), "{told}");
    let project = Project::with_url("postgres://127.0.0.1:1/nowhere");
    project.db("first", "generate").done();
    project.db("posts", "generate").done();
    let unset = [("DATABASE_URL", "sqlite:missing.db")];
    project.run("first", "generate", &unset).ended(0);
    assert!(!project.names(".").contains(&"missing.db".to_owned()), "it was created");
}
