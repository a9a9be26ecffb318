//! The columns of a SELECT, as far as their words say what they are.

use orm_core::Dialect;
use orm_lexer::{Token, TokenKind, tokens};

/// A column of a SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::introspect) enum Item {
    /// A column of a table or view.
    Column(String),
    /// `count(…)`, which is never NULL.
    Count,
    /// `CAST(… AS type)`
    Cast(String),
    /// A function, by its name in lower case, and its first argument if that is a column.
    Call(String, Option<String>),
    /// A text, or texts one after the other.
    Text,
    /// An integer.
    Integer,
    /// A number with a fraction.
    Number,
    Other,
}

/// Returns the columns of a SELECT, if it is one and lists as many as it has: nothing stands for several of them.
pub(in crate::introspect) fn items(
    select: &str,
    dialect: Dialect,
    columns: usize,
) -> Option<Vec<Item>> {
    let all = tokens(select, dialect);
    let mut tokens = at_top(&all);
    let start = tokens.iter().position(|(_, token, is_top)| *is_top && token.is("select"))? + 1;
    tokens.drain(..start);
    if tokens
        .iter()
        .any(|(_, token, is_top)| *is_top && is_any(token, &["union", "intersect", "except"]))
    {
        return None;
    }
    let end = tokens.iter().position(|(_, token, is_top)| {
        *is_top && is_any(token, &["from", "where", "group", "having", "window", "order", "limit"])
    });
    tokens.truncate(end.unwrap_or(tokens.len()));
    if tokens.first().is_some_and(|(_, token, _)| is_any(token, &["distinct", "all"])) {
        tokens.remove(0);
        if tokens.first().is_some_and(|(_, token, _)| token.is("on")) {
            // `DISTINCT ON (…)`
            let close =
                tokens.iter().position(|(_, token, is_top)| *is_top && token.is_symbol(")"))?;
            tokens.drain(..=close);
        }
    }
    let parts: Vec<Vec<Token<'_>>> = tokens
        .split(|(_, token, is_top)| *is_top && token.is_symbol(","))
        .map(|part| part.iter().map(|(_, token, _)| *token).collect())
        .collect();
    let is_star = |part: &Vec<Token<'_>>| match part.as_slice() {
        [star] => star.is_symbol("*"),
        [.., point, star] => point.is_symbol(".") && star.is_symbol("*"),
        [] => true,
    };
    if parts.len() != columns || parts.iter().any(is_star) {
        return None;
    }
    Some(parts.iter().map(|part| item(select, without_alias(part))).collect())
}

/// Returns each token with its place and whether it is in no parentheses; the parentheses themselves are in none.
fn at_top<'s>(tokens: &[Token<'s>]) -> Vec<(usize, Token<'s>, bool)> {
    let mut depth = 0_usize;
    let at = |(place, token): (usize, &Token<'s>)| {
        if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        let is_top = depth == 0;
        if token.is_symbol("(") {
            depth += 1;
        }
        (place, *token, is_top)
    };
    tokens.iter().enumerate().map(at).collect()
}

fn is_any(token: &Token<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| token.is(word))
}

fn is_name(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::QuotedName)
}

/// Returns the expression without `AS name`, or `name` behind it.
fn without_alias<'t, 's>(part: &'t [Token<'s>]) -> &'t [Token<'s>] {
    match part {
        [expression @ .., word, _] if word.is("as") => expression,
        [expression @ .., before, last]
            if is_name(last)
                && !last.is("end")
                && !last.is("null")
                && (before.is_symbol(")") || before.kind != TokenKind::Symbol) =>
        {
            &part[..expression.len() + 1]
        }
        all => all,
    }
}

fn item(sql: &str, tokens: &[Token<'_>]) -> Item {
    match tokens {
        [name] if is_name(name) => column(name),
        [.., point, name] if point.is_symbol(".") && is_name(name) && is_path(tokens) => {
            column(name)
        }
        [one] if one.kind == TokenKind::Text => Item::Text,
        [one] if one.kind == TokenKind::Number => match one.text.contains(['.', 'e', 'E']) {
            true => Item::Number,
            false => Item::Integer,
        },
        [name, open, .., close]
            if is_name(name)
                && open.is_symbol("(")
                && closes(&tokens[1..])
                && close.is_symbol(")") =>
        {
            let inside = &tokens[2..tokens.len() - 1];
            let function = name.name().unwrap_or_default().to_lowercase();
            match function.as_str() {
                "count" => Item::Count,
                "cast" => match inside.iter().rposition(|token| token.is("as")) {
                    Some(place) if place + 1 < inside.len() => {
                        let end = inside.last().map_or(0, Token::end);
                        Item::Cast(sql[inside[place + 1].start..end].to_owned())
                    }
                    _ => Item::Other,
                },
                _ => {
                    let first = at_top(inside);
                    let end =
                        first.iter().position(|(_, token, is_top)| *is_top && token.is_symbol(","));
                    let first = &inside[..end.unwrap_or(inside.len())];
                    let argument = match item(sql, first) {
                        Item::Column(name) => Some(name),
                        _ => None,
                    };
                    Item::Call(function, argument)
                }
            }
        }
        _ if at_top(tokens)
            .windows(2)
            .any(|pair| pair[0].2 && pair.iter().all(|one| one.1.is_symbol("|"))) =>
        {
            Item::Text
        }
        _ => Item::Other,
    }
}

fn column(name: &Token<'_>) -> Item {
    name.name().map_or(Item::Other, |name| Item::Column(name.into_owned()))
}

/// `a.b.c`
fn is_path(tokens: &[Token<'_>]) -> bool {
    tokens.iter().enumerate().all(|(place, token)| match place % 2 {
        0 => is_name(token),
        _ => token.is_symbol("."),
    })
}

/// Whether the first parenthesis is closed by the last one.
fn closes(tokens: &[Token<'_>]) -> bool {
    let all = at_top(tokens);
    let close = all.iter().skip(1).position(|(_, token, is_top)| *is_top && token.is_symbol(")"));
    close.is_some_and(|close| close + 2 == tokens.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_of_a_select() {
        let call =
            |name: &str, argument: Option<&str>| Item::Call(name.into(), argument.map(Into::into));
        let select = "WITH q AS (SELECT 1, 2) SELECT DISTINCT a, t.\"b c\" AS d, count(*) n, COUNT(DISTINCT a), \
                      cast(a AS decimal(10, 2)) AS e, max(t.a, 0), f(1 + a) + 1, upper(a) || 'x', 'y', 1, 1.5, \
                      CASE WHEN a THEN b END, f(1) + g(2), count(*) + 1 FROM t GROUP BY 1, 2";
        let expected = [
            Item::Column("a".into()),
            Item::Column("b c".into()),
            Item::Count,
            Item::Count,
            Item::Cast("decimal(10, 2)".into()),
            call("max", Some("a")),
            Item::Other,
            Item::Text,
            Item::Text,
            Item::Integer,
            Item::Number,
            Item::Other,
            Item::Other,
            Item::Other,
        ];
        for dialect in Dialect::ALL {
            assert_eq!(items(select, dialect, expected.len()).as_deref(), Some(&expected[..]));
        }
        for other in [
            "SELECT * FROM t",
            "SELECT t.* FROM t",
            "SELECT a FROM t UNION SELECT b FROM u",
            "VALUES (1)",
        ] {
            assert_eq!(items(other, Dialect::Sqlite, 1), None, "{other}");
        }
        let on = items("SELECT DISTINCT ON (a, b) c FROM t", Dialect::Postgres, 1);
        assert_eq!(on, Some(vec![Item::Column("c".into())]));
    }
}
