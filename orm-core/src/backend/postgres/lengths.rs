//! The column for which a text is too long. The server names neither it nor its constraint: the length is part of a type.

use std::fmt;

use crate::backend::any::{Piece, collect};
use crate::backend::{AnyQueryBuilder, Bind, Source};
use crate::dialect::Dialect;
use crate::error::{Constraint, ConstraintKind, Error};
use crate::schema::names;

/// The source of an error about a text that is longer than its type allows.
#[derive(Debug)]
pub(super) struct TooLong {
    most: usize,
}

impl TooLong {
    /// Reads the length in `… character varying(3)`, which is the same in each language.
    pub(super) fn read(message: &str) -> Option<Self> {
        let (_, length) = message.strip_suffix(')')?.rsplit_once("character varying(")?;
        Some(Self { most: length.parse().ok()? })
    }
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the longest text has {} characters", self.most)
    }
}

impl std::error::Error for TooLong {}

/// The columns to which a statement writes texts that are too long for one of them.
pub(super) struct Culprits {
    pub(super) most: usize,
    pub(super) table: String,
    /// Each with the number of the row, in the statement's order.
    columns: Vec<(usize, String)>,
}

impl Culprits {
    /// Returns those of the statement behind an error about a length.
    pub(super) fn of(error: &Error, source: &dyn Source) -> Option<Self> {
        let most = error.downcast_ref::<TooLong>()?.most;
        let mut sql = AnyQueryBuilder::recording(Dialect::Postgres);
        source.write(&mut sql, Dialect::Postgres).ok()?;
        let (values, bound) = collect(|binds| source.bind(binds, Dialect::Postgres));
        bound.ok()?;
        let is_long = |parameter: usize| matches!(values.get(parameter), Some((Bind::Text(text), _)) if text.chars().count() > most);
        let (table, written) = written(&sql.into_pieces())?;
        let long = written.into_iter().filter(|written| is_long(written.parameter));
        let columns: Vec<_> = long.map(|written| (written.row, written.column)).collect();
        (!columns.is_empty()).then_some(Self { most, table, columns })
    }

    /// Keeps the one that the server has met, by the table's columns of that length, in the table's order. Both databases
    /// check row by row, and a row's columns in that order.
    pub(super) fn find(&mut self, of_length: &[String]) {
        let place = |column: &String| of_length.iter().position(|name| name == column);
        let columns = std::mem::take(&mut self.columns).into_iter();
        let known = columns.filter_map(|(row, column)| Some((row, place(&column)?, column)));
        let first = known.min_by_key(|(row, place, _)| (*row, *place));
        self.columns.extend(first.map(|(row, _, column)| (row, column)));
    }

    /// Returns the error that SQLite reports, where a check limits the length, if it is clear which column it is about.
    pub(super) fn violation(mut self) -> Option<Error> {
        let (_, column) = self.columns.pop()?;
        if self.columns.iter().any(|(_, other)| *other != column) {
            return None;
        }
        Some(Error::violation(Constraint {
            kind: ConstraintKind::Check,
            name: Some(names::check(&self.table, &column)),
            table: Some(self.table),
            columns: vec![column],
        }))
    }
}

/// The part of a statement that is being read.
enum Part {
    Start,
    /// The names of an INSERT's columns.
    Names,
    /// The values of an INSERT: the place in the row, and the number of open parentheses.
    Values(usize, i32),
    /// The assignments of an UPDATE.
    Set,
    Other,
}

/// A parameter that is written to a column.
struct Written {
    /// The number of the row in an INSERT, or the highest for an assignment.
    row: usize,
    column: String,
    parameter: usize,
}

/// Returns the table that a statement of diesel's writes to, and which parameters it writes to which columns.
fn written(pieces: &[Piece]) -> Option<(String, Vec<Written>)> {
    let (mut table, mut names, mut written) = (None, Vec::new(), Vec::new());
    let (mut part, mut parameters, mut row) = (Part::Start, 0, 0);
    for (place, piece) in pieces.iter().enumerate() {
        match (piece, &mut part) {
            (Piece::Sql(sql), _) if sql.ends_with(" SET ") => part = Part::Set,
            (Piece::Sql(sql), _) if sql.ends_with("VALUES (") => part = Part::Values(0, 0),
            (Piece::Sql(sql), _)
                if sql.starts_with(" WHERE") || sql.starts_with(" ON CONFLICT") =>
            {
                part = Part::Other;
            }
            (Piece::Sql(sql), Part::Start) if &**sql == "(" => part = Part::Names,
            (Piece::Sql(sql), Part::Values(column, open)) => match &**sql {
                ", " if *open == 0 => *column += 1,
                ", (" if *open == -1 => (row, *column, *open) = (row + 1, 0, 0),
                sql => *open += sql.chars().map(parenthesis).sum::<i32>(),
            },
            // The name behind a schema's is the table's.
            (Piece::Identifier(name), Part::Start) => table = Some(name.to_string()),
            (Piece::Identifier(name), Part::Names) => names.push(name.to_string()),
            (Piece::Parameter, Part::Values(column, 0)) => {
                written.extend(names.get(*column).map(|name: &String| Written {
                    row,
                    column: name.clone(),
                    parameter: parameters,
                }));
            }
            (Piece::Parameter, Part::Set) => {
                if let [.., Piece::Identifier(name), Piece::Sql(equals)] = &pieces[..place]
                    && &**equals == " = "
                {
                    let column = name.to_string();
                    written.push(Written { row: usize::MAX, column, parameter: parameters });
                }
            }
            _ => {}
        }
        parameters += usize::from(matches!(piece, Piece::Parameter));
    }
    Some((table?, written))
}

fn parenthesis(character: char) -> i32 {
    match character {
        '(' => 1,
        ')' => -1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_length_in_each_language() {
        let most = |message| TooLong::read(message).map(|too_long| too_long.most);
        assert_eq!(most("value too long for type character varying(3)"), Some(3));
        assert_eq!(most("Wert zu lang für Typ character varying(160)"), Some(160));
        assert_eq!(most("value too long for type character(3)"), None);
        assert_eq!(most("value too long for type bit varying(3)"), None);
    }
}
