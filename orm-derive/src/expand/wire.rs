//! Deserializes `NewUser` and `UserChanges`: `#[table(deserialize)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::Context;
use crate::model::{Column, Given};

/// Returns `#[derive(Deserialize)]` and its attributes, if the table asks for it.
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

/// Returns the attributes of a field of `NewUser`.
pub(super) fn new_field(context: &Context<'_>, column: &Column) -> Option<TokenStream> {
    let more = match column.given() {
        // A missing value means the default; NULL doesn't.
        Given::Default => Some(optional(context)),
        Given::Filled => {
            let path = format!("{}::{}", context.names.new, filler(column));
            Some(quote!(default = #path))
        }
        Given::Required | Given::Nullable | Given::Never => None,
    };
    field(context, column, more)
}

/// Returns the attributes of a field of `UserChanges`.
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

/// Returns the functions that serde calls if a document leaves out a column that the program fills.
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
