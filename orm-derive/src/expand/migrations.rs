//! `migrations!`.

use std::path::Path;

use orm_folder::Entry;
use proc_macro2::TokenStream;
use quote::quote;

use crate::parse::migrations::MigrationsInput;

pub(crate) fn expand(input: &MigrationsInput, mizzle: &TokenStream) -> TokenStream {
    let lists = input.lists.each_ref().map(|entries| list(entries.as_deref(), mizzle));
    // The settings were already read, but the compiler must notice edits to them too.
    let settings = input
        .lists
        .iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.metadata.as_deref())
        .map(text);
    let root = input.root.to_string_lossy();
    quote! {{
        #(const _: &str = #settings;)*
        static MIGRATIONS: ::std::sync::LazyLock<#mizzle::Migrations> =
            ::std::sync::LazyLock::new(|| #mizzle::Migrations::embedded(
                [#(#lists),*],
                if ::core::cfg!(debug_assertions) {
                    ::core::option::Option::Some(#root)
                } else {
                    ::core::option::Option::None
                },
            ));
        let migrations: &'static #mizzle::Migrations = &MIGRATIONS;
        migrations
    }}
}

fn list(entries: Option<&[Entry]>, mizzle: &TokenStream) -> TokenStream {
    let Some(entries) = entries else {
        return quote!(::core::option::Option::None);
    };
    let entries = entries.iter().map(|entry| {
        let Entry { directory, version, run_in_transaction, baseline, .. } = entry;
        let up = text(&entry.up);
        let down = match &entry.down {
            Some(path) => {
                let down = text(path);
                quote!(::core::option::Option::Some(#down))
            }
            None => quote!(::core::option::Option::None),
        };
        quote! {
            #mizzle::EmbeddedMigration {
                directory: #directory,
                version: #version,
                up: #up,
                down: #down,
                run_in_transaction: #run_in_transaction,
                baseline: #baseline,
            }
        }
    });
    quote!(::core::option::Option::Some(&[#(#entries),*]))
}

/// Includes the text of a file, so that the compiler notices edits to it.
fn text(path: &Path) -> TokenStream {
    let path = path.to_string_lossy();
    quote!(::core::include_str!(#path))
}
