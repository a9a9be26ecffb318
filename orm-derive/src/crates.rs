//! What the crates that the expansion names are called where it is compiled.

use std::path::Path;

use proc_macro_crate::{Error, FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};

/// The paths that every expansion begins with.
pub(crate) struct Crates {
    /// mizzle's names for expansions.
    pub(crate) mizzle: TokenStream,
    /// diesel itself.
    pub(crate) diesel: TokenStream,
}

impl Crates {
    /// Looks into the `Cargo.toml` of the crate that is being compiled.
    pub(crate) fn find() -> syn::Result<Self> {
        match crate_name("diesel") {
            Ok(FoundCrate::Name(name)) if name != "diesel" => Err(error(&format!(
                "mizzle's tables are diesel tables, and diesel's macros need it under its own \
                 name: write `diesel` instead of `{name}` in Cargo.toml"
            ))),
            Err(Error::CrateNotFound { .. }) => Err(error(
                "mizzle's tables are diesel tables: run `cargo add diesel@2.3 \
                 --no-default-features`",
            )),
            // Built without cargo: the compiler will say what is missing.
            Ok(_) | Err(_) => Ok(Self { mizzle: mizzle(), diesel: quote!(::diesel) }),
        }
    }
}

/// The feature of diesel's that a table of so many columns needs, if the crate that is being compiled doesn't ask for it.
pub(crate) fn missing_feature(columns: usize) -> Option<&'static str> {
    let (needed, enough): (_, &[&str]) = match columns {
        0..=32 => return None,
        33..=64 => ("64-column-tables", &["64-column-tables", "128-column-tables"]),
        _ => ("128-column-tables", &["128-column-tables"]),
    };
    // Its own manifest or the workspace's names it. Built without cargo, the compiler will say what is missing.
    let folder = std::env::var_os("CARGO_MANIFEST_DIR")?;
    let mut manifests = Path::new(&folder)
        .ancestors()
        .filter_map(|folder| std::fs::read_to_string(folder.join("Cargo.toml")).ok())
        .peekable();
    manifests.peek()?;
    let is_named = manifests.any(|manifest| enough.iter().any(|name| manifest.contains(name)));
    (!is_named).then_some(needed)
}

/// mizzle's names for expansions, for those that name nothing of diesel's.
pub(crate) fn mizzle() -> TokenStream {
    let name = match crate_name("mizzle") {
        Ok(FoundCrate::Name(name)) => format_ident!("{name}"),
        // Its own tests and examples see mizzle under its name too.
        Ok(FoundCrate::Itself) | Err(_) => format_ident!("mizzle"),
    };
    quote!(::#name::__private)
}

fn error(message: &str) -> syn::Error {
    syn::Error::new(Span::call_site(), message)
}
