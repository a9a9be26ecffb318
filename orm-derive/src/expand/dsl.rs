//! diesel's `table!`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, Path, Visibility};

use super::{Context, at, docs};
use crate::crates::Crates;
use crate::model::field_type::nullable;

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let Crates { mizzle, diesel } = context.crates;
    let table = context.table;
    let module = &table.module;
    // The struct's name inside the module, where a column could have the same name.
    let (ident, row) = (&table.ident, format_ident!("__Row"));
    let by_trait = table.columns.iter().any(|column| !column.ty.is_known());
    let uses = by_trait.then(|| quote!(use super::#ident as #row;));
    let doc = format!("The table `{}`, with diesel's names for it and its columns.", table.name);
    let name = sql_name(module, &table.name);
    let key = table.key.iter().map(|place| &table.columns[*place].ident);
    let columns = table.columns.iter().enumerate().map(|(place, column)| {
        let ident = &column.ident;
        let doc = docs(&column.docs, &format!("The column `{}`.", column.name));
        let name = match column.ty.kind.collation() {
            // Tells the query builder how SQLite compares the values.
            Some(collation) => {
                let name = collated(&column.name, collation);
                Some(quote!(#[sql_name = #name]))
            }
            None if column.is_own() => {
                let name = collated(&column.name, UNKNOWN);
                Some(quote!(#[sql_name = #name]))
            }
            None => sql_name(ident, &column.name),
        };
        let base = if column.ty.is_wrapped() {
            column.ty.base_sql_type(context.crates)
        } else if column.ty.is_known() {
            column.ty.kind.without_operators(context.crates)
        } else {
            let ty = context.column_type(&row, place);
            quote!(<#ty as #mizzle::SqlColumn>::Sql)
        };
        let ty = nullable(column.ty.nullable, base, context.crates);
        quote!(#doc #name #ident -> #ty)
    });
    let vis = &table.vis;
    let restrict =
        (!matches!(vis, Visibility::Public(_))).then(|| quote!(#[#mizzle::restrict(#vis)]));
    let names = by_trait.then(|| names(context, &row));
    let (operators, eq_all) = (operators(context), eq_all(context));
    quote! {
        #operators
        #eq_all

        #diesel::table! {
            #uses
            #names
            #restrict
            #[doc = #doc]
            #[allow(private_interfaces, rustdoc::all)]
            #name
            #module (#(#key),*) {
                #(#columns,)*
            }
        }
    }
}

/// Returns diesel's name for a column whose values SQLite compares by a collation.
fn collated(name: &str, collation: &str) -> String {
    format!("{name}\u{1}{collation}")
}

/// The placeholder for the collation of a user's type, until the compiler knows it.
const UNKNOWN: &str = "?";

/// Returns the attribute that replaces the placeholders in the names of columns with the user's own types.
fn names(context: &Context<'_>, row: &Ident) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let columns = context.table.columns.iter().enumerate();
    let names = columns.filter(|(_, column)| column.is_own()).map(|(place, column)| {
        let (ty, name) = (context.column_type(row, place), &column.name);
        let placeholder = collated(name, UNKNOWN);
        let [decimal, json] = ["decimal", "mizzle_json"].map(|by| collated(name, by));
        quote! {
            #placeholder => match <#ty as #mizzle::SqlColumn>::COLLATED {
                #mizzle::Collated::No => #name,
                #mizzle::Collated::Decimal => #decimal,
                #mizzle::Collated::Json => #json,
            }
        }
    });
    quote!(#[#mizzle::replace(#(#names),*)])
}

/// Implements `EqAll` for columns whose type comes from a trait, in place of diesel's implementation. A column that
/// may be NULL doesn't have it.
fn eq_all(context: &Context<'_>) -> TokenStream {
    let (diesel, module) = (&context.crates.diesel, &context.table.module);
    let columns = context.table.columns.iter();
    let columns = columns.filter(|column| !column.ty.is_known() && !column.ty.nullable);
    let each = columns.map(|column| {
        let field = &column.ident;
        let sql_type = context.sql_type(column);
        quote! {
            #[automatically_derived]
            impl<__T: #diesel::expression::AsExpression<#sql_type>> #diesel::EqAll<__T> for #module::#field {
                type Output = #diesel::dsl::Eq<Self, __T>;

                fn eq_all(self, __value: __T) -> Self::Output {
                    #diesel::expression_methods::ExpressionMethods::eq(self, __value)
                }
            }
        }
    });
    each.collect()
}

/// Implements `+ - * /` for columns of numbers and aliases of numbers. They fail if the result doesn't fit.
fn operators(context: &Context<'_>) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let module = &context.table.module;
    let numbers =
        context.table.columns.iter().filter(|column| column.ty.kind.is_number() || column.is_own());
    let each = numbers.flat_map(|column| {
        let ident = &column.ident;
        [("Add", "add"), ("Sub", "sub"), ("Mul", "mul"), ("Div", "div")].map(|(name, method)| {
            let (name, method) = (format_ident!("{name}"), format_ident!("{method}"));
            quote! {
                #[automatically_derived]
                #[diagnostic::do_not_recommend]
                impl<__Rhs: #mizzle::checked::Operand<Self, #mizzle::checked::#name>>
                    ::core::ops::#name<__Rhs> for #module::#ident
                {
                    type Output = #mizzle::checked::Checked<
                        Self,
                        __Rhs::Expression,
                        #mizzle::checked::#name,
                    >;

                    fn #method(self, __rhs: __Rhs) -> Self::Output {
                        #mizzle::checked::Checked::new(self, __rhs.operand())
                    }
                }
            }
        })
    });
    each.collect()
}

/// Returns `#[sql_name = "…"]` if the name differs from the identifier.
fn sql_name(ident: &Ident, name: &str) -> Option<TokenStream> {
    (ident.unraw() != *name).then(|| quote!(#[sql_name = #name]))
}

/// Returns the path as seen from a module inside the one that it was written in.
pub(super) fn from_inside(path: &Path) -> TokenStream {
    // Errors point at the whole path.
    let span = at(path.span());
    let first = path.segments.first().map(|segment| segment.ident.to_string());
    match first.as_deref() {
        _ if path.leading_colon.is_some() => quote!(#path),
        Some("crate") => quote!(#path),
        Some("self") => {
            let rest = path.segments.iter().skip(1);
            quote_spanned!(span=> super #(::#rest)*)
        }
        _ => quote_spanned!(span=> super::#path),
    }
}
