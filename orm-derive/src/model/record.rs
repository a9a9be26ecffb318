//! A struct that a row of a result becomes.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Expr, Fields, Ident, Path, Type};

use super::no_generics;
use crate::errors::{Checked, Errors};
use crate::parse::column::{RecordAttrs, RowAttrs, RowFieldAttrs};

/// The struct.
pub(crate) struct Record {
    pub(crate) ident: Ident,
    /// The module of the table that the row is selected from; otherwise it is a row of a `sql!`.
    pub(crate) table: Option<Path>,
    pub(crate) fields: Vec<Field>,
}

/// A field, and its column.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) column: String,
    /// What is selected for the field.
    pub(crate) select: Option<Expr>,
    pub(crate) span: Span,
}

impl Record {
    pub(crate) fn build(input: &DeriveInput) -> Checked<Self> {
        let mut errors = Errors::default();
        let record = Self::collect(input, &mut errors);
        errors.finish(record)
    }

    fn collect(input: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        no_generics(input, "a row", errors);
        let name = &input.ident;
        let table = RowAttrs::parse(&input.attrs, errors).table;
        let fields = match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(fields) if !fields.named.is_empty() => &fields.named,
                _ => {
                    errors.at(
                        name.span(),
                        format!(
                            "the columns of a row are found by the names of fields: write `struct {name} {{ email: \
                             String }}`, or read a tuple, by position"
                        ),
                    );
                    return None;
                }
            },
            _ => {
                errors.at(name.span(), "this is not a struct: a row has a field for each column");
                return None;
            }
        };
        let mut known: Vec<Field> = Vec::new();
        for field in fields {
            let attrs = RecordAttrs::parse(&field.attrs, errors);
            let select = RowFieldAttrs::parse(&field.attrs, errors).select;
            let Some(ident) = field.ident.clone() else { continue };
            match (&table, &select, &attrs.name) {
                (None, Some(select), _) => errors.at(
                    select.span,
                    "which table is this selected from? Add `#[row(table = users)]` to the struct, with the table's module",
                ),
                (Some(table), _, Some(name)) => {
                    let last = table.segments.last().map_or_else(String::new, |last| last.ident.to_string());
                    errors.at(
                        name.span(),
                        format!(
                            "`name` is for rows of a `sql!`: write `#[row(select = {last}::column)]` for a field with another \
                             name than its column"
                        ),
                    );
                }
                _ => {}
            }
            let (column, span) = match &attrs.name {
                Some(name) => (name.value(), name.span()),
                None => (ident.unraw().to_string(), ident.span()),
            };
            if known.iter().any(|other| other.column == column) {
                errors.at(span, format!("two fields have the column `{column}`"));
            }
            known.push(Field {
                ident,
                ty: field.ty.clone(),
                column,
                select: select.map(|select| select.value),
                span: field.ty.span(),
            });
        }
        Some(Self { ident: name.clone(), table, fields: known })
    }
}
