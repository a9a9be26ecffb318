//! `#[derive(Enum)]`.

use proc_macro2::TokenStream;
use quote::quote;

use super::allow;
use super::value::{self, Stored};
use crate::crates::Crates;
use crate::model::Labels;

pub(crate) fn expand(labels: &Labels, crates: &Crates) -> TokenStream {
    let Crates { mizzle, diesel } = crates;
    let (ident, vis) = (&labels.ident, &labels.vis);
    let allow = allow();
    let name = ident.to_string();
    let (variants, texts): (Vec<_>, Vec<_>) =
        labels.variants.iter().map(|(variant, label)| (variant, label)).unzip();
    let others = &labels.others;
    let text = quote!(#diesel::sql_types::Text);
    let (metadata, native) = match &labels.native {
        Some(name) => (
            quote!(#mizzle::AnyType::native(#name)),
            quote!(::core::option::Option::Some(::core::convert::Into::into(#name))),
        ),
        None => (quote!(#mizzle::AnyType::TEXT), quote!(::core::option::Option::None)),
    };
    let value = value::expand(
        ident,
        &Stored {
            metadata: quote!({ let _ = __lookup; #metadata }),
            to_sql: quote! {
                <str as #diesel::serialize::ToSql<#text, #mizzle::Any>>::to_sql(self.label(), __out)
            },
            from_sql: quote! {
                let __label =
                    <::std::string::String as #diesel::deserialize::FromSql<#text, #mizzle::Any>>::from_sql(__value)?;
                ::core::result::Result::Ok(<Self as ::core::str::FromStr>::from_str(&__label)?)
            },
            constants: (!labels.renamed.is_empty()).then(|| {
                let (old, new): (Vec<_>, Vec<_>) =
                    labels.renamed.iter().map(|(old, new)| (old, new)).unzip();
                quote! {
                    const RENAMED_LABELS: &'static [(&'static str, &'static str)] =
                        &[#((#old, #new)),*];
                }
            }),
            column_type: quote! {
                #mizzle::schema::ColumnType::Enum {
                    labels: Self::LABELS
                        .iter()
                        .map(|__label| ::core::convert::From::from(*__label))
                        .collect(),
                    native: #native,
                }
            },
        },
        crates,
    );
    let serde = labels.serde.then(|| {
        quote! {
            #[automatically_derived]
            impl #mizzle::serde::Serialize for #ident {
                fn serialize<__S: #mizzle::serde::Serializer>(
                    &self,
                    __serializer: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    #mizzle::serde::Serializer::serialize_str(__serializer, self.label())
                }
            }

            #[automatically_derived]
            impl<'de> #mizzle::serde::Deserialize<'de> for #ident {
                fn deserialize<__D: #mizzle::serde::Deserializer<'de>>(
                    __deserializer: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    #mizzle::label(__deserializer)
                }
            }
        }
    });
    quote! {
        #allow
        impl #ident {
            /// The labels under which the variants are stored, in the enum's order.
            #vis const LABELS: &'static [&'static str] = &[#(#texts),*];

            /// The label under which this variant is stored.
            #[must_use]
            #vis const fn label(&self) -> &'static str {
                match self {
                    #(Self::#variants => #texts,)*
                    #(Self::#others { .. } => "",)*
                }
            }
        }

        #[automatically_derived]
        impl #mizzle::Labelled for #ident {
            fn label_of(&self) -> &'static str {
                self.label()
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                __f.pad(self.label())
            }
        }

        #[automatically_derived]
        impl ::core::str::FromStr for #ident {
            type Err = #mizzle::UnknownLabel;

            fn from_str(__label: &str) -> ::core::result::Result<Self, Self::Err> {
                match __label {
                    #(#texts => ::core::result::Result::Ok(Self::#variants),)*
                    _ => ::core::result::Result::Err(#mizzle::UnknownLabel {
                        type_name: #name,
                        allowed: Self::LABELS,
                    }),
                }
            }
        }

        #value

        #serde
    }
}
