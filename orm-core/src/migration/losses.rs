//! What a rollback would drop: tables that hold rows, and columns that hold values.
//!
//! Each statement is looked at right before it runs, when the names that it uses are those of the database. A table
//! whose rows the file has copied into another one, as a rebuild does, loses what was not copied.

use std::collections::HashSet;

use super::drops::{Drop, drops, last_name, takes_name};
use super::error::Loss;
use super::history::scalar;
use super::inspect;
use super::statement::Statement;
use crate::backend::AnyConnection;
use crate::dialect::Dialect;
use crate::error::Result;
use orm_lexer::{Cursor, Token, TokenKind};

/// What the file has been seen to do so far.
#[derive(Debug, Default)]
pub(super) struct Losses {
    found: Vec<Loss>,
    /// Tables that the file has created and not filled from others, in lower case.
    scratch: HashSet<String>,
    copies: Vec<Copied>,
}

/// Rows that were copied from one table into another.
#[derive(Debug)]
struct Copied {
    /// In lower case.
    from: String,
    /// As it is written.
    into: String,
    /// The names in what was selected, in lower case; `None` for all columns.
    mentioned: Option<HashSet<String>>,
}

impl Losses {
    /// Takes out what was found.
    pub(super) fn take(&mut self) -> Vec<Loss> {
        std::mem::take(&mut self.found)
    }

    /// Looks at a statement that is about to run.
    pub(super) fn look(
        &mut self,
        connection: &mut AnyConnection,
        statement: &Statement<'_>,
    ) -> Result<()> {
        let dialect = connection.dialect();
        for drop in drops(statement.sql(), dialect) {
            match drop {
                Drop::Table(table) => self.table(connection, &table)?,
                Drop::Column(table, column) => {
                    let known = columns(connection, &table)?;
                    let is_it = |known: &String| known.eq_ignore_ascii_case(&column);
                    let exact = known.iter().find(|known| **known == column);
                    let column = exact.or_else(|| known.iter().find(|known| is_it(known)));
                    self.columns(connection, &table, column.cloned().as_slice())?;
                }
                Drop::Schema(schema) => {
                    let sql = dialect.capabilities().migrations.tables_of_schema;
                    for row in connection.ask(sql, &[&schema])? {
                        for table in row.into_iter().flatten() {
                            self.table(connection, &table)?;
                        }
                    }
                }
            }
        }
        if let Some((old, new)) = inspect::renames(statement) {
            self.rename(&old.to_lowercase(), &new, dialect);
        } else if let Some(name) = inspect::creates(statement, "table") {
            self.scratch.insert(name.to_lowercase());
        }
        Ok(())
    }

    /// Notes the rows that a statement copies, in the form in which it runs.
    pub(super) fn copy(&mut self, sql: &str, dialect: Dialect) {
        let mut cursor = Cursor::new(sql, dialect);
        if !cursor.takes("insert") {
            return;
        }
        skip_to(&mut cursor, "into");
        let Some(into) = takes_name(&mut cursor) else { return };
        skip_to(&mut cursor, "select");
        let mentioned = selected(&cursor.tokens[cursor.at..]);
        skip_to(&mut cursor, "from");
        let Some(from) = takes_name(&mut cursor) else { return };
        self.scratch.remove(&last_name(&into, dialect).to_lowercase());
        let from = last_name(&from, dialect).to_lowercase();
        self.copies.push(Copied { from, into, mentioned });
    }

    fn rename(&mut self, old: &str, new: &str, dialect: Dialect) {
        if self.scratch.remove(old) {
            self.scratch.insert(new.to_lowercase());
        }
        for Copied { from, into, .. } in &mut self.copies {
            if from == old {
                *from = new.to_lowercase();
            }
            if last_name(into, dialect).to_lowercase() == old {
                *into = dialect.quote_ident(new);
            }
        }
    }

