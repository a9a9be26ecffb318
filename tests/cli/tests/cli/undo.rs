//! `undo`.

use std::fs;
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
