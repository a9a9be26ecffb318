//! The SQL of `sql!`, read by the rules of each database.

mod quotes;
mod select;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::ops::Range;

use orm_lexer::{Lexer, Rules, Token, TokenKind, is_expression};
use syn::{Expr, Type};

use self::quotes::unclosed;
pub(crate) use self::select::select;
use crate::errors::{Checked, Errors};
use crate::parse::sql::{Braces, Kind, Segment, SqlInput, Written};

/// A `sql!`.
pub(crate) struct Sql {
    /// The type of its rows, if it is named.
    pub(crate) row: Option<Type>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) sqlite: Option<Words>,
    pub(crate) postgres: Option<Words>,
}

/// An expression that is evaluated once.
pub(crate) struct Argument {
    pub(crate) kind: Kind,
    pub(crate) expression: Expr,
    source: String,
}

/// What a database gets.
#[derive(Default)]
pub(crate) struct Words {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) reads: bool,
    pub(crate) writes: bool,
    pub(crate) is_expression: bool,
}

/// A part of the SQL. The numbers are those of arguments.
pub(crate) enum Piece {
    Sql(String),
    Value(usize),
    OnlyOfIn(usize),
    Column(usize),
    In(usize),
    NotIn(usize),
    Array(usize),
}

const NUL: &str = "SQL can't contain a NUL character";
const BLANK: &str = "this looks like a space, but it isn't one for the databases: write a space";
const EMPTY: &str = "there is no SQL in this literal";

/// Stands for an argument while the SQL is read. The databases take it as part of a name.
const MARKER: char = '\u{e000}';

/// The words that begin a statement that only reads.
const READING: [&str; 5] = ["select", "values", "with", "table", "explain"];

/// The words that a statement needs to write or lock, whatever it begins with. `REPLACE` is a function as well.
const WRITING: [&str; 6] = ["insert", "update", "delete", "merge", "into", "share"];

impl Sql {
    pub(crate) fn build(input: SqlInput) -> Checked<Self> {
        let SqlInput { row, both, sqlite, postgres, mut errors } = input;
        let mut arguments: Vec<Argument> = Vec::new();
        let mut read = |written: &Option<Written>, rules: Rules, errors: &mut Errors| {
            let written = written.as_ref()?;
            let places = places(written, &mut arguments);
            Some(Reader::new(written, places, rules).read(errors))
        };
        let (sqlite, postgres) = match &both {
            // The same mistake is one error.
            Some(_) => {
                let before = errors.count();
                let sqlite = read(&both, Rules::Sqlite, &mut errors);
                let mut again = Errors::default();
                let postgres = read(&both, Rules::Postgres, &mut again);
                if errors.count() == before {
                    errors.append(again);
                }
                (sqlite, postgres)
            }
            None => (
                read(&sqlite, Rules::Sqlite, &mut errors),
                read(&postgres, Rules::Postgres, &mut errors),
            ),
        };
        errors.stop();
        errors.finish(Some(Self { row, arguments, sqlite, postgres }))
    }
}

/// Returns the numbers of a literal's arguments. What stands in the literals of both databases is one argument.
fn places(written: &Written, arguments: &mut Vec<Argument>) -> Vec<usize> {
    let known = arguments.len();
    let mut used = vec![false; known];
    let mut places = Vec::new();
    for segment in &written.segments {
        let Segment::Argument(Braces { kind, expression, source, .. }) = segment else { continue };
        let same = (0..known).find(|&place| {
            !used[place] && arguments[place].kind == *kind && arguments[place].source == *source
        });
        if let Some(place) = same {
            used[place] = true;
        }
        places.push(same.unwrap_or_else(|| {
            let (expression, source) = (expression.clone(), source.clone());
            arguments.push(Argument { kind: *kind, expression, source });
            arguments.len() - 1
        }));
    }
    places
}

/// Reads a literal by the rules of one database.
struct Reader<'w> {
    written: &'w Written,
    rules: Rules,
    /// The SQL with a marker for each argument.
    sql: String,
    /// For parts of the SQL: where they begin, and where that is in the literal.
    shifts: Vec<(usize, usize)>,
    arguments: Vec<Marked<'w>>,
}

struct Marked<'w> {
    braces: &'w Braces,
    /// The number of the argument.
    place: usize,
    /// Where the marker is.
    at: usize,
}

