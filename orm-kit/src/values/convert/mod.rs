//! How a value of one type becomes a value of another, the same on each database.
//!
//! A value is converted only if converting it back returns the same value: `'007'` doesn't become an integer, because 7
//! would not become `'007'` again.

mod forms;
mod labels;
mod postgres;
mod sqlite;

use orm_core::Dialect;
use orm_core::schema::ColumnDef;
use orm_core::schema::ColumnType::{self, *};
use orm_core::schema::Family;
use orm_core::schema::fragments::type_name;

use self::labels::text_of;
use crate::diff::relabels;

/// How values are converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// As they are.
    Same,
    /// By an expression.
    By {
        /// The expression for the new value.
        value: String,
        /// The condition for a value that can't be converted, and a description of it, such as `text that is no
        /// integer`.
        fails: Vec<(String, String)>,
    },
    /// Not at all: only NULL remains.
    Never,
}

/// Returns how the values of a column, which is named `column` (quoted), become those of `new`.
pub(crate) fn convert(
    old: &ColumnDef,
    new: &ColumnDef,
    column: &str,
    dialect: Dialect,
) -> Conversion {
    if let Some(conversion) = forms::convert(old, new, column, dialect) {
        return conversion;
    }
    let renamed: &[(String, String)] =
        if relabels(old, new, dialect) { &new.renamed_labels } else { &[] };
    // The labels that a native type renames aren't dropped.
    let renames = (&*new.renamed_labels, !renamed.is_empty());
    let conversion = labels::convert(&old.ty, &new.ty, renames, column, dialect)
        .unwrap_or_else(|| convert_type(&old.ty, &new.ty, column, dialect));
    if dialect.is_sqlite() && conversion == Conversion::Same {
        return sqlite::stored(&type_name(old, dialect), &type_name(new, dialect), column);
    }
    if dialect.is_sqlite() || old.db_type.postgres == new.db_type.postgres {
        return conversion;
    }
    let (value, mut fails) = match conversion {
        Conversion::Never => return Conversion::Never,
        Conversion::Same => (column.to_owned(), Vec::new()),
        Conversion::By { value, fails } => (value, fails),
    };
    let declared = type_name(new, dialect);
    let cast = format!("({value})::{declared}");
    // Documents of type `json` compare by their text, and a cast never changes their meaning.
    if new.db_type.postgres.is_some() && new.ty != Json {
        let usual = type_name(&ColumnDef::new("", new.ty.clone()), dialect);
        fails.push((
            format!("{cast}::{usual} IS DISTINCT FROM ({value})::{usual}"),
            format!("values that {declared} can't hold as they are"),
        ));
    }
    Conversion::By { value: cast, fails }
}

/// Returns how values of the column named `column` (quoted) become `to`.
fn convert_type(from: &ColumnType, to: &ColumnType, column: &str, dialect: Dialect) -> Conversion {
    if is_text(from) && is_text(to) {
        return texts(from, to, column, dialect);
    }
    let (value, fails) = match dialect {
        // They need a function of mizzle's.
        Dialect::D1 if sqlite::needs_function(from, to) => return Conversion::Never,
        Dialect::Sqlite | Dialect::D1 => match sqlite::convert(from, to, column) {
            Some(conversion) => conversion,
            None => return Conversion::Never,
        },
        Dialect::Postgres => match postgres::convert(from, to, column) {
            Some(conversion) => conversion,
            None => return Conversion::Never,
        },
    };
    let mut fails: Vec<(String, String)> = fails
        .into_iter()
        .map(|condition| (condition, format!("values that are not {}", to.facts().values)))
        .collect();
    // What becomes text must be one of the labels, or short enough.
    if let Conversion::By { fails: more, .. } = texts(&Text, to, &value, dialect)
        && is_text(to)
    {
        fails.extend(more);
    }
    let value = native(to, &format!("({value})"), dialect).unwrap_or(value);
    settled(value, fails, column)
}

