//! The columns that a statement writes, for arithmetic without a size: its result has to fit the column.
//!
//! `SET "int" = (? * ?)` has no column in the expression. SQLite would store a number that the column can't hold.

use orm_lexer::{Token, TokenKind};

use super::widths::Widths;

/// What is known of the columns at a place of a statement.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    /// The number of open parentheses.
    depth: usize,
    place: Place,
    /// The bits of the columns of an INSERT.
    columns: Vec<Option<i8>>,
    value: Option<Value>,
    /// The bits of the column before `=`.
    before_equals: Option<i8>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    Elsewhere,
    /// After `INTO`, before the columns.
    Into,
    Columns,
    /// After the columns of an INSERT, before its values.
    Inserted,
    Values,
    /// In the columns of a SELECT whose rows are inserted.
    Selected,
    Set,
}

/// The value for a column.
#[derive(Debug)]
struct Value {
    /// Where it begins, as soon as that is known.
    start: Option<usize>,
    bits: Option<i8>,
    /// The number of the column.
    number: usize,
    /// Its number of open parentheses.
    depth: usize,
    has_unsized: bool,
}

impl Assigned {
    /// There was arithmetic without a size.
    pub(super) fn is_unsized(&mut self) {
        if let Some(value) = &mut self.value {
            value.has_unsized = true;
        }
    }

    /// Notes what `token` means, before it is written behind `sql`.
    pub(super) fn before(&mut self, token: &Token<'_>, widths: &Widths, sql: &mut String) {
        if self.value.as_ref().is_some_and(|value| self.depth == value.depth) {
            let ends = match self.place {
                Place::Set => ["WHERE", "FROM", "RETURNING"].iter().any(|word| token.is(word)),
                Place::Selected => token.is("FROM") || token.is("WHERE"),
                _ => false,
            };
            if ends || token.is_symbol(",") || token.is_symbol(")") {
                let number = self.end(sql);
                if token.is_symbol(",") && self.place != Place::Set {
                    self.begin(number + 1);
                } else if self.place != Place::Values && !token.is_symbol(",") {
                    self.place = Place::Elsewhere;
                }
            } else if let Some(Value { start: start @ None, .. }) = &mut self.value
                && !token.is("DISTINCT")
                && !token.is("ALL")
            {
                *start = Some(sql.len());
            }
        }
        if token.is_symbol("(") {
            self.depth += 1;
            match self.place {
                Place::Into if self.depth == 1 => self.place = Place::Columns,
                Place::Values if self.depth == 1 => self.begin(0),
                _ => {}
            }
        } else if token.is_symbol(")") {
            self.depth = self.depth.saturating_sub(1);
            if self.place == Place::Columns {
                self.place = Place::Inserted;
            }
        } else if token.kind == TokenKind::QuotedName {
            match self.place {
                Place::Columns => self.columns.push(widths.of(token.text)),
                Place::Set if self.value.is_none() => self.before_equals = widths.of(token.text),
                _ => {}
            }
        } else if self.depth == 0 {
            self.at_word(token);
        }
    }

    /// Notes what `token` means outside of parentheses.
    fn at_word(&mut self, token: &Token<'_>) {
        if token.is("INTO") {
            (self.place, self.columns) = (Place::Into, Vec::new());
        } else if token.is("SET") {
            self.place = Place::Set;
        } else if token.is_symbol("=") && self.place == Place::Set && self.value.is_none() {
            let bits = self.before_equals.take();
            self.begin_value(0, bits);
        } else if token.is("VALUES") && self.place == Place::Inserted {
            self.place = Place::Values;
        } else if token.is("SELECT") && self.place == Place::Inserted {
            self.place = Place::Selected;
            self.begin(0);
        } else if token.is("ON") && self.place == Place::Values {
            self.place = Place::Elsewhere;
        }
    }

    fn begin(&mut self, number: usize) {
        self.begin_value(number, self.columns.get(number).copied().flatten());
    }

    fn begin_value(&mut self, number: usize, bits: Option<i8>) {
        let depth = self.depth;
        self.value = Some(Value { start: None, bits, number, depth, has_unsized: false });
    }

    /// Ends the value, and returns the number of its column.
    pub(super) fn end(&mut self, sql: &mut String) -> usize {
        let Some(value) = self.value.take() else { return 0 };
        if let Value { start: Some(start), bits: Some(bits), has_unsized: true, .. } = value {
            let end = sql.trim_end().len();
            sql.insert(end, ')');
            sql.insert_str(start, &format!("mizzle_cast({bits}, "));
        }
        value.number
    }
}
