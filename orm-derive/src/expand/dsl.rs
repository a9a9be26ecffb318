//! The module with diesel's names for the table and its columns, as diesel's `table!` would write it.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Ident, LitStr};

use super::inside::seen_from;
use super::{Context, at, docs, number};
use crate::crates::Crates;
use crate::model::field_type::nullable;
use crate::model::{Column, Kind, Literals};

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let table = context.table;
    let access = if table.view.is_some() { quote!(Reads) } else { quote!(Writes) };
    let table = self::table(context, &table.name, quote!(Table), access);
    [names(context), infos(context), table].into_iter().collect()
}

/// Says what the table is. Its columns are those of the `source`, `Table` or `Cte`.
pub(super) fn table(
    context: &Context<'_>,
    name: &str,
    source: TokenStream,
    access: TokenStream,
) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let (table, mark) = (context.table, context.table_mark());
    let (ident, module) = (&table.ident, &table.module);
    let number = number::of_table(context);
    let fields = table.columns.iter().map(|column| &column.ident);
    let columns = quote!((#(#module::#fields,)*));
    let key: Vec<_> = table.key.iter().map(|place| &table.columns[*place].ident).collect();
    let key = match key.as_slice() {
        [] => quote!(#module::star),
        [column] => quote!(#module::#column),
        columns => quote!((#(#module::#columns,)*)),
    };
    quote! {
        #[automatically_derived]
        impl #mizzle::column::TableInfo for #mark {
            type Row = #ident;
            type Number = #number;
            type Key = #key;
            type Columns = #columns;
            type Access = #mizzle::column::#access;

            const NAME: &'static str = #name;
            const COLUMNS: &'static [&'static str] = <#ident as #mizzle::#source>::COLUMNS;
            const KEY: Self::Key = #key;
            const ALL: Self::Columns = #columns;
        }
    }
}

/// Says what each column is.
pub(super) fn infos(context: &Context<'_>) -> TokenStream {
    (0..context.table.columns.len()).map(|place| info(context, place)).collect()
}

/// Returns the module.
pub(super) fn names(context: &Context<'_>) -> TokenStream {
    let Crates { mizzle, diesel } = context.crates;
    let (table, marks, mark) = (context.table, &context.names.marks, &context.names.mark);
    let (vis, module) = (&table.vis, &table.module);
    let (outer, inner) = (seen_from(vis, 1), seen_from(vis, 2));
    let what = if table.view.is_some() { "view" } else { "table" };
    let doc = format!("The {what} `{}`, with diesel's names for it and its columns.", table.name);
    let fields: Vec<&Ident> = table.columns.iter().map(|column| &column.ident).collect();
    let columns = table.columns.iter().map(|column| {
        let ident = &column.ident;
        let doc = docs(&column.docs, &format!("The column `{}`.", column.name));
        quote! {
            #doc
            #inner type #ident = #mizzle::column::Column<super::#marks::#ident>;

            #doc
            #inner const #ident: #ident = #mizzle::column::Column::IT;
        }
    });
    quote! {
        #[doc = #doc]
        #[allow(
            dead_code,
            missing_copy_implementations,
            missing_debug_implementations,
            non_camel_case_types,
            non_upper_case_globals,
            private_interfaces,
            rustdoc::all,
            unreachable_pub,
            unused_imports
        )]
        #vis mod #module {
            #outer use self::columns::*;

            /// The columns, and the table by its own name, for functions that import all of them.
            #outer mod dsl {
                #inner use super::columns::{#(#fields),*};
                #inner use super::table as #module;
            }

            /// All columns.
            #outer const all_columns: (#(#fields,)*) = (#(#fields,)*);

            /// The table.
            #outer type table = #mizzle::column::TableOf<#mark>;

            /// The table.
            #outer const table: table = #mizzle::column::TableOf::IT;

            /// diesel's types of all columns.
            #outer type SqlType = <table as #diesel::query_builder::AsQuery>::SqlType;

            /// A boxed query of the table.
            #outer type BoxedQuery<'a, DB, ST = SqlType> =
                #diesel::internal::table_macro::BoxedSelectStatement<
                    'a,
                    ST,
                    #diesel::internal::table_macro::FromClause<table>,
                    DB,
                >;

            /// The columns.
            #outer mod columns {
                #(#columns)*

                /// All columns as `*`, for `count`.
                #inner type star = #mizzle::column::Star<super::table>;

                /// All columns as `*`, for `count`.
                #inner const star: star = #mizzle::column::Star::IT;
            }

            #[doc(hidden)]
            #outer enum #mark {}

            #[doc(hidden)]
            #outer mod #marks {
                #(#inner enum #fields {})*
            }
        }
    }
}

