//! Rebuilds of tables on SQLite that lose nothing that the table has and the migration doesn't know.
//!
//! SQLite makes most changes by creating another table, so a migration contains the whole new table. What somebody has
//! added to the table since the migration was written (a column, a check, a collation, STRICT), or what a struct can't
//! express (`ON CONFLICT`, `DEFERRABLE`), would be lost silently. So comments in a rebuild (`-- was: …`) say how the
//! migration knows the table. If the table has more than that, the runner creates the new one from the table's own
//! statement, with the changes of the migration. Tools that don't know these comments run the file as it is.

mod dropped;
mod merge;
mod parse;

use self::merge::{Merged, merge};
use self::parse::Create;
use crate::backend::AnyConnection;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::migration::history::scalar;
use crate::migration::inspect;
use crate::migration::sqlite::preserve::Kept;
use crate::migration::statement::Statement;
use orm_lexer::TokenKind;

/// The rebuilds of a file that have begun.
#[derive(Debug, Default)]
pub(in crate::migration) struct Rebuilds(Vec<Rebuild>);

/// A table that is created from the table's own statement.
#[derive(Debug)]
struct Rebuild {
    new_name: String,
    /// What is copied in addition to what the migration copies, quoted.
    copied: Vec<String>,
    /// Whether SQLite keeps a mark of its numbers.
    counts: bool,
}

/// What runs in place of a statement.
#[derive(Debug)]
pub(in crate::migration) enum Adapted {
    /// The statement.
    AsItIs,
    /// This one.
    Instead(String),
    /// This one, which creates the new table from the statement of the old one. The name is the old table's.
    Table(String, String),
    /// Nothing.
    Nothing,
    /// Nothing, as it isn't possible.
    Refused(String),
}

impl Rebuilds {
    /// Returns what to run for the statement.
    pub(in crate::migration) fn adapt(
        &mut self,
        connection: &mut AnyConnection,
        statement: &Statement<'_>,
        kept: Option<&Kept>,
    ) -> Result<Adapted> {
        if let Some(was) = statement.was() {
            return self.begin(connection, statement, &was);
        }
        if statement.is_unchanged_index() {
            let name = inspect::creates(statement, "index");
            let own = name.and_then(|name| kept?.index(&name));
            return Ok(own.map_or(Adapted::AsItIs, |sql| Adapted::Instead(sql.to_owned())));
        }
        let Some(rebuild) = self.0.iter().find(|rebuild| rebuild.is_meant_by(statement)) else {
            return Ok(Adapted::AsItIs);
        };
        if rebuild.is_marked_by(statement) {
            return Ok(if rebuild.counts { Adapted::AsItIs } else { Adapted::Nothing });
        }
        Ok(rebuild.copy(statement).map_or(Adapted::AsItIs, Adapted::Instead))
    }

    fn begin(
        &mut self,
        connection: &mut AnyConnection,
        statement: &Statement<'_>,
        was: &str,
    ) -> Result<Adapted> {
        let (Some(was), Some(becomes)) = (Create::parse(was), Create::parse(statement.sql()))
        else {
            return Ok(Adapted::AsItIs);
        };
        let table = was.name();
        let sql =
            "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE";
        // If the table is missing, the copy of its rows says what is wrong.
        let Some(is) = scalar(connection, sql, &[&table])? else { return Ok(Adapted::AsItIs) };
        let Some(is) = Create::parse(&is) else {
            return Ok(Adapted::Refused(format!(
                "the statement of \"{table}\" can't be read, so the table can't be rebuilt without loss: rebuild it in \
                 a hand-written migration (`generate --custom`)"
            )));
        };
        let merged = match merge(&is, &was, &becomes) {
            Ok(merged) => merged,
            Err(problem) => return Ok(Adapted::Refused(format!("\"{table}\" {problem}"))),
        };
        let sql = merged.as_ref().map_or(statement.sql(), |merged| &merged.sql);
        let unknown = merged.iter().flat_map(|merged| &merged.unknown);
        let mut copied: Vec<String> =
            unknown.map(|name| Dialect::Sqlite.quote_ident(name)).collect();
        copied.extend(hidden_rowid(connection, &is, &table, sql)?.map(Into::into));
        let counts = sql.to_ascii_uppercase().contains("AUTOINCREMENT");
        self.0.push(Rebuild { new_name: becomes.name(), copied, counts });
        Ok(merged.map_or(Adapted::AsItIs, |Merged { sql, .. }| Adapted::Table(table, sql)))
    }
}

