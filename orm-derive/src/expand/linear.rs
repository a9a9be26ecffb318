//! Checks that the generated code grows with the size of the program, not with the square of the number of its tables.

use proc_macro2::{TokenStream, TokenTree};
use quote::{format_ident, quote};

use crate::crates::Crates;
use crate::expand;
use crate::model::Table;

fn crates() -> Crates {
    Crates { mizzle: quote!(::mizzle::__private), diesel: quote!(::diesel) }
}

/// Counts the tokens, including those inside brackets.
fn count(tokens: TokenStream) -> usize {
    let each = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => 2 + count(group.stream()),
        _ => 1,
    });
    each.sum()
}

/// Expands `tables` tables and their schema, in which each table refers to the one before.
fn program(tables: usize) -> usize {
    let name = |table: usize| format_ident!("Item{table}");
    let structs = (0..tables).map(|table| {
        let (name, parent) = (name(table), name(table.saturating_sub(1)));
        let input = syn::parse_quote! {
            pub struct #name {
                #[column(primary_key, auto)]
                pub id: i64,
                pub name: Option<String>,
                #[column(references(#parent, as = parent))]
                pub parent_id: Option<i64>,
            }
        };
        let table = Table::build(&input).into_result().expect("a table");
        count(expand::table(&table, &crates()))
    });
    let names = (0..tables).map(name);
    let schema = syn::parse_quote!(pub All = [#(#names),*]);
    structs.sum::<usize>() + count(expand::schema(&schema, &crates()))
}

#[test]
fn twice_the_tables_are_twice_the_code() {
    let [few, more, most] = [20, 40, 80].map(program);
    assert!(few > 20 * 100, "{few}");
    assert_eq!(most - more, 2 * (more - few), "{few}, {more}, {most}");
}
