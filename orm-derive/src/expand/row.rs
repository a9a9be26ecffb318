//! The struct as a row: `Table`, `Values` and the query entry point.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Context, allow, at, definition, relations};
use crate::crates::Crates;
use crate::model::{Column, Table};
use crate::parse::column::OnUpdate;

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let Crates { mizzle, diesel } = context.crates;
    let table = context.table;
    let (ident, vis, module) = (&table.ident, &table.vis, &table.module);
    let (new, changes) = (&context.names.new, &context.names.changes);

    let name = &table.name;
    let (select, joined) = (select(table), joined(table));
    let columns = table.columns.iter().map(|column| &column.name);
    let fields: Vec<String> = table.columns.iter().map(|column| column.plain()).collect();
    let key = &table.key;
    let generated = table.columns.iter().enumerate();
    let generated: Vec<usize> = generated
        .filter(|(_, column)| column.generated.is_some())
        .map(|(place, _)| place)
        .collect();
    let version = match table.columns.iter().position(|column| column.version) {
        Some(place) => quote!(::core::option::Option::Some(#place)),
        None => quote!(::core::option::Option::None),
    };
    let count = table.columns.len();

    let arms: Vec<TokenStream> = context
        .insertable()
        .map(|(place, column)| {
            let field = &column.ident;
            context.store(place, column, quote!(&self.#field))
        })
        .collect();
    let bind_column = context.bind_column(&arms);

    let column_type = column_type(context);
    let (key_type, bind_key) = key_parts(context);
    let on_update = on_update(context);
    let definition = definition::expand(context);
    let references = relations::references(context);
    let read = read(context, quote!(__offset));
    let allow = allow();
    let struct_name = ident.to_string();
    let query_doc = format!("Begins a query of the table `{name}`.");

    quote! {
        #[automatically_derived]
        impl #mizzle::Values for #ident {
            type Row = #ident;

            #[inline]
            fn columns(&self) -> #mizzle::ColumnSet {
                const { #mizzle::ColumnSet::first(#count).without(#mizzle::ColumnSet::of(&[#(#generated),*])) }
            }

            #bind_column
        }

        #[automatically_derived]
        impl #mizzle::Table for #ident {
            type Dsl = #module::table;
            type Key = #key_type;
            type New = #new;
            type Changes = #changes;

            const NAME: &'static str = #name;
            const COLUMNS: &'static [&'static str] = &[#(#columns),*];
            const SELECT: &'static str = #select;
            const JOINED: &'static str = #joined;
            const KEY: &'static [usize] = &[#(#key),*];
            const GENERATED: #mizzle::ColumnSet = #mizzle::ColumnSet::of(&[#(#generated),*]);
            const VERSION: ::core::option::Option<usize> = #version;
            const REFERENCES: &'static [#mizzle::relation::Reference] = #references;

            fn definition() -> #mizzle::schema::TableDef {
                #definition
            }

            fn bind_key<'b>(
                __key: &'b Self::Key,
                __index: usize,
                mut __out: #diesel::query_builder::AstPass<'_, 'b, #mizzle::Any>,
            ) -> #diesel::QueryResult<()> {
                match __index {
                    #(#bind_key,)*
                    _ => ::core::result::Result::Ok(()),
                }
            }

            #column_type

            fn on_update() -> Self::Changes {
                #on_update
            }

            #[inline]
            fn from_row<'a>(
                __row: &impl #diesel::row::Row<'a, #mizzle::Any>,
                __offset: usize,
            ) -> #diesel::deserialize::Result<Self> {
                #read
            }
        }

        #[automatically_derived]
        impl #mizzle::sql::Row for #ident {
            const COLUMNS: #mizzle::sql::RowColumns = #mizzle::sql::RowColumns::of_table::<Self>(#struct_name);

            fn places(__row: &#mizzle::AnyRow<'_>) -> #mizzle::sql::Result<#mizzle::sql::Places> {
                #mizzle::sql::by_name(__row, #struct_name, <Self as #mizzle::Table>::COLUMNS)
            }

            fn read(__row: &#mizzle::AnyRow<'_>, __places: &[usize]) -> #mizzle::sql::Result<Self> {
                #mizzle::sql::table_row(__row, __places)
            }
        }

        #allow
        impl #ident {
            #[doc = #query_doc]
            #[must_use]
            #vis fn query<'query>() -> #mizzle::Query<'query, Self> {
                #mizzle::Query::new()
            }

            /// The place of the column whose field is called so.
            #[doc(hidden)]
            #[must_use]
            #vis const fn __mizzle_column(__field: &str) -> ::core::option::Option<usize> {
                const FIELDS: &[&str] = &[#(#fields),*];
                let __field = __field.as_bytes();
                let mut __place = 0;
                while __place < FIELDS.len() {
                    let __name = FIELDS[__place].as_bytes();
                    let mut __same = 0;
                    while __same < __name.len()
                        && __same < __field.len()
                        && __name[__same] == __field[__same]
                    {
                        __same += 1;
                    }
                    if __same == __name.len() && __same == __field.len() {
                        return ::core::option::Option::Some(__place);
                    }
                    __place += 1;
                }
                ::core::option::Option::None
            }
        }
    }
}

