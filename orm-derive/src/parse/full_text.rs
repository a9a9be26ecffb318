//! `full_text(…)` of a table.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, Lit, LitStr, Result, Token};

use super::{Items, next, parens};
use crate::errors::Errors;

const EXAMPLE: &str = "write `full_text(title, body)`, with the weight of a column after it (`title = 4`) and \
                       `language = \"english\"` if you need them";

/// `full_text(…)`.
pub(crate) struct FullText {
    pub(crate) span: Span,
    /// The columns, each with its weight if it has one.
    pub(crate) columns: Vec<(Ident, f64)>,
    pub(crate) options: FullTextOptions,
}

/// What else the list of columns may contain.
#[derive(Default)]
pub(crate) struct FullTextOptions {
    pub(crate) language: Option<LitStr>,
}

pub(super) fn of_table(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Result<FullText> {
    parens(key, input, EXAMPLE, |content| {
        let before = errors.count();
        let mut full_text =
            FullText { span: key.span(), columns: Vec::new(), options: FullTextOptions::default() };
        while !content.is_empty() {
            let result = full_text.item(content, errors);
            next(content, result, errors);
        }
        if full_text.columns.is_empty() && errors.count() == before {
            return Err(syn::Error::new(key.span(), format!("which columns? {EXAMPLE}")));
        }
        Ok(full_text)
    })
}

impl FullText {
    fn item(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
        let at = input.span();
        let key = Ident::parse_any(input)
            .map_err(|_| syn::Error::new(at, format!("not the name of a column: {EXAMPLE}")))?;
        // A column called `language` is `r#language`.
        if key == "language" {
            return self.options.item(" of `full_text`", &key, input, errors);
        }
        let weight = if input.peek(Token![=]) { weight(input)? } else { 1.0 };
        self.columns.push((key, weight));
        Ok(())
    }
}

fn weight(input: ParseStream<'_>) -> Result<f64> {
    input.parse::<Token![=]>()?;
    let span = input.span();
    let given = match input.parse::<Lit>() {
        Ok(Lit::Int(number)) => number.base10_parse().ok(),
        Ok(Lit::Float(number)) => number.base10_parse().ok(),
        _ => None,
    };
    given.filter(|weight: &f64| weight.is_finite() && (0.001..=1000.0).contains(weight)).ok_or_else(
        || syn::Error::new(span, "a weight is a number from 0.001 to 1000, such as `title = 4`"),
    )
}
