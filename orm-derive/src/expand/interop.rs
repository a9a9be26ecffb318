//! What diesel's own functions need to read, insert and update rows with the structs.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Ident;

use super::{Context, at};
use crate::crates::Crates;
use crate::model::Column;

/// What diesel needs to read rows of a table or a view.
pub(super) fn reading(context: &Context<'_>) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    rows(context, quote!(<Self as #mizzle::Table>::from_row(__row, 0)))
}

/// What diesel needs to write rows of a table.
pub(super) fn writing(context: &Context<'_>) -> TokenStream {
    let updates = updates(context).unwrap_or_default();
    [ids(context), inserts(context), updates].into_iter().collect()
}

/// Implements reading rows, alone and in tuples, and naming the columns for `as_select`. `read` reads a row.
pub(super) fn rows(context: &Context<'_>, read: TokenStream) -> TokenStream {
    let Crates { mizzle, diesel } = context.crates;
    let table = context.table;
    let (ident, module, count) = (&table.ident, &table.module, table.columns.len());
    let types = table.columns.iter().map(|column| context.sql_type(column));
    let row = quote!((#(#types,)*));
    let fields = table.columns.iter().map(|column| &column.ident);
    let columns = quote!((#(#module::#fields,)*));
    quote! {
        #[automatically_derived]
        impl #diesel::deserialize::FromSqlRow<#row, #mizzle::Any> for #ident {
            #[inline]
            fn build_from_row<'a>(
                __row: &impl #diesel::row::Row<'a, #mizzle::Any>,
            ) -> #diesel::deserialize::Result<Self> {
                #read
            }
        }

        #[automatically_derived]
        impl #diesel::deserialize::StaticallySizedRow<#row, #mizzle::Any> for #ident {
            const FIELD_COUNT: usize = #count;
        }

        #[automatically_derived]
        impl #diesel::expression::Selectable<#mizzle::Any> for #ident {
            type SelectExpression = #columns;

            fn construct_selection() -> Self::SelectExpression {
                #columns
            }
        }

        #[automatically_derived]
        impl #diesel::associations::HasTable for #ident {
            type Table = #module::table;

            fn table() -> Self::Table {
                #module::table
            }
        }
    }
}

/// Implements finding the row by its key.
fn ids(context: &Context<'_>) -> TokenStream {
    let diesel = &context.crates.diesel;
    let table = context.table;
    let ident = &table.ident;
    let key: Vec<&Column> = table.key.iter().map(|place| &table.columns[*place]).collect();
    // If a key's type lacks `Hash` or `Eq`, the error points at its field.
    let key_types = key.iter().map(|column| {
        let ty = &column.ty.full;
        quote_spanned!(at(column.span())=> &'ident #ty)
    });
    let key_fields = key.iter().map(|column| &column.ident);
    let (id_type, id) = match key.as_slice() {
        [_] => (quote!(#(#key_types)*), quote!(#(&self.#key_fields)*)),
        _ => (quote!((#(#key_types,)*)), quote!((#(&self.#key_fields,)*))),
    };
    quote! {
        #[automatically_derived]
        impl<'ident> #diesel::associations::Identifiable for &'ident #ident {
            type Id = #id_type;

            fn id(self) -> Self::Id {
                #id
            }
        }

        #[automatically_derived]
        impl<'ident> #diesel::associations::Identifiable for &'_ &'ident #ident {
            type Id = #id_type;

            fn id(self) -> Self::Id {
                #id
            }
        }
    }
}

/// Implements `insert_into(users::table).values(…)` for new rows and for whole rows.
fn inserts(context: &Context<'_>) -> TokenStream {
    let Crates { mizzle, diesel } = context.crates;
    let (ident, new) = (&context.table.ident, &context.names.new);
    let module = &context.table.module;
    let insert = |generics: TokenStream, target: TokenStream, row: &Ident| {
        quote! {
            #[automatically_derived]
            impl #generics #diesel::insertable::Insertable<#module::table> for #target {
                type Values = #mizzle::InsertClause<#row, Self>;

                fn values(self) -> Self::Values {
                    #mizzle::Inserted::clause(self)
                }
            }
        }
    };
    let undecorated =
        quote!(#diesel::internal::derives::insertable::UndecoratedInsertRecord<#module::table>);
    let inserts = [
        insert(quote!(), quote!(#new), new),
        insert(quote!(<'values>), quote!(&'values #new), new),
        insert(quote!(<'values>), quote!(&'values #ident), ident),
    ];
    quote! {
        #(#inserts)*

        #[automatically_derived]
        impl #undecorated for #new {}

        #[automatically_derived]
        impl #undecorated for #ident {}
    }
}

/// Implements `update(…).set(…)`.
fn updates(context: &Context<'_>) -> Option<TokenStream> {
    let Crates { mizzle, diesel } = context.crates;
    let (ident, changes, module) =
        (&context.table.ident, &context.names.changes, &context.table.module);
    context.changeable().next()?;
    let update = |generics: TokenStream, target: TokenStream| {
        quote! {
            #[automatically_derived]
            impl #generics #diesel::query_builder::AsChangeset for #target {
                type Target = #module::table;
                type Changeset = #mizzle::Changeset<#ident, Self>;

                fn as_changeset(self) -> Self::Changeset {
                    #mizzle::Changeset::new(self)
                }
            }
        }
    };
    let owned = update(quote!(), quote!(#changes));
    let borrowed = update(quote!(<'values>), quote!(&'values #changes));
    Some(quote!(#owned #borrowed))
}
