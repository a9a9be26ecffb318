//! `#[derive(Native)]`.

use proc_macro2::TokenStream;
use quote::quote;

use super::value::{self, Stored};
use crate::crates::Crates;
use crate::model::Native;

pub(crate) fn expand(native: &Native, crates: &Crates) -> TokenStream {
    let Crates { mizzle, .. } = crates;
    let (ident, name) = (&native.ident, &native.name);
    value::expand(
        ident,
        &Stored {
            metadata: quote!({ let _ = __lookup; #mizzle::AnyType::native(#name) }),
            to_sql: quote!(#mizzle::bind_native(self, __out)),
            from_sql: quote!(#mizzle::read_native(__value, #name)),
            column_type: quote! {
                #mizzle::schema::ColumnType::Other(::core::convert::Into::into(#name))
            },
            constants: None,
        },
        crates,
    )
}
