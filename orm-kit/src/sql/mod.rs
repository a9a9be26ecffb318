//! Checks every `sql!` of the program, on tables made from the structs.
//!
//! A database prepares each one, without running it. It knows the words, the names and, for the columns of the result,
//! their types and where they come from. The structs say which of these may be NULL.

mod attempt;
mod fits;
mod joined;
mod parts;
mod probe;
mod report;
mod statement;
mod views;

use orm_core::schema::TableDef;
use orm_core::sql::{Registered, registered};
use orm_core::{Db, Dialect, Result, Schema};

use self::attempt::Candidates;
use self::probe::Probe;
pub use self::report::{Severity, SqlFinding, SqlReport};
pub(crate) use self::views::check_views;
use crate::introspect::{accepted_form, on_scratch, without};

/// Checks every `sql!` of the program on tables made from the structs of `S`.
///
/// SQLite has these tables in memory; PostgreSQL creates them as temporary tables, which requires the privilege
/// TEMPORARY, in a transaction that is always rolled back. So it doesn't matter what the database contains. Nothing of
/// the SQL is run.
///
/// ```ignore
/// use mizzle::prelude::*;
///
/// #[derive(Table)]
/// pub struct Song {
///     #[column(primary_key, auto)]
///     pub id: i64,
///     pub title: String,
///     pub singer: Option<String>,
/// }
///
/// mizzle::schema!(pub Music = [Song]);
///
/// fn singers(db: &Db) -> mizzle::Result<Vec<String>> {
///     // Names the type of its rows, so the columns are checked as well.
///     sql!(String, "SELECT singer FROM songs WHERE singer IS NOT NULL").all(db)
/// }
///
/// // In a test:
/// let db = Db::connect("sqlite::memory:")?;
/// mizzle::kit::check_sql::<Music>(&db)?.assert_fits();
/// ```
///
/// # What it knows
///
/// - The database prepares each statement. So it finds unknown tables, columns and functions, and words that it doesn't
///   understand.
/// - If a `sql!` names the type of its rows, as in `sql!(User, "SELECT …")`, the result must have the columns of `User`.
///   PostgreSQL knows the type of each column. SQLite knows it of those that come from a table unchanged, and so do both
///   databases whether a column may be NULL: because the struct says so, or because of an outer join. An expression such
///   as `sum(x)` may be NULL without a warning.
/// - The types of bound values are known only when the SQL runs. PostgreSQL finds out most of them from what surrounds
///   them; if it can't, there is a note.
/// - A `sql!` that is a part of other SQL is tried in the statements of the program, those of its file first, and as a
///   part of a query on each table. A part that none of them accepts is a warning, or an error if it is an expression
///   that the database can't read.
/// - A typed column that is chosen when the SQL runs is tried with the columns of all tables.
///
/// "Every `sql!` of the program" means all that the linker put into it: those of this crate, and those of each library
/// crate that it names. The words for another database than that of `db` aren't checked.
///
/// # Errors
/// As for each call, and if the tables can't be created.
pub fn check_sql<S: Schema>(db: &Db) -> Result<SqlReport> {
    let found = check(db, &S::tables())?;
    Ok(SqlReport::new(found))
}

/// Returns whether the program has a `sql!`.
pub(crate) fn is_used() -> bool {
    !registered().is_empty()
}

/// Returns whether the database is compiled in.
pub(crate) fn is_compiled_in(dialect: Dialect) -> bool {
    match dialect {
        Dialect::Sqlite | Dialect::D1 => cfg!(feature = "sqlite"),
        Dialect::Postgres => cfg!(feature = "postgres"),
    }
}

/// Connects to a database that needs no server.
pub(crate) fn without_server(dialect: Dialect) -> Option<Result<Db>> {
    match dialect {
        Dialect::Sqlite | Dialect::D1 => Some(Db::connect("sqlite::memory:")),
        Dialect::Postgres => None,
    }
}

/// Checks every `sql!` that has words for the database.
pub(crate) fn check(db: &Db, tables: &[TableDef]) -> Result<Vec<SqlFinding>> {
    let all: Vec<&'static Registered> =
        registered().into_iter().filter(|one| one.site.words(db.dialect()).is_some()).collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    // What the database refuses of the structs is another finding.
    let (_, refused) = accepted_form(db, tables)?;
    let tables = without(tables, &refused);
    on_scratch(db, &tables, |tx| {
        let probe = Probe::new(tx, db.dialect(), &tables);
        let (statements, parts) =
            all.iter().copied().partition(|one| statement::is_statement(one, db.dialect()));
        let candidates = Candidates { parts, statements };
        let (mut findings, mut accepted) = (Vec::new(), Vec::new());
        for one in &candidates.statements {
            findings.extend(statement::check(&probe, one, &candidates, &mut accepted)?);
        }
        findings.extend(parts::check(&probe, &candidates, &accepted)?);
        findings.sort_by_key(|finding| (finding.file, finding.line, finding.column));
        findings.dedup();
        Ok(findings)
    })
}
