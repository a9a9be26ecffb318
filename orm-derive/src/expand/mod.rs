//! The code that the macros write, one concern per file.

mod builder;
mod changes;
mod checks;
mod cte;
mod definition;
mod dsl;
mod full_text;
mod inside;
mod interop;
mod joins;
mod known;
mod labels;
#[cfg(test)]
mod linear;
mod migrations;
mod native;
mod new;
mod newtype;
mod number;
mod record;
mod relations;
mod row;
mod schema;
mod sql;
#[cfg(feature = "test")]
mod test;
mod value;
mod view;
mod wire;
mod writable;

pub(crate) use cte::expand as cte;
pub(crate) use labels::expand as labels;
pub(crate) use migrations::expand as migrations;
pub(crate) use native::expand as native;
pub(crate) use newtype::expand as newtype;
pub(crate) use record::expand as record;
pub(crate) use schema::expand as schema;
pub(crate) use sql::expand as sql;
#[cfg(feature = "test")]
pub(crate) use test::expand as test;
pub(crate) use view::expand as view;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Ident};

use crate::crates::Crates;
use crate::model::{Column, Given, Table, at};

/// Expands everything that a table's struct generates.
pub(crate) fn table(table: &Table, crates: &Crates) -> TokenStream {
    let names = Names::of(table);
    let context = Context { table, crates, names };
    [
        reading(&context),
        writable::expand(&context),
        new::expand(&context),
        builder::expand(&context),
        changes::expand(&context),
        interop::writing(&context),
    ]
    .into_iter()
    .chain(full_text::expand(&context))
    .collect()
}

/// Expands what reads the rows of a table or a view.
fn reading(context: &Context<'_>) -> TokenStream {
    [
        known::expand(context),
        checks::expand(context),
        dsl::expand(context),
        row::expand(context),
        interop::reading(context),
        joins::expand(context),
        relations::expand(context),
    ]
    .into_iter()
    .collect()
}

/// What every part of a table's expansion needs.
struct Context<'a> {
    table: &'a Table,
    crates: &'a Crates,
    names: Names,
}

/// The names of the types that a table's struct generates.
struct Names {
    new: Ident,
    builder: Ident,
    /// The hidden module of the types that name columns. It stands in the compiler's messages:
    /// `Column<users::column::email>`.
    marks: Ident,
    /// The hidden type that names the table: `TableOf<users::rows>`.
    mark: Ident,
    changes: Ident,
}

impl Names {
    fn of(table: &Table) -> Self {
        let unless_a_column = |name: &str| {
            let mut name = name.to_owned();
            while table.columns.iter().any(|column| column.ident == name) {
                name.push('_');
            }
            Ident::new(&name, Span::call_site())
        };
        Self {
            new: table.named("New", ""),
            builder: table.named("New", "Builder"),
            marks: unless_a_column("column"),
            mark: unless_a_column("rows"),
            changes: table.named("", "Changes"),
        }
    }
}

impl Context<'_> {
    /// Returns the columns that an insert can set, with their positions.
    fn insertable(&self) -> impl Iterator<Item = (usize, &Column)> {
        let columns = self.table.columns.iter().enumerate();
        columns.filter(|(_, column)| column.given() != Given::Never)
    }

    /// Returns the columns that an update can change, with their positions.
    fn changeable(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.insertable().filter(|(place, _)| !self.table.is_key(*place))
    }

    /// Returns the type that names the column.
    fn mark(&self, column: &Column) -> TokenStream {
        let (module, marks, field) = (&self.table.module, &self.names.marks, &column.ident);
        quote!(#module::#marks::#field)
    }

    /// Returns the type that names the table.
    fn table_mark(&self) -> TokenStream {
        let (module, mark) = (&self.table.module, &self.names.mark);
        quote!(#module::#mark)
    }

    /// Returns diesel's type of the column.
    fn sql_type(&self, column: &Column) -> TokenStream {
        if column.ty.is_known() {
            return column.ty.sql_type(self.crates);
        }
        let (diesel, module, field) = (&self.crates.diesel, &self.table.module, &column.ident);
        quote!(<#module::#field as #diesel::expression::Expression>::SqlType)
    }

    /// Returns the `SqlColumn` of the column at `place`.
    fn column_type(&self, place: usize) -> TokenStream {
        let (mizzle, ident) = (&self.crates.mizzle, &self.table.ident);
        let ty = &self.table.columns[place].ty;
        let base = &ty.base;
        if ty.is_known() {
            quote!(#base)
        } else {
            quote!(<#ident as #mizzle::ColumnAt<#place>>::Column)
        }
    }

    /// Returns one arm of `bind_key`, which pushes `value` (a reference to `ty`).
    fn bind(&self, place: usize, column: &Column, value: TokenStream) -> TokenStream {
        let (sql_type, ty) = (self.sql_type(column), &column.ty.full);
        quote!(#place => __out.push_bind_param::<#sql_type, #ty>(#value))
    }

    /// Returns one arm of `bind_column`, for a value to store.
    fn store(&self, place: usize, column: &Column, value: TokenStream) -> TokenStream {
        let push = self.push_stored(column, value);
        quote!(#place => #push)
    }

    /// Returns one arm of `bind_column`, for a field whose value may be left out.
    fn store_given(&self, place: usize, column: &Column) -> TokenStream {
        let (mizzle, field) = (&self.crates.mizzle, &column.ident);
        if column.max_length.is_none() {
            let (sql_type, ty) = (self.sql_type(column), &column.ty.full);
            return quote!(#place => #mizzle::push_given::<#sql_type, #ty>(&self.#field, __out));
        }
        let push = self.push_stored(column, quote!(__value));
        quote! {
            #place => match &self.#field {
                ::core::option::Option::Some(__value) => #push,
                ::core::option::Option::None => ::core::result::Result::Ok(()),
            }
        }
    }

    /// Pushes a value to store, if the column accepts it.
    fn push_stored(&self, column: &Column, value: TokenStream) -> TokenStream {
        let (sql_type, ty) = (self.sql_type(column), &column.ty.full);
        let push = quote!(__out.push_bind_param::<#sql_type, #ty>(#value));
        let Some(most) = column.max_length else { return push };
        let (mizzle, ident, name) = (&self.crates.mizzle, &self.table.ident, &column.name);
        quote! {{
            #mizzle::check_length::<#ident>(#value, #most as usize, #name)?;
            #push
        }}
    }

    /// Returns `bind_column` with these arms.
    fn bind_column(&self, arms: &[TokenStream]) -> TokenStream {
        let Crates { mizzle, diesel } = self.crates;
        quote! {
            #[allow(unused_mut, unused_variables)]
            fn bind_column<'b>(
                &'b self,
                __index: usize,
                mut __out: #diesel::query_builder::AstPass<'_, 'b, #mizzle::Any>,
            ) -> #diesel::QueryResult<()> {
                match __index {
                    #(#arms,)*
                    _ => ::core::result::Result::Ok(()),
                }
            }
        }
    }
}

/// Silences lints in generated items. Whatever a lint would report there, it reports for the user's struct.
fn allow() -> TokenStream {
    quote! {
        #[allow(
            dead_code,
            deprecated,
            unreachable_pub,
            private_interfaces,
            private_bounds,
            clippy::all,
            clippy::pedantic,
            clippy::nursery
        )]
    }
}

/// Returns the user's doc comment, or `default`.
fn docs(given: &[Attribute], default: &str) -> TokenStream {
    if given.is_empty() { quote!(#[doc = #default]) } else { quote!(#(#given)*) }
}
