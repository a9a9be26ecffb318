//! What stops a migration: it says why, and leaves everything as it was.

use orm_core::Dialect;
use orm_core::schema::{Action, ColumnDef, ColumnType, SchemaError, TableDef};
use orm_kit::diff::{Hints, diff};
use orm_kit::render::render;

use crate::database::D1;

fn users() -> TableDef {
    TableDef::new("users")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(ColumnDef::new("name", ColumnType::Text).nullable())
        .primary_key(&["id"])
}

fn refused(d1: &D1, from: &[TableDef], to: &[TableDef], says: &str) {
    let before = d1.statements();
    let refused = d1.evolve(from, to, &Hints::default()).expect_err("a refusal");
    assert!(refused.contains("mizzle: ") && refused.contains(says), "{says:?} is not in {refused}");
    assert_eq!(d1.statements(), before);
}

#[test]
fn rows_in_the_way_are_counted() {
    let Some(d1) = D1::fresh() else { return };
    d1.create(&[users()]);
    d1.sql(&["INSERT INTO users (name) VALUES (NULL), (NULL), ('x'), ('x')"]);
    let mut filled = users();
    filled.columns[1].nullable = false;
    refused(
        &d1,
        &[users()],
        &[filled],
        "\"users\".\"name\" is NULL in 2 rows and becomes NOT NULL",
    );
    let unique = users().unique(None, &["name"]);
    refused(
        &d1,
        &[users()],
        &[unique],
        "\"users\" has 2 rows that share their (name) with another",
    );
    let checked = users().check("long", "length(name) > 3");
    refused(&d1, &[users()], &[checked], "\"users\" has 2 rows that violate the check \"long\"");
    let mut number = users();
    number.columns[1].ty = ColumnType::BigInt;
    refused(&d1, &[users()], &[number], "in 2 rows, and becomes a 64-bit integer");
    d1.holds("SELECT count(*) FROM users", &["4"]);
}

#[test]
fn rows_that_refer_to_nothing_are_counted() {
    let Some(d1) = D1::fresh() else { return };
    let posts = TableDef::new("posts")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(ColumnDef::new("user_id", ColumnType::BigInt).nullable())
        .primary_key(&["id"]);
    let owned = posts.clone().foreign_key(
        None,
        &["user_id"],
        "users",
        &["id"],
        Action::Cascade,
        Action::NoAction,
    );
    d1.create(&[users(), posts.clone()]);
    d1.sql(&["INSERT INTO posts (user_id) VALUES (7), (NULL)"]);
    refused(
        &d1,
        &[users(), posts],
        &[users(), owned],
        "\"posts\" has 1 rows whose (user_id) is in no row of \"users\"",
    );
    d1.holds("SELECT count(*) FROM posts", &["2"]);
}

#[test]
fn what_a_rebuild_would_lose_stops_it() {
    let to = [users().unique(None, &["name"])];
    for (make, says) in [
        (
            "CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END",
            "1 columns, indexes, triggers",
        ),
        ("CREATE INDEX own ON users (name)", "1 columns, indexes, triggers"),
        ("ALTER TABLE users ADD COLUMN own TEXT", "1 columns, indexes, triggers"),
        (
            "CREATE TABLE others (user_id INTEGER REFERENCES users (id) ON DELETE CASCADE)",
            "1 foreign keys of tables unknown to this migration refer to \"users\"",
        ),
    ] {
        let Some(d1) = D1::fresh() else { return };
        d1.create(&[users()]);
        d1.sql(&["INSERT INTO users (name) VALUES ('a')", make]);
        refused(&d1, &[users()], &to, says);
    }
}

#[test]
fn a_view_of_others_stops_it() {
    let Some(d1) = D1::fresh() else { return };
    d1.create(&[users()]);
    d1.sql(&["INSERT INTO users (name) VALUES ('a')", "CREATE VIEW own AS SELECT name FROM users"]);
    let before = d1.statements();
    let refused = d1.evolve(&[users()], &[users().unique(None, &["name"])], &Hints::default());
    assert!(refused.unwrap_err().contains("error in view own"));
    assert_eq!(d1.statements(), before);
    d1.holds("SELECT name FROM own", &["a"]);
}

#[test]
fn a_trigger_that_would_run_stops_a_new_column() {
    let Some(d1) = D1::fresh() else { return };
    d1.create(&[users()]);
    d1.sql(&[
        "INSERT INTO users (name) VALUES ('1')",
        "CREATE TRIGGER t AFTER UPDATE ON users BEGIN DELETE FROM users; END",
    ]);
    let mut number = users();
    number.columns[1].ty = ColumnType::BigInt;
    refused(&d1, &[users()], &[number], "1 triggers that may run");
    d1.holds("SELECT name FROM users", &["1"]);
}

#[test]
fn a_statement_that_fails_leaves_everything() {
    let Some(d1) = D1::fresh() else { return };
    d1.create(&[users()]);
    d1.sql(&["INSERT INTO users (id, name) VALUES (1, 'a')"]);
    let before = d1.statements();
    let by_hand = "CREATE TABLE more (id INTEGER);\nDELETE FROM users;\nINSERT INTO users VALUES (2, 'b'), (2, 'c');\n";
    let failed = d1.apply(by_hand).unwrap_err();
    assert!(failed.contains("UNIQUE constraint failed"), "{failed}");
    assert_eq!(d1.statements(), before);
    d1.holds("SELECT name FROM users", &["a"]);
    d1.holds("SELECT count(*) FROM d1_migrations", &["0"]);
}

#[test]
fn what_is_too_much_for_d1_is_an_error() {
    let wide = (0..101).fold(users(), |table, number| {
        table.column(ColumnDef::new(&format!("c{number}"), ColumnType::Text).nullable())
    });
    let change = diff(&[], &[wide], &Hints::default()).unwrap();
    let error = render(&change, Dialect::D1).unwrap_err();
    assert!(
        matches!(error, SchemaError::TooManyColumns { columns: 103, most: 100, .. }),
        "{error}"
    );
    assert!(render(&change, Dialect::Sqlite).is_ok());

    let view = TableDef::new("long").column(ColumnDef::new("c", ColumnType::Text).nullable());
    let view = view.view(Dialect::Sqlite, &format!("SELECT '{}' AS c", "x".repeat(100_000)));
    let change = diff(&[], &[users(), view], &Hints::default()).unwrap();
    let error = render(&change, Dialect::D1).unwrap_err();
    assert!(matches!(error, SchemaError::StatementTooLong { most: 100_000, .. }), "{error}");

    let mut own = users();
    own.columns[1] = own.columns[1].clone().collate(Dialect::Sqlite, "unicase");
    let change = diff(&[], &[own], &Hints::default()).unwrap();
    let error = render(&change, Dialect::D1).unwrap_err();
    assert!(matches!(error, SchemaError::NoCollation { .. }), "{error}");
}
