//! Changes `table!` can't make for columns whose types only the compiler knows.
//!
//! `table!` accepts the names of columns only as texts. diesel's name of a column with a user's type depends on how
//! SQLite compares that type. `table!` also writes an `EqAll` with bounds that the compiler can't resolve if the type
//! comes from a trait; `dsl` writes another one. So the module that `table!` writes goes through this attribute.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
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

/// Returns `module` with each text replaced by an expression, and without `EqAll` for columns whose type comes from
/// `ColumnAt`.
pub(crate) fn expand(replacements: &Replacements, module: TokenStream) -> TokenStream {
    let mut expanded = TokenStream::new();
    let mut tokens = module.into_iter();
    while let Some(token) = tokens.next() {
        if !matches!(&token, TokenTree::Ident(ident) if ident == "impl") {
            expanded.extend(replace(replacements, token));
            continue;
        }
        let mut item = vec![token];
        for token in tokens.by_ref() {
            let is_body =
                matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
            item.push(token);
            if is_body {
                break;
            }
        }
        let names = |name: &str| {
            item.iter().any(|token| matches!(token, TokenTree::Ident(ident) if ident == name))
        };
        if !(names("EqAll") && names("ColumnAt")) {
            expanded.extend(item.into_iter().flat_map(|token| replace(replacements, token)));
        }
    }
    expanded
}

fn replace(replacements: &Replacements, token: TokenTree) -> TokenStream {
    match token {
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
    }
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

    #[test]
    fn eq_all_is_left_out_where_the_type_is_said_by_a_trait() {
        let known = quote!(
            impl<T> diesel::EqAll<T> for id where T: AsExpression<BigInt> {}
            impl Expression for total {
                type SqlType = <<Row as ColumnAt<1>>::Column as SqlColumn>::Sql;
            }
        );
        let module = quote!(
            #known
            impl<T> diesel::EqAll<T> for total
            where
                T: AsExpression<<<Row as ColumnAt<1>>::Column as SqlColumn>::Sql>,
            {
                fn eq_all() {}
            }
        );
        let none = Replacements(Vec::new());
        assert_eq!(expand(&none, module).to_string(), known.to_string());
    }
}
