//! Relations: a function such as `User::posts()` for each reference, `has_many`, `has_one` and `many_to_many`, and
//! `WithPosts`, a row with its related rows.

mod part;

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, Path};

use self::part::{Part, last};
use crate::expand::checks::parent_place;
use crate::expand::inside::{of_table, of_table_inside, seen_from};
use crate::expand::{Context, allow, at};
use crate::model::ForeignKey;
use crate::parse::relation::{Relation, RelationKind};

/// Returns the table's foreign keys, which relations of other tables follow: `Table::REFERENCES`.
pub(in crate::expand) fn references(context: &Context<'_>) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let keys = context.table.constraints.foreign_keys.iter().map(|key| {
        let name = key.relation.unraw().to_string();
        let column = key.columns.first().map(|place| context.table.columns[*place].plain());
        let (columns, target) = (&key.columns, target(context, key));
        let table = of_table(context, &key.parent, "NAME");
        quote! {
            #mizzle::relation::Reference {
                name: #name,
                column: #column,
                columns: &[#(#columns),*],
                table: #table,
                target: #target,
            }
        }
    });
    quote!(&[#(#keys),*])
}

/// Returns the positions of the columns that a key refers to.
fn target(context: &Context<'_>, key: &ForeignKey) -> TokenStream {
    if key.references.is_empty() {
        return of_table(context, &key.parent, "KEY");
    }
    let places = key.references.iter().map(|column| parent_place(&key.parent, column));
    quote!(&[#(#places),*])
}

pub(in crate::expand) fn expand(context: &Context<'_>) -> TokenStream {
    let mut parts: Vec<Part> = Vec::new();
    parts.extend(context.table.constraints.foreign_keys.iter().map(|key| to_parent(context, key)));
    parts.extend(context.table.relations.iter().map(|relation| declared(context, relation)));
    if parts.is_empty() {
        return TokenStream::new();
    }
    let (ident, vis) = (&context.table.ident, &context.table.vis);
    let snake = ident.unraw().to_string().to_snake_case();
    let module = format_ident!("{snake}_relations");
    let hidden = format_ident!("__{snake}_relations");
    let inner = seen_from(vis, 1);
    let doc = format!("Rows of [`{ident}`](super::{ident}) with related rows.");
    let rows = parts.iter().map(|part| part.row(context, &inner));
    let relations = parts.iter().map(|part| part.relation(context, &inner, &module));
    let functions = parts.iter().map(|part| part.function(context, &hidden));
    let allow = allow();
    quote! {
        #[doc = #doc]
        #allow
        #vis mod #module {
            #(#rows)*
        }

        // Another table of this module may have a relation with the same name. The names are then ambiguous, and are
        // written with their module.
        #[allow(unused_imports, ambiguous_glob_reexports)]
        #vis use #module::*;

        #[doc(hidden)]
        #allow
        #vis mod #hidden {
            #(#relations)*
        }

        #allow
        impl #ident {
            #(#functions)*
        }
    }
}

