//! What names a column that a rebuild leaves out.

use super::parse::{Create, Part, PartKind};
use crate::dialect::Dialect;
use orm_lexer::{TokenKind, tokens};

/// Says that a part of the table can't stay without a column.
pub(super) fn names_dropped(part: &str, column: &str) -> String {
    format!(
        "has `{part}`, which names the column \"{column}\" that the migration drops, and the migration doesn't name it: declare \
         it in the struct first if a struct can, or drop the column in a hand-written migration (`generate --custom`)"
    )
}

/// Whether a part names a column of the table.
pub(super) fn names(is: &Create<'_>, part: &Part, column: &str) -> bool {
    match part.kind {
        PartKind::Check | PartKind::Generated => {
            let tokens = tokens(is.text(&part.body), Dialect::Sqlite);
            (0..tokens.len()).any(|place| {
                let is_function = tokens.get(place + 1).is_some_and(|next| next.is_symbol("("));
                matches!(tokens[place].kind, TokenKind::Word | TokenKind::QuotedName)
                    && !is_function
                    && tokens[place].name().is_some_and(|name| name.eq_ignore_ascii_case(column))
            })
        }
        PartKind::PrimaryKey | PartKind::Unique | PartKind::References => {
            part.columns.iter().any(|name| name.eq_ignore_ascii_case(column))
        }
        PartKind::NotNull | PartKind::Default | PartKind::Collate | PartKind::Other => false,
    }
}
