//! `#[db(…)]`, on an enum, its variants, a newtype and a native type.

use proc_macro2::Span;
use syn::{Ident, LitStr};

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

/// The attributes of a native type.
#[derive(Default)]
pub(crate) struct NativeAttrs {
    pub(crate) native: Option<LitStr>,
}
