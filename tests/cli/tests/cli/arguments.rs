//! Arguments, exit codes, and what all commands share.

use crate::project::Project;

#[test]
fn help_is_no_failure() {
    let project = Project::new();
    let help = project.db("first", "--help").done();
    assert!(help.contains("Exit codes:"), "{help}");
    for command in [
        "generate", "merge", "undo", "migrate", "rollback", "status", "push", "pull", "check",
        "export",
    ] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
        project.db("first", &format!("{command} --help")).done();
    }
    assert!(
        !project
            .run("first", "--help", &[("DATABASE_URL", "postgres://ada:secret@h/d")])
            .stdout
            .contains("secret")
    );
}

#[test]
fn a_misspelt_argument_is_a_failure_and_no_question() {
    let project = Project::new();
    let run = project.db("first", "generate --chekc").ended(1);
    assert!(run.contains("unexpected argument '--chekc'"), "{run}");
    let document = project.db("first", "generate --chekc --json").json(1);
    assert_eq!(document["error"]["code"], "USAGE_ERROR");
    assert_eq!(document["error"]["message"], "unexpected argument '--chekc' found");
}

#[test]
fn a_database_must_be_named() {
    let project = Project::new();
    for command in ["migrate", "rollback", "status", "push", "pull"] {
        let run = project.db("first", command).ended(1);
        insta::allow_duplicates! {
            insta::assert_snapshot!(run, @"
            error: no database is set
              - pass `--url`, or set DATABASE_URL: `sqlite:path/to/file.db` or `postgres://…`
            ");
        }
        let empty = project.run("first", command, &[("DATABASE_URL", "")]).ended(1);
        assert_eq!(empty, run);
    }
}

#[test]
fn no_password_is_printed() {
    let project = Project::new();
    for command in ["migrate", "status --json", "push", "pull"] {
        for url in [
            "postgres://ada:secret@127.0.0.1:1/blog",
            "mysql://ada:secret@localhost/blog",
            "ada:secret",
        ] {
            let run = project.db("first", &format!("{command} --url {url}")).ended(1);
            assert!(!run.contains("secret"), "{run}");
        }
    }
}

#[test]
fn colour_is_for_terminals() {
    let project = Project::new();
    let generate = "generate --check";
    assert!(!project.db("first", generate).ended(1).contains('\x1b'));
    let export = "export";
    assert!(project.db("first", &format!("{export} --color always")).stderr.contains('\x1b'));
}

#[test]
fn a_project_may_have_its_own_settings() {
    let project = Project::new();
    project.db("configured", "generate").done();
    assert_eq!(project.names("."), ["db"]);
    assert_eq!(project.names("db/steps"), ["sqlite"]);
    // It knows one database alone.
    assert_eq!(
        project.db("configured", "export").done(),
        project.db("first", "export --dialect sqlite").done()
    );
    // Flags go before the settings.
    project.db("configured", "generate --dir elsewhere --dialect postgres").done();
    assert_eq!(project.names("elsewhere"), ["postgres"]);
}
