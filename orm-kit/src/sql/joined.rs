//! What the words of a SELECT say about NULLs.

use orm_core::Dialect;
use orm_lexer::{Token, tokens};

/// Returns the tables that are only on a side of a join that may have no row.
pub(super) fn optional_tables(sql: &str, dialect: Dialect) -> Vec<String> {
    let tokens = tokens(sql, dialect);
    let is = |place: usize, word: &str| tokens.get(place).is_some_and(|token| token.is(word));
    // Each table in FROM, and whether it may have no row.
    let mut found: Vec<(String, bool)> = Vec::new();
    for place in 0..tokens.len() {
        let is_join = is(place, "join");
        if !is_join && !is(place, "from") {
            continue;
        }
        let before =
            if place > 1 && is(place - 1, "outer") { place - 2 } else { place.saturating_sub(1) };
        let [left, right, full] = ["left", "right", "full"].map(|side| is_join && is(before, side));
        if right || full {
            found.iter_mut().for_each(|(_, optional)| *optional = true);
        }
        if let Some(name) = name_at(&tokens, place + 1) {
            found.push((name, left || full));
        }
    }
    let always: Vec<&String> =
        found.iter().filter(|(_, optional)| !optional).map(|(name, _)| name).collect();
    found.iter().filter(|(name, _)| !always.contains(&name)).map(|(name, _)| name.clone()).collect()
}

/// Returns whether a condition says that the column isn't NULL.
pub(super) fn excludes_null(sql: &str, column: &str, dialect: Dialect) -> bool {
    let tokens = tokens(sql, dialect);
    tokens.windows(4).any(|part| {
        part[0].name().is_some_and(|name| name.eq_ignore_ascii_case(column))
            && part[1].is("is")
            && part[2].is("not")
            && part[3].is("null")
    })
}

/// Returns the name of the table at a place, without its schema.
fn name_at(tokens: &[Token<'_>], mut place: usize) -> Option<String> {
    while tokens.get(place).is_some_and(|token| token.is("only") || token.is("lateral")) {
        place += 1;
    }
    while tokens.get(place + 1).is_some_and(|token| token.is_symbol(".")) {
        place += 2;
    }
    tokens.get(place)?.name().map(|name| name.into_owned())
}

#[cfg(test)]
mod tests {
    use orm_core::Dialect;

    use super::{excludes_null, optional_tables};

    #[test]
    fn a_side_that_may_have_no_row() {
        for (sql, optional) in [
            ("SELECT * FROM a", ""),
            ("SELECT * FROM a JOIN b ON true", ""),
            ("SELECT * FROM a LEFT JOIN b ON true", "b"),
            ("SELECT * FROM a LEFT OUTER JOIN \"b\" AS x ON true JOIN c ON true", "b"),
            ("SELECT * FROM a RIGHT JOIN public.b ON true", "a"),
            ("SELECT * FROM a FULL JOIN b ON true", "a b"),
            ("SELECT * FROM a LEFT JOIN a AS b ON true", ""),
            ("SELECT left(x, 1) FROM a JOIN b ON true", ""),
            ("SELECT * FROM a LEFT JOIN (SELECT 1) AS b ON true", ""),
        ] {
            for dialect in Dialect::ALL {
                assert_eq!(optional_tables(sql, dialect).join(" "), optional, "{sql}");
            }
        }
    }

    #[test]
    fn a_condition_that_excludes_null() {
        for dialect in Dialect::ALL {
            assert!(excludes_null(
                "SELECT name FROM a WHERE u.\"name\" IS NOT NULL",
                "name",
                dialect
            ));
            assert!(!excludes_null("SELECT name FROM a WHERE name IS NULL", "name", dialect));
            assert!(!excludes_null("SELECT name FROM a WHERE age IS NOT NULL", "name", dialect));
        }
    }
}
