//! `#[derive(Cte)]`: the columns are those of a table; the rest is what statements that only read need.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, Names, dsl, interop, known, row};
use crate::crates::Crates;
use crate::model::{CTE_PREFIX, Cte};

pub(crate) fn expand(cte: &Cte, crates: &Crates) -> TokenStream {
    let table = &cte.table;
    let context = Context { table, crates, names: Names::of(table) };
    [
        known::expand(&context),
        dsl::names(&context),
        dsl::infos(&context),
        columns(&context),
        interop::rows(&context, row::read(&context, quote!(0))),
    ]
    .into_iter()
    .collect()
}

/// Implements `Cte`, and diesel's traits for a table.
fn columns(context: &Context<'_>) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let table = context.table;
    let (ident, module) = (&table.ident, &table.module);
    let name = format!("{CTE_PREFIX}{}", table.name);
    let columns = table.columns.iter().map(|column| &column.name);
    let column_type = row::column_type(context);
    let info = dsl::table(context, &name, quote!(Cte), quote!(Reads));
    quote! {
        #info

        #[automatically_derived]
        impl #mizzle::Cte for #ident {
            type Dsl = #module::table;

            const NAME: &'static str = #name;
            const COLUMNS: &'static [&'static str] = &[#(#columns),*];

            #column_type
        }
    }
}
