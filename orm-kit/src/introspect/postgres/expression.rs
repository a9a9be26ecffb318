//! Expressions without the casts that depend on a column's type of text.
//!
//! mizzle reads `varchar`, `char(3)` and `text` as text. PostgreSQL writes an expression over the first two with casts:
//! `lower((name)::text)`. Over the `text` that mizzle would create, it writes `lower(name)`, so the two could never be
//! compared.

use orm_core::Dialect;
use orm_core::schema::{ColumnDef, ColumnType, IndexKey, TableDef};
use orm_lexer::{Token, TokenKind, tokens};

/// Rewrites every expression of the table.
pub(super) fn settle(table: &mut TableDef) {
    let is_text =
        |column: &&ColumnDef| matches!(column.ty, ColumnType::Text | ColumnType::Varchar(_));
    let texts: Vec<String> =
        table.columns.iter().filter(is_text).map(|column| column.name.clone()).collect();
    let expressions = table
        .columns
        .iter_mut()
        .filter_map(|column| column.generated.as_mut())
        .chain(table.checks.iter_mut().map(|check| &mut check.condition));
    for sql in expressions {
        *sql = without_text_casts(sql, &texts);
    }
    for index in &mut table.indexes {
        let keys = index.parts.iter_mut().filter_map(|part| match &mut part.key {
            IndexKey::Expression(sql) => Some(sql),
            IndexKey::Column(_) => None,
        });
        for sql in keys.chain(&mut index.condition) {
            *sql = without_text_casts(sql, &texts);
        }
    }
}

/// `texts` are the columns that hold text.
fn without_text_casts(sql: &str, texts: &[String]) -> String {
    let tokens = tokens(sql, Dialect::Postgres);
    let mut rewriter = Rewriter { sql, tokens: &tokens, texts, written: String::new(), copied: 0 };
    rewriter.all(0, tokens.len());
    rewriter.copy_to(sql.len());
    rewriter.written
}

struct Rewriter<'a> {
    sql: &'a str,
    tokens: &'a [Token<'a>],
    texts: &'a [String],
    written: String,
    /// How much of the text has been copied or skipped.
    copied: usize,
}