    fn table(&mut self, connection: &mut AnyConnection, table: &str) -> Result<()> {
        let name = last_name(table, connection.dialect()).to_lowercase();
        if self.scratch.contains(&name) {
            return Ok(());
        }
        let known = columns(connection, table)?;
        if known.is_empty() {
            return Ok(());
        }
        let mut rows = count(connection, &format!("SELECT count(*) FROM {table}"))?;
        if let Some(place) = self.copies.iter().rposition(|copied| copied.from == name) {
            // What bears the name from now on is another table.
            let copied = self.copies.remove(place);
            if !columns(connection, &copied.into)?.is_empty() {
                let kept = count(connection, &format!("SELECT count(*) FROM {}", copied.into))?;
                rows = rows.saturating_sub(kept);
            }
            if let Some(mentioned) = &copied.mentioned {
                let gone: Vec<String> = known
                    .into_iter()
                    .filter(|column| !mentioned.contains(&column.to_lowercase()))
                    .collect();
                self.columns(connection, table, &gone)?;
            }
        }
        if rows > 0 {
            self.found.push(Loss { table: table.to_owned(), column: None, rows });
        }
        Ok(())
    }

    fn columns(
        &mut self,
        connection: &mut AnyConnection,
        table: &str,
        columns: &[String],
    ) -> Result<()> {
        let dialect = connection.dialect();
        for column in columns {
            let quoted = dialect.quote_ident(column);
            let rows = count(connection, &format!("SELECT count({quoted}) FROM {table}"))?;
            if rows > 0 {
                let (table, column) = (table.to_owned(), Some(column.clone()));
                self.found.push(Loss { table, column, rows });
            }
        }
        Ok(())
    }
}

/// Returns the columns of a table that are stored and not computed: none if there is no such table, or a temporary one.
fn columns(connection: &mut AnyConnection, table: &str) -> Result<Vec<String>> {
    let dialect = connection.dialect();
    let ways = &dialect.capabilities().migrations;
    let name;
    let table = if ways.exists_by_whole_name {
        table
    } else {
        name = last_name(table, dialect);
        &name
    };
    let rows = connection.ask(ways.stored_columns, &[table])?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

fn count(connection: &mut AnyConnection, sql: &str) -> Result<u64> {
    Ok(scalar(connection, sql, &[])?.and_then(|rows| rows.parse().ok()).unwrap_or_default())
}

/// Moves behind the next such keyword that stands in no parentheses.
fn skip_to(cursor: &mut Cursor<'_>, keyword: &str) {
    while !cursor.is_at_end() && !cursor.takes(keyword) {
        cursor.skip();
    }
}

/// Returns the names in what is selected, in lower case, or `None` if it is all columns.
fn selected(tokens: &[Token<'_>]) -> Option<HashSet<String>> {
    let mut names = HashSet::new();
    let mut is_first = true;
    for token in tokens {
        if token.is_symbol("*") && is_first {
            return None;
        }
        is_first = token.is_symbol(",") || token.is_symbol(".");
        if matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) {
            names.extend(token.name().map(|name| name.to_lowercase()));
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_seen() {
        for (sql, from, into, mentioned) in [
            (
                "INSERT INTO n (x, y) SELECT \"A\", b * 2 FROM main.O",
                "o",
                "n",
                Some("a b from main o"),
            ),
            ("INSERT OR IGNORE INTO \"s\".n SELECT * FROM o WHERE a", "o", "\"s\".n", None),
            ("INSERT INTO n SELECT o.* FROM o", "o", "n", None),
        ] {
            let mut losses = Losses::default();
            losses.copy(sql, Dialect::Sqlite);
            let copied = &losses.copies[0];
            assert_eq!((&*copied.from, &*copied.into), (from, into), "{sql}");
            let names = |names: &str| names.split(' ').map(str::to_owned).collect::<HashSet<_>>();
            match (mentioned, &copied.mentioned) {
                (Some(expected), Some(found)) => {
                    assert!(found.is_superset(&names(expected)), "{sql}")
                }
                (expected, found) => assert_eq!(expected.map(names), *found, "{sql}"),
            }
        }
        let mut losses = Losses::default();
        losses.copy("INSERT INTO n VALUES (1)", Dialect::Sqlite);
        losses.copy("INSERT INTO n SELECT a FROM (SELECT 1 AS a)", Dialect::Sqlite);
        assert!(losses.copies.is_empty());
    }
}
