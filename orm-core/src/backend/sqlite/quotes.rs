//! Double quotes, which SQLite takes for those of a text where no column has the name.
//!
//! A misspelt column would be a text without a word. SQLite can be told not to, but then refuses triggers and views of
//! other programs that do write their texts so. Names between backticks are never taken for texts: what mizzle runs has
//! these in place of double quotes, and the database's own SQL stays as it is.

use std::borrow::Cow;

/// The statement with its names between backticks. Only of one that reads or writes rows: SQLite keeps the words of
/// a CREATE.
pub(super) fn names_in_backticks(sql: &str) -> Cow<'_, str> {
    if !sql.contains('"') || !is_about_rows(sql) {
        return Cow::Borrowed(sql);
    }
    let mut written = String::with_capacity(sql.len() + 8);
    let mut rest = sql;
    while let Some(at) = rest.find(['"', '\'', '`', '[', '-', '/']) {
        let (before, from) = rest.split_at(at);
        written.push_str(before);
        let length = token_length(from);
        let (token, after) = from.split_at(length);
        match token.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
            Some(name) if length > 1 => push_name(&mut written, name),
            _ => written.push_str(token),
        }
        rest = after;
    }
    written.push_str(rest);
    Cow::Owned(written)
}

fn push_name(out: &mut String, name: &str) {
    out.push('`');
    if name.contains(['"', '`']) {
        out.push_str(&name.replace("\"\"", "\"").replace('`', "``"));
    } else {
        out.push_str(name);
    }
    out.push('`');
}

/// Whether the statement begins with the word of one that reads or writes rows.
pub(super) fn is_about_rows(sql: &str) -> bool {
    let mut rest = sql.trim_start_matches(is_space);
    while rest.starts_with("--") || rest.starts_with("/*") {
        rest = rest[token_length(rest)..].trim_start_matches(is_space);
    }
    let end = rest.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(rest.len());
    ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "VALUES", "EXPLAIN"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(&rest[..end]))
}

/// What SQLite takes for space; an empty statement may come before.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\x0c' | '\r' | ';')
}

/// The length of what begins `sql`: something between quotes, a comment, or one character.
fn token_length(sql: &str) -> usize {
    let bytes = sql.as_bytes();
    let to_the_end = |end: Option<usize>| end.unwrap_or(sql.len());
    match bytes {
        [b'-', b'-', ..] => to_the_end(sql.find('\n').map(|at| at + 1)),
        [b'/', b'*', ..] => to_the_end(sql[2..].find("*/").map(|at| at + 4)),
        [b'[', ..] => to_the_end(sql.find(']').map(|at| at + 1)),
        [quote @ (b'"' | b'\'' | b'`'), inner @ ..] => {
            let mut at = 0;
            while let Some(&byte) = inner.get(at) {
                if byte == *quote {
                    if inner.get(at + 1) != Some(quote) {
                        return at + 2;
                    }
                    at += 1;
                }
                at += 1;
            }
            sql.len()
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_nothing_else_change() {
        for (sql, expected) in [
            (r#"SELECT "a"."b", 'c"d' FROM "t""#, "SELECT `a`.`b`, 'c\"d' FROM `t`"),
            (r#"SELECT "a ""b"" `c`""#, "SELECT `a \"b\" ``c```"),
            (r#"select "a" -- "b" '"#, r#"select `a` -- "b" '"#),
            (
                "-- \"x\"\n ; /* \"y\" */ INSERT INTO \"t\" VALUES (1-1, 2/2)",
                "-- \"x\"\n ; /* \"y\" */ INSERT INTO `t` VALUES (1-1, 2/2)",
            ),
            (
                r#"SELECT 'it''s "it"', [a"b], `c"d`, "e""#,
                r#"SELECT 'it''s "it"', [a"b], `c"d`, `e`"#,
            ),
            (
                r#"SELECT "größe" FROM "Öl" WHERE x = '→"'"#,
                "SELECT `größe` FROM `Öl` WHERE x = '→\"'",
            ),
            (r#"SELECT "unfinished"#, r#"SELECT "unfinished"#),
            (r#"SELECT "", 1"#, "SELECT ``, 1"),
        ] {
            assert_eq!(names_in_backticks(sql), expected);
        }
        for sql in [
            r#"CREATE TABLE "a" ("b")"#,
            r#"PRAGMA table_info("a")"#,
            r#"CREATE TRIGGER "t" AFTER INSERT ON "a" BEGIN SELECT "b"; END"#,
            "SELECT 1",
            "",
        ] {
            assert!(matches!(names_in_backticks(sql), Cow::Borrowed(_)), "{sql}");
        }
    }
}
