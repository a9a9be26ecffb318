//! `diagram` and `completions`.

use std::fs;

use crate::project::Project;

#[test]
fn tables_are_drawn_as_mermaid() {
    let project = Project::new();
    insta::assert_snapshot!(project.db("posts", "diagram").done(), @r#"
    %% made from the structs by the command `diagram`: do not edit
    erDiagram
      "users" {
        bigint id PK
        text email UK
        text nick "null"
        boolean active
      }
      "posts" {
        bigint id PK
        bigint author_id FK
        text title
        timestamptz created_at
      }
      "posts" }o..|| "users" : "author_id"
    "#);
}

#[test]
fn tables_are_drawn_as_dbml() {
    let project = Project::new();
    insta::assert_snapshot!(project.db("posts", "diagram --format dbml").done(), @r#"
    // made from the structs by the command `diagram`: do not edit

    Table "users" {
      "id" bigint [pk, increment, not null]
      "email" text [unique, not null]
      "nick" text
      "active" boolean [not null, default: true]
    }

    Table "posts" {
      "id" bigint [pk, increment, not null]
      "author_id" bigint [not null]
      "title" text [not null]
      "created_at" timestamptz [not null, default: `now()`]

      indexes {
        ("author_id", "created_at") [name: 'posts_author_id_created_at_idx']
      }

      Note: 'title_not_empty: length(title) > 0'
    }

    Ref "posts_author_id_fkey": "posts"."author_id" > "users"."id" [delete: cascade]
    "#);
    insta::assert_snapshot!(project.db("views", "diagram --format dbml").done(), @r#"
    // made from the structs by the command `diagram`: do not edit

    Table "nicks" {
      "nick" text
      "users" bigint

      Note: 'a view'
    }

    Table "named" {
      "id" bigint
      "nick" text

      Note: 'a view'
    }

    Table "users" {
      "id" bigint [pk, increment, not null]
      "email" text [unique, not null]
      "nick" text
    }
    "#);
}

#[test]
fn a_file_is_checked_and_written_again() {
    let project = Project::new();
    for file in ["schema.mmd", "schema.dbml", "schema.svg"] {
        let path = project.folder().join(file);
        let check = format!("diagram --out {file} --check");
        let write = format!("diagram --out {file}");
        let missing = format!("{file} is missing; run `diagram --out` without `--check`\n");
        assert_eq!(project.db("first", &check).ended(1), missing);
        assert!(!path.exists());
        assert_eq!(project.db("first", &write).done(), format!("Wrote {file}\n"));
        assert_eq!(project.db("first", &check).done(), format!("{file} is up to date\n"));
        let first = fs::read_to_string(&path).expect("the file is read");
        let differs =
            format!("{file} differs from the structs; run `diagram --out` without `--check`\n");
        assert_eq!(project.db("posts", &check).ended(1), differs);
        assert_eq!(fs::read_to_string(&path).expect("the file is read"), first);
        assert_eq!(project.db("posts", &write).done(), format!("Wrote {file}\n"));
        assert_ne!(fs::read_to_string(&path).expect("the file is read"), first);
        assert_eq!(project.db("posts", &write).done(), format!("{file} is up to date\n"));
    }
}

#[test]
fn a_file_of_somebody_else_is_kept() {
    let project = Project::new();
    let path = project.folder().join("notes.svg");
    fs::write(&path, "mine").expect("the file is written");
    insta::assert_snapshot!(project.db("first", "diagram --out notes.svg").ended(1), @r#"
    error: can't write notes.svg: it exists, and is no diagram
      - pass `--force` to overwrite it
    "#);
    assert_eq!(fs::read_to_string(&path).expect("the file is read"), "mine");
    project.db("first", "diagram --out notes.svg --force").done();
    assert_ne!(fs::read_to_string(&path).expect("the file is read"), "mine");
    insta::assert_snapshot!(project.db("first", "diagram --out README.md").ended(2), @r#"
    error: which language? Pass `--format mermaid`, `--format dbml` or `--format svg`, or end the file's name with .mmd, .dbml or .svg
    "#);
    insta::assert_snapshot!(project.db("first", "diagram --out no/such/folder/a.svg").ended(1), @r#"
    error: can't write no/such/folder/a.svg: No such file or directory (os error 2)
    "#);
}

#[test]
fn a_shell_gets_completions() {
    let project = Project::new();
    for (shell, begin) in [("bash", "_db"), ("zsh", "#compdef db"), ("fish", "# Print")] {
        let script = project.db("first", &format!("completions {shell}")).done();
        assert!(script.starts_with(begin), "{script}");
        for command in ["generate", "rollback", "diagram"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    insta::assert_snapshot!(project.db("first", "completions cmd").ended(1), @r#"
    error: invalid value 'cmd' for '<SHELL>'
      [possible values: bash, elvish, fish, powershell, zsh]

    For more information, try '--help'.
    "#);
}
