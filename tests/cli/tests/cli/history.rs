//! What happens to a project whose folder or history somebody has changed by hand.

use std::fs;
use std::path::Path;

use mizzle::prelude::*;
use test_support::each_url;

use crate::project::Project;

/// A project with two migrations that are applied.
fn project(url: &str) -> (Project, Db) {
    let project = Project::with_url(url);
    for schema in ["first", "posts"] {
        project.db(schema, "generate").done();
        project.db(schema, "migrate").done();
    }
    (project, Db::connect(url).expect("the database"))
}

fn each_file(folder: &Path, change: &impl Fn(&Path)) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { each_file(&path, change) } else { change(&path) }
    }
}

#[test]
fn a_version_that_was_deleted() {
    each_url!(|url| {
        let (project, db) = project(url);
        let sql = format!(
            "DELETE FROM __diesel_schema_migrations WHERE version = '{}'",
            project.version(1)
        );
        db.execute_sql(&sql).expect("a deleted row");
        let told = project.db("posts", "status").done();
        assert!(told.contains("1 applied, 1 pending"), "{told}");
        let failed = project.db("posts", "migrate").ended(1);
        assert!(
            failed.contains("nothing of it remains") && failed.contains("was applied before"),
            "{failed}"
        );
        assert!(project.db("posts", "status").done().contains("1 applied, 1 pending"));
    });
}

#[test]
fn a_version_of_the_future() {
    each_url!(|url| {
        let (project, db) = project(url);
        db.execute_sql(
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')",
        )
        .expect("a row");
        assert!(project.db("posts", "check").ended(1).contains("not in the folder"));
        assert!(project.db("posts", "migrate").done().contains("Nothing to do"));
        assert!(project.db("posts", "rollback").ended(1).contains("<version>"));
        project.db("merged", "generate").ended(0);
        let run = project.db("merged", "migrate").ended(0);
        assert!(run.contains("is older than <version>"), "{run}");
    });
}

#[test]
fn another_checksum() {
    each_url!(|url| {
        let (project, db) = project(url);
        db.execute_sql("UPDATE __mizzle_migrations SET checksum = 'x'").expect("other sums");
        assert!(project.db("posts", "status").done().contains("2 edited"));
        for command in ["migrate", "rollback"] {
            let run = project.db("posts", command).ended(1);
            assert!(run.contains("edited after"), "{run}");
        }
    });
}

#[test]
fn a_history_of_another_form() {
    each_url!(|url| {
        let (project, db) = project(url);
        db.execute_sql("ALTER TABLE __mizzle_migrations DROP COLUMN checksum")
            .expect("a column less");
        for command in ["status", "migrate", "rollback"] {
            let run = project.db("posts", command).ended(1);
            assert!(run.contains("if `__mizzle_migrations` isn't as mizzle creates it"), "{run}");
        }
    });
}

/// Two in one second, and after the clock was set back.
#[test]
fn versions_follow_each_other() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("first", "generate").done();
        for dialect in ["sqlite", "postgres"] {
            let path = project.path(dialect, 0);
            fs::rename(&path, path.with_file_name("20990101000000_create_users"))
                .expect("a rename");
        }
        for schema in ["posts", "merged"] {
            project.db(schema, "generate").ended(0);
        }
        assert!(project.version(1) < project.version(2) && project.version(0) < project.version(1));
        project.db("merged", "migrate").done();
        assert_eq!(project.db("merged", "check").done(), "Nothing is wrong\n");
    });
}

#[test]
fn other_ends_of_lines_and_a_byte_order_mark() {
    each_url!(|url| {
        let (project, _) = project(url);
        each_file(&project.folder().join("migrations"), &|path| {
            let text = fs::read_to_string(path).expect("a text").replace('\n', "\r\n");
            fs::write(path, format!("\u{feff}{text}")).expect("a file");
        });
        assert_eq!(project.db("posts", "check").done(), "Nothing is wrong\n");
        project.db("posts", "generate --check").done();
        project.db("posts", "rollback --to 0").done();
        project.db("posts", "migrate").done();
        assert_eq!(project.db("posts", "check").done(), "Nothing is wrong\n");
    });
}

#[test]
fn folders_that_were_renamed_or_are_incomplete() {
    each_url!(|url| {
        let (project, _) = project(url);
        let path = project.path(project.dialect(), 0);
        let renamed = path.with_file_name(format!("{}_other", project.version(0)));
        fs::rename(&path, &renamed).expect("a rename");
        assert_eq!(project.db("posts", "check").done(), "Nothing is wrong\n");
        fs::remove_file(renamed.join("down.sql")).expect("a file less");
        assert!(project.db("posts", "status").done().contains("1 edited"));
        assert!(project.db("posts", "rollback --to 0").ended(1).contains("edited after"));
        fs::remove_file(renamed.join("up.sql")).expect("a file less");
        for command in ["status", "check", "migrate", "rollback", "generate"] {
            let run = project.db("merged", command).ended(1);
            assert!(run.contains("has no up.sql"), "{command}: {run}");
        }
    });
}

#[cfg(unix)]
#[test]
fn links() {
    each_url!(|url| {
        let (project, _) = project(url);
        let path = project.path(project.dialect(), 0);
        let moved = project.folder().join("moved");
        fs::rename(&path, &moved).expect("a rename");
        std::os::unix::fs::symlink(&moved, &path).expect("a link");
        assert_eq!(project.db("posts", "check").done(), "Nothing is wrong\n");
        fs::remove_dir_all(&moved).expect("a folder less");
        let run = project.db("posts", "status").ended(1);
        assert!(
            run.contains("restore what it links to") || run.contains("restore its target"),
            "{run}"
        );
    });
}

/// Where one dialect's folder can't be written, nothing is written for the other.
#[test]
fn nothing_is_half_written() {
    let project = Project::new();
    project.db("first", "generate").done();
    let folder = project.folder().join("migrations/postgres");
    fs::remove_dir_all(&folder).expect("a folder less");
    fs::write(&folder, "").expect("a file");
    project.db("posts", "generate").ended(1);
    assert_eq!(project.names("migrations/sqlite").len(), 1);
}
