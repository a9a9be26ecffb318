//! Tries values for the braces of a `sql!` until the database accepts one.

use orm_core::backend::Described;
use orm_core::sql::{Piece, Registered};
use orm_core::{Error, Result};

use super::probe::{Around, Filling, Probe, Written};

/// How many combinations of parts are tried in one statement.
const MOST_ATTEMPTS: usize = 400;

/// What may be a part of other SQL.
pub(super) struct Candidates {
    pub(super) parts: Vec<&'static Registered>,
    pub(super) statements: Vec<&'static Registered>,
}

impl Candidates {
    /// Returns what to try in a statement: the parts of its file, the statements of its file, and then other parts.
    fn for_statement(
        &self,
        statement: &'static Registered,
    ) -> impl Iterator<Item = &'static Registered> {
        let is_near = |part: &&'static Registered| part.site.file == statement.site.file;
        let parts = self.parts.iter().copied();
        let others = self.statements.iter().copied();
        let others = others.filter(move |other| !std::ptr::eq(*other, statement) && is_near(other));
        parts
            .clone()
            .filter(move |part| is_near(part))
            .chain(others)
            .chain(parts.filter(move |part| !is_near(part)))
    }
}

/// The answer to a statement.
pub(super) enum Answer {
    /// The database accepts it, with these parts in its braces.
    Accepted(Filling, Written, Described),
    Refused(Error, Option<usize>),
}

/// Asks about a statement with the `given` parts in it. Where the database accepts no value, tries the parts of other SQL, those of the same file
/// first; where the name of a column is chosen when it runs, the columns of all tables.
pub(super) fn ask(
    probe: &Probe<'_, '_>,
    one: &'static Registered,
    candidates: &Candidates,
    around: Around<'_>,
    given: &[(usize, &'static Registered)],
) -> Result<Answer> {
    let mut attempts = 0;
    let mut first = None;
    for column in columns(probe, one) {
        let filling = Filling { parts: given.to_vec(), column };
        match attempt(probe, one, candidates, around, filling, &mut attempts)? {
            Answer::Refused(error, misplaced) => {
                first.get_or_insert((error, misplaced));
            }
            accepted => return Ok(accepted),
        }
    }
    let (error, misplaced) =
        first.unwrap_or_else(|| unreachable!("there is always one name to try"));
    Ok(Answer::Refused(error, misplaced))
}

fn attempt(
    probe: &Probe<'_, '_>,
    one: &'static Registered,
    candidates: &Candidates,
    around: Around<'_>,
    filling: Filling,
    attempts: &mut usize,
) -> Result<Answer> {
    let written = probe.write(one, &filling, &around);
    let error = match probe.describe(&written)? {
        Ok(described) => return Ok(Answer::Accepted(filling, written, described)),
        Err(error) => error,
    };
    let misplaced = probe.misplaced(&error, &written);
    if let Some(place) = misplaced {
        for part in candidates.for_statement(one) {
            *attempts += 1;
            if *attempts > MOST_ATTEMPTS {
                break;
            }
            let mut more = filling.clone();
            more.parts.push((place, part));
            let answer = attempt(probe, one, candidates, around, more, attempts)?;
            if let Answer::Accepted(..) = answer {
                return Ok(answer);
            }
        }
    }
    Ok(Answer::Refused(error, misplaced))
}

/// Returns the names to try for columns that are chosen when the SQL runs. One is enough if there are none.
fn columns(probe: &Probe<'_, '_>, one: &Registered) -> Vec<String> {
    let words = one.site.words(probe.dialect);
    let chosen = words.is_some_and(|words| {
        words.pieces.iter().any(|piece| match piece {
            Piece::Column(place) => one.columns.iter().all(|(known, _)| known != place),
            _ => false,
        })
    });
    let mut names: Vec<String> = Vec::new();
    if chosen {
        let columns = probe.tables.iter().flat_map(|table| &table.columns);
        names.extend(columns.map(|column| column.name.clone()));
        names.sort();
        names.dedup();
    }
    if names.is_empty() {
        names.push("column".to_owned());
    }
    names
}
