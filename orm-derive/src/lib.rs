//! The macros of mizzle. Use them through `mizzle`, whose names the expansions need.

mod crates;
mod errors;
mod expand;
mod model;
mod parse;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use crate::crates::Crates;

/// TODO docs
#[proc_macro_derive(Table, attributes(table, column))]
pub fn derive_table(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let expanded =
        model::Table::build(&input).and_then(|table| Ok(expand::table(&table, &Crates::find()?)));
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}

/// TODO docs
#[proc_macro_derive(Enum, attributes(db))]
pub fn derive_enum(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let expanded = model::Labels::build(&input)
        .and_then(|labels| Ok(expand::labels(&labels, &Crates::find()?)));
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}

/// TODO docs
#[proc_macro_derive(Newtype, attributes(db))]
pub fn derive_newtype(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let expanded = model::Newtype::build(&input)
        .and_then(|newtype| Ok(expand::newtype(&newtype, &Crates::find()?)));
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}

/// TODO docs
#[proc_macro]
pub fn schema(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as parse::schema::SchemaInput);
    let expanded = Crates::find().map(|crates| expand::schema(&input, &crates));
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}
