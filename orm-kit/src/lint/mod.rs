//! What a hand-written statement may do that its author should know. Only its words are known, so they decide.

use orm_core::Dialect;
use orm_lexer::{Lexer, Token, TokenKind};

use crate::rows::HazardKind;

/// A finding in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub kind: HazardKind,
    /// What happens, as a sentence without a full stop.
    pub what: &'static str,
}

/// Returns what a statement may do. It recognizes the common forms, but doesn't parse: it skips text in quotes and
/// comments.
pub fn lint(statement: &str, dialect: Dialect) -> Vec<Finding> {
    use HazardKind::{Destructive, Locking, MayFail};
    let words = words(statement, dialect);
    let has = |phrase: &[&str]| contains(&words, phrase);
    let begins = |phrase: &[&str]| starts_with(&words, phrase);
    let postgres = dialect == Dialect::Postgres;
    let alters = begins(&["ALTER", "TABLE"]);
    let rules = [
        (
            begins(&["DROP", "TABLE"])
                || begins(&["DROP", "SCHEMA"])
                || begins(&["DROP", "DATABASE"]),
            Destructive,
            "drops what it names, with all rows",
        ),
        (alters && drops_column(&words), Destructive, "drops a column with its values"),
        (begins(&["TRUNCATE"]), Destructive, "removes all rows"),
        (
            begins(&["DELETE"]) && !has(&["WHERE"]),
            Destructive,
            "removes all rows, as it has no WHERE",
        ),
        (
            begins(&["UPDATE"]) && !has(&["WHERE"]),
            Destructive,
            "overwrites all rows, as it has no WHERE",
        ),
        (
            postgres && alters && has(&["TYPE"]),
            Locking,
            "may rewrite the whole table, while nobody can read or write it",
        ),
        (
            postgres && alters && has(&["SET", "NOT", "NULL"]),
            MayFail,
            "fails if there are NULLs, and reads the whole table while nobody can use it",
        ),
        (
            postgres
                && alters
                && (has(&["FOREIGN", "KEY"]) || has(&["REFERENCES"]))
                && !has(&["NOT", "VALID"]),
            Locking,
            "reads the table to check it, while nobody can write to it or to the one that it refers to; to allow \
             writes, use NOT VALID, and VALIDATE CONSTRAINT in a later migration",
        ),
        (
            postgres
                && alters
                && has(&["ADD"])
                && (has(&["CHECK"]) || has(&["UNIQUE"]) || has(&["PRIMARY", "KEY"]))
                && !has(&["NOT", "VALID"])
                && !has(&["USING", "INDEX"]),
            Locking,
            "reads the whole table, while nobody can read or write it",
        ),
        (
            postgres && is_index(&words) && !has(&["CONCURRENTLY"]),
            Locking,
            "nobody can write to the table while the index is built; to allow writes, use CREATE INDEX CONCURRENTLY in \
             a migration with `run_in_transaction = false` in its metadata.toml",
        ),
        (
            postgres && (has(&["VACUUM", "FULL"]) || begins(&["CLUSTER"]) || begins(&["LOCK"])),
            Locking,
            "nobody can use the table while it runs",
        ),
    ];
    let found = rules.into_iter().filter(|(applies, ..)| *applies);
    found.map(|(_, kind, what)| Finding { kind, what }).collect()
}

/// Returns the words in upper case, without those in comments and in text. A quoted name becomes `""`, so it isn't read
/// as a keyword.
fn words(statement: &str, dialect: Dialect) -> Vec<String> {
    let word = |token: Token<'_>| match token.kind {
        TokenKind::Word | TokenKind::Number => Some(token.text.to_ascii_uppercase()),
        TokenKind::QuotedName => Some("\"\"".to_owned()),
        _ => None,
    };
    Lexer::new(statement, dialect).filter_map(word).collect()
}

fn is_index(words: &[String]) -> bool {
    starts_with(words, &["CREATE", "INDEX"]) || starts_with(words, &["CREATE", "UNIQUE", "INDEX"])
}

