//! diesel's `table!`.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, Path, Visibility};

use super::{Context, at, docs};
use crate::crates::Crates;
use crate::model::Kind;
use crate::model::field_type::nullable;

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let (table, diesel) = (context.table, &context.crates.diesel);
    let module = &table.module;
    let imports = Imports::of(context);
    let uses = imports.uses.iter();
    let doc = format!("The table `{}`, with diesel's names for it and its columns.", table.name);
    let name = sql_name(module, &table.name);
    let key = table.key.iter().map(|place| &table.columns[*place].ident);
    let columns = table.columns.iter().map(|column| {
        let ident = &column.ident;
        let doc = docs(&column.docs, &format!("The column `{}`.", column.name));
        let name = match column.ty.kind.collation() {
            // The query builder knows by it how SQLite compares the values.
            Some(collation) => {
                let name = collated(&column.name, collation);
                Some(quote!(#[sql_name = #name]))
            }
            None if matches!(column.ty.kind, Kind::Own(_)) => {
                let name = collated(&column.name, UNKNOWN);
                Some(quote!(#[sql_name = #name]))
            }
            None => sql_name(ident, &column.name),
        };
        let base = match &column.ty.kind {
            Kind::Own(path) => imports.name(path),
            _ if column.ty.is_wrapped() => column.ty.base_sql_type(context.crates),
            other => other.without_operators(context.crates),
        };
        let ty = nullable(column.ty.nullable, base, context.crates);
        quote!(#doc #name #ident -> #ty)
    });
    let (mizzle, vis) = (&context.crates.mizzle, &table.vis);
    let restrict =
        (!matches!(vis, Visibility::Public(_))).then(|| quote!(#[#mizzle::restrict(#vis)]));
    let names = names(context, &imports);
    let operators = operators(context);
    quote! {
        #operators

        #diesel::table! {
            #(#uses)*
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

/// How a column is called for diesel whose values SQLite compares by a collation.
fn collated(name: &str, collation: &str) -> String {
    format!("{name}\u{1}{collation}")
}

/// Stands for the collation of the user's own type, until the compiler knows it.
const UNKNOWN: &str = "?";

/// Puts the names of columns of the user's own types in their places.
fn names(context: &Context<'_>, imports: &Imports) -> Option<TokenStream> {
    let mizzle = &context.crates.mizzle;
    let mut names = context.table.columns.iter().filter_map(|column| {
        let Kind::Own(path) = &column.ty.kind else { return None };
        let (ty, name) = (imports.name(path), &column.name);
        let placeholder = collated(name, UNKNOWN);
        let [decimal, json] = ["decimal", "mizzle_json"].map(|by| collated(name, by));
        Some(quote_spanned! {at(path.span())=>
            #placeholder => match <#ty as #mizzle::SqlColumn>::COLLATED {
                #mizzle::Collated::No => #name,
                #mizzle::Collated::Decimal => #decimal,
                #mizzle::Collated::Json => #json,
            }
        })
    });
    let first = names.next()?;
    Some(quote!(#[#mizzle::replace(#first #(, #names)*)]))
}

/// `+ - * /` for columns of numbers, which fail where the result doesn't fit.
fn operators(context: &Context<'_>) -> TokenStream {
    let Crates { mizzle, diesel } = context.crates;
    let module = &context.table.module;
    let numbers = context.table.columns.iter().filter(|column| column.ty.kind.is_number());
    let each = numbers.flat_map(|column| {
        let ident = &column.ident;
        [("Add", "add"), ("Sub", "sub"), ("Mul", "mul"), ("Div", "div")].map(|(name, method)| {
            let (name, method) = (format_ident!("{name}"), format_ident!("{method}"));
            quote! {
                #[automatically_derived]
                #[diagnostic::do_not_recommend]
                impl<__Rhs> ::core::ops::#name<__Rhs> for #module::#ident
                where
                    __Rhs: #diesel::expression::AsExpression<
                        <<Self as #diesel::expression::Expression>::SqlType as #diesel::sql_types::ops::#name>::Rhs,
                    >,
                {
                    type Output = #mizzle::checked::Checked<
                        Self,
                        __Rhs::Expression,
                        #mizzle::checked::#name,
                    >;

                    fn #method(self, __rhs: __Rhs) -> Self::Output {
                        #mizzle::checked::Checked::new(self, __rhs.as_expression())
                    }
                }
            }
        })
    });
    each.collect()
}

/// `#[sql_name = "…"]`, where the identifier does not say it.
fn sql_name(ident: &Ident, name: &str) -> Option<TokenStream> {
    (ident.unraw() != *name).then(|| quote!(#[sql_name = #name]))
}

/// The user's own types, brought into the module; diesel's nested modules follow by themselves.
struct Imports {
    uses: Vec<TokenStream>,
    names: HashMap<String, Ident>,
}

impl Imports {
    fn of(context: &Context<'_>) -> Self {
        let mut imports = Self { uses: Vec::new(), names: HashMap::new() };
        for column in &context.table.columns {
            if let Kind::Own(path) = &column.ty.kind {
                imports.add(path);
            }
        }
        imports
    }

    fn add(&mut self, path: &Path) {
        let written = text(path);
        let Some(last) = path.segments.last().filter(|_| !self.names.contains_key(&written)) else {
            return;
        };
        let mut name = last.ident.clone();
        if self.names.values().any(|other| *other == name) {
            name = format_ident!("{}{}", name, self.names.len());
        }
        let from = from_inside(path);
        self.uses.push(if name == last.ident {
            quote!(use #from;)
        } else {
            quote!(use #from as #name;)
        });
        self.names.insert(written, name);
    }

    fn name(&self, path: &Path) -> TokenStream {
        let name = self.names.get(&text(path));
        quote!(#name)
    }
}

fn text(path: &Path) -> String {
    quote!(#path).to_string()
}

/// The path as seen from a module inside the one where it is written.
pub(super) fn from_inside(path: &Path) -> TokenStream {
    // An error about it is shown at the whole path.
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
