//! `#[derive(View)]`: what a table has for reading.

use proc_macro2::TokenStream;

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
    ]
    .into_iter()
    .collect()
}
