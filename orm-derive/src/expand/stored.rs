//! The methods of columns that store moments in another program's form: `moments::seconds.eq(value)`.
//!
//! They take precedence over diesel's methods with the same names, which can't make such an expression from a value.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{Context, allow};
use crate::crates::Crates;
use crate::model::Column;

const COMPARISONS: &[(&str, &str, &str)] = &[
    ("eq", "Eq", "equals `other`; in an update, an assignment"),
    ("ne", "NotEq", "differs from `other`"),
    ("gt", "Gt", "is later than `other`"),
    ("ge", "GtEq", "is `other` or later"),
    ("lt", "Lt", "is earlier than `other`"),
    ("le", "LtEq", "is `other` or earlier"),
];

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let stored = context.table.columns.iter().filter(|column| column.ty.is_wrapped());
    stored.map(|column| methods(context, column)).collect()
}

fn methods(context: &Context<'_>, column: &Column) -> TokenStream {
    let Crates { mizzle, diesel } = context.crates;
    let (module, field, sql_type) =
        (&context.table.module, &column.ident, context.sql_type(column));
    let vis = &context.table.vis;
    let allow = allow();
    let stored = quote!(#mizzle::stored);
    let methods = quote!(#diesel::expression_methods::ExpressionMethods);
    let comparisons = COMPARISONS.iter().map(|(method, ty, doc)| {
        let (method, ty) = (format_ident!("{method}"), format_ident!("{ty}"));
        let doc = format!("The condition that the column {doc}.");
        quote! {
            #[doc = #doc]
            #vis fn #method<T: #stored::IntoStored<#sql_type, __How>, __How>(
                self,
                other: T,
            ) -> #diesel::dsl::#ty<Self, T::As> {
                #methods::#method(self, other.into_stored())
            }
        }
    });
    let ranges = [("between", "Between"), ("not_between", "NotBetween")].map(|(method, ty)| {
        let (method, ty) = (format_ident!("{method}"), format_ident!("{ty}"));
        quote! {
            /// A condition on the column and a range, its ends included.
            #vis fn #method<
                L: #stored::IntoStored<#sql_type, __Lower>,
                U: #stored::IntoStored<#sql_type, __Upper>,
                __Lower,
                __Upper,
            >(
                self,
                lower: L,
                upper: U,
            ) -> #diesel::dsl::#ty<Self, L::As, U::As> {
                #methods::#method(self, lower.into_stored(), upper.into_stored())
            }
        }
    });
    let lists = [("eq_any", "EqAny"), ("ne_all", "NeAny")].map(|(method, ty)| {
        let (method, ty) = (format_ident!("{method}"), format_ident!("{ty}"));
        quote! {
            /// A condition on the column and a list or a subselect.
            #vis fn #method<L: #stored::IntoStoredList<#sql_type, __How>, __How>(
                self,
                values: L,
            ) -> #diesel::dsl::#ty<Self, L::As> {
                #methods::#method(self, values.into_stored_list())
            }
        }
    });
    let distinct = [("is_not_distinct_from", "false"), ("is_distinct_from", "true")].map(
        |(method, is_distinct)| {
            let method = format_ident!("{method}");
            let is_distinct: TokenStream = is_distinct.parse().unwrap_or_default();
            quote! {
                /// A condition that takes NULL for a value like any other.
                #vis fn #method<T: #stored::IntoStored<#sql_type, __How>, __How>(
                    self,
                    other: T,
                ) -> #mizzle::dsl::DistinctFrom<
                    Self,
                    <T::As as #diesel::expression::AsExpression<#sql_type>>::Expression,
                    #is_distinct,
                > {
                    #mizzle::dsl::NullSafeDsl::#method(self, other.into_stored())
                }
            }
        },
    );
    quote! {
        #allow
        impl #module::#field {
            #(#comparisons)*
            #(#ranges)*
            #(#lists)*
            #(#distinct)*
        }
    }
}
