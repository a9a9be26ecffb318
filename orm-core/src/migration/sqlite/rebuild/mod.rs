//! Rebuilds of tables on SQLite, in which nothing goes that the table has and the migration doesn't know.
//!
//! SQLite changes most of a table by making another one, so a migration says all that the new one is to have. What
//! somebody has given to the table since the migration was written (a column, a check, a collation, STRICT), or what a
//! struct can't say (`ON CONFLICT`, `DEFERRABLE`), would go without a word. So a rebuild says in comments (`-- was: …`)
//! as what it knows the table, and where the table is more than that, the runner makes the new one from the table's own
//! statement, in which it changes what the migration does. Tools that know nothing of it run the file as it stands.

mod merge;
mod parse;

use self::merge::{Merged, merge};
use self::parse::Create;
use crate::backend::AnyConnection;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::lexer::TokenKind;
use crate::migration::history::scalar;
use crate::migration::sqlite::inspect;
use crate::migration::sqlite::preserve::Kept;
use crate::migration::statement::Statement;

/// The rebuilds of a file that are under way.
#[derive(Debug, Default)]
pub(in crate::migration) struct Rebuilds(Vec<Rebuild>);

/// A table that is made from the table's own statement.
#[derive(Debug)]
struct Rebuild {
    new_name: String,
    /// What is copied beside what the migration copies, quoted.
    copied: Vec<String>,
    /// Whether SQLite keeps a mark of its numbers.
    counts: bool,
}

/// What is run in a statement's place.
#[derive(Debug)]
pub(in crate::migration) enum Adapted {
    /// The statement.
    AsItIs,
    /// This.
    Instead(String),
    /// This, which makes the new table of the old one's statement. The name is the old one's.
    Table(String, String),
    /// Nothing.
    Nothing,
    /// Nothing, as this can't be done.
    Refused(String),
}

impl Rebuilds {
    /// What to run for the statement.
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
            let name = inspect::index_name(statement);
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
        // Without the table, the copy of its rows says what is wrong.
        let Some(is) = scalar(connection, sql, &[&table])? else { return Ok(Adapted::AsItIs) };
        let Some(is) = Create::parse(&is) else {
            return Ok(Adapted::Refused(format!(
                "the statement of \"{table}\" can't be read, so that the table can't be built again without loss: build it \
                 again in a migration of your own (`generate --custom`)"
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

/// A name for the number that SQLite gives to each row, where no column is that number: virtual tables that index a
/// table's text refer to it.
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
    // An index of the primary key is there where the key is not the number itself.
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

    /// The statement that copies the rows, with what it doesn't know.
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
