//! Checks that only the compiler can make, reported before diesel's own errors about the same mistake.
//!
//! A check is a struct whose field has a bound. The compiler checks these before it checks functions.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, Path};

use super::inside::of_table;
use super::{Context, at};
use crate::model::written::shown;
use crate::model::{Column, ForeignKey};

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let columns = &context.table.columns;
    let autos = columns.iter().filter(|column| column.auto && column.is_own());
    let autos = autos.map(|column| counts(context, column));
    let keys = context.table.constraints.foreign_keys.iter();
    let keys = keys.map(|key| match key.references.is_empty() {
        true => matches_key(context, key),
        false => has_columns(key),
    });
    autos.chain(keys).collect()
}

/// Checks that a newtype with `auto` wraps an integer.
fn counts(context: &Context<'_>, column: &Column) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let ty = &column.ty.base;
    let check = quote_spanned!(at(column.span())=> Is<#ty>);
    quote! {
        const _: () = {
            struct Is<T: #mizzle::Integral>(::core::marker::PhantomData<T>);
            #[allow(dead_code)]
            struct Check(#check);
        };
    }
}

/// Checks that the columns have the types of the parent's key.
fn matches_key(context: &Context<'_>, key: &ForeignKey) -> TokenStream {
    let columns: Vec<&Column> =
        key.columns.iter().map(|place| &context.table.columns[*place]).collect();
    let types = columns.iter().map(|column| &column.ty.base);
    let given = match columns.as_slice() {
        [_] => quote!(#(#types)*),
        _ => quote!((#(#types,)*)),
    };
    let names: Vec<String> = columns.iter().map(|column| format!("`{}`", column.plain())).collect();
    let (names, parent) = (names.join(", "), &key.parent);
    let shown = shown(parent);
    let message = if columns.len() == 1 {
        format!("{names} must have the type of the primary key of `{shown}`")
    } else {
        format!("{names} must have the types of the primary key of `{shown}`, in its order")
    };
    let label = format!("the key of `{shown}` is `{{Key}}`, and {names} is `{{Self}}`");
    let parents = of_table(context, parent, "Key");
    let check = quote_spanned!(at(parent.span())=> Refers<#given, #parents>);
    quote! {
        const _: () = {
            #[diagnostic::on_unimplemented(message = #message, label = #label)]
            trait MatchesKey<Key> {}
            impl<Key> MatchesKey<Key> for Key {}
            struct Refers<Column: MatchesKey<Key>, Key>(::core::marker::PhantomData<(Column, Key)>);
            #[allow(dead_code)]
            struct Check(#check);
        };
    }
}

/// Checks that the parent has the named columns.
fn has_columns(key: &ForeignKey) -> TokenStream {
    let places = key.references.iter().map(|column| parent_place(&key.parent, column));
    quote!(#(const _: usize = #places;)*)
}

/// Returns code that finds the position of a parent's column at compile time.
pub(super) fn parent_place(parent: &Path, column: &Ident) -> TokenStream {
    let (shown, name) = (shown(parent), column.unraw().to_string());
    let message = format!("`{shown}` has no field `{name}`");
    quote_spanned! {at(column.span())=>
        const {
            match #parent::__mizzle_column(#name) {
                ::core::option::Option::Some(__place) => __place,
                ::core::option::Option::None => ::core::panic!(#message),
            }
        }
    }
}
