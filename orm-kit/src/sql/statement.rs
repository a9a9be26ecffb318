//! Checks a `sql!` that is a statement.

use orm_core::backend::Described;
use orm_core::sql::Registered;
use orm_core::{Dialect, Result};
use orm_lexer::tokens;

use super::attempt::{Answer, Candidates, ask};
use super::fits;
use super::probe::{Around, Probe, Written};
use super::report::{Severity, SqlFinding};

/// The words that statements of both databases begin with.
const BEGINNINGS: [&str; 27] = [
    "select", "values", "with", "table", "explain", "insert", "update", "delete", "merge",
    "replace", "create", "alter", "drop", "truncate", "pragma", "vacuum", "analyze", "reindex",
    "call", "set", "reset", "show", "listen", "notify", "refresh", "lock", "comment",
];

/// Returns whether a `sql!` is a statement, and not a part of other SQL.
pub(super) fn is_statement(one: &Registered, dialect: Dialect) -> bool {
    let Some(words) = one.site.words(dialect) else { return false };
    let sql = words.shown();
    let tokens = tokens(&sql, dialect);
    let first = tokens.iter().find(|token| !token.is_symbol("("));
    // `replace(…)` is a function.
    let is_call = tokens.get(1).is_some_and(|token| token.is_symbol("("));
    first.is_some_and(|first| {
        BEGINNINGS.iter().any(|word| first.is(word)) && !(first.is("replace") && is_call)
    })
}

pub(super) fn check(
    probe: &Probe<'_, '_>,
    one: &'static Registered,
    candidates: &Candidates,
    accepted: &mut Vec<&'static Registered>,
) -> Result<Vec<SqlFinding>> {
    let finding = |severity, message| SqlFinding::new(severity, probe.dialect, one, message);
    match ask(probe, one, candidates, Around::NOTHING, &[])? {
        Answer::Accepted(filling, written, described) => {
            let has_parts = !filling.parts.is_empty();
            accepted.extend(filling.parts.into_iter().map(|(_, part)| part));
            let found = match &one.row {
                // Other parts may select other columns.
                Some(row) if !has_parts && !may_select_a_part(&written, &described) => {
                    fits::compare(row, &described, &written.sql, probe.tables, probe.dialect)
                }
                _ => Vec::new(),
            };
            Ok(found.into_iter().map(|(severity, message)| finding(severity, message)).collect())
        }
        Answer::Refused(error, None) if probe.lacks_type(&error) => Ok(vec![finding(
            Severity::Note,
            format!(
                "not checked: {error}, which a run knows; to have it checked, write `CAST({{…}} AS type)`"
            ),
        )]),
        Answer::Refused(error, misplaced) => {
            let hint = match misplaced {
                Some(_) => {
                    ": a value can't stand there, and no `sql!` of the program that is a part of other SQL fits"
                }
                None => "",
            };
            Ok(vec![finding(Severity::Error, format!("{error}{hint}"))])
        }
    }
}

/// Returns whether a column of the result is a value, or may be a part of other SQL: the databases name it `?1` and
/// `?column?`.
fn may_select_a_part(written: &Written, described: &Described) -> bool {
    let is_unnamed = |name: &str| name.starts_with('?');
    !written.parameters.is_empty()
        && described.columns.iter().any(|column| is_unnamed(&column.name))
}
