//! A PostgreSQL type that only the program knows.

use syn::{DeriveInput, Ident};

use super::{database_name, no_generics};
use crate::errors::{Checked, Errors};
use crate::parse::db::NativeAttrs;

/// A Rust type, and the name of the type in the database.
pub(crate) struct Native {
    pub(crate) ident: Ident,
    pub(crate) name: String,
}

impl Native {
    pub(crate) fn build(input: &DeriveInput) -> Checked<Self> {
        let mut errors = Errors::default();
        no_generics(input, "a native type", &mut errors);
        let before = errors.count();
        let attrs = NativeAttrs::parse(&input.attrs, &mut errors);
        let ident = input.ident.clone();
        let name = match attrs.native {
            Some(name) => {
                let text = database_name(&name, &mut errors);
                if text.is_empty() {
                    errors.at(
                        name.span(),
                        "the name of a type can't be empty: write `native = \"macaddr\"`",
                    );
                }
                Some(text)
            }
            None => {
                if errors.count() == before {
                    errors.at(
                        ident.span(),
                        "which PostgreSQL type is it? write `#[db(native = \"macaddr\")]`",
                    );
                }
                None
            }
        };
        errors.finish(name.map(|name| Self { ident, name }))
    }
}
