//! The visibility of diesel's table module.
//!
//! `table!` makes everything `pub`. But the columns' traits can't name a struct that is not `pub` (rustc's E0446), and
//! its table would become part of the crate's interface. So the module that `table!` writes goes through this
//! attribute, which gives each `pub` in it the visibility of the struct.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Path, Visibility};

/// Returns `module` with each `pub` in it narrowed to `vis`, as written beside the module.
pub(crate) fn expand(vis: &Visibility, module: TokenStream) -> TokenStream {
    narrow(vis, module, 0)
}

/// Narrows `tokens`; `depth` counts the modules between them and the place where `vis` is written.
fn narrow(vis: &Visibility, tokens: TokenStream, depth: usize) -> TokenStream {
    let mut narrowed = TokenStream::new();
    let mut before: Option<Ident> = None;
    let mut in_module = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == "pub" => {
                seen_from(vis, depth).to_tokens(&mut narrowed);
                before = None;
            }
            TokenTree::Ident(ident) => {
                in_module = before.is_some_and(|before| before == "mod");
                ident.to_tokens(&mut narrowed);
                before = Some(ident);
            }
            TokenTree::Group(group) => {
                let body = in_module && group.delimiter() == Delimiter::Brace;
                let inside = narrow(vis, group.stream(), depth + usize::from(body));
                let mut inside = Group::new(group.delimiter(), inside);
                inside.set_span(group.span());
                inside.to_tokens(&mut narrowed);
                (before, in_module) = (None, false);
            }
            other => {
                other.to_tokens(&mut narrowed);
                (before, in_module) = (None, false);
            }
        }
    }
    narrowed
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

    fn narrowed(vis: &Visibility) -> String {
        let module = quote!(
            pub mod users {
                pub struct table;
                pub mod columns {
                    pub struct id(pub u8);
                }
                pub use a::b;
            }
        );
        expand(vis, module).to_string()
    }

    #[test]
    fn every_pub_has_the_reach_of_the_struct() {
        let expected = quote!(
            mod users {
                pub(super) struct table;
                pub(super) mod columns {
                    pub(in super::super) struct id(pub(in super::super) u8);
                }
                pub(super) use a::b;
            }
        );
        assert_eq!(narrowed(&Visibility::Inherited), expected.to_string());
        assert_eq!(
            narrowed(&parse_quote!(pub(self))),
            expected.to_string().replacen("mod", "pub (self) mod", 1)
        );
        let expected = quote!(
            pub(super) mod users {
                pub(in super::super) struct table;
                pub(in super::super) mod columns {
                    pub(in super::super::super) struct id(pub(in super::super::super) u8);
                }
                pub(in super::super) use a::b;
            }
        );
        assert_eq!(narrowed(&parse_quote!(pub(super))), expected.to_string());
        let expected = quote!(
            pub(crate) mod users {
                pub(crate) struct table;
                pub(crate) mod columns {
                    pub(crate) struct id(pub(crate) u8);
                }
                pub(crate) use a::b;
            }
        );
        assert_eq!(narrowed(&parse_quote!(pub(crate))), expected.to_string());
        let expected =
            narrowed(&parse_quote!(pub(in crate::a))).matches("pub (in crate :: a)").count();
        assert_eq!(expected, 6);
    }
}
