//! Finds the names that the compiled crate uses for the crates in the expansion.

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
    /// Reads the `Cargo.toml` of the crate that is being compiled.
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
            // Without cargo, the compiler reports what is missing.
            Ok(_) | Err(_) => Ok(Self { mizzle: mizzle(), diesel: quote!(::diesel) }),
        }
    }
}

/// Returns the feature of diesel that a table with this many columns needs, unless the compiled crate already asks for
/// it.
pub(crate) fn missing_feature(columns: usize) -> Option<&'static str> {
    let (needed, enough): (_, &[&str]) = match columns {
        0..=32 => return None,
        33..=64 => ("64-column-tables", &["64-column-tables", "128-column-tables"]),
        _ => ("128-column-tables", &["128-column-tables"]),
    };
    // The feature is in the crate's own manifest or in the workspace's. Without cargo, the compiler reports what is
    // missing.
    let folder = std::env::var_os("CARGO_MANIFEST_DIR")?;
    let mut manifests = Path::new(&folder)
        .ancestors()
        .filter_map(|folder| std::fs::read_to_string(folder.join("Cargo.toml")).ok())
        .peekable();
    manifests.peek()?;
    let is_named = manifests.any(|manifest| enough.iter().any(|name| manifest.contains(name)));
    (!is_named).then_some(needed)
}

/// Returns mizzle's names for expansions that use nothing of diesel.
pub(crate) fn mizzle() -> TokenStream {
    let name = match crate_name("mizzle") {
        Ok(FoundCrate::Name(name)) => format_ident!("{name}"),
        // mizzle's own tests and examples use its name too.
        Ok(FoundCrate::Itself) | Err(_) => format_ident!("mizzle"),
    };
    quote!(::#name::__private)
}

fn error(message: &str) -> syn::Error {
    syn::Error::new(Span::call_site(), message)
}
