//! The code of one relation.

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, Path};

use crate::crates::Crates;
use crate::expand::inside::{from_inside, struct_inside};
use crate::expand::{Context, at};

/// A relation, with everything that its code needs.
pub(super) struct Part {
    /// `posts`
    pub(super) name: Ident,
    /// The related struct, as the user wrote it.
    pub(super) to: Path,
    pub(super) cardinality: Ident,
    /// Whether the related rows have the key: `has_many` and `has_one`.
    pub(super) keeps_key: bool,
    /// Constants that say how to compare the two tables.
    pub(super) constants: TokenStream,
    pub(super) from_columns: TokenStream,
    pub(super) to_columns: TokenStream,
    pub(super) link: Option<TokenStream>,
}

impl Part {
    pub(super) fn camel(&self) -> Ident {
        Ident::new(&self.name.unraw().to_string().to_upper_camel_case(), self.name.span())
    }

    pub(super) fn with(&self) -> Ident {
        format_ident!("With{}", self.camel())
    }

    /// Returns the type that contains the related rows of type `row`.
    pub(super) fn holder(&self, row: &TokenStream) -> TokenStream {
        match self.cardinality.to_string().as_str() {
            "Many" => quote!(::std::vec::Vec<#row>),
            "Optional" => quote!(::core::option::Option<#row>),
            _ => quote!(#row),
        }
    }

    /// Returns the struct of a row with its related rows.
    pub(super) fn row(&self, context: &Context<'_>, vis: &TokenStream) -> TokenStream {
        let mizzle = &context.crates.mizzle;
        let (ident, name, with) = (&context.table.ident, &self.name, self.with());
        let to = from_inside(&self.to);
        let shown = last(&self.to);
        let holder = self.holder(&quote!(C));
        let doc = format!(
            "A [`{ident}`](super::{ident}) with its `{name}`. Dereferences to the row; `C` is the related row's type, \
             `{shown}` or one with its own relations."
        );
        let field_doc = format!("The related `{shown}`.");
        let serde = quote!(#mizzle::serde).to_string().replace(' ', "");
        quote! {
            #[doc = #doc]
            #[derive(
                ::core::fmt::Debug,
                ::core::clone::Clone,
                ::core::cmp::PartialEq,
                #mizzle::serde::Serialize,
            )]
            #[serde(crate = #serde)]
            #vis struct #with<R = super::#ident, C = #to> {
                #[serde(flatten)]
                row: R,
                #[doc = #field_doc]
                #vis #name: #holder,
            }

            impl<R, C> #with<R, C> {
                /// The row and its related rows.
                #vis fn into_parts(self) -> (R, #holder) {
                    (self.row, self.#name)
                }

                #[doc(hidden)]
                #vis fn __mizzle_new(row: R, #name: #holder) -> Self {
                    Self { row, #name }
                }
            }

            impl<R, C> ::core::ops::Deref for #with<R, C> {
                type Target = R;

                fn deref(&self) -> &R {
                    &self.row
                }
            }

            impl<R, C> ::core::ops::DerefMut for #with<R, C> {
                fn deref_mut(&mut self) -> &mut R {
                    &mut self.row
                }
            }

            impl<R, C> #mizzle::relation::Shape for #with<R, C>
            where
                R: #mizzle::relation::Shape<Base = super::#ident>,
            {
                type Base = super::#ident;

                fn base(&self) -> &super::#ident {
                    #mizzle::relation::Shape::base(&self.row)
                }
            }

            #[diagnostic::do_not_recommend]
            impl<R, C> #mizzle::relation::RowOf<super::#ident> for #with<R, C> where
                R: #mizzle::relation::RowOf<super::#ident>,
                C: ::core::marker::Send + ::core::marker::Sync
            {
            }
        }
    }

    /// Returns the marker type, and how the two tables are compared.
    pub(super) fn relation(
        &self,
        context: &Context<'_>,
        vis: &TokenStream,
        module: &Ident,
    ) -> TokenStream {
        let mizzle = &context.crates.mizzle;
        let (ident, marker, with) = (&context.table.ident, self.camel(), self.with());
        let to = struct_inside(context, &self.to);
        // An error about a private struct then has the same place as that about the join.
        let to = quote_spanned!(at(self.to.span())=> type To = #to;);
        let (cardinality, constants) = (&self.cardinality, &self.constants);
        let (from_columns, to_columns) = (&self.from_columns, &self.to_columns);
        let shown = format!("{ident}::{}()", self.name.unraw());
        let link = match &self.link {
            Some(link) => quote!(::core::option::Option::Some(#link)),
            None => quote!(::core::option::Option::None),
        };
        let writes = match &self.link {
            Some(link) => quote! {
                impl #mizzle::relation::Linked for #marker {
                    const TABLE: #mizzle::relation::Link = #link;
                }
                impl #mizzle::relation::TakesNew for #marker {}
            },
            None if self.keeps_key => {
                let owned = (self.cardinality == "Many")
                    .then(|| quote!(impl #mizzle::relation::Owned for #marker {}));
                quote! {
                    #owned
                    impl #mizzle::relation::TakesNew for #marker {}
                }
            }
            None => TokenStream::new(),
        };
        quote! {
            #constants

            #vis struct #marker;

            impl #mizzle::relation::Relation for #marker {
                type From = super::#ident;
                #to
                type Cardinality = #mizzle::relation::#cardinality;
                type With<R: ::core::marker::Send, C: ::core::marker::Send> = super::#module::#with<R, C>;

                const NAME: &'static str = #shown;
                const FROM: &'static [usize] = #from_columns;
                const TO: &'static [usize] = #to_columns;
                const LINK: ::core::option::Option<#mizzle::relation::Link> = #link;

                fn with<R: ::core::marker::Send, C: ::core::marker::Send>(
                    row: R,
                    related: <Self::Cardinality as #mizzle::relation::Cardinality>::Of<C>,
                ) -> Self::With<R, C> {
                    super::#module::#with::__mizzle_new(row, related)
                }
            }

            #writes
        }
    }

    /// `User::posts()`
    pub(super) fn function(&self, context: &Context<'_>, hidden: &Ident) -> TokenStream {
        let Crates { mizzle, .. } = context.crates;
        let (vis, name, marker) = (&context.table.vis, &self.name, self.camel());
        let doc = format!(
            "The relation `{name}`, to [`{}`]: attach it to a query with `with`, or filter by it.",
            last(&self.to)
        );
        quote! {
            #[doc = #doc]
            #vis fn #name<'query>() -> #mizzle::relation::Related<'query, #hidden::#marker> {
                #mizzle::relation::Related::new()
            }
        }
    }
}

/// Returns the last name of a path.
pub(super) fn last(path: &Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}
