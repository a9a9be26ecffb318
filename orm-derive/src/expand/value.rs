//! Code that makes an enum or a newtype the SQL type of its columns.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use crate::crates::Crates;

/// How the type is written to the database and read from it.
pub(super) struct Stored {
    /// The value of `metadata`.
    pub(super) metadata: TokenStream,
    /// The body of `to_sql(&self, __out)`.
    pub(super) to_sql: TokenStream,
    /// The body of `from_sql(__value)`.
    pub(super) from_sql: TokenStream,
    /// The body of `column_type()`.
    pub(super) column_type: TokenStream,
    /// Other constants of the column: `MARK`, if SQLite doesn't know something about the values, and
    /// `RENAMED_LABELS`.
    pub(super) constants: Option<TokenStream>,
}

pub(super) fn expand(ident: &Ident, stored: &Stored, crates: &Crates) -> TokenStream {
    let Crates { mizzle, diesel } = crates;
    let Stored { metadata, to_sql, from_sql, column_type, constants } = stored;
    let nullable = quote!(#diesel::sql_types::Nullable<#ident>);
    let as_expression = |generics: TokenStream, target: TokenStream, sql_type: TokenStream| {
        quote! {
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl #generics #diesel::expression::AsExpression<#sql_type> for #target {
                type Expression = #diesel::internal::derives::as_expression::Bound<#sql_type, Self>;

                #[inline]
                fn as_expression(self) -> Self::Expression {
                    #diesel::internal::derives::as_expression::Bound::new(self)
                }
            }
        }
    };
    let expressions = [quote!(#ident), nullable.clone()].map(|sql_type| {
        let owned = as_expression(quote!(), quote!(#ident), sql_type.clone());
        let once = as_expression(quote!(<'a>), quote!(&'a #ident), sql_type.clone());
        let twice = as_expression(quote!(<'a, 'b>), quote!(&'b &'a #ident), sql_type);
        quote!(#owned #once #twice)
    });
    quote! {
        #[automatically_derived]
        impl #diesel::sql_types::SqlType for #ident {
            type IsNull = #diesel::sql_types::is_nullable::NotNull;
        }

        #[automatically_derived]
        impl #diesel::sql_types::SingleValue for #ident {}

        #[automatically_derived]
        impl #diesel::sql_types::SqlOrd for #ident {}

        #[automatically_derived]
        impl #diesel::query_builder::QueryId for #ident {
            type QueryId = Self;

            const HAS_STATIC_QUERY_ID: bool = true;
        }

        #[automatically_derived]
        impl #diesel::sql_types::HasSqlType<#ident> for #mizzle::Any {
            fn metadata(
                __lookup: &mut <#mizzle::Any as #diesel::sql_types::TypeMetadata>::MetadataLookup,
            ) -> <#mizzle::Any as #diesel::sql_types::TypeMetadata>::TypeMetadata {
                #metadata
            }
        }

        #(#expressions)*

        #[automatically_derived]
        impl #diesel::serialize::ToSql<#ident, #mizzle::Any> for #ident {
            fn to_sql<'b>(
                &'b self,
                __out: &mut #diesel::serialize::Output<'b, '_, #mizzle::Any>,
            ) -> #diesel::serialize::Result {
                #to_sql
            }
        }

        #[automatically_derived]
        impl #diesel::serialize::ToSql<#nullable, #mizzle::Any> for #ident {
            fn to_sql<'b>(
                &'b self,
                __out: &mut #diesel::serialize::Output<'b, '_, #mizzle::Any>,
            ) -> #diesel::serialize::Result {
                #diesel::serialize::ToSql::<#ident, #mizzle::Any>::to_sql(self, __out)
            }
        }

        #[automatically_derived]
        impl #diesel::deserialize::FromSql<#ident, #mizzle::Any> for #ident {
            fn from_sql(
                __value: <#mizzle::Any as #diesel::backend::Backend>::RawValue<'_>,
            ) -> #diesel::deserialize::Result<Self> {
                #from_sql
            }
        }

        #[automatically_derived]
        impl<__ST, __DB> #diesel::deserialize::Queryable<__ST, __DB> for #ident
        where
            __DB: #diesel::backend::Backend,
            __ST: #diesel::sql_types::SingleValue,
            Self: #diesel::deserialize::FromSql<__ST, __DB>,
        {
            type Row = Self;

            fn build(__row: Self) -> #diesel::deserialize::Result<Self> {
                #diesel::deserialize::Result::Ok(__row)
            }
        }

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #mizzle::sql::SqlValue for #ident {
            type Sql = Self;
        }

        #[automatically_derived]
        impl #mizzle::SqlColumn for #ident {
            type Sql = Self;

            #constants

            fn column_type() -> #mizzle::schema::ColumnType {
                #column_type
            }
        }
    }
}