/// `ALTER TABLE … DROP [COLUMN] x`, and nothing else that can be dropped there.
fn drops_column(words: &[String]) -> bool {
    words.windows(2).any(|pair| pair[0] == "DROP" && !OTHERS.contains(&pair[1].as_str()))
}

/// Something else that `ALTER TABLE` drops.
const OTHERS: [&str; 6] = ["CONSTRAINT", "DEFAULT", "NOT", "EXPRESSION", "IDENTITY", "TRIGGER"];

fn contains(words: &[String], phrase: &[&str]) -> bool {
    words.windows(phrase.len()).any(|window| window == phrase)
}

fn starts_with(words: &[String], phrase: &[&str]) -> bool {
    words.get(..phrase.len()).is_some_and(|start| start == phrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(statement: &str, dialect: Dialect) -> Vec<HazardKind> {
        lint(statement, dialect).into_iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn what_loses_rows_is_found() {
        for statement in [
            "DROP TABLE users",
            "-- the old ones\ndrop table if exists \"users\"",
            "ALTER TABLE users DROP COLUMN nick",
            "ALTER TABLE users DROP nick",
            "alter table users drop \"nick\"",
            "DELETE FROM users",
            "DELETE FROM users -- WHERE id = 1",
            "UPDATE users SET note = 'WHERE'",
        ] {
            for dialect in Dialect::ALL {
                assert_eq!(kinds(statement, dialect), [HazardKind::Destructive], "{statement}");
            }
        }
    }

    #[test]
    fn what_keeps_rows_is_not() {
        for statement in [
            "CREATE TABLE users (id INTEGER, note TEXT DEFAULT 'DROP TABLE users')",
            "ALTER TABLE users ADD COLUMN nick TEXT",
            "ALTER TABLE users DROP CONSTRAINT users_nick_key",
            "ALTER TABLE users ALTER COLUMN nick DROP NOT NULL",
            "DELETE FROM users WHERE id = 1",
            "UPDATE users SET nick = name WHERE nick IS NULL",
            "INSERT INTO \"DROP TABLE\" VALUES ('TRUNCATE users')",
            "DROP INDEX users_nick_idx",
            "CREATE INDEX CONCURRENTLY users_nick_idx ON users (nick)",
            "",
        ] {
            for dialect in Dialect::ALL {
                assert_eq!(kinds(statement, dialect), [], "{statement}");
            }
        }
    }

    #[test]
    fn words_are_those_that_the_database_sees() {
        for (statement, sqlite, postgres) in [
            ("/* a /* nested */ one */ TRUNCATE users", 0, 1),
            ("SELECT $$; TRUNCATE users", 0, 0),
            ("-- old\rTRUNCATE users", 0, 1),
            ("DELETE FROM users WHERE note = E'\\' OR true -- '", 0, 0),
        ] {
            assert_eq!(kinds(statement, Dialect::Sqlite).len(), sqlite, "{statement}");
            assert_eq!(kinds(statement, Dialect::Postgres).len(), postgres, "{statement}");
        }
    }

    #[test]
    fn what_makes_others_wait_is_found_where_they_wait() {
        for statement in [
            "CREATE INDEX users_nick_idx ON users (nick)",
            "CREATE UNIQUE INDEX users_nick_idx ON users (nick)",
            "ALTER TABLE users ALTER COLUMN id TYPE bigint",
            "ALTER TABLE users ALTER id SET DATA TYPE bigint",
            "VACUUM FULL users",
        ] {
            assert_eq!(kinds(statement, Dialect::Postgres), [HazardKind::Locking], "{statement}");
            assert_eq!(kinds(statement, Dialect::Sqlite), [], "{statement}");
        }
        let strict = "ALTER TABLE users ALTER nick SET NOT NULL";
        assert_eq!(kinds(strict, Dialect::Postgres), [HazardKind::MayFail]);
    }
}
