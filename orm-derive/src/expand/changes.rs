//! `UserChanges`: new values for some columns of a row.

use proc_macro2::TokenStream;
use quote::quote;

use super::builder::{argument, has_field};
use super::{Context, allow, docs, wire};
use crate::crates::Crates;

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let Crates { mizzle, .. } = context.crates;
    let table = context.table;
    let (ident, vis, changes) = (&table.ident, &table.vis, &context.names.changes);
    let doc = format!("Changes to a row of the table `{}`.", table.name);
    let fields = context.changeable().map(|(_, column)| {
        let doc = docs(&column.docs, &format!("The column `{}`.", column.name));
        let (vis, field, ty) = (&column.vis, &column.ident, &column.ty.full);
        let wire = wire::changes_field(context, column);
        quote!(#doc #wire #vis #field: ::core::option::Option<#ty>)
    });
    let changed = context.changeable().map(|(place, column)| {
        let field = &column.ident;
        quote!(.with_if(#place, self.#field.is_some()))
    });
    let arms: Vec<TokenStream> =
        context.changeable().map(|(place, column)| context.store_given(place, column)).collect();
    let bind_column = context.bind_column(&arms);
    let allow = allow();
    let wire = wire::derive(context);
    let setters = context.changeable().map(|(_, column)| {
        let (vis, field, name) = (&column.vis, &column.ident, column.method(""));
        let doc = docs(&column.docs, &format!("Changes the column `{}`.", column.name));
        let (argument, value) = argument(context, column);
        let value =
            if column.ty.nullable { quote!(::core::option::Option::Some(#value)) } else { value };
        let clear_name = column.method("clear_");
        let clear = (column.ty.nullable && !has_field(context, &clear_name)).then(|| {
            let doc = format!("Makes the column `{}` NULL.", column.name);
            quote! {
                #[doc = #doc]
                #vis fn #clear_name(mut self) -> Self {
                    self.#field = ::core::option::Option::Some(::core::option::Option::None);
                    self
                }
            }
        });
        let maybe_name = column.method("maybe_");
        let maybe = (!has_field(context, &maybe_name)).then(|| {
            let doc =
                format!("Changes the column `{}`, or leaves it as it is for `None`.", column.name);
            let base = &column.ty.base;
            let value = match column.ty.nullable {
                true => quote!(::core::option::Option::map(value_, ::core::option::Option::Some)),
                false => quote!(value_),
            };
            quote! {
                #[doc = #doc]
                #vis fn #maybe_name(mut self, value_: ::core::option::Option<#base>) -> Self {
                    self.#field = #value;
                    self
                }
            }
        });
        quote! {
            #doc
            #vis fn #name(mut self, #argument) -> Self {
                self.#field = ::core::option::Option::Some(#value);
                self
            }

            #clear

            #maybe
        }
    });
    quote! {
        #[doc = #doc]
        ///
        /// Begin with `default()`, and call a method for each column that changes. A field that is
        /// `None` leaves its column as it is.
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::default::Default)]
        #wire
        #[must_use = "changes do nothing until they are passed to an update"]
        #allow
        #vis struct #changes {
            #(#fields,)*
        }

        #allow
        impl #changes {
            #(#setters)*
        }

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #mizzle::Values for #changes {
            type Row = #ident;

            #[inline]
            fn columns(&self) -> #mizzle::ColumnSet {
                #mizzle::ColumnSet::EMPTY #(#changed)*
            }

            #bind_column
        }
    }
}
