//! The table as plain data.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::checks::parent_place;
use super::inside::of_table;
use super::{Context, at, full_text};
use crate::crates::Crates;
use crate::model::{Check, Column, Default, ForeignKey, Index, IndexKey, Literals, PerDialect};
use crate::parse::reference::Action;

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let Crates { mizzle, .. } = context.crates;
    let table = context.table;
    let name = &table.name;
    let columns = (0..table.columns.len()).map(|place| {
        let definition = column_definition(context, place);
        quote!(.column(#definition))
    });
    let indexes = table.constraints.indexes.iter().map(|given| index(context, given));
    if let Some(view) = &table.view {
        let sqlite = view.sqlite.as_ref().map(|sql| quote!(.view(#mizzle::Dialect::Sqlite, #sql)));
        let postgres =
            view.postgres.as_ref().map(|sql| quote!(.view(#mizzle::Dialect::Postgres, #sql)));
        let materialized = view.materialized.then(|| quote!(.materialized()));
        return quote! {
            #mizzle::schema::TableDef::new(#name)
                #(#columns)*
                #sqlite
                #postgres
                #materialized
                #(#indexes)*
        };
    }
    let column_name = |place: &usize| &table.columns[*place].name;
    let key = table.key.iter().map(column_name);
    let uniques = table.constraints.uniques.iter().map(|unique| {
        let (name, columns) =
            (option(unique.name.as_ref()), unique.columns.iter().map(column_name));
        quote!(.unique(#name, &[#(#columns),*]))
    });
    let checks = table.constraints.checks.iter().map(|check| match check {
        Check::Column(place, sql) => {
            let column = column_name(place);
            quote!(.column_check(#column, #sql))
        }
        Check::Named(name, sql) => quote!(.check(#name, #sql)),
    });
    let foreign_keys = table.constraints.foreign_keys.iter().map(|key| foreign_key(context, key));
    let full_text = full_text::definition(context);
    let renamed_from = table.renamed_from.as_ref().map(|name| quote!(.renamed_from(#name)));
    quote! {
        #mizzle::schema::TableDef::new(#name)
            #(#columns)*
            .primary_key(&[#(#key),*])
            #(#uniques)*
            #(#checks)*
            #(#foreign_keys)*
            #(#indexes)*
            #full_text
            #renamed_from
    }
}

fn column_definition(context: &Context<'_>, place: usize) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let column = &context.table.columns[place];
    let (name, ty) = (&column.name, context.column_type(place));
    let definition =
        quote_spanned!(at(column.span())=> <#ty as #mizzle::SqlColumn>::definition(#name));
    let nullable = column.ty.nullable.then(|| quote!(.nullable()));
    let max_length = column.max_length.map(|length| quote!(.max_length(#length)));
    let db_type = per_dialect(context, &quote!(db_type), &column.db_type);
    let collate = per_dialect(context, &quote!(collate), &column.collate);
    let auto = column.auto.then(|| quote!(.auto()));
    let stored = column.ty.form.map(|form| {
        let form = quote::format_ident!("{form}");
        quote!(.stored(#mizzle::schema::MomentForm::#form))
    });
    let default = column.default.as_ref().map(|default| {
        let value = default_value(context, column, default);
        quote!(.default(#value))
    });
    let generated = column.generated.as_ref().map(|sql| quote!(.generated(#sql)));
    let renamed_from = column.renamed_from.as_ref().map(|name| quote!(.renamed_from(#name)));
    quote! {
        #definition
            #max_length #stored #db_type #collate #nullable #auto #default #generated #renamed_from
    }
}

/// Returns a call of `method` for each database that has a text.
fn per_dialect(context: &Context<'_>, method: &TokenStream, given: &PerDialect) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let sqlite = given.sqlite.as_ref().map(|sql| quote!(.#method(#mizzle::Dialect::Sqlite, #sql)));
    let postgres =
        given.postgres.as_ref().map(|sql| quote!(.#method(#mizzle::Dialect::Postgres, #sql)));
    quote!(#sqlite #postgres)
}

fn default_value(context: &Context<'_>, column: &Column, default: &Default) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let value = quote!(#mizzle::schema::DefaultValue);
    match default {
        Default::Bool(given) => quote!(#value::Bool(#given)),
        Default::Integer(given) => quote!(#value::Integer(#given)),
        Default::Number(given) => quote!(#value::Number(::core::convert::Into::into(#given))),
        Default::Text(given) => quote!(#value::Text(::core::convert::Into::into(#given))),
        Default::Now => quote!(#value::Now),
        Default::EmptyArray => quote!(#value::EmptyArray),
        Default::Sql(given) => quote!(#value::Sql(::core::convert::Into::into(#given))),
        Default::Path(path) => {
            let place = context
                .table
                .columns
                .iter()
                .position(|one| one.ident == column.ident)
                .unwrap_or_default();
            let ident = &context.table.ident;
            match column.ty.kind.literals() {
                Literals::Bool => quote!(#value::Bool(#path)),
                Literals::Integer(..) => {
                    quote!(#value::Integer(::core::convert::Into::<i64>::into(#path)))
                }
                Literals::Float | Literals::Decimal => {
                    quote!(#value::Number(::std::string::ToString::to_string(&(#path))))
                }
                Literals::Text => quote!(#value::Text(::core::convert::Into::into(#path))),
                Literals::Now | Literals::EmptyArray | Literals::None | Literals::Any => {
                    let label = quote_spanned! {at(path.span())=>
                        <<#ident as #mizzle::ColumnAt<#place>>::Column>::label(&#path)
                    };
                    quote!(#value::Text(::core::convert::Into::into(#label)))
                }
            }
        }
    }
}

fn foreign_key(context: &Context<'_>, key: &ForeignKey) -> TokenStream {
    let name = option(key.name.as_ref());
    let columns = key.columns.iter().map(|place| &context.table.columns[*place].name);
    let parent = &key.parent;
    let references: Vec<TokenStream> = if key.references.is_empty() {
        let places = 0..key.columns.len();
        let key = of_table(context, parent, "KEY");
        places.map(|place| quote!(#key[#place])).collect()
    } else {
        key.references.iter().map(|column| parent_place(parent, column)).collect()
    };
    let name_of_parent = of_table(context, parent, "NAME");
    let columns_of_parent = of_table(context, parent, "COLUMNS");
    let (on_delete, on_update) = (action(context, key.on_delete), action(context, key.on_update));
    quote! {
        .foreign_key(
            #name,
            &[#(#columns),*],
            #name_of_parent,
            &[#(#columns_of_parent[#references]),*],
            #on_delete,
            #on_update,
        )
    }
}

fn action(context: &Context<'_>, action: Action) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let name = match action {
        Action::Cascade => quote!(Cascade),
        Action::Restrict => quote!(Restrict),
        Action::SetNull => quote!(SetNull),
        Action::SetDefault => quote!(SetDefault),
        Action::NoAction => quote!(NoAction),
    };
    quote!(#mizzle::schema::Action::#name)
}

fn index(context: &Context<'_>, index: &Index) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let name = option(index.name.as_ref());
    let parts = index.parts.iter().map(|part| {
        let key = match &part.key {
            IndexKey::Column(place) => {
                let column = &context.table.columns[*place].name;
                quote!(#mizzle::schema::IndexPart::column(#column))
            }
            IndexKey::Sql(sql) => quote!(#mizzle::schema::IndexPart::expression(#sql)),
        };
        let desc = part.descending.then(|| quote!(.desc()));
        let ops = part.ops.as_ref().map(|class| quote!(.ops(#class)));
        quote!(#key #desc #ops)
    });
    let unique = index.unique;
    let condition = option(index.condition.as_ref());
    let method = index.method.as_ref().map(|method| quote!(.using(#method)));
    quote!(.index(#name, ::std::vec![#(#parts),*], #unique, #condition) #method)
}

fn option(text: Option<&String>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}
