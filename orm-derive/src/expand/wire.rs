//! `NewUser` and `UserChanges` from documents: `#[table(deserialize)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::Context;
use crate::model::{Column, Given};

/// `#[derive(Deserialize)]` and its attributes, if the table asks for it.
pub(super) fn derive(context: &Context<'_>) -> Option<TokenStream> {
    let mizzle = &context.crates.mizzle;
    let serde = quote!(#mizzle::serde);
    let path = serde.to_string();
    let items = &context.table.serde;
    context.table.deserialize.then(|| {
        quote! {
            #[derive(#serde::Deserialize)]
            #[serde(crate = #path #(, #items)*)]
        }
    })
}

/// The attributes of a field of `NewUser`.
pub(super) fn new_field(context: &Context<'_>, column: &Column) -> Option<TokenStream> {
    let more = match column.given() {
        // What is left out is the default; NULL is not.
        Given::Default => Some(optional(context)),
        Given::Filled => {
            let path = format!("{}::{}", context.names.new, filler(column));
            Some(quote!(default = #path))
        }
        Given::Required | Given::Nullable | Given::Never => None,
    };
    field(context, column, more)
}

/// The attributes of a field of `UserChanges`.
pub(super) fn changes_field(context: &Context<'_>, column: &Column) -> Option<TokenStream> {
    field(context, column, Some(optional(context)))
}

fn field(context: &Context<'_>, column: &Column, more: Option<TokenStream>) -> Option<TokenStream> {
    let items = column.serde.iter().map(|item| quote!(#item)).chain(more);
    let items: Vec<TokenStream> = items.collect();
    (context.table.deserialize && !items.is_empty()).then(|| quote!(#[serde(#(#items),*)]))
}

fn optional(context: &Context<'_>) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let path = quote!(#mizzle::given).to_string();
    quote!(default, deserialize_with = #path)
}

fn filler(column: &Column) -> Ident {
    column.method("__default_")
}

/// What serde calls where a document leaves out a column that the program fills.
pub(super) fn fillers(context: &Context<'_>) -> Option<TokenStream> {
    if !context.table.deserialize {
        return None;
    }
    let fillers = context.insertable().filter_map(|(_, column)| {
        let path = column.default_fn.as_ref()?;
        let (name, ty) = (filler(column), &column.ty.full);
        let value = match column.ty.nullable {
            true => quote!(::core::option::Option::Some(#path())),
            false => quote!(#path()),
        };
        Some(quote! {
            fn #name() -> #ty {
                #value
            }
        })
    });
    Some(quote!(#(#fillers)*))
}
