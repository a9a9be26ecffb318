//! `#[derive(View)]`: what a table has for reading.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, Names, reading};
use crate::crates::Crates;
use crate::model::Table;

pub(crate) fn expand(table: &Table, crates: &Crates) -> TokenStream {
    let names = Names::of(table);
    let context = Context { table, crates, names };
    [reading(&context), materialized(&context)].into_iter().collect()
}

/// Implements refreshing, if the view stores its rows.
fn materialized(context: &Context<'_>) -> TokenStream {
    let (mizzle, ident) = (&context.crates.mizzle, &context.table.ident);
    if !context.table.view.as_ref().is_some_and(|view| view.materialized) {
        return TokenStream::new();
    }
    quote! {
        #[automatically_derived]
        impl #mizzle::Materialized for #ident {}
    }
}
