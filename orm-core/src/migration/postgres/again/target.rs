//! The target of a statement, and the places of clauses in it.

use super::catalog::{Clause, Place};
use crate::migration::statement::Statement;
use orm_lexer::{Token, qualified_name};

/// The kinds of parts that are dropped and created again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Constraint,
    Key,
    Index,
    Column,
}

impl Kind {
    /// By the letter of the catalog.
    pub(super) fn of(letter: &str) -> Self {
        match letter {
            "p" => Self::Key,
            "i" => Self::Index,
            "a" => Self::Column,
            _ => Self::Constraint,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Constraint => "the constraint",
            Self::Key => "the primary key",
            Self::Index => "the index",
            Self::Column => "the column",
        }
    }
}

/// The constraint, index or column that a statement drops or creates.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) drops: bool,
    pub(super) kind: Kind,
    pub(super) table: String,
    pub(super) name: String,
}

impl Target {
    pub(super) fn of(statement: &Statement<'_>) -> Option<Self> {
        let mut tokens = statement.tokens().peekable();
        let first = tokens.next()?;
        if first.is("create") {
            tokens.next_if(|token| token.is("unique"));
            tokens.next_if(|token| token.is("index"))?;
            let name = qualified_name(&mut tokens)?.into_owned();
            tokens.next_if(|token| token.is("on"))?;
            let table = qualified_name(&mut tokens)?.into_owned();
            return Some(Self { drops: false, kind: Kind::Index, table, name });
        }
        if !first.is("alter") {
            return None;
        }
        tokens.next_if(|token| token.is("table"))?;
        tokens.next_if(|token| token.is("only"));
        let table = qualified_name(&mut tokens)?.into_owned();
        let drops = match tokens.next()? {
            verb if verb.is("drop") => true,
            verb if verb.is("add") => false,
            _ => return None,
        };
        let what = tokens.next()?;
        let name = tokens.next()?.name()?.into_owned();
        let kind = if what.is("column") {
            Kind::Column
        } else if !what.is("constraint") {
            return None;
        } else if tokens.next().is_some_and(|token| token.is("primary")) {
            Kind::Key
        } else {
            Kind::Constraint
        };
        Some(Self { drops, kind, table, name })
    }
}

/// Returns the table and the column of a statement that does nothing but change the column's type.
pub(super) fn retyped(statement: &Statement<'_>) -> Option<(String, String)> {
    let mut tokens = statement.tokens().peekable();
    tokens.next_if(|token| token.is("alter"))?;
    tokens.next_if(|token| token.is("table"))?;
    if tokens.next_if(|token| token.is("if")).is_some() {
        tokens.next_if(|token| token.is("exists"))?;
    }
    tokens.next_if(|token| token.is("only"));
    let table = qualified_name(&mut tokens)?.into_owned();
    tokens.next_if(|token| token.is("alter"))?;
    tokens.next_if(|token| token.is("column"));
    let column = tokens.next()?.name()?.into_owned();
    if tokens.next_if(|token| token.is("set")).is_some() {
        tokens.next_if(|token| token.is("data"))?;
    }
    tokens.next_if(|token| token.is("type"))?;
    let mut depth = 0_usize;
    for token in tokens {
        match token.text {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "," if depth == 0 => return None,
            _ => {}
        }
    }
    Some((table, column))
}

/// Returns the statement with each clause in its place.
pub(super) fn with_clauses(statement: &Statement<'_>, clauses: &[(Clause, String)]) -> String {
    let sql = statement.sql();
    let tokens: Vec<Token<'_>> = statement.tokens().collect();
    let end = tokens.last().map_or(sql.len(), Token::end);
    let mut insertions: Vec<(usize, &str)> = Vec::new();
    for (clause, text) in clauses {
        insertions.push((place(&tokens, clause.place).unwrap_or(end), text));
    }
    let mut text = String::with_capacity(sql.len() + 32);
    let mut done = 0;
    insertions.sort_by_key(|(place, _)| *place);
    for (place, clause) in insertions {
        text.push_str(&sql[done..place]);
        text.push(' ');
        text.push_str(clause);
        done = place;
    }
    text.push_str(&sql[done..end]);
    text
}

