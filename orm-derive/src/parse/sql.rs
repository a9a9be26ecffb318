//! The input of `sql!`: the type of its rows, if it is named, and one literal, or one for each database, with Rust
//! expressions in braces.

use std::ops::Range;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, Lit, LitStr, Token, Type};

use super::once;
use crate::errors::{Errors, unknown};

const EXAMPLE: &str = "write `sql!(\"SELECT …\")`, or `sql!(sqlite: \"…\", postgres: \"…\")` where \
                       the databases need different words";

/// What was written.
#[derive(Default)]
pub(crate) struct SqlInput {
    /// The type of the rows.
    pub(crate) row: Option<Type>,
    /// For both databases.
    pub(crate) both: Option<Written>,
    pub(crate) sqlite: Option<Written>,
    pub(crate) postgres: Option<Written>,
    pub(crate) errors: Errors,
}

/// A literal with SQL.
pub(crate) struct Written {
    pub(crate) literal: LitStr,
    /// Its text.
    pub(crate) text: String,
    pub(crate) segments: Vec<Segment>,
}

/// A part of the literal.
pub(crate) enum Segment {
    /// SQL, which begins at this byte of the text.
    Sql(String, usize),
    Argument(Braces),
}

/// What is in braces.
pub(crate) struct Braces {
    pub(crate) kind: Kind,
    pub(crate) expression: Expr,
    /// As written, to recognize the same in another literal.
    pub(crate) source: String,
    /// Its place in the text, with the braces.
    pub(crate) at: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `{value}`, or other SQL.
    Value,
    /// `{..list}`
    List,
    /// `{#column}`
    Column,
}

