//! The primary key, from the columns or from the struct's attribute.

use proc_macro2::Span;
use syn::Ident;

use super::Kind;
use super::column::nullable_key;
use super::constraint::Finder;
use super::written::shown;
use crate::errors::Errors;
use crate::parse::column::ColumnAttrs;
use crate::parse::table::TableAttrs;

const NO_ARRAY: &str = "an array can't be part of the primary key";

/// What is checked of a key.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// The name of the struct's attribute.
    pub(super) attribute: &'static str,
    /// Whether all attributes could be read.
    pub(super) all_read: bool,
    pub(super) is_required: bool,
}

/// Returns the primary key, from the columns or from the table.
pub(super) fn of(
    ident: &Ident,
    attrs: &TableAttrs,
    parsed: &[ColumnAttrs],
    kept: &[&ColumnAttrs],
    find: &Finder<'_>,
    rules: Rules,
    errors: &mut Errors,
) -> Vec<usize> {
    let Rules { attribute, all_read, is_required } = rules;
    let marked: Vec<Span> = parsed.iter().filter_map(|attrs| attrs.primary_key).collect();
    let key = match &attrs.primary_key {
        Some((span, columns)) => {
            for span in &marked {
                errors.at(
                    *span,
                    format!(
                        "`#[{attribute}(primary_key(…))]` already declares the key: leave one out"
                    ),
                );
            }
            if columns.is_empty() {
                errors.at(*span, "which columns? write `primary_key(a, b)`");
            }
            let key = find.places(columns, errors);
            for (place, name) in key.iter().zip(columns) {
                let column = &find.columns[*place];
                if column.ty.nullable {
                    errors.at(name.span(), nullable_key(&shown(&column.ty.full)));
                }
                if column.generated.is_some() {
                    errors.at(name.span(), "a generated column can't be part of the primary key");
                }
                if column.ty.kind == Kind::Array {
                    errors.at(name.span(), NO_ARRAY);
                }
            }
            key
        }
        None => {
            for span in marked.iter().skip(1) {
                errors.at(
                    *span,
                    format!(
                        "a {attribute} has one primary key: for a key of several columns, write `#[{attribute}(primary_key({}))]` \
                         on `{ident}`",
                        both(find, kept)
                    ),
                );
            }
            let key = kept.iter().position(|attrs| attrs.primary_key.is_some());
            if let Some(place) = key
                && let (Some(span), Kind::Array) =
                    (kept[place].primary_key, find.columns[place].ty.kind)
            {
                errors.at(span, NO_ARRAY);
            }
            key.into_iter().collect()
        }
    };
    if marked.is_empty() && attrs.primary_key.is_none() && all_read && is_required {
        let id = match find.columns.iter().find(|column| column.plain() == "id") {
            Some(column) if column.ty.kind.is_integer() => {
                "put `#[column(primary_key, auto)]` on `id`".to_owned()
            }
            Some(_) => "put `#[column(primary_key)]` on `id`".to_owned(),
            None => "put `#[column(primary_key)]` on its column, or for several columns \
                     `#[table(primary_key(a, b))]` on the struct"
                .to_owned(),
        };
        errors.at(ident.span(), format!("`{ident}` has no primary key: {id}"));
    }
    for (place, attrs) in kept.iter().enumerate() {
        let Some(span) = attrs.auto else { continue };
        if key.len() > 1 && key.contains(&place) {
            errors.at(span, "`auto` needs a primary key of one column");
        } else if !key.contains(&place) && marked.len() < 2 && all_read {
            errors.at(span, "`auto` is for the primary key: add `primary_key`, or remove `auto`");
        }
    }
    key
}

/// Returns the marked columns as they would be written in `primary_key(…)`.
fn both(find: &Finder<'_>, kept: &[&ColumnAttrs]) -> String {
    let marked = kept.iter().zip(find.columns).filter(|(attrs, _)| attrs.primary_key.is_some());
    marked.map(|(_, column)| column.plain()).collect::<Vec<_>>().join(", ")
}
