//! What serde's attributes on a struct say of the names in its documents.

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

/// What `NewUser` and `UserChanges` take over from the struct.
const OF_STRUCT: &[&str] = &["rename_all", "deny_unknown_fields"];
/// What their fields take over.
const OF_FIELD: &[&str] = &["rename", "alias"];

/// serde's items on a struct that are about names.
pub(super) fn of_struct(attrs: &[Attribute]) -> Vec<Meta> {
    items(attrs, OF_STRUCT)
}

/// The same of a field.
pub(super) fn of_field(attrs: &[Attribute]) -> Vec<Meta> {
    items(attrs, OF_FIELD)
}

/// serde tells what is wrong with its attributes itself.
fn items(attrs: &[Attribute], known: &[&str]) -> Vec<Meta> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("serde"))
        .filter_map(|attr| {
            attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()
        })
        .flatten()
        .filter(|item| {
            known.iter().any(|known| item.path().to_token_stream().to_string() == *known)
        })
        .collect()
}
