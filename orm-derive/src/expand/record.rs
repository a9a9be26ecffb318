//! `#[derive(Row)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Path};

use super::at;
use crate::model::record::{Field, Record};

pub(crate) fn expand(record: &Record, mizzle: &TokenStream) -> TokenStream {
    match &record.table {
        None => found_by_name(record, mizzle),
        Some(table) => selected(record, table, mizzle),
    }
}

/// Returns the code of a struct of some columns and computed values of a table's rows.
fn selected(record: &Record, table: &Path, mizzle: &TokenStream) -> TokenStream {
    let Record { ident, fields, .. } = record;
    let of = quote!(<#table::table as #mizzle::column::TableOfStruct>::Struct);
    let names = fields.iter().map(|field| &field.ident);
    let types = fields.iter().map(|field| &field.ty);
    let columns = fields.iter().map(|Field { ident, select, .. }| match select {
        Some(select) => {
            quote_spanned!(at(select.span())=> #mizzle::selected::<#of, _>(#select))
        }
        None => quote_spanned!(at(ident.span())=> #table::#ident),
    });
    let values: Vec<Ident> =
        (0..fields.len()).map(|place| format_ident!("__value{place}")).collect();
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #mizzle::PartialOf<#of> for #ident {
            type Values = (#(#types,)*);
            type Selected = #mizzle::AsRow<Self>;

            fn columns() -> impl #mizzle::SelectsAs<#of, Self::Values>
            + ::core::marker::Send
            + 'static {
                (#(#columns,)*)
            }

            fn from_values((#(#values,)*): Self::Values) -> Self {
                Self { #(#names: #values),* }
            }

            fn selected() -> Self::Selected {
                #mizzle::AsRow::of::<#of>()
            }
        }
    }
}

/// Returns the code of a row of a `sql!`.
fn found_by_name(record: &Record, mizzle: &TokenStream) -> TokenStream {
    let Record { ident, fields, .. } = record;
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
