//! What a statement drops together with what it holds: tables, columns and schemas, as far as its words show.

use super::statement::Statement;
use crate::dialect::Dialect;
use orm_lexer::Cursor;

/// What a statement drops.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Drop {
    /// A table, by its name as it is written.
    Table(String),
    /// A column of a table.
    Column(String, String),
    /// All tables of a schema.
    Schema(String),
}

/// Returns whether a statement drops tables or columns.
pub(super) fn may_drop(statement: &Statement<'_>) -> bool {
    !drops(statement.sql(), statement.dialect()).is_empty()
}

/// Returns what a statement drops with what it holds.
pub(super) fn drops(sql: &str, dialect: Dialect) -> Vec<Drop> {
    let mut cursor = Cursor::new(sql, dialect);
    let mut found = Vec::new();
    if cursor.takes("drop") {
        let what = if cursor.takes("table") {
            Drop::Table
        } else if cursor.takes("schema") {
            Drop::Schema
        } else {
            return found;
        };
        takes_if_exists(&mut cursor);
        while let Some(name) = takes_name(&mut cursor) {
            found.push(match what(name) {
                Drop::Schema(name) => Drop::Schema(last_name(&name, dialect)),
                other => other,
            });
            if !cursor.takes_symbol(",") {
                break;
            }
        }
        return found;
    }
    if !(cursor.takes("alter") && cursor.takes("table")) {
        return found;
    }
    takes_if_exists(&mut cursor);
    cursor.takes("only");
    let Some(table) = takes_name(&mut cursor) else { return found };
    cursor.takes_symbol("*");
    loop {
        if cursor.takes("drop") {
            let is_other = !cursor.is("column") && OTHERS.iter().any(|word| cursor.is(word));
            cursor.takes("column");
            takes_if_exists(&mut cursor);
            if let (false, Some(column)) = (is_other, cursor.takes_name()) {
                found.push(Drop::Column(table.clone(), column));
            }
        }
        while !cursor.is_at_end() && !cursor.is_symbol(",") {
            cursor.skip();
        }
        if !cursor.takes_symbol(",") {
            return found;
        }
    }
}

/// What `ALTER TABLE … DROP` drops beside columns.
const OTHERS: [&str; 1] = ["constraint"];

fn takes_if_exists(cursor: &mut Cursor<'_>) {
    if cursor.is("if") && cursor.is_next("exists") {
        cursor.at += 2;
    }
}

/// Moves behind a name with its schema, and returns it as it is written.
pub(super) fn takes_name(cursor: &mut Cursor<'_>) -> Option<String> {
    let start = cursor.start();
    cursor.takes_name()?;
    while cursor.takes_symbol(".") {
        cursor.takes_name()?;
    }
    Some(cursor.sql[start..cursor.end()].to_owned())
}

/// Returns the name behind the last dot, without quotes.
pub(super) fn last_name(table: &str, dialect: Dialect) -> String {
    let mut tokens = Cursor::new(table, dialect).tokens.into_iter().peekable();
    orm_lexer::qualified_name(&mut tokens).map(Into::into).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_seen() {
        let table = |name: &str| Drop::Table(name.into());
        let column = |table: &str, name: &str| Drop::Column(table.into(), name.into());
        for (sql, expected) in [
            ("DROP TABLE t", vec![table("t")]),
            (
                "drop table if exists \"a\".\"b\" , c cascade",
                vec![table("\"a\".\"b\""), table("c")],
            ),
            ("DROP SCHEMA IF EXISTS \"s\" CASCADE", vec![Drop::Schema("s".into())]),
            ("ALTER TABLE t DROP COLUMN \"a\"", vec![column("t", "a")]),
            ("ALTER TABLE IF EXISTS ONLY s.t DROP a", vec![column("s.t", "a")]),
            (
                "ALTER TABLE t DROP IF EXISTS a, ADD b numeric(1, 2), DROP COLUMN c CASCADE",
                vec![column("t", "a"), column("t", "c")],
            ),
            ("ALTER TABLE t DROP COLUMN \"constraint\"", vec![column("t", "constraint")]),
            ("ALTER TABLE t DROP CONSTRAINT c", vec![]),
            ("ALTER TABLE t ALTER c DROP NOT NULL, ALTER c DROP DEFAULT", vec![]),
            ("DROP INDEX t", vec![]),
        ] {
            assert_eq!(drops(sql, Dialect::Postgres), expected, "{sql}");
        }
    }
}