fn place(tokens: &[Token<'_>], place: Place) -> Option<usize> {
    // Neither word can be a name without quotes.
    let after_word = |word: &str| {
        let position = tokens.iter().position(|token| token.is(word))?;
        Some((position, tokens[position].end()))
    };
    let closing = |from: usize| {
        let mut depth = 0_usize;
        tokens[from..].iter().find_map(|token| {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth = depth.saturating_sub(1);
                return (depth == 0).then(|| token.end());
            }
            None
        })
    };
    match place {
        Place::Unique => after_word("unique").map(|(_, end)| end),
        Place::Columns => closing(0),
        Place::References => closing(after_word("references")?.0),
        Place::End => None,
        Place::Behind => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::migration::postgres::again::catalog::clause;
    use crate::migration::statement::split;

    #[test]
    fn clauses_find_their_places() {
        for (sql, clauses, expected) in [
            (
                "ALTER TABLE \"a b\" ADD CONSTRAINT \"references (\" FOREIGN KEY (\"x)\") REFERENCES p (id) ON DELETE CASCADE -- words",
                &[
                    ("MATCH FULL", "MATCH FULL"),
                    ("DEFERRABLE", "DEFERRABLE"),
                    ("NOT VALID", "NOT VALID"),
                ][..],
                "ALTER TABLE \"a b\" ADD CONSTRAINT \"references (\" FOREIGN KEY (\"x)\") REFERENCES p (id) MATCH FULL ON DELETE CASCADE DEFERRABLE NOT VALID",
            ),
            (
                "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b)",
                &[
                    ("NULLS NOT DISTINCT", "NULLS NOT DISTINCT"),
                    ("INCLUDE", "INCLUDE (c)"),
                    ("DEFERRABLE", "DEFERRABLE"),
                ],
                "ALTER TABLE t ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a, b) INCLUDE (c) DEFERRABLE",
            ),
        ] {
            let statements = split(sql, Dialect::Postgres);
            let clauses: Vec<(Clause, String)> = clauses
                .iter()
                .map(|(words, text)| (clause(words).expect("a clause"), (*text).into()))
                .collect();
            assert_eq!(with_clauses(&statements[0], &clauses), expected);
        }
    }

    #[test]
    fn changes_of_a_type_are_seen() {
        for (sql, expected) in [
            ("ALTER TABLE t ALTER COLUMN \"c d\" TYPE numeric(10, 2)", Some(("t", "c d"))),
            (
                "alter table if exists only s.t alter c set data type text using f(c, 1)",
                Some(("t", "c")),
            ),
            ("ALTER TABLE t ALTER c TYPE text, ALTER c SET STORAGE EXTERNAL", None),
            ("ALTER TABLE t ALTER c SET STATISTICS 5", None),
            ("ALTER TABLE t ADD c text", None),
        ] {
            let statements = split(sql, Dialect::Postgres);
            let found = retyped(&statements[0]);
            let found = found.as_ref().map(|(table, name)| (table.as_str(), name.as_str()));
            assert_eq!(found, expected, "{sql}");
        }
    }

    #[test]
    fn targets_are_seen() {
        for (sql, drops, kind, table, name) in [
            (
                "ALTER TABLE \"a\"\"b\" ADD CONSTRAINT c UNIQUE (x)",
                false,
                Kind::Constraint,
                "a\"b",
                "c",
            ),
            ("ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (x)", false, Kind::Key, "t", "k"),
            ("CREATE UNIQUE INDEX i ON t (x)", false, Kind::Index, "t", "i"),
            ("ALTER TABLE t DROP COLUMN \"c d\"", true, Kind::Column, "t", "c d"),
        ] {
            let statements = split(sql, Dialect::Postgres);
            let target = Target { drops, kind, table: table.into(), name: name.into() };
            assert_eq!(Target::of(&statements[0]), Some(target), "{sql}");
        }
    }
}
