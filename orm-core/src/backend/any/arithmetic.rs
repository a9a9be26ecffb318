//! diesel's `+ - * /` on SQLite, whose own operators continue in floating point if the result doesn't fit.
//!
//! Operators after a column are [`dsl::checked`](crate::dsl::checked)'s, which know their type. After anything else (a
//! function, a `CASE`, a value, a column of an alias) they are diesel's, which write the same SQL for each type. The
//! builder marks them, and here they become calls of the function that fails like PostgreSQL's operators. The number of
//! bits is that of a column in the expression: diesel gives both sides the same type.

use orm_lexer::{Lexer, Token, TokenKind, tokens};

use super::assigned::Assigned;
use super::marks::MARK;
use super::widths::Widths;
use crate::dialect::Dialect;

/// An open parenthesis.
struct Group {
    start: usize,
    operator: Operator,
}

enum Operator {
    None,
    /// The only operator of the group: its number, the end of the left side, and the bits of that side.
    One(usize, usize, Option<i8>),
    /// The group isn't one that diesel writes for an operator.
    Other,
}

/// Replaces the marked operators of `sql`.
pub(super) fn rewrite(sql: &str, widths: &Widths, dialect: Dialect) -> String {
    let mut writing = Writing {
        sql: String::with_capacity(sql.len() + 64),
        widths,
        dialect,
        groups: Vec::new(),
        last: None,
        assigned: Assigned::default(),
    };
    let (mut end, mut previous, mut is_marked) = (0, None, false);
    for token in Lexer::new(sql, dialect) {
        if token.text.as_bytes() == [MARK] {
            writing.sql.push_str(&sql[end..token.start]);
            is_marked = true;
        } else {
            writing.sql.push_str(&sql[end..token.start]);
            writing.assigned.before(&token, widths, &mut writing.sql);
            match token.text {
                "(" => writing.open(previous, token.start),
                ")" => writing.close(),
                operator if is_marked => writing.operator(operator),
                other => writing.sql.push_str(other),
            }
            is_marked = false;
            previous = Some(token);
        }
        end = token.end();
    }
    writing.sql.push_str(&sql[end..]);
    writing.assigned.end(&mut writing.sql);
    writing.sql
}

struct Writing<'w> {
    sql: String,
    widths: &'w Widths,
    dialect: Dialect,
    groups: Vec<Group>,
    /// Where the last call was written, and its bits.
    last: Option<(usize, usize, Option<i8>)>,
    assigned: Assigned,
}

impl Writing<'_> {
    fn open(&mut self, previous: Option<Token<'_>>, start: usize) {
        // diesel writes the parenthesis of a call right behind the name, and a space behind every other word.
        let is_list = previous.is_some_and(|token| match token.kind {
            TokenKind::QuotedName => token.end() == start,
            TokenKind::Word => token.end() == start || token.is("IN") || token.is("VALUES"),
            _ => false,
        });
        let operator = if is_list { Operator::Other } else { Operator::None };
        self.groups.push(Group { start: self.sql.len(), operator });
        self.sql.push('(');
    }

    fn operator(&mut self, symbol: &str) {
        if let Some(number) = ["+", "-", "*", "/"].iter().position(|known| *known == symbol)
            && let Some(Group { start, operator }) = self.groups.last()
        {
            let start = start + 1;
            let end = self.sql.trim_end().len();
            let operator = match operator {
                Operator::None => match self.operand(start, end) {
                    Some(bits) => Operator::One(number, end, bits),
                    None => Operator::Other,
                },
                _ => Operator::Other,
            };
            if let Some(group) = self.groups.last_mut() {
                group.operator = operator;
            }
        }
        self.sql.push_str(symbol);
    }

    fn close(&mut self) {
        if let Some(Group { start, operator: Operator::One(number, end, left) }) = self.groups.pop()
        {
            // Behind ` + `.
            let from = end + 3;
            if let Some(right) = self.operand(from, self.sql.len()) {
                let bits = left.or(right);
                if bits.is_none() {
                    self.assigned.is_unsized();
                }
                let call = format!(
                    "mizzle_checked({number}, {}, {}, {})",
                    bits.unwrap_or(64),
                    &self.sql[start + 1..end],
                    &self.sql[from..]
                );
                self.sql.truncate(start);
                self.sql.push_str(&call);
                self.last = Some((start, self.sql.len(), bits));
                return;
            }
        }
        self.sql.push(')');
    }

    /// Returns the bits of an operand, if they are known; `None` if it isn't a single operand.
    fn operand(&self, start: usize, end: usize) -> Option<Option<i8>> {
        match self.last {
            Some((first, last, bits)) if (first, last) == (start, end) => Some(bits),
            _ => {
                let sql = self.sql.get(start..end)?;
                bits(&tokens(sql, self.dialect), sql, self.widths)
            }
        }
    }
}

