//! The names in an SQL expression.

use std::borrow::Cow;
use std::ops::Range;

use orm_core::Dialect;
use orm_lexer::{Lexer, TokenKind};

/// Returns whether the expression names `column`.
pub(crate) fn mentions(sql: &str, column: &str, dialect: Dialect) -> bool {
    names(sql, dialect).any(|(name, _)| same(&name, column))
}

/// Returns the expression with new names; each pair is the old and the new name.
pub(crate) fn rename_identifiers(
    sql: &str,
    renames: &[(String, String)],
    dialect: Dialect,
) -> String {
    let mut renamed = String::with_capacity(sql.len());
    let mut copied = 0;
    for (name, at) in names(sql, dialect) {
        let Some((_, new)) = renames.iter().find(|(old, _)| same(&name, old)) else { continue };
        renamed.push_str(&sql[copied..at.start]);
        let was_plain = sql[at.clone()] == name;
        if was_plain && is_plain(new) {
            renamed.push_str(new);
        } else {
            renamed.push_str(&dialect.quote_ident(new));
        }
        copied = at.end;
    }
    renamed.push_str(&sql[copied..]);
    renamed
}

/// Returns the names in the expression (and keywords and functions), each with its position.
fn names(sql: &str, dialect: Dialect) -> impl Iterator<Item = (Cow<'_, str>, Range<usize>)> {
    Lexer::new(sql, dialect).filter_map(|token| match token.kind {
        TokenKind::Word | TokenKind::QuotedName => Some((token.name()?, token.at())),
        _ => None,
    })
}

/// Returns whether two names are the same: names without quotes ignore case.
fn same(name: &str, column: &str) -> bool {
    name.eq_ignore_ascii_case(column)
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(sql: &str, old: &str, new: &str) -> String {
        let [on_sqlite, on_postgres] = [Dialect::Sqlite, Dialect::Postgres]
            .map(|dialect| rename_identifiers(sql, &[(old.into(), new.into())], dialect));
        assert_eq!(on_sqlite, on_postgres);
        on_sqlite
    }

    fn mentions(sql: &str, column: &str) -> bool {
        let [on_sqlite, on_postgres] = [Dialect::Sqlite, Dialect::Postgres]
            .map(|dialect| super::mentions(sql, column, dialect));
        assert_eq!(on_sqlite, on_postgres);
        on_sqlite
    }

    #[test]
    fn names_are_found_and_texts_are_not() {
        assert!(mentions("length(title) > 0", "title"));
        assert!(mentions(r#""the ""title""" = 1"#, r#"the "title""#));
        assert!(!mentions("length(titles) > 0 and kind = 'title'", "title"));
        assert!(!mentions("'it''s title'", "title"));
    }

    #[test]
    fn names_are_replaced_as_they_are_written() {
        assert_eq!(renamed("length(nick) > 0", "nick", "name"), "length(name) > 0");
        assert_eq!(renamed("\"nick\" <> 'nick'", "nick", "name"), "\"name\" <> 'nick'");
        assert_eq!(renamed("nick > 1e5", "nick", "the name"), "\"the name\" > 1e5");
        assert_eq!(renamed("nickname", "nick", "name"), "nickname");
    }

    #[test]
    fn names_are_found_as_each_database_reads_them() {
        let rename = [("nick".to_owned(), "name".to_owned())];
        for (dialect, sql, expected) in [
            (Dialect::Sqlite, "[nick] <> `nick`", "\"name\" <> \"name\""),
            (Dialect::Sqlite, "nick <> '\\' -- nick\r nick", "name <> '\\' -- nick\r nick"),
            (Dialect::Postgres, "names[nick] <> $$nick$$", "names[name] <> $$nick$$"),
            (Dialect::Postgres, "nick <> E'it\\'s nick'", "name <> E'it\\'s nick'"),
            (
                Dialect::Postgres,
                "1 /* /* nick */ nick */ -- nick\r < nick",
                "1 /* /* nick */ nick */ -- nick\r < name",
            ),
        ] {
            assert_eq!(rename_identifiers(sql, &rename, dialect), expected, "{sql}");
        }
    }
}