/// Returns `column_type`.
pub(super) fn column_type(context: &Context<'_>) -> TokenStream {
    let Crates { mizzle, diesel } = context.crates;
    let types = context.table.columns.iter().enumerate().map(|(place, column)| {
        let sql_type = context.sql_type(column);
        quote!(#place => <#mizzle::Any as #diesel::sql_types::HasSqlType<#sql_type>>::metadata(&mut ()))
    });
    quote! {
        fn column_type(__index: usize) -> #mizzle::AnyType {
            match __index {
                #(#types,)*
                _ => #mizzle::AnyType::TEXT,
            }
        }
    }
}

/// Returns the struct from the columns of `__row` that begin at `offset`.
pub(super) fn read(context: &Context<'_>, offset: TokenStream) -> TokenStream {
    let (mizzle, table) = (&context.crates.mizzle, context.table);
    let name = &table.name;
    let fields = table.columns.iter().enumerate().map(|(place, column)| {
        let (field, ty, sql_type) = (&column.ident, &column.ty.full, context.sql_type(column));
        let column_name = &column.name;
        let value = quote_spanned! {at(column.span())=>
            #mizzle::row_value::<#sql_type, #ty>(__row, #offset + #place, #name, #column_name)?
        };
        quote!(#field: #value)
    });
    let rest = (!table.is_complete).then(|| quote!(..::core::unreachable!("this doesn't compile")));
    quote!(::core::result::Result::Ok(Self { #(#fields,)* #rest }))
}

/// `SELECT "users"."id", "users"."email" FROM "users"`
fn select(table: &Table) -> String {
    let from = quoted(&table.name);
    let columns: Vec<String> =
        table.columns.iter().map(|column| format!("{from}.{}", quoted(&column.name))).collect();
    format!("SELECT {} FROM {from}", columns.join(", "))
}

/// `SELECT "users"."id" AS "__c0", "users"."email" AS "__c1" FROM "users"`
fn joined(table: &Table) -> String {
    let from = quoted(&table.name);
    let column = |(place, column): (usize, &Column)| {
        format!("{from}.{} AS \"__c{place}\"", quoted(&column.name))
    };
    let columns: Vec<String> = table.columns.iter().enumerate().map(column).collect();
    format!("SELECT {} FROM {from}", columns.join(", "))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns the key's type, and the arms of `bind_key`.
fn key_parts(context: &Context<'_>) -> (TokenStream, Vec<TokenStream>) {
    let columns = &context.table.columns;
    let key: Vec<_> = context.table.key.iter().map(|place| &columns[*place]).collect();
    if let [column] = key.as_slice() {
        let ty = &column.ty.full;
        return (quote!(#ty), vec![context.bind(0, column, quote!(__key))]);
    }
    let types = key.iter().map(|column| &column.ty.full);
    let arms = key.iter().enumerate().map(|(place, column)| {
        let part = syn::Index::from(place);
        context.bind(place, column, quote!(&__key.#part))
    });
    (quote!((#(#types,)*)), arms.collect())
}

/// Returns the changes that every update makes.
fn on_update(context: &Context<'_>) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let changes = &context.names.changes;
    let fields: Vec<TokenStream> = context
        .changeable()
        .filter_map(|(_, column)| {
            let (field, ty) = (&column.ident, &column.ty.base);
            let value = match &column.on_update.as_ref()?.value {
                OnUpdate::Now => quote_spanned!(at(column.span())=> <#ty as #mizzle::Now>::now()),
                OnUpdate::Path(path) => quote!(#path()),
            };
            let value = if column.ty.nullable {
                quote!(::core::option::Option::Some(#value))
            } else {
                value
            };
            Some(quote!(#field: ::core::option::Option::Some(#value)))
        })
        .collect();
    if fields.is_empty() {
        return quote!(::core::default::Default::default());
    }
    let rest = (fields.len() < context.changeable().count())
        .then(|| quote!(..::core::default::Default::default()));
    quote!(#changes { #(#fields,)* #rest })
}
