//! What a statement does, and the SQL that returns its rows exactly.
//!
//! D1 answers in JavaScript's numbers: an integer beyond 2^53 arrives rounded, and a whole floating point number looks like
//! an integer. So a value can be asked for in another form: an integer as `i` and its digits, a text as `t` and itself.

use orm_lexer::{Token, TokenKind, tokens};

use crate::dialect::Dialect;

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Reads,
    /// It writes rows, and so has a number of them.
    Writes,
    /// Anything else: DDL, or a pragma.
    Other,
}

/// The form of the values in the rows of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As D1 returns them. Some may be rounded.
    Plain,
    /// With a letter before integers and texts.
    Marked,
}

impl Kind {
    pub(super) fn of(sql: &str) -> Self {
        let mut depth = 0_u32;
        let mut is_with = false;
        for (place, token) in tokens(sql, Dialect::D1).into_iter().enumerate() {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth = depth.saturating_sub(1);
            }
            let is_one_of = |words: &[&str]| words.iter().any(|word| token.is(word));
            if place == 0 && token.is("WITH") {
                is_with = true;
            } else if depth == 0 && (place == 0 || is_with) {
                if is_one_of(&["INSERT", "REPLACE", "UPDATE", "DELETE"]) {
                    return Self::Writes;
                }
                if is_one_of(&["SELECT", "VALUES", "EXPLAIN"]) {
                    return Self::Reads;
                }
            }
            if place == 0 && !is_with {
                return Self::Other;
            }
        }
        Self::Other
    }
}

/// Returns a value in the marked form.
fn marked(value: &str) -> String {
    format!(
        "CASE typeof({value}) WHEN 'integer' THEN 'i'||({value}) WHEN 'text' THEN 't'||({value}) \
         WHEN 'real' THEN CASE WHEN abs({value}) = 9e999 THEN 'r'||({value}) ELSE {value} END ELSE {value} END"
    )
}

/// Returns a query that returns the rows of a query with so many columns in the marked form.
pub(super) fn marked_query(sql: &str, columns: usize) -> String {
    let names: Vec<String> = (0..columns).map(|place| format!("mizzle_c{place}")).collect();
    let values: Vec<String> = names.iter().map(|name| marked(name)).collect();
    format!(
        "WITH mizzle_rows({}) AS ({sql}) SELECT {} FROM mizzle_rows",
        names.join(", "),
        values.join(", ")
    )
}

/// Returns the names of the columns that a query returns, if its text says so.
pub(super) fn column_names(sql: &str) -> Option<Vec<String>> {
    let all = tokens(sql, Dialect::D1);
    let (first, rest) = all.split_first()?;
    if !first.is("SELECT") {
        return None;
    }
    let rest = match rest.split_first() {
        Some((word, rest)) if word.is("DISTINCT") || word.is("ALL") => rest,
        _ => rest,
    };
    let end = at_top(rest).find(|(_, token)| ends_items(token)).map_or(rest.len(), |(at, _)| at);
    items(&rest[..end])
        .into_iter()
        .map(|item| match has_all_columns(item) {
            true => None,
            false => named(item, sql).map(|(_, name)| name),
        })
        .collect()
}

/// Returns a statement whose RETURNING returns its values in the marked form. `None` if the text doesn't say which those
/// are.
pub(super) fn marked_returning(sql: &str) -> Option<String> {
    let all = tokens(sql, Dialect::D1);
    let (place, returning) = at_top(&all).filter(|(_, token)| token.is("RETURNING")).last()?;
    let list = &all[place + 1..];
    let mut written = Vec::new();
    for item in items(list) {
        if has_all_columns(item) {
            return None;
        }
        let (value, name) = named(item, sql)?;
        written.push(format!("{} AS {}", marked(value), Dialect::D1.quote_ident(&name)));
    }
    let before = sql.get(..returning.end())?;
    Some(format!("{before} {}", written.join(", ")))
}

/// Returns the value of an item of a list, and the name of its column.
fn named<'s>(item: &[Token<'_>], sql: &'s str) -> Option<(&'s str, String)> {
    let (first, last) = (item.first()?, item.last()?);
    let name = last.name();
    if let [.., before, _] = item
        && before.is("AS")
    {
        let value = item.get(item.len().checked_sub(3)?)?;
        return Some((sql.get(first.start..value.end())?, name?.into_owned()));
    }
    if has_name_alone(item) {
        return None;
    }
    let whole = sql.get(first.start..last.end())?;
    let is_column = item.iter().enumerate().all(|(place, token)| {
        if place % 2 == 0 { token.name().is_some() } else { token.is_symbol(".") }
    });
    match name {
        Some(name) if is_column => Some((whole, name.into_owned())),
        _ => Some((whole, whole.to_owned())),
    }
}

/// Whether an item ends with a name without `AS`.
fn has_name_alone(item: &[Token<'_>]) -> bool {
    const OPERATORS: [&str; 13] = [
        "AND", "OR", "NOT", "IS", "IN", "LIKE", "GLOB", "BETWEEN", "COLLATE", "ESCAPE", "THEN",
        "ELSE", "OVER",
    ];
    const ENDS: [&str; 5] = ["NULL", "END", "TRUE", "FALSE", "ROWID"];
    let [.., before, last] = item else { return false };
    let is_one_of = |token: &Token<'_>, words: &[&str]| words.iter().any(|word| token.is(word));
    let ends_value = match before.kind {
        TokenKind::Symbol => before.is_symbol(")"),
        TokenKind::Word => !is_one_of(before, &OPERATORS),
        _ => true,
    };
    ends_value
        && matches!(last.kind, TokenKind::Word | TokenKind::QuotedName)
        && !is_one_of(last, &ENDS)
}

/// Returns the tokens outside of parentheses, with their places.
fn at_top<'t, 's>(all: &'t [Token<'s>]) -> impl Iterator<Item = (usize, &'t Token<'s>)> {
    let mut depth = 0_i32;
    all.iter().enumerate().filter(move |(_, token)| {
        if token.is_symbol("(") {
            depth += 1;
            return depth == 1;
        }
        if token.is_symbol(")") {
            depth -= 1;
        }
        depth == 0
    })
}

