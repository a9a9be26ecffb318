//! What the words of a view's SELECT say.

mod items;
mod nulls;

use orm_core::Dialect;
use orm_lexer::{Token, tokens};

pub(super) use self::items::{Item, items};
pub(super) use self::nulls::may_add_nulls;

/// Returns whether two texts have the same tokens, whatever stands between them.
pub(crate) fn is_same(one: &str, other: &str, dialect: Dialect) -> bool {
    let (one, other) = (tokens(one, dialect), tokens(other, dialect));
    one.iter().map(|token| token.text).eq(other.iter().map(|token| token.text))
}

/// Returns the text on one line, without comments and the semicolon at its end. Line breaks in strings stay.
#[cfg(feature = "postgres")]
pub(super) fn one_line(text: &str, dialect: Dialect) -> String {
    written(text, &tokens(text, dialect))
}

/// Returns the SELECT of a view's statement on SQLite, which keeps it as it was written. Names of columns that the
/// statement gives become a WITH, as a struct has only a SELECT.
#[cfg(feature = "sqlite")]
pub(super) fn of_statement(statement: &str) -> String {
    let dialect = Dialect::Sqlite;
    let tokens = tokens(statement, dialect);
    let mut depth = 0_usize;
    let start = tokens.iter().position(|token| {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && token.is("as")
    });
    let Some(start) = start else { return written(statement, &tokens) };
    let select = written(statement, &tokens[start + 1..]);
    let Some(open) = tokens[..start].iter().position(|token| token.is_symbol("(")) else {
        return select;
    };
    let columns = written(statement, &tokens[open..start]);
    let view = tokens[..open].last().and_then(Token::name).unwrap_or_default();
    let name = dialect.quote_ident(&format!("columns of {view}"));
    format!("WITH {name}{columns} AS ({select}) SELECT * FROM {name}")
}

/// Returns the SELECT inside what [`of_statement`] makes of one with names of columns, or the SELECT itself.
#[cfg(feature = "sqlite")]
pub(super) fn without_names(select: &str) -> &str {
    let tokens = tokens(select, Dialect::Sqlite);
    let is_ours = tokens.len() > 3
        && tokens[0].is("with")
        && tokens[1].text.starts_with("\"columns of ")
        && tokens[2].is_symbol("(");
    let start = tokens.iter().position(|token| token.is("as")).filter(|_| is_ours);
    let Some(open) = start.and_then(|start| tokens.get(start + 1)) else { return select };
    let end = tokens.iter().rposition(|token| token.is_symbol(")"));
    end.map_or(select, |end| &select[open.end()..tokens[end].start])
}

fn written(text: &str, tokens: &[Token<'_>]) -> String {
    let tokens = match tokens {
        [rest @ .., last] if last.is_symbol(";") => rest,
        all => all,
    };
    let mut line = String::new();
    let mut end = None;
    for token in tokens {
        if end.is_some_and(|end| token.start > end) {
            line.push(' ');
        }
        end = Some(token.end());
        line.push_str(&text[token.at()]);
    }
    line
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;

    #[test]
    fn the_select_of_a_statement() {
        for (statement, select) in [
            ("CREATE VIEW v AS SELECT a,\n  'x\ny' -- it\nFROM t;", "SELECT a, 'x\ny' FROM t"),
            ("CREATE TEMP VIEW IF NOT EXISTS \"as\" AS\nSELECT/**/1", "SELECT 1"),
            (
                "CREATE VIEW main.[my v] (a, \"b c\")AS SELECT 1, 2",
                "WITH \"columns of my v\"(a, \"b c\") AS (SELECT 1, 2) SELECT * FROM \"columns of my v\"",
            ),
        ] {
            assert_eq!(of_statement(statement), select);
            assert_eq!(without_names(select), select.replace("WITH \"columns of my v\"(a, \"b c\") AS (SELECT 1, 2) SELECT * FROM \"columns of my v\"", "SELECT 1, 2"));
        }
        assert!(is_same("SELECT count(*) FROM t", "SELECT count ( * )\nFROM t", Dialect::Sqlite));
        assert!(!is_same("SELECT a FROM t", "SELECT b FROM t", Dialect::Sqlite));
    }
}
