//! `ilike` on text columns. diesel's prelude has a method with that name, for PostgreSQL only. A method on the column
//! itself takes precedence over both, so the two preludes can be used together.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, allow};
use crate::crates::Crates;
use crate::model::Kind;

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let Crates { mizzle, diesel } = context.crates;
    let module = &context.table.module;
    let vis = &context.table.vis;
    let texts = context.table.columns.iter().filter(|column| column.ty.kind == Kind::Text);
    let texts = texts.map(|column| {
        let (field, allow, sql_type) = (&column.ident, allow(), context.sql_type(column));
        let method = |name: &str, doc: &str| {
            let name = quote::format_ident!("{name}");
            quote! {
                #[doc = #doc]
                #vis fn #name<__P>(self, pattern: __P) -> #mizzle::Ilike<Self, __P::Expression>
                where
                    __P: #diesel::expression::AsExpression<#sql_type>,
                {
                    #mizzle::IlikeDsl::#name(self, pattern)
                }
            }
        };
        let ilike = method("ilike", "Whether the text matches `pattern` without regard to case.");
        let not_ilike = method("not_ilike", "The opposite of `ilike`.");
        quote! {
            #allow
            impl #module::#field {
                #ilike
                #not_ilike
            }
        }
    });
    texts.collect()
}
