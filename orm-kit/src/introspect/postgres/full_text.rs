//! Full text indexes: generated columns with a GIN index, as mizzle creates them.

use orm_core::Dialect;
use orm_core::schema::{FullTextDef, TableDef};
use orm_lexer::{Token, TokenKind, tokens};

use super::{Note, Table};

/// Returns the index of a table whose column of this name is computed by the expression.
pub(super) fn of_column(table: &TableDef, name: &str, expression: &str) -> Option<FullTextDef> {
    if name != table.full_text_name() {
        return None;
    }
    let tokens = tokens(expression, Dialect::Postgres);
    let names: Vec<String> =
        after(&tokens, "coalesce").filter_map(Token::name).map(Into::into).collect();
    let languages: Vec<&str> = after(&tokens, "to_tsvector")
        .filter_map(|token| match token.parts() {
            (TokenKind::Text, language) => Some(language.trim_matches('\'')),
            _ => None,
        })
        .collect();
    let language = *languages.first()?;
    let is_ours = languages.len() == names.len()
        && languages.iter().all(|other| *other == language)
        && expression.matches("'[!-/:-@[-`{-~]+'").count() == names.len()
        && expression.matches("'ς'").count() == names.len()
        && expression.matches("setweight(").count() == names.len();
    is_ours.then(|| FullTextDef { columns: names, language: language.into() })
}

/// Returns the tokens that are the first argument of a function.
fn after<'t, 's>(
    tokens: &'t [Token<'s>],
    function: &'t str,
) -> impl Iterator<Item = &'t Token<'s>> {
    let places = (0..tokens.len()).filter(move |place| tokens[*place].is(function));
    places.filter_map(|place| tokens[place + 1..].iter().find(|token| !token.is_symbol("(")))
}

/// Leaves out an index whose columns are left out, or that has lost its GIN index.
pub(super) fn settle(table: &mut Table, notes: &mut Vec<Note>) {
    let Some(full_text) = &table.def.full_text else { return };
    let has_columns =
        full_text.columns.iter().all(|column| table.def.find_column(column).is_some());
    if !has_columns || !table.has_gin {
        let what = format!(
            "its full text index {} lacks its GIN index or a column; it is left out: drop the column {0}, so that it is created \
             again",
            table.def.full_text_name()
        );
        notes.push(Note::table(&table.def.name, what));
        table.def.full_text = None;
    }
}
