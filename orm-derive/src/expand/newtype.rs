//! `#[derive(Newtype)]`.

use proc_macro2::TokenStream;
use quote::quote;

use super::known;
use super::value::{self, Stored};
use crate::crates::Crates;
use crate::model::Newtype;

pub(crate) fn expand(newtype: &Newtype, crates: &Crates) -> TokenStream {
    let Crates { mizzle, diesel } = crates;
    let ident = &newtype.ident;
    let inner = &newtype.inner.full;
    let inner_type = &newtype.inner;
    // The same as for a table's column: see `known`.
    let (column, sql_type, is) = if inner_type.is_known() {
        (quote!(#inner), inner_type.sql_type(crates), None)
    } else {
        let column = quote!(#mizzle::Known<#inner, IS>);
        let is = known::is_column(inner_type, crates);
        (
            column.clone(),
            quote!(<#column as #mizzle::SqlColumn>::Sql),
            Some(quote!(const IS: bool = #is;)),
        )
    };
    let value = value::expand(
        ident,
        &Stored {
            metadata: quote! {
                <#mizzle::Any as #diesel::sql_types::HasSqlType<#sql_type>>::metadata(__lookup)
            },
            to_sql: quote! {
                <#inner as #diesel::serialize::ToSql<#sql_type, #mizzle::Any>>::to_sql(&self.0, __out)
            },
            from_sql: quote! {
                <#inner as #diesel::deserialize::FromSql<#sql_type, #mizzle::Any>>::from_sql(__value)
                    .map(Self)
            },
            column_type: quote!(<#column as #mizzle::SqlColumn>::column_type()),
            constants: Some(quote! {
                const MARK: #mizzle::Mark = <#column as #mizzle::SqlColumn>::MARK;
                const RENAMED_LABELS: &'static [(&'static str, &'static str)] =
                    <#column as #mizzle::SqlColumn>::RENAMED_LABELS;
            }),
        },
        crates,
    );
    let integral = newtype.inner.kind.is_integer().then(|| {
        quote! {
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl #mizzle::Integral for #ident {}
        }
    });
    quote! {
        const _: () = {
            #is
            #value
        };

        #integral

        #[automatically_derived]
        impl ::core::convert::From<#inner> for #ident {
            fn from(__value: #inner) -> Self {
                Self(__value)
            }
        }

        #[automatically_derived]
        impl ::core::convert::From<#ident> for #inner {
            fn from(__value: #ident) -> Self {
                __value.0
            }
        }
    }
}
