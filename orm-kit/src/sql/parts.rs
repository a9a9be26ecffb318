//! Checks a `sql!` that is a part of other SQL. Which statement it becomes a part of is known only when it runs. So a
//! part is right if some statement of the program, or a query on one table, accepts it.

use orm_core::sql::{Piece, Registered};
use orm_core::{Error, Result};

use super::attempt::{Answer, Candidates, ask};
use super::probe::{Around, Probe};
use super::report::{Severity, SqlFinding};

/// Checks the parts that no statement has `accepted` yet.
pub(super) fn check(
    probe: &Probe<'_, '_>,
    candidates: &Candidates,
    accepted: &[&'static Registered],
) -> Result<Vec<SqlFinding>> {
    let mut findings = Vec::new();
    for part in &candidates.parts {
        if accepted.iter().any(|known| std::ptr::eq(*known, *part)) {
            continue;
        }
        let Some(refusals) = refusals(probe, part, candidates)? else { continue };
        findings.push(finding(probe, part, &refusals));
    }
    Ok(findings)
}

/// Returns the errors of all attempts; `None` if one of them is accepted.
fn refusals(
    probe: &Probe<'_, '_>,
    part: &'static Registered,
    candidates: &Candidates,
) -> Result<Option<Vec<Error>>> {
    let mut errors = Vec::new();
    let is_near = |one: &&&'static Registered| one.site.file == part.site.file;
    let all = candidates.statements.iter();
    let near = all.clone().filter(is_near);
    for statement in near.chain(all.filter(|one| !is_near(one))) {
        for place in places(probe, statement) {
            match ask(probe, statement, candidates, Around::NOTHING, &[(place, part)])? {
                Answer::Accepted(..) => return Ok(None),
                Answer::Refused(error, _) => errors.push(error),
            }
        }
    }
    for table in probe.tables {
        let name = probe.dialect.quote_ident(&table.name);
        for (before, after) in surroundings(&name) {
            let around = Around { before: &before, after: &after };
            match ask(probe, part, candidates, around, &[])? {
                Answer::Accepted(..) => return Ok(None),
                Answer::Refused(error, _) if probe.lacks_type(&error) => return Ok(None),
                Answer::Refused(error, _) => errors.push(error),
            }
        }
    }
    Ok(Some(errors))
}

/// Says what is wrong with a part that nothing accepts.
fn finding(probe: &Probe<'_, '_>, part: &'static Registered, refusals: &[Error]) -> SqlFinding {
    let is_expression = part.site.words(probe.dialect).is_some_and(|words| words.is_expression);
    let of_names = refusals.iter().find(|error| !probe.is_syntax(error));
    let (severity, message) = match (of_names, refusals.first()) {
        (Some(error), _) => (
            Severity::Warning,
            format!("no statement of the program and no query on one table accepts it: {error}"),
        ),
        (None, Some(error)) if is_expression => (Severity::Error, error.to_string()),
        _ => (
            Severity::Note,
            "not checked: it is a part of other SQL, and no statement of the program has a place for it".to_owned(),
        ),
    };
    SqlFinding::new(severity, probe.dialect, part, message)
}

/// Returns what may stand around a part in a statement on one table.
fn surroundings(table: &str) -> [(String, String); 7] {
    [
        (format!("SELECT 1 FROM {table} WHERE ("), ")".to_owned()),
        (format!("SELECT 1 FROM {table} WHERE true "), String::new()),
        ("SELECT ".to_owned(), format!(" FROM {table}")),
        (format!("SELECT 1 FROM {table} ORDER BY "), String::new()),
        (format!("SELECT 1 FROM {table} "), String::new()),
        ("SELECT 1 FROM ".to_owned(), String::new()),
        (format!("UPDATE {table} SET "), String::new()),
    ]
}

/// Returns the numbers of the values in a statement, each of which may be a part.
fn places(probe: &Probe<'_, '_>, statement: &Registered) -> Vec<usize> {
    let Some(words) = statement.site.words(probe.dialect) else { return Vec::new() };
    let place = |piece: &Piece| match piece {
        Piece::Value(place) | Piece::OnlyOfIn(place) => Some(*place),
        _ => None,
    };
    words.pieces.iter().filter_map(place).collect()
}
