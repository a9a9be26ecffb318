//! Expressions without the casts that depend on which type of text a column is.
//!
//! mizzle takes `varchar`, `char(3)` and `text` for text, and PostgreSQL writes an expression over the first
//! two with casts: `lower((name)::text)`. Over the `text` that mizzle would create it writes `lower(name)`, so
//! that the two could never be compared.

use orm_core::schema::{ColumnDef, ColumnType, IndexKey, TableDef};

use crate::token::{Kind, Token, tokens};

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
    let tokens = tokens(sql);
    let mut rewriter = Rewriter { sql, tokens: &tokens, texts, written: String::new(), copied: 0 };
    rewriter.all(0, tokens.len());
    rewriter.copy_to(sql.len());
    rewriter.written
}

struct Rewriter<'a> {
    sql: &'a str,
    tokens: &'a [Token],
    texts: &'a [String],
    written: String,
    /// How much of the text was copied or skipped.
    copied: usize,
}

impl Rewriter<'_> {
    fn all(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            at = self
                .column(at)
                .or_else(|| self.literal(at))
                .or_else(|| self.array(at))
                .unwrap_or(at + 1);
        }
    }

    fn kind(&self, at: usize) -> Option<&Kind> {
        self.tokens.get(at).map(|token| &token.kind)
    }

    fn is_symbol(&self, at: usize, symbol: u8) -> bool {
        self.kind(at) == Some(&Kind::Symbol(symbol))
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.kind(at).is_some_and(|kind| kind.is(word))
    }

    fn is_cast(&self, at: usize) -> bool {
        self.is_symbol(at, b':') && self.is_symbol(at + 1, b':')
    }

    fn start(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(self.sql.len(), |token| token.at.start)
    }

    fn end(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(self.sql.len(), |token| token.at.end)
    }

    fn copy_to(&mut self, end: usize) {
        self.written.push_str(&self.sql[self.copied..end]);
        self.copied = end;
    }

    /// Whether the parenthesis is that of a function's arguments, which stands right behind the name.
    fn is_call(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        self.end(before) == self.start(at)
            && matches!(self.kind(before), Some(Kind::Word(_) | Kind::Quoted(_)))
    }

    /// `(name)::text` becomes `name`.
    fn column(&mut self, at: usize) -> Option<usize> {
        let (Kind::Word(name) | Kind::Quoted(name)) = self.kind(at + 1)? else { return None };
        let is_cast_column = self.is_symbol(at, b'(')
            && !self.is_call(at)
            && self.is_symbol(at + 2, b')')
            && self.is_cast(at + 3)
            && self.is_word(at + 5, "text")
            && !self.is_symbol(at + 6, b'[')
            && self.texts.contains(name);
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
        if !matches!(self.kind(at)?, Kind::Text(_)) || !self.is_cast(at + 1) {
            return None;
        }
        let last = if self.is_word(at + 3, "character") && self.is_word(at + 4, "varying") {
            at + 4
        } else if self.is_word(at + 3, "bpchar") {
            at + 3
        } else {
            return None;
        };
        if self.is_symbol(last + 1, b'(') || self.is_symbol(last + 1, b'[') {
            return None;
        }
        self.copy_to(self.start(at + 3));
        self.written.push_str("text");
        self.copied = self.end(last);
        Some(last + 1)
    }

    /// `(ARRAY['x'::character varying])::text[]` becomes `ARRAY['x'::text]`.
    fn array(&mut self, at: usize) -> Option<usize> {
        let opens = self.is_symbol(at, b'(')
            && !self.is_call(at)
            && self.is_word(at + 1, "ARRAY")
            && self.is_symbol(at + 2, b'[');
        if !opens {
            return None;
        }
        let close = (at + 3..self.tokens.len()).find(|at| self.is_symbol(*at, b']'))?;
        let is_cast_array = self.is_symbol(close + 1, b')')
            && self.is_cast(close + 2)
            && self.is_word(close + 4, "text")
            && self.is_symbol(close + 5, b'[')
            && self.is_symbol(close + 6, b']');
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

    /// Whether there are but literals of text between two tokens.
    fn holds_texts(&self, from: usize, to: usize) -> bool {
        self.tokens[from..to].split(|token| token.kind == Kind::Symbol(b',')).all(|item| {
            let kinds: Vec<&Kind> = item.iter().map(|token| &token.kind).collect();
            match kinds.as_slice() {
                [Kind::Text(_), Kind::Symbol(b':'), Kind::Symbol(b':'), character, varying] => {
                    character.is("character") && varying.is("varying")
                }
                [Kind::Text(_), Kind::Symbol(b':'), Kind::Symbol(b':'), one] => {
                    one.is("text") || one.is("bpchar")
                }
                _ => false,
            }
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
