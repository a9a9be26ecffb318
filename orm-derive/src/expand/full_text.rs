//! The full text index: its searches, and its part of the definition.

use proc_macro2::TokenStream;
use quote::quote;

use super::Context;

/// Implements `FullText` for a table that has an index.
pub(super) fn expand(context: &Context<'_>) -> Option<TokenStream> {
    let full_text = context.table.full_text.as_ref()?;
    let (mizzle, ident) = (&context.crates.mizzle, &context.table.ident);
    let key = context.mark(&context.table.columns[*context.table.key.first()?]);
    let (columns, weights) = (&full_text.columns, &full_text.weights);
    let language = &full_text.language;
    Some(quote! {
        #[automatically_derived]
        impl #mizzle::FullText for #ident {
            type KeyColumn = #key;

            const TEXTS: &'static [usize] = &[#(#columns),*];
            const WEIGHTS: &'static [f64] = &[#(#weights),*];
            const LANGUAGE: &'static str = #language;
        }
    })
}

/// Returns the index for the table's definition.
pub(super) fn definition(context: &Context<'_>) -> Option<TokenStream> {
    let full_text = context.table.full_text.as_ref()?;
    let columns = full_text.columns.iter().map(|place| &context.table.columns[*place].name);
    let language = &full_text.language;
    Some(quote!(.full_text(&[#(#columns),*], #language)))
}
