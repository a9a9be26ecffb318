//! How paths and visibilities are written inside a module that the derive writes.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, Visibility};

use super::at;

/// Returns the path as seen from a module inside the one that it was written in.
pub(super) fn from_inside(path: &Path) -> TokenStream {
    // Errors point at the whole path.
    let span = at(path.span());
    let first = path.segments.first().map(|segment| segment.ident.to_string());
    match first.as_deref() {
        _ if path.leading_colon.is_some() => quote!(#path),
        Some("crate") => quote!(#path),
        Some("self") => {
            let rest = path.segments.iter().skip(1);
            quote_spanned!(span=> super #(::#rest)*)
        }
        _ => quote_spanned!(span=> super::#path),
    }
}

/// Returns `vis` as it must be written `depth` modules further in.
pub(super) fn seen_from(vis: &Visibility, depth: usize) -> TokenStream {
    let up = |levels: usize, rest: &[TokenStream]| match (levels, rest) {
        (1, []) => quote!(pub(super)),
        _ => {
            let path = (0..levels).map(|_| quote!(super)).chain(rest.iter().cloned());
            quote!(pub(in #(#path)::*))
        }
    };
    match vis {
        _ if depth == 0 => quote!(#vis),
        Visibility::Inherited => up(depth, &[]),
        Visibility::Public(_) => quote!(pub),
        Visibility::Restricted(restricted) => {
            let rest = segments(&restricted.path);
            match restricted.path.segments.first() {
                Some(first) if first.ident == "self" => up(depth, &rest[1..]),
                Some(first) if first.ident == "super" => up(depth, &rest),
                _ => quote!(#vis),
            }
        }
    }
}

fn segments(path: &Path) -> Vec<TokenStream> {
    path.segments.iter().map(|segment| segment.to_token_stream()).collect()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn a_visibility_reaches_as_far_from_every_depth() {
        let cases: [(Visibility, [&str; 3]); 6] = [
            (parse_quote!(pub), ["pub", "pub", "pub"]),
            (Visibility::Inherited, ["", "pub (super)", "pub (in super :: super)"]),
            (parse_quote!(pub(self)), ["pub (self)", "pub (super)", "pub (in super :: super)"]),
            (
                parse_quote!(pub(super)),
                ["pub (super)", "pub (in super :: super)", "pub (in super :: super :: super)"],
            ),
            (parse_quote!(pub(crate)), ["pub (crate)", "pub (crate)", "pub (crate)"]),
            (parse_quote!(pub(in crate::a)), ["pub (in crate :: a)"; 3]),
        ];
        for (vis, expected) in cases {
            let seen = [0, 1, 2].map(|depth| seen_from(&vis, depth).to_string());
            assert_eq!(seen, expected);
        }
    }
}
