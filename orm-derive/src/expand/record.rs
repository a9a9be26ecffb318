//! `#[derive(Row)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::at;
use crate::model::record::{Field, Record};

pub(crate) fn expand(record: &Record, mizzle: &TokenStream) -> TokenStream {
    let Record { ident, fields } = record;
    let name = ident.to_string();
    let columns = fields.iter().map(|field| &field.column);
    let wanted = fields.iter().map(|Field { ty, column, span, .. }| {
        quote_spanned!(at(*span)=> (#column, <#ty as #mizzle::sql::FromColumn>::WANTED))
    });
    let values = fields.iter().enumerate().map(|(place, Field { ident, ty, span, .. })| {
        let value = quote_spanned! {at(*span)=>
            <#ty as #mizzle::sql::FromColumn>::read_from(__row, __places[#place])?
        };
        quote!(#ident: #value)
    });
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #mizzle::sql::Row for #ident {
            const COLUMNS: #mizzle::sql::RowColumns =
                #mizzle::sql::RowColumns::Named { of: #name, columns: &[#(#wanted),*] };

            fn places(__row: &#mizzle::AnyRow<'_>) -> #mizzle::sql::Result<#mizzle::sql::Places> {
                #mizzle::sql::by_name(__row, #name, &[#(#columns),*])
            }

            fn read(__row: &#mizzle::AnyRow<'_>, __places: &[usize]) -> #mizzle::sql::Result<Self> {
                ::core::result::Result::Ok(Self { #(#values),* })
            }
        }
    }
}
