//! What others named reaches a terminal, a document and a file of structs without what those would obey.

use std::fs;
use test_support::each_url;

use mizzle::prelude::*;

use crate::project::Project;

/// Clears the screen, sets the window's title, goes back on its line, turns the direction of writing.
const HOSTILE: &str = "x\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\r\u{202e}\u{2066}y";

/// Whether a terminal would obey some of it.
fn is_obeyed(text: &str) -> bool {
    text.contains(|c: char| {
        c != '\n' && c != '\t' && c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

#[test]
fn obeys_no_name() {
    each_url!(|url| {
        let project = Project::with_url(url);
        let db = Db::connect(url).expect("the database");
        let lacks_index = format!("{HOSTILE}_view");
        db.execute_sql(&format!(
            "CREATE TABLE plain (id bigint PRIMARY KEY, \"{HOSTILE}\" text); \
             CREATE INDEX \"{HOSTILE}_plain\" ON plain (\"{HOSTILE}\"); \
             CREATE TABLE \"{HOSTILE}\" (id bigint PRIMARY KEY, \"{HOSTILE}\" text DEFAULT '{HOSTILE}', \
             CONSTRAINT \"{HOSTILE}_check\" CHECK (\"{HOSTILE}\" <> '{HOSTILE}')); \
             CREATE INDEX \"{HOSTILE}_index\" ON \"{HOSTILE}\" (\"{HOSTILE}\"); \
             CREATE VIEW \"{lacks_index}\" AS SELECT * FROM \"{HOSTILE}\"; \
             CREATE TABLE \"{HOSTILE}2\" (\"{HOSTILE}\" bigint)"
        ))
        .expect("tables");
        let pulled = project.db("first", "pull --out tables.rs");
        assert_eq!(pulled.code, 0, "{}{}", pulled.stdout, pulled.stderr);
        let source = fs::read_to_string(project.folder().join("tables.rs")).expect("the file");
        assert!(!is_obeyed(&source), "{source:?}");
        assert!(source.contains("\\u{1b}") && source.contains("\\u{202e}"), "{source}");
        let mut shown = vec![pulled];
        for command in [
            "pull",
            "pull --json",
            "status",
            "push --dry-run",
            "push --dry-run --json",
            "push",
            "check",
            "check --json",
            "migrate",
            "push --force --json",
            "push --force",
        ] {
            shown.push(project.db("posts", command));
        }
        let mut named = 0;
        for run in shown {
            let text = format!("{}{}", run.stdout, run.stderr);
            assert!(!is_obeyed(&text), "{text:?}");
            named += usize::from(text.contains("\\u{1b}[2J") || text.contains("\\u001b[2J"));
        }
        assert!(named >= 2, "only {named} commands named anything");
        let error = db.execute_sql(&format!("SELECT * FROM \"{HOSTILE}3\"")).unwrap_err();
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!is_obeyed(&text) && text.contains("\\u{1b}"), "{text:?}");
        }
    });
}
