//! wrangler itself applies what the kit writes, and sees nothing else in the folder.

use std::path::Path;
use std::process::Command;

use orm_core::Dialect;
use orm_core::schema::{Action, ColumnDef, ColumnType, TableDef};
use orm_kit::diff::{Hints, diff};
use orm_kit::folder::{Folder, NewMigration, Snapshot, Versions, write};
use orm_kit::render::render;

use crate::server::installed;

const SETTINGS: &str = r#"{
  "name": "blog",
  "compatibility_date": "2025-01-01",
  "d1_databases": [
    {
      "binding": "DB",
      "database_name": "blog",
      "database_id": "00000000-0000-0000-0000-000000000000",
      "migrations_dir": "migrations/d1"
    }
  ]
}
"#;

fn wrangler(modules: &Path, project: &Path, args: &[&str]) -> (bool, String) {
    let output = Command::new("node")
        .arg(modules.join("node_modules/wrangler/bin/wrangler.js"))
        .args(args)
        .current_dir(project)
        .env("CI", "1")
        .env("WRANGLER_SEND_METRICS", "false")
        .output()
        .expect("node runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn posts(unique: bool) -> Vec<TableDef> {
    let users = TableDef::new("users")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(ColumnDef::new("name", ColumnType::Text))
        .primary_key(&["id"])
        .full_text(&["name"], "simple");
    let posts = TableDef::new("posts")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(ColumnDef::new("user_id", ColumnType::BigInt))
        .primary_key(&["id"])
        .foreign_key(None, &["user_id"], "users", &["id"], Action::Cascade, Action::NoAction);
    vec![if unique { users.unique(None, &["name"]) } else { users }, posts]
}

/// Writes the migration from the newest snapshot to these tables.
fn generate(root: &Path, name: &str, to: &[TableDef]) {
    let folder = Folder::read(root, Dialect::D1).expect("a folder");
    let latest = folder.latest().expect("a chain");
    let from = latest.map(|snapshot| snapshot.tables.clone()).unwrap_or_default();
    let change = diff(&from, to, &Hints::default()).expect("no question");
    let text = |change| render(&change, Dialect::D1).expect("a valid schema").text();
    let migration = NewMigration {
        up: text(change.clone()),
        down: text(change.inverse()),
        run_in_transaction: true,
        baseline: false,
        snapshot: Snapshot::new(Dialect::D1, latest, to.to_vec()),
    };
    let versions =
        Versions::next(std::slice::from_ref(&folder), std::time::SystemTime::now().into());
    write(root, &versions, name, &[migration]).expect("written");
}

#[test]
fn it_applies_what_the_kit_writes() {
    let Some(modules) = installed() else { return };
    let project = tempfile::tempdir().unwrap();
    let project = project.path();
    std::fs::write(project.join("wrangler.json"), SETTINGS).unwrap();
    let root = project.join("migrations");
    let run = |args: &[&str]| wrangler(&modules, project, args);
    let sql = |sql: &str| {
        let (done, text) = run(&["d1", "execute", "blog", "--local", "--json", "--command", sql]);
        assert!(done, "{text}");
        text
    };

    generate(&root, "create_users_posts", &posts(false));
    let (done, text) = run(&["d1", "migrations", "apply", "blog", "--local"]);
    assert!(done && text.contains("0001_create_users_posts.sql"), "{text}");
    sql(
        "INSERT INTO users (id, name) VALUES (1, 'ada'), (2, 'ada'); INSERT INTO posts (user_id) VALUES (1), (2)",
    );

    // The guard's words reach the person, and nothing has changed.
    generate(&root, "unique", &posts(true));
    let (done, text) = run(&["d1", "migrations", "apply", "blog", "--local"]);
    assert!(
        !done && text.contains("\"users\" has 2 rows that share their (name) with another"),
        "{text}"
    );
    let (_, text) = run(&["d1", "migrations", "list", "blog", "--local"]);
    assert!(text.contains("0002_unique.sql") && !text.contains("0001_"), "{text}");

    sql("UPDATE users SET name = 'grace' WHERE id = 2");
    let (done, text) = run(&["d1", "migrations", "apply", "blog", "--local"]);
    assert!(done, "{text}");
    let (_, text) = run(&["d1", "migrations", "list", "blog", "--local"]);
    assert!(text.contains("No migrations to apply"), "{text}");
    let found = sql(
        "SELECT group_concat(u.name || p.id) AS found FROM posts p JOIN users u ON u.id = p.user_id",
    );
    assert!(found.contains("ada1,grace2"), "{found}");
}
