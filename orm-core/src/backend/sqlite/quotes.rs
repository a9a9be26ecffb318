//! Double quotes, which SQLite reads as those of a text if no column has the name.
//!
//! A misspelt column would silently become a text. SQLite can be told not to do this, but then it refuses triggers and
//! views of other programs whose texts are written like that. Names between backticks are never read as texts. So
//! mizzle's statements have backticks in place of double quotes, and the database's own SQL stays as it is.

use std::borrow::Cow;
use std::ffi::c_int;
use std::ptr::NonNull;

use libsqlite3_sys as ffi;

use crate::dialect::Dialect;
use orm_lexer::{Lexer, Token, TokenKind};

/// Makes a name in double quotes that names nothing an error, in views and triggers too, or not. Returns what it was
/// before. SQLite before version 3.29 has no such setting.
pub(super) fn set_strict_names(database: NonNull<ffi::sqlite3>, strict: bool) -> bool {
    /// To ask only.
    const ASK: c_int = -1;
    let mut takes_texts: c_int = 1;
    let mut set = |value: c_int| {
        // SAFETY: the database is open; this setting takes a number and a place for the result.
        unsafe {
            ffi::sqlite3_db_config(
                database.as_ptr(),
                ffi::SQLITE_DBCONFIG_DQS_DML,
                value,
                &raw mut takes_texts,
            )
        };
        takes_texts == 0
    };
    let before = set(ASK);
    set(c_int::from(!strict));
    before
}

/// Returns the statement with its names between backticks. Only for statements that read or write rows: SQLite stores
/// the text of a CREATE.
pub(super) fn names_in_backticks(sql: &str) -> Cow<'_, str> {
    if !sql.contains('"') || !is_about_rows(sql) {
        return Cow::Borrowed(sql);
    }
    let mut written = String::with_capacity(sql.len() + 8);
    let mut copied = 0;
    for token in Lexer::new(sql, Dialect::Sqlite) {
        let name = token.text.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        if let (TokenKind::QuotedName, Some(name)) = (token.kind, name) {
            written.push_str(&sql[copied..token.start]);
            push_name(&mut written, name);
            copied = token.end();
        }
    }
    written.push_str(&sql[copied..]);
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

/// Whether the statement begins with the keyword of one that reads or writes rows.
pub(in crate::backend) fn is_about_rows(sql: &str) -> bool {
    // There may be an empty statement before it.
    let is_passed_over =
        |token: &Token<'_>| token.kind == TokenKind::Comment || token.is_symbol(";");
    let first = Lexer::new(sql, Dialect::Sqlite).find(|token| !is_passed_over(token));
    first.is_some_and(|first| WORDS.iter().any(|word| first.is(word)))
}

const WORDS: [&str; 8] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "VALUES", "EXPLAIN"];

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
