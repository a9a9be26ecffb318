//! Whether a view is still what a migration creates again.

use orm_lexer::{Token, TokenKind, tokens};

use crate::backend::AnyConnection;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::migration::history::scalar;
use crate::migration::inspect;
use crate::migration::statement::{Statement, changed_by_hand};

/// Returns a sentence if the statement drops a view that the file creates again as it was, and somebody has changed it
/// since.
pub(in crate::migration) fn check_view(
    connection: &mut AnyConnection,
    statement: &Statement<'_>,
    statements: &[Statement<'_>],
) -> Result<Option<String>> {
    let Some(("view", name)) = inspect::drops(statement) else { return Ok(None) };
    let select = |other: &Statement<'_>| {
        other
            .select_as_it_was()
            .filter(|_| inspect::creates(other, "view").is_some_and(|view| view == name))
            .map(str::to_owned)
    };
    let Some(select) = statements.iter().find_map(select) else { return Ok(None) };
    let sql = "SELECT sql FROM main.sqlite_schema WHERE type = 'view' AND lower(name) = lower(?)";
    let Some(found) = scalar(connection, sql, &[&name])? else { return Ok(None) };
    let found = tokens(&found, Dialect::Sqlite);
    // A statement that names the columns says the same in other words.
    let start = found.iter().position(|token| token.is("as") || token.is_symbol("("));
    let Some(start) = start.filter(|start| found[*start].is("as")) else { return Ok(None) };
    let wanted = tokens(&select, Dialect::Sqlite);
    let is_same = names(&found[start + 1..]).eq(names(&wanted));
    Ok((!is_same).then(|| changed_by_hand(&name)))
}

/// Returns the tokens, each as it is written or, for a word or a name, without quotes and in lower case: SQLite writes
/// quotes when it renames, and ignores case.
fn names<'t>(tokens: &'t [Token<'t>]) -> impl Iterator<Item = String> + 't {
    tokens.iter().map(|token| match token.kind {
        TokenKind::Word | TokenKind::QuotedName => {
            token.name().map_or_else(|| token.text.to_owned(), |name| name.to_lowercase())
        }
        TokenKind::Comment
        | TokenKind::Unclosed
        | TokenKind::Number
        | TokenKind::Text
        | TokenKind::Blob
        | TokenKind::Parameter
        | TokenKind::Symbol => token.text.to_owned(),
    })
}