/// Returns the constraints that are written into the declaration of a column.
pub(in crate::migration) fn constraints_of_column(
    connection: &mut AnyConnection,
    table: &str,
    column: &str,
) -> Result<Vec<String>> {
    let sql = "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE";
    let Some(is) = scalar(connection, sql, &[table])? else { return Ok(Vec::new()) };
    let Some(is) = Create::parse(&is) else { return Ok(Vec::new()) };
    let parts = is.column(column).into_iter().flat_map(parse::Column::constraints);
    Ok(parts.map(|part| is.text(&part.at).to_owned()).collect())
}

/// Returns a name for the number that SQLite gives to each row, if no column is that number. Virtual tables that index
/// a table's text refer to it.
fn hidden_rowid(
    connection: &mut AnyConnection,
    is: &Create<'_>,
    table: &str,
    becomes: &str,
) -> Result<Option<&'static str>> {
    let Some(becomes) = Create::parse(becomes) else { return Ok(None) };
    let has_none = |options: &[String]| options.iter().any(|option| option == "WITHOUT");
    if has_none(&is.options) || has_none(&becomes.options) || becomes.may_alias_rowid() {
        return Ok(None);
    }
    // The primary key has an index if it isn't the number itself.
    let sql = "SELECT count(*) FROM pragma_table_info(?1) AS c WHERE c.pk > 0 \
               AND NOT EXISTS (SELECT 1 FROM pragma_index_list(?1) AS i WHERE i.origin = 'pk')";
    if scalar(connection, sql, &[table])?.as_deref() != Some("0") {
        return Ok(None);
    }
    Ok(["rowid", "_rowid_", "oid"].into_iter().find(|name| is.column(name).is_none()))
}

impl Rebuild {
    /// Whether the statement copies rows into the new table, or sets the mark of its numbers.
    fn is_meant_by(&self, statement: &Statement<'_>) -> bool {
        let copies = inspect::copies(statement)
            .is_some_and(|copy| copy.into.eq_ignore_ascii_case(&self.new_name));
        copies || self.is_marked_by(statement)
    }

    fn is_marked_by(&self, statement: &Statement<'_>) -> bool {
        let writes = statement.begins_with(&["insert", "into", "sqlite_sequence"])
            || statement.begins_with(&["update", "sqlite_sequence"]);
        let names = |name: &str| name == self.new_name;
        writes
            && statement.tokens().any(|token| {
                token.kind == TokenKind::Text && token.name().is_some_and(|name| names(&name))
            })
    }

    /// Returns the statement that copies the rows, with the columns that it doesn't know.
    fn copy(&self, statement: &Statement<'_>) -> Option<String> {
        if self.copied.is_empty() {
            return None;
        }
        let sql = statement.sql();
        let mut depth = 0_usize;
        let mut columns = None;
        let mut values = None;
        for token in statement.tokens() {
            if token.is_symbol("(") {
                depth += 1;
                columns.get_or_insert(token.end());
            } else if token.is_symbol(")") {
                depth = depth.saturating_sub(1);
            } else if depth == 0 && token.is("select") {
                values = Some(token.end());
                break;
            }
        }
        let (columns, values) = (columns?, values?);
        let more = self.copied.join(", ");
        Some(format!(
            "{}{more}, {} {more},{}",
            &sql[..columns],
            &sql[columns..values],
            &sql[values..]
        ))
    }
}
