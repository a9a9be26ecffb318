//! Joins along foreign keys between two tables with only one possible join.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::inside::{crate_at, located, of_table};
use super::{Context, at};
use crate::model::ForeignKey;

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let keys = context.table.constraints.foreign_keys.iter().filter(|key| key.joins);
    keys.map(|key| join(context, key)).collect()
}

/// Joins the table and the parent's, both ways, by the condition that diesel's `joinable!` would write.
fn join(context: &Context<'_>, key: &ForeignKey) -> TokenStream {
    let span = at(key.parent.span());
    let (mizzle, diesel) =
        (&crate_at(&context.crates.mizzle, span), &crate_at(&context.crates.diesel, span));
    let (child, module) = (&context.table.ident, &context.table.module);
    let parent = located(&key.parent);
    let dsl = of_table(context, &key.parent, "Dsl");
    let columns = key.columns.iter().map(|place| &context.table.columns[*place].ident);
    let column = quote_spanned!(span=> #(#module::#columns)*);
    let nullable = quote_spanned!(span=> #diesel::internal::table_macro::NullableExpression);
    let to_nullable =
        quote_spanned!(span=> #diesel::expression_methods::NullableExpressionMethods::nullable);
    // If the parent is not a table, all errors of this code are the same, and the compiler reports one.
    quote_spanned! {span=>
        #[automatically_derived]
        impl #mizzle::column::Joins<#parent> for #child {
            type On = #diesel::dsl::Eq<
                #nullable<#column>,
                #nullable<<#dsl as #diesel::Table>::PrimaryKey>,
            >;

            fn on() -> Self::On {
                let __parent: #dsl = ::core::default::Default::default();
                #diesel::expression_methods::ExpressionMethods::eq(
                    #to_nullable(#column),
                    #to_nullable(#diesel::Table::primary_key(&__parent)),
                )
            }
        }

        #[automatically_derived]
        impl #mizzle::column::Joins<#child> for #parent {
            type On = <#child as #mizzle::column::Joins<#parent>>::On;

            fn on() -> Self::On {
                <#child as #mizzle::column::Joins<#parent>>::on()
            }
        }
    }
}
