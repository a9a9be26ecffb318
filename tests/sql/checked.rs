//! `kit::check_sql`: what runs in these tests is accepted, and what the tests expect to fail is reported.

use mizzle::Sql;
use mizzle::kit::{Severity, check_sql};
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::moved::Kept;
use crate::schema::*;
use crate::values::Everything;

mizzle::schema!(pub All = [User, Entry, Everything, Kept]);

/// A typed column, which is chosen when the SQL runs.
fn ordered(column: &dyn mizzle::NamesColumn) -> Vec<String> {
    format!("{:?}", sql!("SELECT email FROM users ORDER BY {#column}"))
        .lines()
        .map(Into::into)
        .collect()
}

fn of_user<'a>(id: &'a UserId) -> Sql<'a> {
    sql!("FROM users u JOIN entries e ON e.user_id = u.id WHERE u.id = {*id}")
}

#[derive(Row)]
#[expect(dead_code, reason = "it is only checked")]
struct Sum {
    email: String,
    name: Option<String>,
    amount: Decimal,
}

/// Is never called: the check knows it all the same.
#[expect(dead_code, reason = "it is only checked")]
fn right(db: &Db, id: UserId, kinds: &[Kind], note: Option<&str>) -> mizzle::Result<()> {
    let of_user = of_user(&id);
    sql!(Sum, "SELECT e.amount, u.name, u.email FROM users u JOIN entries e ON e.user_id = u.id")
        .all(db)?;
    sql!((i64, Kind), "SELECT e.id, e.kind {of_user} AND e.kind IN ({..kinds})").first(db)?;
    sql!(
        User,
        "SELECT * FROM users WHERE {note} IS NULL OR name = {note} LIMIT {1_i64} OFFSET {2_i64}"
    )
    .all(db)?;
    sql!(String, "SELECT name FROM users WHERE name IS NOT NULL").all(db)?;
    sql!(Option<Decimal>, "SELECT e.amount FROM users u LEFT JOIN entries e ON e.user_id = u.id")
        .all(db)?;
    sql!(
        Entry,
        "UPDATE entries SET kind = {Kind::Refund} WHERE {#entries::id} = {5_i64} RETURNING *"
    )
    .one(db)?;
    sql!(i64, sqlite: "SELECT count(*) FROM users WHERE name GLOB {note}", postgres: "SELECT count(*) FROM users WHERE name ~ {note}")
        .one(db)?;
    sql!("INSERT INTO users (id, email, name, age, cents) VALUES ({id}, {\"x\"}, {note}, {1_i32}, {2_i64})").execute(db)?;
    Ok(())
}

on_each_database! {
    fn what_runs_is_accepted(db: &Db) {
        ordered(&users::name);
        let report = check_sql::<All>(db).unwrap();
        let wrong: Vec<_> = report
            .findings()
            .iter()
            // PostgreSQL alone runs the tests of lost connections, and `missing` is missing on purpose.
            .filter(|finding| !finding.file.ends_with("retried.rs") || finding.dialect == mizzle::Dialect::Postgres)
            .filter(|finding| !finding.sql.contains("missing"))
            .filter(|finding| finding.severity != Severity::Note)
            .map(ToString::to_string)
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let missing = |finding: &&mizzle::kit::SqlFinding| finding.sql.contains("SELECT missing FROM");
        let missing = report.findings().iter().find(missing).unwrap();
        assert!(missing.file.ends_with("tests/sql/runs.rs") && missing.line > 1, "{missing}");
        assert_eq!(missing.severity, Severity::Error);
        let text = report.to_string();
        assert!(text.contains(&format!(": error: {}", missing.message)), "{text}");
        // The check leaves nothing behind.
        assert_eq!(mizzle::kit::introspect::introspect(db).unwrap().tables, []);
    }
}

#[test]
#[should_panic = "the SQL doesn't fit the structs"]
fn a_report_with_an_error_panics() {
    check_sql::<All>(&Db::connect("sqlite::memory:").unwrap()).unwrap().assert_fits();
}
