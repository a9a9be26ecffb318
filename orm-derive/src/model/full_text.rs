//! The full text index of a table, with its columns resolved.

use super::Column;
use super::constraint::Finder;
use super::kind::Kind;
use crate::errors::{Errors, unknown};
use crate::parse::full_text as syntax;

/// The languages that both databases know.
const LANGUAGES: [&str; 2] = ["simple", "english"];

/// The columns that can have a weight: PostgreSQL has four.
const WEIGHTED: usize = 4;

/// A full text index.
pub(crate) struct FullText {
    /// The positions of its columns.
    pub(crate) columns: Vec<usize>,
    pub(crate) weights: Vec<f64>,
    pub(crate) language: String,
}

impl FullText {
    /// Checks the index of a table with this key.
    pub(crate) fn build(
        given: &syntax::FullText,
        key: &[usize],
        find: &Finder<'_>,
        errors: &mut Errors,
    ) -> Self {
        let (mut columns, mut weights) = (Vec::new(), Vec::new());
        for (name, weight) in &given.columns {
            let Some(place) = find.place(name, errors) else { continue };
            let column = &find.columns[place];
            if columns.contains(&place) {
                errors.at(name.span(), format!("`{name}` is named twice"));
            } else if !matches!(column.ty.kind, Kind::Text | Kind::Own) {
                let ty = super::written::shown(&column.ty.full);
                errors.at(
                    name.span(),
                    format!(
                        "full text is of `String` and `Option<String>`, and `{name}` is `{ty}`"
                    ),
                );
            } else if column.generated.is_some() {
                errors.at(
                    name.span(),
                    format!(
                        "`{name}` is generated, and PostgreSQL's index has no such column: name the columns that it is \
                         computed from"
                    ),
                );
            } else if columns.len() >= WEIGHTED && weights.last() != Some(weight) {
                errors.at(
                    name.span(),
                    format!(
                        "PostgreSQL has {WEIGHTED} weights: give `{name}` that of the column before it"
                    ),
                );
            } else {
                columns.push(place);
                weights.push(*weight);
            }
        }
        let is_integer =
            |column: &Column| column.ty.kind.is_integer() || column.ty.kind == Kind::Own;
        let fits = matches!(key, [place] if find.columns.get(*place).is_some_and(is_integer));
        if !key.is_empty() && !fits {
            errors.at(
                given.span,
                "full text needs a primary key of one integer column, because SQLite's FTS5 finds the row by it: use `i64` or \
                 `i32`",
            );
        }
        let language = match &given.options.language {
            Some(language) if !LANGUAGES.contains(&language.value().as_str()) => {
                let message =
                    unknown("language", &language.value(), " of both databases", &LANGUAGES);
                errors.at(language.span(), message);
                LANGUAGES[0].into()
            }
            Some(language) => language.value(),
            None => LANGUAGES[0].into(),
        };
        Self { columns, weights, language }
    }
}
