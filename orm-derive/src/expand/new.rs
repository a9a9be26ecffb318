//! `NewUser`: the values of a new row.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, allow, docs, wire};
use crate::crates::Crates;
use crate::model::{Column, Given};

/// Returns the type of the column's field in `NewUser`.
pub(super) fn field_type(column: &Column) -> TokenStream {
    let ty = &column.ty.full;
    match column.given() {
        Given::Default => quote!(::core::option::Option<#ty>),
        _ => quote!(#ty),
    }
}

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let Crates { mizzle, .. } = context.crates;
    let table = context.table;
    let (ident, vis, new) = (&table.ident, &table.vis, &context.names.new);
    let doc = format!("A new row of the table `{}`: see [`{new}::builder`].", table.name);
    let fields = context.insertable().map(|(_, column)| {
        let doc = docs(&column.docs, &format!("The column `{}`.", column.name));
        let (vis, field, ty) = (&column.vis, &column.ident, field_type(column));
        let wire = wire::new_field(context, column);
        quote!(#doc #wire #vis #field: #ty)
    });
    let always: Vec<usize> = context
        .insertable()
        .filter(|(_, column)| column.given() != Given::Default)
        .map(|(place, _)| place)
        .collect();
    let given = context.insertable().filter(|(_, column)| column.given() == Given::Default).map(
        |(place, column)| {
            let field = &column.ident;
            quote!(.with_if(#place, self.#field.is_some()))
        },
    );
    let arms: Vec<TokenStream> = context
        .insertable()
        .map(|(place, column)| {
            let field = &column.ident;
            match column.given() {
                Given::Default => context.store_given(place, column),
                _ => context.store(place, column, quote!(&self.#field)),
            }
        })
        .collect();
    let bind_column = context.bind_column(&arms);
    let allow = allow();
    let (wire, fillers) = (wire::derive(context), wire::fillers(context));
    let fillers = fillers.map(|fillers| quote!(#allow impl #new { #fillers }));
    quote! {
        #[doc = #doc]
        ///
        /// A field that is `None` takes the column's default.
        #[derive(::core::fmt::Debug, ::core::clone::Clone)]
        #wire
        #allow
        #vis struct #new {
            #(#fields,)*
        }

        #fillers

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #mizzle::Values for #new {
            type Row = #ident;

            #[inline]
            fn columns(&self) -> #mizzle::ColumnSet {
                const { #mizzle::ColumnSet::of(&[#(#always),*]) } #(#given)*
            }

            #bind_column
        }
    }
}