impl Rewriter<'_> {
    fn all(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            at = self
                .column(at)
                .or_else(|| self.literal(at))
                .or_else(|| self.cast_literal(at))
                .or_else(|| self.array(at))
                .unwrap_or(at + 1);
        }
    }

    fn token(&self, at: usize) -> Option<&Token<'_>> {
        self.tokens.get(at)
    }

    fn is_symbol(&self, at: usize, symbol: &str) -> bool {
        self.token(at).is_some_and(|token| token.is_symbol(symbol))
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.token(at).is_some_and(|token| token.is(word))
    }

    fn is_name(&self, at: usize) -> bool {
        let is_name =
            |token: &Token<'_>| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName);
        self.token(at).is_some_and(is_name)
    }

    fn is_cast(&self, at: usize) -> bool {
        self.is_symbol(at, ":") && self.is_symbol(at + 1, ":")
    }

    fn is_varying(&self, at: usize) -> bool {
        self.is_word(at, "character") && self.is_word(at + 1, "varying")
    }

    fn start(&self, at: usize) -> usize {
        self.token(at).map_or(self.sql.len(), |token| token.start)
    }

    fn end(&self, at: usize) -> usize {
        self.token(at).map_or(self.sql.len(), Token::end)
    }

    fn copy_to(&mut self, end: usize) {
        self.written.push_str(&self.sql[self.copied..end]);
        self.copied = end;
    }

    /// Whether the parenthesis is that of a function's arguments, which directly follows the name.
    fn is_call(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        self.end(before) == self.start(at) && self.is_name(before)
    }

    /// `(name)::text` becomes `name`.
    fn column(&mut self, at: usize) -> Option<usize> {
        let name = self.token(at + 1).filter(|_| self.is_name(at + 1))?.name()?;
        let is_cast_column = self.is_symbol(at, "(")
            && !self.is_call(at)
            && self.is_symbol(at + 2, ")")
            && self.is_cast(at + 3)
            && self.is_word(at + 5, "text")
            && !self.is_symbol(at + 6, "[")
            && self.texts.iter().any(|text| *text == name);
        if !is_cast_column {
            return None;
        }
        self.copy_to(self.start(at));
        self.copied = self.start(at + 1);
        self.copy_to(self.end(at + 1));
        self.copied = self.end(at + 5);
        Some(at + 6)
    }

    /// `'x'::character varying` and `'x'::bpchar` become `'x'::text`.
    fn literal(&mut self, at: usize) -> Option<usize> {
        if self.token(at)?.kind != TokenKind::Text || !self.is_cast(at + 1) {
            return None;
        }
        let last = if self.is_varying(at + 3) {
            at + 4
        } else if self.is_word(at + 3, "bpchar") {
            at + 3
        } else {
            return None;
        };
        if self.is_symbol(last + 1, "(") || self.is_symbol(last + 1, "[") {
            return None;
        }
        self.copy_to(self.start(at + 3));
        self.written.push_str("text");
        self.copied = self.end(last);
        Some(last + 1)
    }

    /// `('x'::character varying)::text` becomes `'x'::text`: the server writes a cast of an array like this, element by
    /// element, once it has read it again.
    fn cast_literal(&mut self, at: usize) -> Option<usize> {
        let is_cast_literal = self.is_symbol(at, "(")
            && !self.is_call(at)
            && self.token(at + 1)?.kind == TokenKind::Text
            && self.is_cast(at + 2)
            && self.is_varying(at + 4)
            && self.is_symbol(at + 6, ")")
            && self.is_cast(at + 7)
            && self.is_word(at + 9, "text")
            && !self.is_symbol(at + 10, "[");
        if !is_cast_literal {
            return None;
        }
        self.copy_to(self.start(at));
        self.copied = self.start(at + 1);
        self.copy_to(self.end(at + 1));
        self.copied = self.end(at + 6);
        Some(at + 10)
    }

    /// `(ARRAY['x'::character varying])::text[]` becomes `ARRAY['x'::text]`.
    fn array(&mut self, at: usize) -> Option<usize> {
        let opens = self.is_symbol(at, "(")
            && !self.is_call(at)
            && self.is_word(at + 1, "ARRAY")
            && self.is_symbol(at + 2, "[");
        if !opens {
            return None;
        }
        let close = (at + 3..self.tokens.len()).find(|at| self.is_symbol(*at, "]"))?;
        let is_cast_array = self.is_symbol(close + 1, ")")
            && self.is_cast(close + 2)
            && self.is_word(close + 4, "text")
            && self.is_symbol(close + 5, "[")
            && self.is_symbol(close + 6, "]");
        if !is_cast_array || !self.holds_texts(at + 3, close) {
            return None;
        }
        self.copy_to(self.start(at));
        self.copied = self.start(at + 1);
        self.all(at + 1, close + 1);
        self.copy_to(self.end(close));
        self.copied = self.end(close + 6);
        Some(close + 7)
    }

    /// Whether there are only literals of text between two tokens.
    fn holds_texts(&self, from: usize, to: usize) -> bool {
        self.tokens[from..to].split(|token| token.is_symbol(",")).all(|item| {
            let parts: Vec<_> = item.iter().map(Token::parts).collect();
            matches!(
                parts.as_slice(),
                [(TokenKind::Text, _), (_, ":"), (_, ":"), (_, "character"), (_, "varying")]
                    | [(TokenKind::Text, _), (_, ":"), (_, ":"), (_, "text" | "bpchar")]
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts_of_texts_go() {
        let texts = ["name".to_owned(), "the \"role\"".to_owned()];
        for (told, expected) in [
            ("lower((name)::text)", "lower(name)"),
            (
                "(length((name)::text) > 0) AND (name)::text <> ''::text",
                "(length(name) > 0) AND name <> ''::text",
            ),
            ("name = 'x'::bpchar", "name = 'x'::text"),
            (
                "(\"the \"\"role\"\"\")::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])",
                "\"the \"\"role\"\"\" = ANY (ARRAY['a'::text, 'b'::text])",
            ),
            (
                "name = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])",
                "name = ANY (ARRAY['a'::text, 'b'::text])",
            ),
            ("f('x'::character varying)::text", "f('x'::text)::text"),
            ("('x'::character varying)::text[]", "('x'::text)::text[]"),
        ] {
            assert_eq!(without_text_casts(told, &texts), expected);
        }
    }

    #[test]
    fn other_casts_stay() {
        let texts = ["name".to_owned()];
        for told in [
            "lower((number)::text)",
            "upper(name)::text",
            "(name)::text[]",
            "(name)::integer > 0",
            "'x'::character varying(3)",
            "('(name)::text')",
            "(ARRAY[1, 2])::text[]",
            "(ARRAY['a'::mood])::text[]",
        ] {
            assert_eq!(without_text_casts(told, &texts), told);
        }
    }
}