impl<'w> Reader<'w> {
    fn new(written: &'w Written, places: Vec<usize>, rules: Rules) -> Self {
        let mut reader =
            Self { written, rules, sql: String::new(), shifts: Vec::new(), arguments: Vec::new() };
        let mut places = places.into_iter();
        // Spaces separate a value from its neighbors, so that they never read as one token.
        let mut touches = false;
        for segment in &written.segments {
            match segment {
                Segment::Sql(sql, at) => {
                    if touches && !sql.starts_with([' ', '\n', '\t', '\r', ')', ',']) {
                        reader.sql.push(' ');
                    }
                    touches = false;
                    reader.shifts.push((reader.sql.len(), *at));
                    reader.sql.push_str(sql);
                }
                Segment::Argument(braces) => {
                    if !reader.sql.is_empty()
                        && !reader.sql.ends_with([' ', '\n', '\t', '\r', '(', ','])
                    {
                        reader.sql.push(' ');
                    }
                    let (at, place) = (reader.sql.len(), places.next().unwrap_or_default());
                    reader.shifts.push((at, braces.at.start));
                    reader.arguments.push(Marked { braces, place, at });
                    reader.sql.push(MARKER);
                    touches = true;
                }
            }
        }
        reader
    }

    /// Returns where a part of the SQL is in the literal.
    fn origin(&self, at: Range<usize>) -> Range<usize> {
        let found = self.shifts.iter().rev().find(|(start, _)| *start <= at.start);
        let (start, origin) = found.copied().unwrap_or_default();
        if let Some(marked) = self.arguments.iter().find(|marked| marked.at == at.start) {
            return marked.braces.at.clone();
        }
        let begin = origin + (at.start - start);
        let end = (begin + at.len()).min(self.written.text.len());
        begin..if self.written.text.is_char_boundary(end) { end } else { begin }
    }

    fn read(&self, errors: &mut Errors) -> Words {
        let failed = Cell::new(false);
        let mut error = |at: Range<usize>, message: &str| {
            failed.set(true);
            errors.push(self.written.error(self.origin(at), message));
        };
        if let Some(at) = self.sql.find('\0') {
            error(at..at + 1, NUL);
        }
        let mut tokens: Vec<Token<'_>> = Vec::new();
        for token in Lexer::new(&self.sql, self.rules) {
            let inside = |marked: &&Marked<'_>| token.at().contains(&marked.at);
            let argument = self.arguments.iter().find(inside);
            match (token.kind, argument) {
                (kind, _) if unclosed(&token).is_some() => {
                    if let Some((at, message)) = unclosed(&token) {
                        error(at, message);
                    }
                    if kind != TokenKind::Unclosed {
                        tokens.push(token);
                    }
                }
                (TokenKind::Text | TokenKind::QuotedName | TokenKind::Blob, Some(marked)) => error(
                    marked.at..marked.at + 1,
                    "a value isn't allowed inside quotes: write it without them, as in `name = {name}`; to make a longer \
                     text of it, write `'a' || {name}`, or `{{` for a brace",
                ),
                (TokenKind::Comment, Some(marked)) => error(
                    marked.at..marked.at + 1,
                    "a value isn't allowed in a comment: remove it, or write `{{` for a brace",
                ),
                (TokenKind::Comment, None) => {}
                (TokenKind::Parameter, _) => {
                    let is_cast =
                        token.text.starts_with(':') && self.sql[..token.start].ends_with(':');
                    error(token.at(), placeholder(token.text, is_cast));
                    tokens.push(token);
                }
                (_, None) if token.is_blank() => error(token.at(), BLANK),
                _ => tokens.push(token),
            }
        }
        if let Some(place) = tokens.iter().position(|token| token.is_symbol(";")) {
            if let Some(second) = tokens[place..].iter().find(|token| !token.is_symbol(";")) {
                error(
                    second.at(),
                    "a second statement begins here, and `sql!` runs one: write a `sql!` for each; a transaction runs \
                     all of them or none",
                );
            }
            tokens.truncate(place);
        }
        if tokens.is_empty() && !failed.get() {
            error(0..0, EMPTY);
        }
        self.words(&tokens, &mut error)
    }

