//! Joins along foreign keys between two tables with only one possible join.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::inside::{crate_at, of_table};
use super::{Context, at};
use crate::model::ForeignKey;

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let keys = context.table.constraints.foreign_keys.iter().filter(|key| key.joins);
    keys.map(|key| join(context, key)).collect()
}

/// Writes what `joinable!` would write, but reaches the parent's table through its struct, wherever that is.
fn join(context: &Context<'_>, key: &ForeignKey) -> TokenStream {
    let span = at(key.parent.span());
    let diesel = &crate_at(&context.crates.diesel, span);
    let module = &context.table.module;
    let columns = key.columns.iter().map(|place| &context.table.columns[*place].ident);
    let column = quote_spanned!(span=> #(#module::#columns)*);
    let parent = of_table(context, &key.parent, "Dsl");
    let nullable = quote_spanned!(span=> #diesel::internal::table_macro::NullableExpression);
    let to_nullable =
        quote_spanned!(span=> #diesel::expression_methods::NullableExpressionMethods::nullable);
    // If the parent is not a table, all errors of this code are the same, and the compiler reports one.
    quote_spanned! {span=>
        #[automatically_derived]
        impl #diesel::JoinTo<#parent> for #module::table {
            type FromClause = #parent;
            type OnClause = #diesel::dsl::Eq<
                #nullable<#column>,
                #nullable<<#parent as #diesel::Table>::PrimaryKey>,
            >;

            fn join_target(__parent: #parent) -> (Self::FromClause, Self::OnClause) {
                let __on = #diesel::expression_methods::ExpressionMethods::eq(
                    #to_nullable(#column),
                    #to_nullable(#diesel::Table::primary_key(&__parent)),
                );
                (__parent, __on)
            }
        }

        #[automatically_derived]
        impl #diesel::JoinTo<#module::table> for #parent {
            type FromClause = #module::table;
            type OnClause = <#module::table as #diesel::JoinTo<#parent>>::OnClause;

            fn join_target(__child: #module::table) -> (Self::FromClause, Self::OnClause) {
                let __parent: #parent = ::core::default::Default::default();
                (__child, <#module::table as #diesel::JoinTo<#parent>>::join_target(__parent).1)
            }
        }
    }
}
