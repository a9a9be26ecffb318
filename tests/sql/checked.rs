//! `kit::check_sql`: what runs in these tests is accepted, and what the tests expect to fail is reported.

use std::borrow::Cow;

use mizzle::kit::{Severity, check_sql};
use mizzle::prelude::*;
use mizzle::{Dialect, NativeValue, Sql};
use test_support::on_each_database;

use crate::moved::Kept;
use crate::schema::*;
use crate::values::Everything;

mizzle::schema!(pub All = [User, Entry, Everything, Kept, Specimen]);

#[derive(Enum, Debug, Clone, Copy, PartialEq)]
#[db(native = "mood")]
pub enum Mood {
    Good,
    Bad,
}

/// A type that mizzle doesn't know.
#[derive(Native, Debug, Clone, PartialEq)]
#[db(native = "varbit")]
pub struct Bits(pub String);

impl NativeValue for Bits {
    fn to_text(&self) -> Cow<'_, str> {
        self.0.as_str().into()
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.into()))
    }

    fn from_binary(bytes: &[u8]) -> Option<Self> {
        let (length, bytes) = bytes.split_first_chunk()?;
        let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
        Some(Self(bits.get(..u32::from_be_bytes(*length) as usize)?.into()))
    }
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Specimen {
    #[column(primary_key)]
    pub id: i64,
    pub moods: Vec<Mood>,
    pub others: Option<Vec<Option<Mood>>>,
    pub bits: Bits,
    pub network: Cidr,
}

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
    let (moods, bits) = (vec![Mood::Good], Bits("101".into()));
    sql!(Specimen, "SELECT * FROM specimens WHERE moods = {moods} AND bits = {bits}").all(db)?;
    sql!((Vec<Mood>, Option<Vec<Option<Mood>>>, Bits), "SELECT moods, others, bits FROM specimens")
        .all(db)?;
    sql!("INSERT INTO users (id, email, name, age, cents) VALUES ({id}, {\"x\"}, {note}, {1_i32}, {2_i64})").execute(db)?;
    Ok(())
}

/// Is never called either, and wrong: `missing` says so to the test of what is right.
#[expect(dead_code, reason = "it is only checked")]
fn arrays_and_elements(db: &Db) -> mizzle::Result<()> {
    sql!(Bits, sqlite: "SELECT moods AS missing_bit FROM specimens", postgres: "SELECT array_agg(bits) AS missing_bit FROM specimens HAVING true")
        .one(db)?;
    sql!(Vec<Mood>, sqlite: "SELECT bits AS missing_moods FROM specimens", postgres: "SELECT moods[1] AS missing_moods FROM specimens")
        .one(db)?;
    Ok(())
}

on_each_database! {
    fn an_array_is_not_its_element(db: &Db) {
        let report = check_sql::<All>(db).unwrap();
        // On SQLite, an array is a text and can be read as one.
        let columns = ["missing_moods", "missing_bit"];
        for column in &columns[..if db.dialect() == Dialect::Postgres { 2 } else { 1 }] {
            let about = |finding: &&mizzle::kit::SqlFinding| {
                finding.sql.contains(column) && finding.message.contains("the column")
            };
            let finding = report.findings().iter().find(about);
            let finding = finding.unwrap_or_else(|| panic!("{column}: {report}"));
            assert_eq!(finding.severity, Severity::Error, "{finding}");
            assert!(finding.message.starts_with(&format!("the column {column} is ")), "{finding}");
        }
    }

    fn what_runs_is_accepted(db: &Db) {
        ordered(&users::name);
        let report = check_sql::<All>(db).unwrap();
        let wrong: Vec<_> = report
            .findings()
            .iter()
            // PostgreSQL alone runs the tests of lost connections, and `missing` is missing on purpose.
            .filter(|finding| !finding.file.ends_with("retried.rs") || finding.dialect == Dialect::Postgres)
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

on_each_database! {
    fn types_of_the_database_are_bound_and_read(db: &Db) {
        db.create_all::<All>().unwrap();
        let row = Specimen {
            id: 1,
            moods: vec![Mood::Bad, Mood::Good],
            others: Some(vec![None, Some(Mood::Bad)]),
            bits: Bits("1010011101".into()),
            network: "10.0.0.0/8".parse().unwrap(),
        };
        assert_eq!(db.insert(row.clone()).unwrap(), row);
        let (moods, bits) = (&row.moods, &row.bits);
        let found = sql!(Specimen, "SELECT * FROM specimens WHERE moods = {moods} AND bits = {bits}").one(db).unwrap();
        assert_eq!(found, row);
        let read = sql!((Vec<Mood>, Bits), "SELECT moods, bits FROM specimens").one(db).unwrap();
        assert_eq!(read, (row.moods.clone(), row.bits.clone()));
    }
}

#[test]
#[should_panic = "the SQL doesn't fit the structs"]
fn a_report_with_an_error_panics() {
    check_sql::<All>(&Db::connect("sqlite::memory:").unwrap()).unwrap().assert_fits();
}