impl Parse for SqlInput {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut parsed = Self::default();
        if input.is_empty() {
            return Err(input.error(format!("where is the SQL? {EXAMPLE}")));
        }
        parsed.row = row(input)?;
        if !input.peek(Ident::peek_any) {
            parsed.both = Some(literal(input, &mut parsed.errors)?);
            let _ = input.parse::<Option<Token![,]>>()?;
            if !input.is_empty() {
                return Err(input.error(format!(
                    "not expected here: `sql!` takes its values in the braces of its text; {EXAMPLE}"
                )));
            }
            return Ok(parsed);
        }
        while !input.is_empty() {
            let database = Ident::parse_any(input)?;
            if !input.peek(Token![:]) {
                return Err(syn::Error::new(
                    database.span(),
                    format!("the SQL must be a literal: {EXAMPLE}"),
                ));
            }
            input.parse::<Token![:]>()?;
            let written = literal(input, &mut parsed.errors)?;
            let kept = match database.to_string().as_str() {
                "sqlite" => once(&mut parsed.sqlite, &database, written),
                "postgres" => once(&mut parsed.postgres, &database, written),
                other => {
                    let message = unknown("database", other, "", &["sqlite", "postgres"]);
                    Err(syn::Error::new(database.span(), message))
                }
            };
            if let Err(error) = kept {
                parsed.errors.push(error);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(parsed)
    }
}

/// Reads the type of the rows and the comma after it, if they come first.
fn row(input: ParseStream<'_>) -> syn::Result<Option<Type>> {
    let ahead = input.fork();
    let is_row = !input.peek(Lit) && ahead.parse::<Type>().is_ok() && ahead.peek(Token![,]);
    if !is_row {
        return Ok(None);
    }
    let row = input.parse()?;
    input.parse::<Token![,]>()?;
    if input.is_empty() {
        return Err(input.error("where is the SQL? write it after the type of its rows, as in `sql!(User, \"SELECT …\")`"));
    }
    Ok(Some(row))
}

fn literal(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Written> {
    match input.parse::<Lit>() {
        Ok(Lit::Str(literal)) => Ok(Written::read(literal, errors)),
        Ok(other) => Err(syn::Error::new(
            other.span(),
            format!("the SQL must be a string literal: {EXAMPLE}"),
        )),
        Err(_) => Err(input.error(format!("the SQL must be a string literal: {EXAMPLE}"))),
    }
}

impl Written {
    /// Takes all of a literal as SQL, with its braces.
    pub(crate) fn plain(literal: LitStr) -> Self {
        let text = literal.value();
        let segments = vec![Segment::Sql(text.clone(), 0)];
        Self { literal, text, segments }
    }

    fn read(literal: LitStr, errors: &mut Errors) -> Self {
        let text = literal.value();
        let mut written = Self { literal, text, segments: Vec::new() };
        let text = written.text.clone();
        let (mut at, mut start) = (0, 0);
        while let Some(found) = text[at..].find(['{', '}']) {
            let brace = at + found;
            let character = &text[brace..=brace];
            if text[brace + 1..].starts_with(character) {
                // A doubled brace is one.
                written.sql(start..brace + 1);
                at = brace + 2;
                start = at;
                continue;
            }
            written.sql(start..brace);
            at = if character == "}" {
                errors.push(written.error(
                    brace..brace + 1,
                    "nothing opens this brace: write `}}` for a brace in the SQL",
                ));
                brace + 1
            } else {
                written.braces(brace, errors)
            };
            start = at;
        }
        written.sql(start..text.len());
        written
    }

    fn sql(&mut self, at: Range<usize>) {
        if !at.is_empty() {
            self.segments.push(Segment::Sql(self.text[at.clone()].to_owned(), at.start));
        }
    }

    /// Reads what the brace at `start` opens, and returns where it ends.
    fn braces(&mut self, start: usize, errors: &mut Errors) -> usize {
        let rest = &self.text[start + 1..];
        let mut ends = rest.match_indices('}').map(|(end, _)| end).peekable();
        let Some(&first) = ends.peek() else {
            errors.push(self.error(
                start..start + 1,
                "this brace is not closed: write `{{` for a brace in the SQL",
            ));
            return self.text.len();
        };
        // An expression may contain braces itself.
        let found = ends.find_map(|end| {
            self.expression(&rest[..end]).ok().map(|(kind, expression)| (end, kind, expression))
        });
        let Some((end, kind, expression)) = found else {
            let inner = rest[..first].trim();
            let message = match inner {
                "" => "write a Rust expression in the braces: `{name}`, `{..list}` or `{#users::name}`; `{{` and \
                       `}}` are braces in the SQL"
                    .to_owned(),
                _ => format!(
                    "`{inner}` is not a Rust expression: the braces take one without a format, as in `{{user.id}}`, \
                     `{{..list}}` or `{{#users::name}}`; `{{{{` and `}}}}` are braces in the SQL"
                ),
            };
            errors.push(self.error(start..start + first + 2, &message));
            return start + first + 2;
        };
        let source = rest[..end].split_whitespace().collect::<Vec<_>>().join(" ");
        let end = start + end + 2;
        let braces = Braces { kind, expression, source, at: start..end };
        self.segments.push(Segment::Argument(braces));
        end
    }

    fn expression(&self, inner: &str) -> syn::Result<(Kind, Expr)> {
        let inner = inner.trim();
        let (kind, inner) = match (inner.strip_prefix(".."), inner.strip_prefix('#')) {
            (Some(list), _) => (Kind::List, list),
            (_, Some(column)) => (Kind::Column, column),
            _ => (Kind::Value, inner),
        };
        let expression = LitStr::new(inner, self.literal.span()).parse::<Expr>()?;
        Ok((kind, expression))
    }

    /// Returns an error at a place of the text. The compiler may only be able to show the whole literal, so the message
    /// names the place.
    pub(crate) fn error(&self, at: Range<usize>, message: &str) -> syn::Error {
        let before = &self.text[..at.start];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let column = self.text[start..at.start].chars().count() + 1;
        let shown = self.text[start..].lines().next().unwrap_or_default().trim();
        let message =
            format!("{message}\nin line {line} of the SQL, at character {column}: {shown}");
        syn::Error::new(self.span(at), message)
    }

    /// Returns the place in the source, as precisely as the compiler lets a macro know.
    fn span(&self, at: Range<usize>) -> Span {
        let token = self.literal.token();
        let source = token.to_string();
        let Some(begin) = source.find('"').map(|quote| quote + 1) else { return token.span() };
        // With escapes, the places in the source are others.
        if source.get(begin..begin + self.text.len()) != Some(&self.text) {
            return token.span();
        }
        token.subspan(begin + at.start..begin + at.end).unwrap_or_else(|| token.span())
    }
}
