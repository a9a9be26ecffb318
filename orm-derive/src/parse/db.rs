//! `#[db(…)]`, on an enum, its variants and a newtype.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Attribute, Ident, LitStr};

use super::{attributes, flag, once, string, value};
use crate::errors::{Errors, unknown};

/// The attributes of an enum.
#[derive(Default)]
pub(crate) struct EnumAttrs {
    pub(crate) rename_all: Option<LitStr>,
    pub(crate) native: Option<LitStr>,
    pub(crate) serde: Option<Span>,
}

/// The attributes of a variant.
#[derive(Default)]
pub(crate) struct VariantAttrs {
    pub(crate) name: Option<LitStr>,
    pub(crate) renamed_from: Option<LitStr>,
}

/// The attributes of a newtype.
#[derive(Default)]
pub(crate) struct NewtypeAttrs {
    pub(crate) sql_type: Option<Ident>,
}

impl EnumAttrs {
    pub(crate) fn parse(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut parsed = Self::default();
        attributes(attrs, "db", errors, |key, input, _| match key.unraw().to_string().as_str() {
            "rename_all" => once(&mut parsed.rename_all, key, string(key, input)?),
            "native" => once(&mut parsed.native, key, string(key, input)?),
            "serde" => once(&mut parsed.serde, key, flag(key, input)?),
            other => Err(syn::Error::new(
                key.span(),
                unknown("attribute", other, " of an enum", &["rename_all", "native", "serde"]),
            )),
        });
        parsed
    }
}

impl VariantAttrs {
    pub(crate) fn parse(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut parsed = Self::default();
        attributes(attrs, "db", errors, |key, input, _| match key.unraw().to_string().as_str() {
            "name" => once(&mut parsed.name, key, string(key, input)?),
            "renamed_from" => once(&mut parsed.renamed_from, key, string(key, input)?),
            other => Err(syn::Error::new(
                key.span(),
                unknown("attribute", other, " of a variant", &["name", "renamed_from"]),
            )),
        });
        parsed
    }
}

impl NewtypeAttrs {
    pub(crate) fn parse(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut parsed = Self::default();
        attributes(attrs, "db", errors, |key, input, _| match key.unraw().to_string().as_str() {
            "sql_type" => {
                let name = value(key, input, "write `sql_type = ` and a name such as `BigInt`")?;
                once(&mut parsed.sql_type, key, name)
            }
            other => Err(syn::Error::new(
                key.span(),
                unknown("attribute", other, " of a newtype", &["sql_type"]),
            )),
        });
        parsed
    }
}
