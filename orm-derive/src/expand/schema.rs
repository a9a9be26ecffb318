//! `schema!`.

use proc_macro2::TokenStream;
use quote::quote;

use super::allow;
use crate::crates::Crates;
use crate::parse::schema::SchemaInput;

pub(crate) fn expand(input: &SchemaInput, crates: &Crates) -> TokenStream {
    let Crates { mizzle, .. } = crates;
    let SchemaInput { attrs, vis, name, tables } = input;
    let allow = allow();
    let documented = attrs.iter().any(|attr| attr.path().is_ident("doc"));
    let doc = (!documented).then(|| quote!(#[doc = "The tables and views of this program."]));
    quote! {
        #doc
        #(#attrs)*
        #allow
        #[allow(missing_debug_implementations, missing_copy_implementations)]
        #vis struct #name;

        #[automatically_derived]
        impl #mizzle::Schema for #name {
            fn tables() -> ::std::vec::Vec<#mizzle::schema::TableDef> {
                ::std::vec![#(<#tables as #mizzle::Table>::definition()),*]
            }
        }
    }
}
