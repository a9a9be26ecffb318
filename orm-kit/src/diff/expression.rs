//! The names in an SQL expression.

/// A piece of an expression.
enum Piece<'a> {
    /// A name, as it is meant and as it is written.
    Name(String, &'a str),
    /// Anything else.
    Other(&'a str),
}

/// Whether the expression names `column`.
pub(crate) fn mentions(sql: &str, column: &str) -> bool {
    pieces(sql).iter().any(|piece| matches!(piece, Piece::Name(name, _) if same(name, column)))
}

/// The expression with other names, for each of which the old and the new is given.
pub(crate) fn rename_identifiers(sql: &str, renames: &[(String, String)]) -> String {
    let mut renamed = String::with_capacity(sql.len());
    for piece in pieces(sql) {
        match piece {
            Piece::Other(text) => renamed.push_str(text),
            Piece::Name(name, written) => match renames.iter().find(|(old, _)| same(&name, old)) {
                Some((_, new)) if is_plain(new) && !written.starts_with('"') => {
                    renamed.push_str(new);
                }
                Some((_, new)) => {
                    renamed.push('"');
                    renamed.push_str(&new.replace('"', "\"\""));
                    renamed.push('"');
                }
                None => renamed.push_str(written),
            },
        }
    }
    renamed
}

/// Names without quotes ignore case.
fn same(name: &str, column: &str) -> bool {
    name.eq_ignore_ascii_case(column)
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn pieces(sql: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '\'' | '"' => quoted_end(rest, first),
            _ if is_name(first) && !first.is_ascii_digit() => {
                rest.find(|c| !is_name(c)).unwrap_or(rest.len())
            }
            // A number with what clings to it, such as `1e5`.
            _ if first.is_ascii_digit() => rest.find(|c| !is_name(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(end);
        pieces.push(match first {
            '"' => {
                let inner = piece.strip_prefix('"').unwrap_or(piece);
                let inner = inner.strip_suffix('"').unwrap_or(inner);
                Piece::Name(inner.replace("\"\"", "\""), piece)
            }
            _ if is_name(first) && !first.is_ascii_digit() => Piece::Name(piece.into(), piece),
            _ => Piece::Other(piece),
        });
        rest = after;
    }
    pieces
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The length of what begins with a quote; a doubled quote doesn't end it.
fn quoted_end(text: &str, quote: char) -> usize {
    let mut from = 1;
    while let Some(at) = text[from..].find(quote) {
        from += at + 1;
        if !text[from..].starts_with(quote) {
            return from;
        }
        from += 1;
    }
    text.len()
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
