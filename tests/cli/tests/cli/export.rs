//! `export`.

use crate::project::Project;

#[test]
fn the_sql_of_either_database_is_printed() {
    let project = Project::new();
    insta::assert_snapshot!(project.db("posts", "export --dialect sqlite").done(), @"");
    insta::assert_snapshot!(project.db("posts", "export --dialect postgres").done(), @"");
}

#[test]
fn the_url_says_for_which_database() {
    let project = Project::new();
    let sqlite = project.db("posts", "export --dialect sqlite").done();
    // Nothing is connected to.
    assert_eq!(project.db("posts", "export --url sqlite:/no/such/folder/blog.db").done(), sqlite);
    let postgres = [("DATABASE_URL", "postgres://nobody@localhost:1/none")];
    let postgres = project.run("posts", "export", &postgres).done();
    assert_eq!(postgres, project.db("posts", "export --dialect postgres").done());
    let run = project.db("posts", "export").ended(2);
    assert_eq!(run, "error: for which database? Pass `--dialect sqlite` or `--dialect postgres`\n");
}

#[test]
fn a_document_has_the_statements() {
    let document = Project::new().db("first", "export --dialect sqlite --json").json(0);
    assert_eq!(document["dialect"], "sqlite");
    let statements = document["statements"].as_array().expect("a list");
    assert_eq!(statements.len(), 1);
    assert!(statements[0].as_str().expect("text").starts_with("CREATE TABLE \"users\" ("));
}