/// Returns `Post::author()`, along a foreign key of this table.
fn to_parent(context: &Context<'_>, key: &ForeignKey) -> Part {
    let columns = &key.columns;
    let nullable = columns.iter().any(|place| context.table.columns[*place].ty.nullable);
    let mizzle = &context.crates.mizzle;
    // Longer than the relation's own marker, which can be in capitals too.
    let name = format_ident!("{}_KEY", key.relation.unraw().to_string().to_uppercase());
    let to_columns = if key.references.is_empty() {
        of_table_inside(context, &key.parent, "KEY")
    } else {
        quote!(#name)
    };
    let constants = if key.references.is_empty() {
        TokenStream::new()
    } else {
        let (ident, place) = (&context.table.ident, position(context, key));
        quote! {
            const #name: &[usize] = <super::#ident as #mizzle::Table>::REFERENCES[#place].target;
        }
    };
    Part {
        name: key.relation.clone(),
        to: key.parent.clone(),
        cardinality: format_ident!("{}", if nullable { "Optional" } else { "Required" }),
        keeps_key: false,
        constants,
        from_columns: quote!(&[#(#columns),*]),
        to_columns,
        link: None,
    }
}

fn position(context: &Context<'_>, key: &ForeignKey) -> usize {
    let keys = &context.table.constraints.foreign_keys;
    keys.iter().position(|other| std::ptr::eq(other, key)).unwrap_or_default()
}

/// Returns a relation that the table's attribute declares.
fn declared(context: &Context<'_>, relation: &Relation) -> Part {
    let ident = &context.table.ident;
    let upper = relation.name.unraw().to_string().to_uppercase();
    let attribute = relation.kind.attribute();
    let (name, to) = (&relation.name, &relation.target);
    let shown = last(to);
    let constant = format_ident!("{upper}_KEY", span = name.span());
    match &relation.through {
        None => {
            let written = format!("{attribute}({name} = {shown})");
            let found = reference(
                context,
                Search {
                    constant: &constant,
                    child: to,
                    parent: &syn::parse_quote!(#ident),
                    option: "via",
                    via: relation.via.as_ref(),
                    written: &written,
                },
            );
            Part {
                name: name.clone(),
                to: to.clone(),
                cardinality: format_ident!(
                    "{}",
                    if relation.kind == RelationKind::HasOne { "Optional" } else { "Many" }
                ),
                keeps_key: true,
                constants: found,
                from_columns: quote!(#constant.target),
                to_columns: quote!(#constant.columns),
                link: None,
            }
        }
        Some(through) => {
            let written = format!("{attribute}({name} = {shown}, through = {})", last(through));
            let from = format_ident!("{upper}_FROM", span = name.span());
            let target = format_ident!("{upper}_TO", span = name.span());
            let search = |constant, parent, option, via| Search {
                constant,
                child: through,
                parent,
                option,
                via,
                written: &written,
            };
            let own: Path = syn::parse_quote!(#ident);
            let found_from = reference(context, search(&from, &own, "via", relation.via.as_ref()));
            let found_to = reference(context, search(&target, to, "to", relation.to.as_ref()));
            let mizzle = &context.crates.mizzle;
            let (name_of_link, columns_of_link) = (
                of_table_inside(context, through, "NAME"),
                of_table_inside(context, through, "COLUMNS"),
            );
            let names = |constant: &Ident| {
                quote! {
                    &{
                        const NAMES: [&str; #constant.columns.len()] = #mizzle::relation::column_names(
                            #columns_of_link,
                            #constant.columns,
                        );
                        NAMES
                    }
                }
            };
            let (from_names, to_names) = (names(&from), names(&target));
            Part {
                name: name.clone(),
                to: to.clone(),
                cardinality: format_ident!("Many"),
                keeps_key: false,
                constants: quote!(#found_from #found_to),
                from_columns: quote!(#from.target),
                to_columns: quote!(#target.target),
                link: Some(quote! {
                    #mizzle::relation::Link {
                        table: #name_of_link,
                        from: #from_names,
                        to: #to_names,
                    }
                }),
            }
        }
    }
}

/// A search for the foreign key that a relation follows.
struct Search<'a> {
    constant: &'a Ident,
    child: &'a Path,
    parent: &'a Path,
    /// The option that chooses between several keys.
    option: &'a str,
    via: Option<&'a Ident>,
    /// The attribute, for messages.
    written: &'a str,
}

/// Returns a constant with the foreign key, which is found at compile time. If there is no such key, or more than one,
/// the error points at the relation's name.
fn reference(context: &Context<'_>, search: Search<'_>) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let Search { constant, child, parent, option, via, written } = search;
    let (child_name, parent_name) = (last(child), last(parent));
    let none = match via {
        Some(via) => {
            format!("`{written}`: `{child_name}` has no `{via}` that references `{parent_name}`")
        }
        None => format!(
            "`{written}`: `{child_name}` has no reference to `{parent_name}`: add \
             `#[column(references({parent_name}))]` to one of its columns"
        ),
    };
    let several = format!(
        "`{written}`: `{child_name}` has several references to `{parent_name}`: say which by \
         `{option} = column`"
    );
    let via_option = match via {
        Some(via) => {
            let via = via.unraw().to_string();
            quote!(::core::option::Option::Some(#via))
        }
        None => quote!(::core::option::Option::None),
    };
    let references = of_table_inside(context, child, "REFERENCES");
    let name = of_table_inside(context, parent, "NAME");
    let span = at(via.map_or(constant.span(), Ident::span));
    quote_spanned! {span=>
        const #constant: #mizzle::relation::Reference = match #mizzle::relation::find_reference(
            #references,
            #name,
            #via_option,
        ) {
            #mizzle::relation::ReferenceLookup::One(reference) => reference,
            #mizzle::relation::ReferenceLookup::None => ::core::panic!(#none),
            #mizzle::relation::ReferenceLookup::Several => ::core::panic!(#several),
        };
    }
}