fn ends_items(token: &Token<'_>) -> bool {
    const WORDS: [&str; 10] = [
        "FROM",
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "UNION",
        "INTERSECT",
        "EXCEPT",
        "WINDOW",
    ];
    token.kind == TokenKind::Word && WORDS.iter().any(|word| token.is(word))
}

/// Splits a list at the commas outside of parentheses.
fn items<'t, 's>(list: &'t [Token<'s>]) -> Vec<&'t [Token<'s>]> {
    let commas: Vec<usize> =
        at_top(list).filter(|(_, token)| token.is_symbol(",")).map(|(at, _)| at).collect();
    let mut items = Vec::with_capacity(commas.len() + 1);
    let mut start = 0;
    for comma in commas {
        items.push(&list[start..comma]);
        start = comma + 1;
    }
    items.push(&list[start..]);
    items
}

/// Whether it is `*` or `t.*`.
fn has_all_columns(item: &[Token<'_>]) -> bool {
    item.last().is_none_or(|last| last.is_symbol("*"))
}

/// Splits SQL text into its statements, as SQLite does: those of a trigger are a part of it.
pub(super) fn statements(sql: &str) -> Vec<&str> {
    let all = tokens(sql, Dialect::D1);
    let mut found = Vec::new();
    let mut start = 0;
    for (place, token) in all.iter().enumerate() {
        if !token.is_symbol(";") {
            continue;
        }
        let statement = &all[start..place];
        if is_trigger(statement) && !statement.last().is_some_and(|last| last.is("END")) {
            continue;
        }
        if let (Some(first), Some(last)) = (statement.first(), statement.last()) {
            found.extend(sql.get(first.start..last.end()));
        }
        start = place + 1;
    }
    if let (Some(first), Some(last)) = (all.get(start), all.last()) {
        found.extend(sql.get(first.start..last.end()));
    }
    found
}

fn is_trigger(statement: &[Token<'_>]) -> bool {
    let mut words = statement.iter();
    words.next().is_some_and(|word| word.is("CREATE"))
        && words
            .find(|word| !(word.is("TEMP") || word.is("TEMPORARY")))
            .is_some_and(|word| word.is("TRIGGER"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_a_statement_does() {
        for (sql, kind) in [
            ("SELECT 1", Kind::Reads),
            ("-- words\nselect 1", Kind::Reads),
            ("WITH a AS (SELECT 1) SELECT * FROM a", Kind::Reads),
            ("WITH a AS (SELECT 1) DELETE FROM t", Kind::Writes),
            ("INSERT INTO t SELECT 1", Kind::Writes),
            ("REPLACE INTO t VALUES (1)", Kind::Writes),
            ("CREATE TABLE t (a)", Kind::Other),
            ("PRAGMA table_info(t)", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(Kind::of(sql), kind, "{sql}");
        }
    }

    #[test]
    fn knows_the_columns_of_a_query() {
        let names = |sql| column_names(sql).map(|names| names.join(" | "));
        for (sql, found) in [
            (
                "SELECT DISTINCT a, `t`.`b c`, (SELECT b, c FROM d) AS \"e\", f(x, y) FROM t",
                Some("a | b c | e | f(x, y)"),
            ),
            ("SELECT count(*)", Some("count(*)")),
            ("SELECT * FROM t", None),
            ("SELECT a, t.* FROM t", None),
            ("WITH a AS (SELECT 1) SELECT 1", None),
        ] {
            assert_eq!(names(sql).as_deref(), found, "{sql}");
        }
    }

    #[test]
    fn marks_the_values_of_returning() {
        let sql = "INSERT INTO t (a) VALUES ((SELECT 1)) RETURNING `id`, `t`.`a`, a + 1 AS \"b\"";
        let marked = marked_returning(sql).expect("a list");
        for name in ["AS \"id\"", "AS \"a\"", "AS \"b\"", "typeof(`t`.`a`)", "typeof(a + 1)"] {
            assert!(marked.contains(name), "{marked}");
        }
        assert_eq!(marked_returning("INSERT INTO t DEFAULT VALUES RETURNING *"), None);
        assert_eq!(marked_returning("DELETE FROM t"), None);
        assert_eq!(marked_returning("DELETE FROM t RETURNING a b"), None);
        assert!(marked_returning("DELETE FROM t RETURNING a IS NOT NULL, -b").is_some());
    }

    #[test]
    fn splits_statements() {
        let trigger =
            "CREATE TRIGGER a AFTER INSERT ON t BEGIN UPDATE t SET a = ';'; DELETE FROM u; END";
        let sql = format!("SELECT 1; {trigger} ;\n-- the end\nSELECT 2;;");
        assert_eq!(statements(&sql), ["SELECT 1", trigger, "SELECT 2"]);
        assert_eq!(statements(" -- nothing"), [""; 0]);
    }
}
