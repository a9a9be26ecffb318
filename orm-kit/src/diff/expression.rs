//! The names in an SQL expression.

use std::ops::Range;

use crate::token::{Kind, tokens};

/// Whether the expression names `column`.
pub(crate) fn mentions(sql: &str, column: &str) -> bool {
    names(sql).iter().any(|(name, _)| same(name, column))
}

/// The expression with other names, for each of which the old and the new is given.
pub(crate) fn rename_identifiers(sql: &str, renames: &[(String, String)]) -> String {
    let mut renamed = String::with_capacity(sql.len());
    let mut copied = 0;
    for (name, at) in names(sql) {
        let Some((_, new)) = renames.iter().find(|(old, _)| same(&name, old)) else { continue };
        renamed.push_str(&sql[copied..at.start]);
        let was_plain = sql[at.clone()] == name;
        if was_plain && is_plain(new) {
            renamed.push_str(new);
        } else {
            renamed.push_str(&format!("\"{}\"", new.replace('"', "\"\"")));
        }
        copied = at.end;
    }
    renamed.push_str(&sql[copied..]);
    renamed
}

/// The names (and keywords, and functions) in the expression, each with its place.
fn names(sql: &str) -> Vec<(String, Range<usize>)> {
    tokens(sql)
        .into_iter()
        .filter_map(|token| match token.kind {
            Kind::Word(name) | Kind::Quoted(name) => Some((name, token.at)),
            _ => None,
        })
        .collect()
}

/// Names without quotes ignore case.
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
        rename_identifiers(sql, &[(old.into(), new.into())])
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
}