/// Returns the bits of an expression, if they are known; `None` if it isn't a single operand.
fn bits(tokens: &[Token<'_>], sql: &str, widths: &Widths) -> Option<Option<i8>> {
    let text = |tokens: &[Token<'_>]| match tokens {
        [first, .., last] => sql.get(first.start..last.end()).unwrap_or_default().to_owned(),
        [only] => only.text.to_owned(),
        [] => String::new(),
    };
    let first = tokens.first()?;
    match first.kind {
        TokenKind::Parameter | TokenKind::Number | TokenKind::Text | TokenKind::Blob => {
            (tokens.len() == 1).then_some(None)
        }
        TokenKind::Symbol if first.is_symbol("(") => {
            let inner = &tokens[1..closing(tokens, 0)?];
            if inner.len() + 2 != tokens.len() {
                return None;
            }
            if !inner.first()?.is("SELECT") {
                return bits(inner, sql, widths);
            }
            let column = parts(&inner[1..], |token| token.is("FROM") || token.is_symbol(","));
            Some(column.first().and_then(|column| bits(column, sql, widths)).flatten())
        }
        TokenKind::Word if first.is("CASE") => {
            let end = closing(tokens, 0)?;
            if !is_end(&tokens[end + 1..]) {
                return None;
            }
            let results = parts(&tokens[1..end], |token| {
                ["WHEN", "THEN", "ELSE"].iter().any(|word| token.is(word))
            });
            // Conditions stand between results, and comparisons are not operands.
            Some(results.into_iter().find_map(|result| bits(result, sql, widths)?))
        }
        TokenKind::Word | TokenKind::QuotedName => {
            let name = 1 + tokens[1..]
                .chunks_exact(2)
                .take_while(|pair| pair[0].is_symbol(".") && pair[1].name().is_some())
                .count()
                * 2;
            let Some(open) = tokens.get(name) else {
                let qualified = &tokens[name.saturating_sub(3)..];
                return Some(widths.of(&text(qualified)));
            };
            if !open.is_symbol("(") {
                return None;
            }
            let end = closing(tokens, name)?;
            if !is_end(&tokens[end + 1..]) {
                return None;
            }
            let arguments = parts(&tokens[name + 1..end], |token| token.is_symbol(","));
            // 64 are those of an operator without a known size, too.
            let known = |argument: Option<&&[Token<'_>]>| {
                text(argument?).parse().ok().filter(|&bits| bits != 64)
            };
            Some(match first.text {
                "mizzle_checked" => known(arguments.get(1)),
                "mizzle_cast" => known(arguments.first()),
                // They return what they get.
                "coalesce" | "max" | "min" | "abs" | "nullif" | "ifnull" => {
                    arguments.into_iter().find_map(|argument| bits(argument, sql, widths)?)
                }
                _ => None,
            })
        }
        _ => None,
    }
}

/// Whether an operand may end with these tokens: nothing, a collation, the window of a function.
fn is_end(tokens: &[Token<'_>]) -> bool {
    match tokens {
        [] => true,
        [word, _] if word.is("COLLATE") || word.is("OVER") => true,
        [word, open, ..] if open.is_symbol("(") && (word.is("FILTER") || word.is("OVER")) => {
            closing(tokens, 1).is_some_and(|end| is_end(&tokens[end + 1..]))
        }
        _ => false,
    }
}

/// How much deeper the tokens after this one are.
fn depth(token: &Token<'_>) -> i32 {
    if token.is_symbol("(") || token.is("CASE") {
        1
    } else if token.is_symbol(")") || token.is("END") {
        -1
    } else {
        0
    }
}

/// Returns the place of the token that closes the one at `open`.
fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut open_ones = 0;
    tokens[open..]
        .iter()
        .position(|token| {
            open_ones += depth(token);
            open_ones == 0
        })
        .map(|length| open + length)
}

/// Splits tokens where `is_between` holds, outside of parentheses and cases.
fn parts<'t, 's>(
    tokens: &'t [Token<'s>],
    is_between: impl Fn(&Token<'s>) -> bool,
) -> Vec<&'t [Token<'s>]> {
    let mut open_ones = 0;
    tokens
        .split(|token| {
            open_ones += depth(token);
            open_ones == 0 && is_between(token)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use diesel::query_builder::QueryBuilder as _;

    use crate::backend::AnyQueryBuilder;
    use crate::dialect::Dialect;

    /// Words are names of columns with 32 bits, `?` is a parameter, the rest is SQL.
    fn written(pieces: &[&str]) -> String {
        let mut sql = AnyQueryBuilder::new(Dialect::Sqlite);
        for piece in pieces {
            match *piece {
                "?" => sql.push_bind_param(),
                "small" => sql.push_identifier("small\u{1}16").expect("a name"),
                "int" => sql.push_identifier("int\u{1}32").expect("a name"),
                "big" => sql.push_identifier("big").expect("a name"),
                piece => sql.push_sql(piece),
            }
        }
        sql.finish()
    }

    #[test]
    fn operators_become_calls() {
        for (pieces, expected) in [
            (
                &["SELECT ", "(", "?", " + ", "\"t\".", "int", ")"][..],
                "SELECT mizzle_checked(0, 32, ?, \"t\".\"int\")",
            ),
            (
                &["(", "(", "big", " * ", "?", ")", " - ", "?", ")"],
                "mizzle_checked(1, 64, mizzle_checked(2, 64, \"big\", ?), ?)",
            ),
            (
                &["(", "?", " / ", "(", "?", " + ", "small", ")", ")"],
                "mizzle_checked(3, 16, ?, mizzle_checked(0, 16, ?, \"small\"))",
            ),
            (
                &["(", "coalesce(", "?", ", ", "int", ")", " + ", "?", ")"],
                "mizzle_checked(0, 32, coalesce(?, \"int\"), ?)",
            ),
            (
                &[
                    "(", "CASE", " WHEN ", "(", "big", " = ", "?", ")", " THEN ", "?", " ELSE ",
                    "int", " END", " + ", "?", ")",
                ],
                "mizzle_checked(0, 32, CASE WHEN (\"big\" = ?) THEN ? ELSE \"int\" END, ?)",
            ),
            (
                &["(", "(", "SELECT ", "int", " FROM ", "t", ")", " + ", "?", ")"],
                "mizzle_checked(0, 32, (SELECT \"int\" FROM t), ?)",
            ),
            (
                &["(", "coalesce(", "(", "?", " + ", "?", ")", ", ", "int", ")", " - ", "?", ")"],
                "mizzle_checked(1, 32, coalesce(mizzle_checked(0, 64, ?, ?), \"int\"), ?)",
            ),
            (
                &["(", "?", " IS NOT DISTINCT FROM ", "(", "int", " + ", "?", ")", ")"],
                "(? IS NOT DISTINCT FROM mizzle_checked(0, 32, \"int\", ?))",
            ),
            (
                &["(", "?", " MATCH ", "(", "int", " + ", "?", ")", ")"],
                "(? MATCH mizzle_checked(0, 32, \"int\", ?))",
            ),
            (
                &["(", "length(x)", " + ", "?", ")", " > ", "int"],
                "mizzle_checked(0, 64, length(x), ?) > \"int\"",
            ),
            (
                &["(", "sum(x) OVER (PARTITION BY y)", " + ", "?", ")"],
                "mizzle_checked(0, 64, sum(x) OVER (PARTITION BY y), ?)",
            ),
        ] {
            assert_eq!(written(pieces), expected);
        }
    }

    #[test]
    fn a_result_without_a_size_fits_the_column_that_it_is_written_to() {
        for (pieces, expected) in [
            (
                &[
                    "UPDATE t SET ",
                    "int",
                    " = ",
                    "(",
                    "?",
                    " * ",
                    "?",
                    ")",
                    ", ",
                    "small",
                    " = ",
                    "(",
                    "small",
                    " + ",
                    "?",
                    ")",
                    ", ",
                    "small",
                    " = ",
                    "coalesce(",
                    "(",
                    "?",
                    " - ",
                    "?",
                    ")",
                    ", ",
                    "?",
                    ")",
                    " WHERE ",
                    "(",
                    "int",
                    " = ",
                    "?",
                    ")",
                ][..],
                "UPDATE t SET \"int\" = mizzle_cast(32, mizzle_checked(2, 64, ?, ?)), \
                 \"small\" = mizzle_checked(0, 16, \"small\", ?), \
                 \"small\" = mizzle_cast(16, coalesce(mizzle_checked(1, 64, ?, ?), ?)) \
                 WHERE (\"int\" = ?)",
            ),
            (
                &["UPDATE t SET ", "int", " = ", "(", "?", " * ", "?", ")"],
                "UPDATE t SET \"int\" = mizzle_cast(32, mizzle_checked(2, 64, ?, ?))",
            ),
            (
                &["UPDATE t SET ", "int", " = ", "(", "?", " * ", "?", ")", " RETURNING ", "big"],
                "UPDATE t SET \"int\" = mizzle_cast(32, mizzle_checked(2, 64, ?, ?)) \
                 RETURNING \"big\"",
            ),
            (
                &["UPDATE t SET ", "big", " = ", "(", "?", " * ", "?", ")"],
                "UPDATE t SET \"big\" = mizzle_checked(2, 64, ?, ?)",
            ),
            (
                &[
                    "INSERT INTO \"t\" (",
                    "big",
                    ", ",
                    "int",
                    ") VALUES (",
                    "?",
                    ", ",
                    "(",
                    "?",
                    " + ",
                    "?",
                    ")",
                    "), (",
                    "(",
                    "?",
                    " + ",
                    "?",
                    ")",
                    ", ",
                    "?",
                    ")",
                    " ON CONFLICT (",
                    "big",
                    ") DO UPDATE SET ",
                    "small",
                    " = ",
                    "(",
                    "?",
                    " / ",
                    "?",
                    ")",
                ],
                "INSERT INTO \"t\" (\"big\", \"int\") VALUES \
                 (?, mizzle_cast(32, mizzle_checked(0, 64, ?, ?))), (mizzle_checked(0, 64, ?, ?), ?) \
                 ON CONFLICT (\"big\") DO UPDATE SET \"small\" = \
                 mizzle_cast(16, mizzle_checked(3, 64, ?, ?))",
            ),
            (
                &[
                    "INSERT INTO \"t\" (",
                    "int",
                    ", ",
                    "small",
                    ") SELECT DISTINCT ",
                    "(",
                    "?",
                    " + ",
                    "?",
                    ")",
                    ", ",
                    "(",
                    "?",
                    " - ",
                    "?",
                    ")",
                    " FROM u WHERE ",
                    "(",
                    "(",
                    "?",
                    " + ",
                    "?",
                    ")",
                    " = ",
                    "?",
                    ")",
                ],
                "INSERT INTO \"t\" (\"int\", \"small\") SELECT DISTINCT \
                 mizzle_cast(32, mizzle_checked(0, 64, ?, ?)), \
                 mizzle_cast(16, mizzle_checked(1, 64, ?, ?)) FROM u WHERE \
                 (mizzle_checked(0, 64, ?, ?) = ?)",
            ),
        ] {
            assert_eq!(written(pieces), expected);
        }
    }

    #[test]
    fn other_text_stays() {
        for (pieces, expected) in [
            (&["a", " + ", "b"][..], "a + b"),
            (&["x IN (", "a", " + ", "b", ")"], "x IN (a + b)"),
            (&["f(", "a", " + ", "b", ")"], "f(a + b)"),
            (&["(", "a, b", " + ", "c", ")"], "(a, b + c)"),
            (&["(", "a", " + ", "b, c", ")"], "(a + b, c)"),
            (&["(", "a = b", " + ", "c", ")"], "(a = b + c)"),
            (&["(", "a", " + ", "b", " + ", "c", ")"], "(a + b + c)"),
        ] {
            assert_eq!(written(pieces), expected);
        }
    }
}
