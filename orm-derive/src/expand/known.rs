//! The columns whose types only the compiler knows: enums, newtypes and aliases.
//!
//! One constant checks whether such a type can be a column's type, and all other code names the type through that
//! constant. A mistake is therefore a single error: if a constant fails, the compiler doesn't report the types that
//! need it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Context, at};
use crate::crates::Crates;
use crate::model::{Column, FieldType, Kind};

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let ident = &context.table.ident;
    let columns = &context.table.columns;
    let same = |one: &Column, other: &Column| {
        !other.ty.is_known() && one.ty.base == other.ty.base && one.ty.kind == other.ty.kind
    };
    let types = columns.iter().enumerate().filter_map(|(first, column)| {
        if column.ty.is_known() || columns[..first].iter().any(|other| same(column, other)) {
            return None;
        }
        let all = columns.iter().enumerate().filter(|(_, other)| same(column, other));
        let places = all.map(|(place, _)| place);
        let ty = &column.ty.base;
        let is = is_column(&column.ty, context.crates);
        Some(quote! {
            const _: () = {
                const IS: bool = #is;
                #(
                    #[automatically_derived]
                    impl #mizzle::ColumnAt<#places> for #ident {
                        type Column = #mizzle::Known<#ty, IS>;
                    }
                )*
            };
        })
    });
    types.collect()
}

/// Returns code that checks whether the type can be a column's type, and matches `sql_type`.
pub(super) fn is_column(ty: &FieldType, crates: &Crates) -> TokenStream {
    let Crates { mizzle, .. } = crates;
    if let Some(element) = ty.element() {
        let span = at(element.span());
        return quote_spanned!(span=> <#element as #mizzle::IsElement>::IS);
    }
    let (base, span) = (&ty.base, at(ty.base.span()));
    if ty.kind == Kind::Own {
        return quote_spanned!(span=> <#base as #mizzle::IsColumn>::IS);
    }
    let sql_type = ty.base_sql_type(crates);
    quote_spanned!(span=> <#base as #mizzle::Holds<#sql_type>>::IS)
}
