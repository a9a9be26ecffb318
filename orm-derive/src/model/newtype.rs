//! A struct around one value, used as a column type.

use syn::{Data, DeriveInput, Fields, Ident};

use super::{FieldType, no_generics};
use crate::errors::{Checked, Errors};
use crate::parse::db::NewtypeAttrs;

/// A newtype and what it wraps.
pub(crate) struct Newtype {
    pub(crate) ident: Ident,
    pub(crate) inner: FieldType,
}

impl Newtype {
    pub(crate) fn build(input: &DeriveInput) -> Checked<Self> {
        let mut errors = Errors::default();
        let newtype = Self::collect(input, &mut errors);
        errors.finish(newtype)
    }

    fn collect(input: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        no_generics(input, "a newtype", errors);
        let attrs = NewtypeAttrs::parse(&input.attrs, errors);
        let example = format!("write `pub struct {}(i64);`", input.ident);
        let field = match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => &fields.unnamed[0],
                Fields::Unnamed(fields) if fields.unnamed.len() > 1 => {
                    errors.on(
                        &fields.unnamed,
                        format!(
                            "a newtype wraps one value, and a column holds one: {example}, or \
                             store the struct as `Json<{}>`",
                            input.ident
                        ),
                    );
                    return None;
                }
                _ => {
                    errors.at(
                        input.ident.span(),
                        format!("a newtype wraps one value without a name: {example}"),
                    );
                    return None;
                }
            },
            _ => {
                errors.at(
                    input.ident.span(),
                    "this is not a struct: for an enum, use `#[derive(Enum)]`",
                );
                return None;
            }
        };
        let inner = FieldType::resolve(&field.ty, attrs.sql_type.as_ref())
            .map_err(|error| errors.push(error))
            .ok()?;
        if inner.nullable {
            errors.stop();
            errors.on(
                &field.ty,
                format!(
                    "the column may be NULL, not the value: use `Option<{}>` there",
                    input.ident
                ),
            );
        }
        Some(Self { ident: input.ident.clone(), inner })
    }
}
