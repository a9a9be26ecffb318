//! The struct as a row: `Table`, `Values` and the query entry point.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Context, allow, at, definition, relations};
use crate::crates::Crates;
use crate::model::{Column, Table};

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let Crates { mizzle, diesel } = context.crates;
    let table = context.table;
    let (ident, vis, module) = (&table.ident, &table.vis, &table.module);

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
    let definition = definition::expand(context);
    let references = relations::references(context);
    let read = read(context, quote!(__offset));
    let allow = allow();
    let struct_name = ident.to_string();
    let what = if table.view.is_some() { "view" } else { "table" };
    let query_doc = format!("Begins a query of the {what} `{name}`.");

    let is_view = table.view.is_some().then(|| {
        quote!(
            const IS_VIEW: bool = true;
        )
    });
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #mizzle::Values for #ident {
            type Row = #ident;

            #[inline]
            fn columns(&self) -> #mizzle::ColumnSet {
                const { #mizzle::ColumnSet::first(#count).without(#mizzle::ColumnSet::of(&[#(#generated),*])) }
            }

            #bind_column
        }

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #mizzle::Table for #ident {
            type Dsl = #module::table;
            type Key = #key_type;

            const NAME: &'static str = #name;
            const COLUMNS: &'static [&'static str] = &[#(#columns),*];
            const SELECT: &'static str = #select;
            const JOINED: &'static str = #joined;
            const KEY: &'static [usize] = &[#(#key),*];
            #is_view
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
                #bind_key
            }

            #column_type

            #[inline]
            fn from_row<'a>(
                __row: &impl #diesel::row::Row<'a, #mizzle::Any>,
                __offset: usize,
            ) -> #diesel::deserialize::Result<Self> {
                #read
            }
        }

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
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
                #mizzle::relation::position_of(&[#(#fields),*], __field)
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
    if table.is_complete {
        return quote!(::core::result::Result::Ok(Self { #(#fields,)* }));
    }
    quote! {
        #[allow(unreachable_code)]
        {
            ::core::result::Result::Ok(Self {
                #(#fields,)*
                ..::core::unreachable!("this doesn't compile")
            })
        }
    }
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

/// Returns the key's type, and the body of `bind_key`.
fn key_parts(context: &Context<'_>) -> (TokenStream, TokenStream) {
    let columns = &context.table.columns;
    let key: Vec<_> = context.table.key.iter().map(|place| &columns[*place]).collect();
    let types: Vec<_> = key.iter().map(|column| &column.ty.full).collect();
    let (ty, arms): (TokenStream, Vec<TokenStream>) = match key.as_slice() {
        [] => {
            let mizzle = &context.crates.mizzle;
            return (quote!(#mizzle::NoKey), quote!(match *__key {}));
        }
        [column] => (quote!(#(#types)*), vec![context.bind(0, column, quote!(__key))]),
        columns => {
            let arms = columns.iter().enumerate().map(|(place, column)| {
                let part = syn::Index::from(place);
                context.bind(place, column, quote!(&__key.#part))
            });
            (quote!((#(#types,)*)), arms.collect())
        }
    };
    let body = quote! {
        match __index {
            #(#arms,)*
            _ => ::core::result::Result::Ok(()),
        }
    };
    (ty, body)
}
