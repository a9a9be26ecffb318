//! The same random statements of diesel's through mizzle and through diesel's own connection, on the same database: the
//! same rows, the same counts, the same errors, and the same rows in the tables afterwards.
//!
//! `MIZZLE_SECOND_OPINION` is how many rounds each test runs (250 without it), `MIZZLE_SECOND_OPINION_SEED` the seed of
//! the first. A round is several statements. What fails names the seed of its round.

#![allow(clippy::duplicate_mod, reason = "the statements are compiled for each backend")]
#![allow(clippy::type_complexity, reason = "rows are read as tuples of all their columns")]

/// Loads by a connection of diesel's; `any` has its own.
macro_rules! load {
    ($connection:expr, $query:expr) => {
        diesel::RunQueryDsl::load($query, $connection).map_err(|error| crate::kind(&error))
    };
}

/// The same for a statement without rows.
macro_rules! execute {
    ($connection:expr, $statement:expr) => {
        diesel::RunQueryDsl::execute($statement, $connection)
            .map(|count| count as u64)
            .map_err(|error| crate::kind(&error))
    };
}

mod any;
mod postgres;
mod schema;
mod sqlite;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering;

use diesel::connection::SimpleConnection;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::{Connection, PgConnection, SqliteConnection};
use mizzle::{Db, Dialect, Executor};

use self::schema::{HOLDERS, Thing, ddl, holders, things};
use test_support::random::Random;

/// What a statement did: its rows or its count, and what the table holds afterwards; or the kind of its error.
type Outcome = Result<(String, Vec<Thing>), String>;

/// How many statements a round runs.
const STATEMENTS: u64 = 10;

/// The kind of an error, in words that all connections share.
fn kind(error: &Error) -> String {
    match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => "unique".into(),
        Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => "foreign key".into(),
        Error::DatabaseError(DatabaseErrorKind::NotNullViolation, _) => "not null".into(),
        Error::DatabaseError(DatabaseErrorKind::CheckViolation, _) => "check".into(),
        _ => "other".into(),
    }
}

/// What ends a transaction without a trace.
enum Undone<E> {
    Here(Outcome),
    Failed(E),
}

impl From<Error> for Undone<Error> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<mizzle::Error> for Undone<mizzle::Error> {
    fn from(error: mizzle::Error) -> Self {
        Self::Failed(error)
    }
}

fn outcome<E: std::fmt::Debug>(undone: Result<(), Undone<E>>) -> Outcome {
    match undone {
        Err(Undone::Here(outcome)) => outcome,
        Err(Undone::Failed(error)) => panic!("{error:?}"),
        Ok(()) => panic!("the transaction was committed"),
    }
}

/// Runs the statement of a seed through mizzle.
fn through_mizzle(db: &Db, seed: u64) -> Outcome {
    outcome(db.try_transaction(|tx| {
        Err(Undone::Here(any::statements::run(&mut &*tx, &mut Random::new(seed))))
    }))
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// Fills the tables with rows that depend on a seed alone.
fn refill(db: &Db, random: &mut Random) {
    db.execute(diesel::delete(things::table)).expect("no thing left");
    db.execute(diesel::insert_into(things::table).values(schema::things(random)))
        .expect("the things");
}

/// Creates the tables, with holders that nothing changes.
fn create(db: &Db) {
    use diesel::ExpressionMethods;
    db.execute_sql(&ddl(db.dialect())).expect("the tables");
    let holder = |id: i64| {
        (
            holders::id.eq(id),
            holders::name.eq(format!("holder {id}")),
            holders::boss_id.eq((id > 1).then_some(id / 2)),
        )
    };
    db.execute(
        diesel::insert_into(holders::table).values((1..=HOLDERS).map(holder).collect::<Vec<_>>()),
    )
    .expect("the holders");
}

/// Compares what `driver` does with what mizzle does, statement by statement.
fn compare(db: &Db, mut driver: impl FnMut(u64) -> Outcome) {
    create(db);
    schema::HAS_FAR_DAYS.set(db.dialect() == Dialect::Postgres);
    // The number of a sequence stays when a transaction is undone.
    let begin = || {
        if db.dialect() == Dialect::Postgres {
            db.execute_sql("SELECT setval('things_id_seq', 1000), setval('instants_id_seq', 1)")
                .expect("the next key");
        }
    };
    let first = number("MIZZLE_SECOND_OPINION_SEED", 1);
    let (mut statements, mut failures) = (0, 0);
    for seed in first..first + number("MIZZLE_SECOND_OPINION", 250) {
        let round = || {
            let mut random = Random::new(seed);
            refill(db, &mut random);
            for _ in 0..STATEMENTS {
                let statement = random.next();
                begin();
                let mizzle = through_mizzle(db, statement);
                begin();
                let other = driver(statement);
                statements += 1;
                failures += usize::from(mizzle.is_err());
                if mizzle == other {
                    continue;
                }
                any::IS_SHOWN.store(true, Ordering::Relaxed);
                let _ = through_mizzle(db, statement);
                any::IS_SHOWN.store(false, Ordering::Relaxed);
                panic!("statement {statement}\nmizzle: {mizzle:?}\ndriver: {other:?}");
            }
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(round)) {
            eprintln!("again with MIZZLE_SECOND_OPINION_SEED={seed} MIZZLE_SECOND_OPINION=1");
            resume_unwind(panic);
        }
    }
    println!("{statements} statements from seed {first} on, of which {failures} fail");
    assert!(failures * 4 < statements, "{failures} of {statements} statements fail");
}

#[test]
fn diesel_on_sqlite_agrees() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("test.db").display().to_string();
    let db = Db::connect(&format!("sqlite:{path}")).expect("an SQLite database");
    let mut connection = SqliteConnection::establish(&path).expect("the same");
    connection
        .batch_execute(
            "PRAGMA foreign_keys = ON; PRAGMA case_sensitive_like = ON; PRAGMA synchronous = OFF",
        )
        .expect("the settings that mizzle has");
    let driver = |seed| {
        outcome(connection.transaction(|connection| {
            Err(Undone::Here(sqlite::statements::run(connection, &mut Random::new(seed))))
        }))
    };
    compare(&db, driver);
}

#[test]
fn diesel_on_postgres_agrees() {
    let fresh = test_support::FreshPostgres::new();
    let db = Db::connect(&fresh.url).expect("a PostgreSQL database");
    let mut connection = PgConnection::establish(&fresh.url).expect("the same");
    let driver = |seed| {
        outcome(connection.transaction(|connection| {
            Err(Undone::Here(postgres::statements::run(connection, &mut Random::new(seed))))
        }))
    };
    compare(&db, driver);
}