    fn words(&self, tokens: &[Token<'_>], error: &mut dyn FnMut(Range<usize>, &str)) -> Words {
        let is = |place: usize, words: &[&str]| {
            tokens.get(place).is_some_and(|token| words.iter().any(|word| token.is(word)))
        };
        let is_symbol = |place: usize, symbol: &str| {
            tokens.get(place).is_some_and(|token| token.is_symbol(symbol))
        };
        let mut pieces = Vec::new();
        let mut from = self.sql.len() - self.sql.trim_start().len();
        let push = |pieces: &mut Vec<Piece>, range: Range<usize>| {
            if !range.is_empty() {
                pieces.push(Piece::Sql(self.sql[range].to_owned()));
            }
        };
        for marked in &self.arguments {
            let Some(place) = tokens.iter().position(|token| token.start == marked.at) else {
                continue;
            };
            let end = marked.at + MARKER.len_utf8();
            match marked.braces.kind {
                Kind::Value => {
                    // SQLite would take a negative number for no limit, and prepare the statement again on each run.
                    let is_rows = self.rules == Rules::Sqlite
                        && place > 0
                        && is(place - 1, &["limit", "offset"]);
                    push(&mut pieces, from..marked.at);
                    if is_rows {
                        pieces.push(Piece::Sql("mizzle_rows(".into()));
                    }
                    let is_alone = place > 1
                        && is_symbol(place - 1, "(")
                        && is(place - 2, &["in"])
                        && is_symbol(place + 1, ")");
                    pieces.push(match is_alone {
                        true => Piece::OnlyOfIn(marked.place),
                        false => Piece::Value(marked.place),
                    });
                    if is_rows {
                        pieces.push(Piece::Sql(")".into()));
                    }
                    from = end;
                }
                Kind::Column => {
                    push(&mut pieces, from..marked.at);
                    pieces.push(Piece::Column(marked.place));
                    from = end;
                }
                Kind::List => {
                    let is_in = place > 2
                        && is_symbol(place - 1, "(")
                        && is(place - 2, &["in"])
                        && is_symbol(place + 1, ")");
                    // PostgreSQL has arrays. A literal for both databases was refused by the rules of SQLite.
                    if self.rules == Rules::Postgres && !is_of_in(&tokens[..place]) {
                        push(&mut pieces, from..marked.at);
                        pieces.push(Piece::Array(marked.place));
                        from = end;
                        continue;
                    }
                    if !is_in {
                        error(
                            marked.at..marked.at + 1,
                            "a list must be alone in the parentheses of IN: write `kind IN ({..kinds})` or `kind NOT IN \
                             ({..kinds})`; in the words of PostgreSQL, `sql!(postgres: \"…\")`, it is an array anywhere",
                        );
                        continue;
                    }
                    let negated = is(place - 3, &["not"]);
                    let start = tokens[place - if negated { 3 } else { 2 }].start;
                    let before = self.sql[..start].trim_end().len().max(from);
                    push(&mut pieces, from..before);
                    pieces.push(match negated {
                        true => Piece::NotIn(marked.place),
                        false => Piece::In(marked.place),
                    });
                    from = tokens[place + 1].end();
                }
            }
        }
        // A comment at the end would go on in what follows.
        push(&mut pieces, from..tokens.last().map_or(from, Token::end).max(from));
        let replaces = |place: &usize| is(*place, &["replace"]) && !is_symbol(place + 1, "(");
        let writes = (0..tokens.len()).any(|place| is(place, &WRITING) || replaces(&place));
        Words {
            pieces,
            reads: is(0, &READING) && !is_explained(tokens),
            writes,
            is_expression: is_expression(tokens),
        }
    }
}

/// Returns whether what follows these tokens stands after IN, or in its parentheses.
fn is_of_in(before: &[Token<'_>]) -> bool {
    let mut depth = 0_usize;
    let open = before.iter().rposition(|token| {
        if token.is_symbol(")") {
            depth += 1;
        } else if token.is_symbol("(") {
            if depth == 0 {
                return true;
            }
            depth -= 1;
        }
        false
    });
    let is_in = |end: usize| end > 0 && before[end - 1].is("in");
    is_in(before.len()) || open.is_some_and(is_in)
}

/// `EXPLAIN ANALYZE` runs what it explains.
fn is_explained(tokens: &[Token<'_>]) -> bool {
    tokens[0].is("explain") && tokens.iter().any(|token| token.is("analyze") || token.is("analyse"))
}

fn placeholder(text: &str, is_cast: bool) -> &'static str {
    if is_cast {
        "`::` is a cast on PostgreSQL alone: write `CAST(x AS type)`, or `sql!(sqlite: \"…\", postgres: \"…\")`"
    } else if text == "?" {
        "`?` is a placeholder: write the value itself in braces, as in `id = {user.id}`; for PostgreSQL's operator, \
         write `sql!(postgres: \"…\")`"
    } else {
        "this is a placeholder: write the value itself in braces, as in `id = {user.id}`"
    }
}
