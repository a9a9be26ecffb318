//! No command prints a row's value or the URL's password, whatever it does and however it fails.

use mizzle::prelude::*;
use test_support::each_url;

use crate::project::{Project, Run};

const MARKER: &str = "m4rk3r";

/// The rows are alike, so a new unique fails by them.
const ROWS: &str = "INSERT INTO users (email, nick) VALUES \
    ('m4rk3r one', 'm4rk3r'), ('m4rk3r two', 'm4rk3r'), ('m4rk3r three', NULL)";

#[track_caller]
fn hides(url: &str, Run { stdout, stderr, .. }: &Run) {
    let shown = format!("{stdout}{stderr}");
    assert!(!shown.contains(MARKER), "{shown}");
    let password = url.strip_prefix("postgres://").and_then(|rest| {
        let (account, _) = rest.split_once('@')?;
        account.split_once(':').map(|(_, password)| password)
    });
    assert!(password.is_none_or(|password| !shown.contains(password)), "{shown}");
}

#[test]
fn are_not_printed() {
    each_url!(|url| {
        let project = Project::with_url(url);
        project.db("first", "generate").done();
        project.db("first", "migrate").done();
        let db = Db::connect(url).unwrap();
        db.execute_sql(ROWS).unwrap();
        let mut failed = 0;
        let mut run = |schema: &str, command: &str| {
            let run = project.db(schema, command);
            hides(url, &run);
            failed += usize::from(run.code != 0);
        };
        for schema in ["unique_nick", "renamed", "declared", "merged", "without_nick"] {
            for command in [
                "push --dry-run",
                "push --dry-run --json",
                "push --force --dry-run",
                "generate --check",
                "generate --check --json",
                "check",
                "check --json",
                "status",
                "status --json",
                "pull",
                "export",
            ] {
                run(schema, command);
            }
        }
        // Fails by the rows, here and as a migration.
        run("unique_nick", "push --force");
        run("unique_nick", "generate");
        run("unique_nick", "migrate");
        run("unique_nick", "migrate --json");
        run("unique_nick", "rollback");
        run("without_nick", "push --force");
        assert!(failed > 3, "{failed} commands failed");
    });
}
