//! serde's attributes on a struct that change names in its documents.

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

/// The items that `NewUser` and `UserChanges` copy from the struct.
const OF_STRUCT: &[&str] = &["rename_all", "deny_unknown_fields"];
/// The items that their fields copy.
const OF_FIELD: &[&str] = &["rename", "alias"];

/// Returns serde's items about names on a struct.
pub(super) fn of_struct(attrs: &[Attribute]) -> Vec<Meta> {
    items(attrs, OF_STRUCT)
}

/// Returns serde's items about names on a field.
pub(super) fn of_field(attrs: &[Attribute]) -> Vec<Meta> {
    items(attrs, OF_FIELD)
}

/// Returns the known items. serde itself reports mistakes in its attributes.
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
