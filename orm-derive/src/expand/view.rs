//! `#[derive(View)]`: what a table has for reading.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, Names, checks, dsl, interop, joins, known, number, relations, row};
use crate::crates::Crates;
use crate::model::Table;

pub(crate) fn expand(table: &Table, crates: &Crates) -> TokenStream {
    let names = Names::of(table);
    let context = Context { table, crates, names };
    [
        known::expand(&context),
        checks::expand(&context),
        dsl::expand(&context),
        row::expand(&context),
        interop::rows(&context, interop::from_row(&context)),
        number::expand(&context),
        joins::expand(&context),
        relations::expand(&context),
        materialized(&context),
    ]
    .into_iter()
    .collect()
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
