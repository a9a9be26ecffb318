//! `schema!(pub Blog = [User, models::Post]);`

use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, Path, Result, Token, Visibility, bracketed};

use super::path;
use crate::errors::Errors;

const EXAMPLE: &str = "write `schema!(pub Blog = [User, Post])`";

/// The input of `schema!`.
pub(crate) struct SchemaInput {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) tables: Vec<Path>,
}

impl Parse for SchemaInput {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let usage =
            |error: syn::Error| syn::Error::new(error.span(), format!("{error}: {EXAMPLE}"));
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let name: Ident = input.parse().map_err(usage)?;
        input.parse::<Token![=]>().map_err(usage)?;
        let content;
        let bracket = bracketed!(content in input);
        let tables = content.parse_terminated(path, Token![,]).map_err(usage)?;

        let mut errors = Errors::default();
        if tables.is_empty() {
            errors.at(bracket.span.join(), format!("a schema needs a table: {EXAMPLE}"));
        }
        let mut seen = Vec::new();
        for table in &tables {
            let text = table.to_token_stream().to_string();
            if seen.contains(&text) {
                let shown = text.replace(' ', "");
                errors.on(table, format!("`{shown}` is named twice: name each table once"));
            }
            seen.push(text);
        }
        errors
            .finish(Some(Self { attrs, vis, name, tables: tables.into_iter().collect() }))
            .into_result()
    }
}
