//! `merge`.

use std::fs;
use test_support::each_url;

use crate::project::Project;

/// Moves the newest migration out of the way, into `kept`.
fn put_aside(project: &Project, dialect: &str, place: usize, kept: &str) {
    let from = project.path(dialect, place);
    let name = from.file_name().expect("a name").to_string_lossy().into_owned();
    let to = project.folder().join(kept);
    fs::create_dir_all(&to).expect("a folder");
    // Two branches seldom meet in one second.
    let (version, rest) = name.split_once('_').expect("a version");
    let later = version.parse::<u64>().expect("a number") + 5;
    fs::rename(from, to.join(format!("{later}_{rest}"))).expect("moved");
}

fn bring_back(project: &Project, dialect: &str, kept: &str) {
    let kept = project.folder().join(kept);
    for entry in fs::read_dir(&kept).expect("the folder") {
        let entry = entry.expect("an entry");
        let place = project.folder().join("migrations").join(dialect).join(entry.file_name());
        fs::rename(entry.path(), place).expect("moved");
    }
}

/// Two branches, `ours` and `theirs`, of structs after `first`.
fn branches(project: &Project, ours: &str, theirs: &str) {
    project.db("first", "generate").done();
    project.db(theirs, "generate --name theirs").ended(0);
    for dialect in ["sqlite", "postgres"] {
        put_aside(project, dialect, 1, &format!("kept-{dialect}"));
    }
    project.db(ours, "generate --name ours").ended(0);
    for dialect in ["sqlite", "postgres"] {
        bring_back(project, dialect, &format!("kept-{dialect}"));
    }
}

#[test]
fn two_branches_are_joined() {
    each_url!(|url| {
        let project = Project::with_url(url);
        branches(&project, "posts", "unique_nick");
        let stuck = project.db("merged", "generate").ended(1);
        assert!(stuck.contains("run `merge`"), "{stuck}");
        project.db("merged", "migrate").done();
        let joined = project.db("merged", "merge").done();
        assert!(joined.contains("_merge") && joined.contains("run `generate` next"), "{joined}");
        // The structs of both say nothing more.
        project.db("merged", "generate --check").done();
        for _ in 0..2 {
            assert_eq!(project.db("merged", "check").done(), "Nothing is wrong\n");
            project.db("merged", "migrate").done();
        }
        assert_eq!(project.db("merged", "merge").done(), "Nothing to do: there are no branches\n");
        project.db("merged", "rollback --to 0").done();
    });
}

#[test]
fn what_both_branches_change_is_named() {
    let project = Project::new();
    branches(&project, "without_nick", "unique_nick");
    let refused = project.db("first", "merge").ended(1);
    for words in ["_theirs can't be joined for SQLite", "nick", "run `generate` again"] {
        assert!(refused.contains(words), "{words} is not in {refused}");
    }
    assert_eq!(project.names("migrations/sqlite").len(), 3);
}