/// Says what the column at `place` is.
fn info(context: &Context<'_>, place: usize) -> TokenStream {
    let Crates { mizzle, .. } = context.crates;
    let table = context.table;
    let (module, column) = (&table.module, &table.columns[place]);
    let mark = context.mark(column);
    let base = if column.ty.is_known() {
        column.ty.base_sql_type(context.crates)
    } else {
        let ty = context.column_type(place);
        quote!(<#ty as #mizzle::SqlColumn>::Sql)
    };
    let sql_type = nullable(column.ty.nullable, base, context.crates);
    let number = number::of_column(context, place);
    // A database takes a column for the whole row only if it is the key of a table.
    let groups = if table.key == [place] && table.view.is_none() {
        quote!(WholeRow)
    } else {
        quote!(Itself)
    };
    let is_moment = column.ty.kind.literals() == Literals::Now;
    let arithmetic = if is_moment { quote!(Plain) } else { quote!(Exact) };
    let name = name(context, place, column);
    // An error about a column of another table points at the field.
    let of = quote_spanned! {at(column.span())=>
        #[automatically_derived]
        impl #mizzle::column::ColumnOf<#module::table> for #mark {}
    };
    quote! {
        #[automatically_derived]
        impl #mizzle::column::ColumnInfo for #mark {
            type Table = #module::table;
            type SqlType = #sql_type;
            type Number = #number;
            type Groups = #mizzle::column::#groups;
            type Arithmetic = #mizzle::column::#arithmetic;

            const NAME: &'static str = #name;
            const PLACE: usize = #place;
        }

        #of
    }
}

/// Returns diesel's name for a column. It gives the query builder what SQLite doesn't know about the values.
fn name(context: &Context<'_>, place: usize, column: &Column) -> TokenStream {
    let name = &column.name;
    let marked = |mark: &str| LitStr::new(&format!("{name}\u{1}{mark}"), Span::call_site());
    if let Some(mark) = column.ty.kind.mark() {
        let name = marked(mark);
        return quote!(#name);
    }
    if !column.is_own() && column.ty.kind != Kind::Array {
        return quote!(#name);
    }
    let (mizzle, ty) = (&context.crates.mizzle, context.column_type(place));
    let [decimal, json, inet, interval, int16, int32, float32] =
        ["decimal", "mizzle_json", "inet", "interval", "16", "32", "-32"].map(marked);
    let [array, decimals, inets, intervals] =
        ["", "_decimal", "_inet", "_interval"].map(|of| marked(&format!("mizzle_array{of}")));
    quote! {
        match <#ty as #mizzle::SqlColumn>::MARK {
            #mizzle::Mark::No => #name,
            #mizzle::Mark::Decimal => #decimal,
            #mizzle::Mark::Json => #json,
            #mizzle::Mark::Inet => #inet,
            #mizzle::Mark::Interval => #interval,
            #mizzle::Mark::Int16 => #int16,
            #mizzle::Mark::Int32 => #int32,
            #mizzle::Mark::Float32 => #float32,
            #mizzle::Mark::Array => #array,
            #mizzle::Mark::DecimalArray => #decimals,
            #mizzle::Mark::InetArray => #inets,
            #mizzle::Mark::IntervalArray => #intervals,
        }
    }
}
