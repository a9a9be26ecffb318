//! How paths and visibilities are written inside a module that the derive writes.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Path, Visibility};

use super::{Context, at};

/// Returns an item of the table that a path names: `<User as IsTable>::NAME`.
///
/// All errors about a path that names no table have the same span and the same words, and so are one.
pub(super) fn of_table(context: &Context<'_>, path: &Path, item: &str) -> TokenStream {
    item_of(context, path.span(), located(path), item)
}

/// Returns an item of the table that a path names, for a module inside the one that it was written in.
pub(super) fn of_table_inside(context: &Context<'_>, path: &Path, item: &str) -> TokenStream {
    item_of(context, path.span(), from_inside(path), item)
}

fn item_of(context: &Context<'_>, span: Span, path: TokenStream, item: &str) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let item = Ident::new(item, at(span));
    quote_spanned!(at(span)=> <#path as #mizzle::IsTable>::#item)
}

/// Returns the struct of the table that a path names, for a module inside the one that it was written in. If it is no
/// table, the compiler reports nothing about code that uses the struct.
pub(super) fn struct_inside(context: &Context<'_>, path: &Path) -> TokenStream {
    let (mizzle, is) = (&context.crates.mizzle, of_table_inside(context, path, "IS"));
    let path_inside = from_inside(path);
    quote_spanned! {at(path.span())=>
        <#mizzle::KnownTable<#path_inside, { #is }> as #mizzle::OfTable>::Struct
    }
}

/// Returns the path with the span of generated code: errors about it are then the same wherever it stands.
pub(super) fn located(path: &Path) -> TokenStream {
    let tokens = path.to_token_stream().into_iter();
    tokens.map(|token| with_span(token, |span| span)).collect()
}

/// Returns the path of a crate with the span of generated code for `span`.
pub(super) fn crate_at(path: &TokenStream, span: Span) -> TokenStream {
    path.clone().into_iter().map(|token| with_span(token, |_| span)).collect()
}

fn with_span(mut token: TokenTree, span: impl Fn(Span) -> Span) -> TokenTree {
    // Only its own span says which crate it is.
    if !matches!(&token, TokenTree::Ident(ident) if ident == "$crate") {
        token.set_span(at(span(token.span())));
    }
    token
}

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