fn is_text(ty: &ColumnType) -> bool {
    ty.family() == Family::Text
}

/// Casts the SQL `text` to a native enum, or an array of texts to an array of them.
fn native(to: &ColumnType, text: &str, dialect: Dialect) -> Option<String> {
    let name = to.item().named().filter(|_| dialect == Dialect::Postgres)?;
    let brackets = if to.element().is_some() { "[]" } else { "" };
    Some(format!("{text}::{}{brackets}", dialect.quote_ident(name)))
}

/// Converts the SQL `text` to `to`.
fn of_text(
    to: &ColumnType,
    text: String,
    fails: Vec<(String, String)>,
    column: &str,
    dialect: Dialect,
) -> Conversion {
    settled(native(to, &text, dialect).unwrap_or(text), fails, column)
}

fn settled(value: String, fails: Vec<(String, String)>, column: &str) -> Conversion {
    if value == column && fails.is_empty() {
        Conversion::Same
    } else {
        Conversion::By { value, fails }
    }
}

/// Between texts with and without a maximum length, and between these and enums.
fn texts(from: &ColumnType, to: &ColumnType, column: &str, dialect: Dialect) -> Conversion {
    let quoted = |label: &String| dialect.quote_literal(label);
    let text = text_of(from, column, dialect);
    let mut fails = Vec::new();
    if let Some(labels) = to.labels() {
        let labels: Vec<String> = labels.iter().map(quoted).collect();
        fails.push((
            format!("{text} NOT IN ({})", labels.join(", ")),
            "texts that are not one of the labels".into(),
        ));
    }
    if let Some(new) = to.max_length()
        && from.max_length().is_none_or(|old| old > new)
    {
        fails.push((
            format!("length({text}) > {new}"),
            format!("texts of more than {new} characters"),
        ));
    }
    of_text(to, text, fails, column, dialect)
}

/// Whether an array of these is the same document on both databases.
fn is_plain_in_json(element: &ColumnType) -> bool {
    matches!(element, Bool | SmallInt | Integer | BigInt | Text | Uuid)
}

type Found = Option<(String, Option<String>)>;

/// Converts a value that can always be converted.
fn always(value: impl Into<String>) -> Found {
    Some((value.into(), None))
}

/// Converts a value unless the condition is true.
fn unless(value: impl Into<String>, fails: impl Into<String>) -> Found {
    Some((value.into(), Some(fails.into())))
}

/// Returns the operands of BETWEEN for the whole numbers of a type.
fn range(ty: &ColumnType) -> String {
    let range = ty.range().unwrap_or(i64::MIN..=i64::MAX);
    format!("{} AND {}", range.start(), range.end())
}

/// The largest whole number up to which a float can represent all.
fn exact_up_to(ty: &ColumnType) -> &'static str {
    if *ty == Real { "16777216" } else { "9007199254740992" }
}

const TRUE: &str = "'true', 't', 'yes', 'on', '1'";
const FALSE: &str = "'false', 'f', 'no', 'off', '0'";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_becomes_text_and_text_becomes_every_type() {
        let column = |ty: &ColumnType| ColumnDef::new("c", ty.clone());
        for dialect in Dialect::ALL {
            for ty in ColumnType::PLAIN {
                let from_text = convert(&column(&Text), &column(ty), "c", dialect);
                // D1 has no functions of mizzle's.
                let needs_function = matches!(ty, Inet | Cidr | Interval);
                let is_never = dialect == Dialect::D1 && needs_function;
                assert_eq!(from_text == Conversion::Never, is_never, "{ty:?} on {dialect}");
                let to_text = convert(&column(ty), &column(&Text), "c", dialect);
                // Not all bytes are text.
                assert_eq!(to_text == Conversion::Never, *ty == Bytes, "{ty:?} on {dialect}");
            }
        }
    }
}
