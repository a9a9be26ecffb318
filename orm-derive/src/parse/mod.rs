//! Parses attributes: syntax only, with a span for everything.

pub(crate) mod column;
pub(crate) mod db;
pub(crate) mod full_text;
#[macro_use]
mod items;
pub(crate) mod migrations;
pub(crate) mod per_dialect;
pub(crate) mod reference;
pub(crate) mod relation;
pub(crate) mod schema;
pub(crate) mod sql;
pub(crate) mod table;
#[cfg(feature = "test")]
#[macro_use]
pub(crate) mod test;
pub(crate) mod view;

use proc_macro2::{Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, LitStr, Meta, Path, Result, Token, parenthesized, token};

use crate::errors::Errors;

/// A value and where it is written.
#[derive(Debug, Clone)]
pub(crate) struct At<T> {
    pub(crate) span: Span,
    pub(crate) value: T,
}

impl<T> At<T> {
    pub(crate) fn new(span: Span, value: T) -> Self {
        Self { span, value }
    }
}

/// What is read item by item.
trait Items {
    /// Reads the item that begins with `key`. `of` says in messages what has the item.
    fn item(
        &mut self,
        of: &str,
        key: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> Result<()>;
}

/// Reads the items of all attributes called `name`. Each begins with a key, and `item` reads the rest of it.
fn attributes(
    attrs: &[Attribute],
    name: &str,
    errors: &mut Errors,
    mut item: impl FnMut(&Ident, ParseStream<'_>, &mut Errors) -> Result<()>,
) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        if !matches!(attr.meta, Meta::List(_)) {
            errors.on(attr, format!("write `#[{name}(…)]`, with what you want to say inside"));
            continue;
        }
        let parsed = attr.parse_args_with(|input: ParseStream<'_>| {
            items(input, errors, &mut item);
            Ok(())
        });
        if let Err(error) = parsed {
            errors.push(error);
        }
    }
}

/// Reads items that each begin with a key. An error in one doesn't hide the next.
fn items(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut item: impl FnMut(&Ident, ParseStream<'_>, &mut Errors) -> Result<()>,
) {
    while !input.is_empty() {
        let result = Ident::parse_any(input).and_then(|key| item(&key, input, errors));
        next(input, result, errors);
    }
}

/// Ends an item: keeps its error, and continues after the next comma.
fn next(input: ParseStream<'_>, item: Result<()>, errors: &mut Errors) {
    match item {
        Err(error) => errors.push(error),
        Ok(()) if !input.is_empty() && !input.peek(Token![,]) => {
            errors.at(input.span(), "expected `,` before this");
        }
        Ok(()) => {}
    }
    while !input.is_empty() && !input.peek(Token![,]) {
        skip(input);
    }
    if !input.is_empty() {
        skip(input);
    }
}

fn skip(input: ParseStream<'_>) {
    // If there is input left, a token tree can always be read.
    let _ = input.parse::<TokenTree>();
}

/// Reads `(…)` after `key`.
fn parens<T>(
    key: &Ident,
    input: ParseStream<'_>,
    example: &str,
    read: impl FnOnce(ParseStream<'_>) -> Result<T>,
) -> Result<T> {
    if !input.peek(token::Paren) {
        return Err(takes(key, input, example));
    }
    group(input, |content| {
        let value = read(content)?;
        if content.is_empty() {
            Ok(value)
        } else {
            Err(syn::Error::new(content.span(), format!("not expected here: {example}")))
        }
    })
}

/// Reads `(…)` to its end, whatever `read` leaves. syn would report the rest as another error.
fn group<T>(input: ParseStream<'_>, read: impl FnOnce(ParseStream<'_>) -> Result<T>) -> Result<T> {
    let content;
    parenthesized!(content in input);
    let result = read(&content);
    while !content.is_empty() {
        skip(&content);
    }
    result
}

/// Reads `= value` after `key`.
fn value<T: Parse>(key: &Ident, input: ParseStream<'_>, example: &str) -> Result<T> {
    value_with(key, input, example, T::parse)
}

fn value_with<T>(
    key: &Ident,
    input: ParseStream<'_>,
    example: &str,
    read: impl FnOnce(ParseStream<'_>) -> Result<T>,
) -> Result<T> {
    if !input.peek(Token![=]) {
        return Err(takes(key, input, example));
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(takes(key, input, example));
    }
    let span = input.span();
    read(input).map_err(|_| syn::Error::new(span, format!("not possible here: {example}")))
}

fn takes(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Error {
    let span = if input.is_empty() || input.peek(Token![,]) { key.span() } else { input.span() };
    syn::Error::new(span, format!("`{}` needs a value: {example}", key.unraw()))
}

/// Reads a key without a value.
fn flag(key: &Ident, input: ParseStream<'_>) -> Result<Span> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(key.span());
    }
    let message = format!("`{key}` takes no value: write `{key}` alone, or leave it out");
    Err(syn::Error::new(input.span(), message))
}

/// Reads `key = "text"`. The text must not be empty.
fn string(key: &Ident, input: ParseStream<'_>) -> Result<LitStr> {
    let text: LitStr = value(key, input, &format!("write `{} = \"…\"`", key.unraw()))?;
    if text.value().trim().is_empty() {
        return Err(syn::Error::new(text.span(), format!("`{key}` may not be empty")));
    }
    Ok(text)
}

/// Reads a path without type parameters.
fn path(input: ParseStream<'_>) -> Result<Path> {
    input.call(Path::parse_mod_style)
}

/// Keeps `new`, and fails if the item was already given.
fn once<T>(slot: &mut Option<T>, key: &Ident, new: T) -> Result<()> {
    if slot.is_some() {
        return Err(syn::Error::new(key.span(), format!("`{}` is given twice", key.unraw())));
    }
    *slot = Some(new);
    Ok(())
}
