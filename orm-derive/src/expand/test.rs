//! `#[test]`: a function that runs the test on one database, and a module with a test for each.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::migrations;
use crate::model::test::Content;
use crate::model::{Test, at};

/// The function has the name of the test, as the module does: names of functions and of modules don't meet. So what the
/// arguments name is where the test is.
pub(crate) fn expand(test: &Test, mizzle: &TokenStream) -> TokenStream {
    let Test { function, conditions, of_tests, should_panic, .. } = test;
    let (name, vis) = (&function.sig.ident, &function.vis);
    let testing = quote!(#mizzle::testing);
    let content = content(&test.content, mizzle, &testing);
    let fixtures =
        test.fixtures.iter().map(|(file, path)| quote!((#file, ::core::include_str!(#path))));
    let inner = syn::ItemFn { vis: syn::Visibility::Inherited, ..function.clone() };
    let calls = calls(test, &testing);
    let tests = ["sqlite", "postgres"]
        .into_iter()
        .filter(|database| test.only.as_ref().is_none_or(|only| only == database))
        .map(|database| {
            let on = format_ident!("on_{database}", span = at(name.span()));
            let keep = format_ident!("test_on_{database}");
            quote! {
                #mizzle::#keep! {
                    #[::core::prelude::v1::test]
                    #(#of_tests)*
                    fn #on() {
                        super::#name(#testing::#on, ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#on)))
                    }
                }
            }
        });
    quote! {
        #[cfg(test)]
        #(#conditions)*
        #[allow(dead_code)]
        #vis fn #name(
            __run: fn(&#testing::Case, &'static str, &mut dyn ::core::ops::FnMut(&#testing::Fresh)),
            __name: &'static str,
        ) {
            #inner
            const __CASE: #testing::Case = #testing::Case {
                package: match ::core::option_env!("CARGO_PKG_NAME") {
                    ::core::option::Option::Some(package) => package,
                    ::core::option::Option::None => "",
                },
                content: #content,
                fixtures: &[#(#fixtures),*],
                should_panic: #should_panic,
            };
            __run(&__CASE, __name, &mut |__fresh| { #calls });
        }

        #[cfg(test)]
        #(#conditions)*
        #[allow(clippy::module_inception)]
        mod #name {
            #(#tests)*
        }
    }
}

fn content(content: &Content, mizzle: &TokenStream, testing: &TokenStream) -> TokenStream {
    match content {
        Content::Empty => quote!(#testing::Content::Empty),
        Content::Schema(schema) => quote! {
            #testing::Content::Tables {
                tables: <#schema as #mizzle::Schema>::tables,
                create: |__db| #mizzle::Executor::create_all::<#schema>(__db),
            }
        },
        Content::Folder(folder) => {
            let migrations = migrations::expand(folder, mizzle);
            quote!(#testing::Content::Migrations(|| #migrations))
        }
        Content::Migrations(migrations) => quote!(#testing::Content::Migrations(|| #migrations)),
    }
}

/// Expands the calls of the setup and of the test itself.
fn calls(test: &Test, testing: &TokenStream) -> TokenStream {
    let name = &test.function.sig.ident;
    // What the test can't take or return is reported there.
    let takes = test.function.sig.inputs.first().map(syn::spanned::Spanned::span);
    let span = at(takes.unwrap_or_else(|| name.span()));
    let of = quote_spanned!(span=> #testing::OfFresh::of(__fresh));
    let handle = if test.takes_reference { quote!(&#of) } else { of };
    let passed = quote_spanned!(at(name.span())=> #testing::passed);
    match test.function.sig.asyncness {
        None => {
            let setup = test.setup.as_ref().map(
                |setup| quote!(#passed(#setup(&<#testing::Db as #testing::OfFresh>::of(__fresh)));),
            );
            quote! { #setup #passed(#name(#handle)); }
        }
        Some(_) => {
            let setup = test.setup.as_ref().map(|setup| {
                quote!(#passed(#setup(&<#testing::AsyncDb as #testing::OfFresh>::of(__fresh)).await);)
            });
            let threads = match test.worker_threads {
                Some(threads) => quote!(::core::option::Option::Some(#threads)),
                None => quote!(::core::option::Option::None),
            };
            quote! {
                #testing::block_on(#threads, async { #setup #passed(#name(#handle).await); });
            }
        }
    }
}
