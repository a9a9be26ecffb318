//! Expressions in the places of texts.
//!
//! `table!` takes the names of columns as texts alone. What a column of the user's own type is called for diesel depends on
//! how SQLite compares that type, which only the compiler knows. So the module that `table!` writes goes through this
//! attribute.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, LitStr, Result, Token};

/// `"text" => expression, …`
pub(crate) struct Replacements(Vec<(String, Expr)>);

impl Parse for Replacements {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let pair = |input: ParseStream<'_>| {
            let text: LitStr = input.parse()?;
            input.parse::<Token![=>]>()?;
            Ok((text.value(), input.parse()?))
        };
        let pairs = Punctuated::<_, Token![,]>::parse_terminated_with(input, pair)?;
        Ok(Self(pairs.into_iter().collect()))
    }
}

/// `module`, with an expression in the place of each text.
pub(crate) fn expand(replacements: &Replacements, module: TokenStream) -> TokenStream {
    let replaced = |token: TokenTree| match token {
        TokenTree::Group(group) => {
            let mut inside = Group::new(group.delimiter(), expand(replacements, group.stream()));
            inside.set_span(group.span());
            TokenTree::Group(inside).to_token_stream()
        }
        TokenTree::Literal(literal) => {
            let text = syn::parse2::<LitStr>(literal.to_token_stream()).map(|text| text.value());
            let is_text = |replaced: &str| text.as_ref().is_ok_and(|text| text == replaced);
            match replacements.0.iter().find(|(replaced, _)| is_text(replaced)) {
                Some((_, expression)) => expression.to_token_stream(),
                None => literal.into_token_stream(),
            }
        }
        other => other.into_token_stream(),
    };
    module.into_iter().map(replaced).collect()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn texts_become_expressions() {
        let texts = syn::parse2(quote!("a" => f("x"), "b" => 1)).expect("replacements");
        let module = quote!(
            mod m {
                const A: &str = "a";
                fn g() {
                    h(("b", "c", 'b', "ab"))
                }
            }
        );
        let expected = quote!(
            mod m {
                const A: &str = f("x");
                fn g() {
                    h((1, "c", 'b', "ab"))
                }
            }
        );
        assert_eq!(expand(&texts, module).to_string(), expected.to_string());
    }
}
