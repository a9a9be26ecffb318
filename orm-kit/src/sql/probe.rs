//! Asks a database about a `sql!`.

use std::cell::Cell;

use orm_core::backend::Described;
use orm_core::schema::TableDef;
use orm_core::sql::{Registered, describe};
use orm_core::{Dialect, Error, Executor, Result, Tx};

/// `text`, for a parameter whose type PostgreSQL can't find out.
const TEXT: u32 = 25;

/// PostgreSQL can't find out the type of a parameter.
const INDETERMINATE: &str = "42P18";

/// A database with the tables of the structs.
pub(super) struct Probe<'p, 't> {
    tx: &'p Tx<'t>,
    pub(super) dialect: Dialect,
    pub(super) tables: &'p [TableDef],
}

/// A `sql!` as SQL with numbered parameters.
pub(super) struct Written {
    pub(super) sql: String,
    /// For each parameter, which `sql!` it is of, by its place in `Filled`, and which of its arguments it is.
    pub(super) parameters: Vec<Vec<usize>>,
}

/// An argument in the braces of a `sql!`.
#[derive(Clone, Default)]
pub(super) struct Filling {
    /// Other SQL for arguments, by their number.
    pub(super) parts: Vec<(usize, &'static Registered)>,
    /// The name for each `{#column}` that is chosen when the SQL runs.
    pub(super) column: String,
}

impl<'p, 't> Probe<'p, 't> {
    pub(super) fn new(tx: &'p Tx<'t>, dialect: Dialect, tables: &'p [TableDef]) -> Self {
        Self { tx, dialect, tables }
    }

    /// Writes a `sql!` as a statement, with the text `around` it.
    pub(super) fn write(
        &self,
        one: &Registered,
        filling: &Filling,
        around: &Around<'_>,
    ) -> Written {
        let written = Cell::new(Vec::new());
        let inner = self.write_inside(one, filling, &written, true);
        Written { sql: around.of(&inner), parameters: written.into_inner() }
    }

    fn write_inside(
        &self,
        one: &Registered,
        filling: &Filling,
        parameters: &Cell<Vec<Vec<usize>>>,
        is_outermost: bool,
    ) -> String {
        let Some(words) = one.site.words(self.dialect) else { return String::new() };
        let parameter = |place: usize| {
            let mut all = parameters.take();
            all.push(if is_outermost { vec![place] } else { Vec::new() });
            let number = all.len();
            parameters.set(all);
            match self.dialect {
                Dialect::Sqlite | Dialect::D1 => format!("?{number}"),
                Dialect::Postgres => format!("${number}"),
            }
        };
        words.written(
            self.dialect,
            |place| {
                let part =
                    filling.parts.iter().find(|(filled, _)| is_outermost && *filled == place);
                let Some((_, part)) = part else { return parameter(place) };
                let inside = Filling { parts: Vec::new(), column: filling.column.clone() };
                let sql = self.write_inside(part, &inside, parameters, false);
                let is_expression =
                    part.site.words(self.dialect).is_some_and(|words| words.is_expression);
                if is_expression { format!("({sql})") } else { sql }
            },
            |place| match one.columns.iter().find(|(known, _)| *known == place) {
                Some((_, name)) => (**name()).to_owned(),
                None => filling.column.clone(),
            },
        )
    }

    /// Asks about a statement; the inner error is what the database says against it.
    pub(super) fn describe(&self, written: &Written) -> Result<Result<Described, Error>> {
        let mut types = vec![0; written.parameters.len()];
        loop {
            // In a savepoint: the next question must be possible after an error.
            let answer = self.tx.transaction(|tx| describe(tx, &written.sql, &types));
            let error = match answer {
                Ok(described) => return Ok(Ok(described)),
                Err(error) => error,
            };
            if error.is_connection_lost() || error.is_timeout() || error.is_busy() {
                return Err(error);
            }
            // As a text, which is what it does without a type in a SELECT.
            let open = (error.database_code() == Some(INDETERMINATE))
                .then(|| parameter_in(&error.to_string()))
                .flatten()
                .and_then(|number| types.get_mut(number.checked_sub(1)?))
                .filter(|ty| **ty == 0);
            match open {
                Some(ty) => *ty = TEXT,
                None => return Ok(Err(error)),
            }
        }
    }

    /// Returns whether the error may be due to a type that only a run has.
    pub(super) fn lacks_type(&self, error: &Error) -> bool {
        let message = error.to_string();
        error.database_code() == Some(INDETERMINATE)
            || message.contains("is not unique")
            || message.contains("input has type unknown")
    }

    /// Returns the place of the parameter at which the syntax ends, if the error says that.
    pub(super) fn misplaced(&self, error: &Error, written: &Written) -> Option<usize> {
        if !self.is_syntax(error) {
            return None;
        }
        let number = parameter_in(&error.to_string())?;
        written.parameters.get(number.checked_sub(1)?)?.first().copied()
    }

    /// Returns whether the database can't read the words.
    pub(super) fn is_syntax(&self, error: &Error) -> bool {
        let message = error.to_string();
        error.database_code() == Some("42601")
            || message.contains("syntax error")
            || message.contains("incomplete input")
    }
}

/// Text around a part of other SQL that makes it a statement.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) before: &'a str,
    pub(super) after: &'a str,
}

impl Around<'_> {
    /// For what is a statement.
    pub(super) const NOTHING: Self = Around { before: "", after: "" };

    fn of(&self, sql: &str) -> String {
        format!("{}{sql}{}", self.before, self.after)
    }
}

/// Returns the number in `"$2"` or `"?2"` of a message.
fn parameter_in(message: &str) -> Option<usize> {
    message.match_indices(['$', '?']).find_map(|(at, _)| {
        let digits: String =
            message[at + 1..].chars().take_while(|next| next.is_ascii_digit()).collect();
        digits.parse().ok()
    })
}
