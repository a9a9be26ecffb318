//! `#[column(…)]`.

use proc_macro2::{Span, TokenStream};
use syn::parse::ParseStream;
use syn::{Expr, Ident, Lit, LitInt, LitStr, Path, Result, Token, bracketed, token};

use super::per_dialect::PerDialect;
use super::reference::Reference;
use super::{At, group, path, value, value_with};
use crate::errors::Errors;

/// The attributes of a field of a CTE.
#[derive(Default)]
pub(crate) struct CteColumnAttrs {
    pub(crate) name: Option<LitStr>,
    pub(crate) sql_type: Option<Ident>,
    pub(crate) stored: Option<Ident>,
}

/// The attributes of one field.
#[derive(Default)]
pub(crate) struct ColumnAttrs {
    pub(crate) name: Option<LitStr>,
    pub(crate) primary_key: Option<Span>,
    pub(crate) auto: Option<Span>,
    pub(crate) unique: Option<Span>,
    pub(crate) index: Option<Span>,
    pub(crate) default: Option<At<DefaultSyntax>>,
    pub(crate) default_fn: Option<At<Path>>,
    pub(crate) on_update: Option<At<OnUpdate>>,
    pub(crate) references: Option<Reference>,
    pub(crate) check: Option<LitStr>,
    pub(crate) generated: Option<LitStr>,
    pub(crate) max_length: Option<LitInt>,
    pub(crate) db_type: Option<PerDialect>,
    pub(crate) collate: Option<PerDialect>,
    pub(crate) version: Option<Span>,
    pub(crate) renamed_from: Option<LitStr>,
    pub(crate) sql_type: Option<Ident>,
    pub(crate) stored: Option<Ident>,
}

/// The value of `default = …`.
pub(crate) enum DefaultSyntax {
    Literal {
        negative: bool,
        literal: Lit,
    },
    Now,
    /// `[]`
    EmptyArray,
    Sql(LitStr),
    Path(Path),
}

/// The value of `on_update = …`.
pub(crate) enum OnUpdate {
    Now,
    Path(Path),
}

pub(super) fn default(
    key: &Ident,
    input: ParseStream<'_>,
    _: &mut Errors,
) -> Result<At<DefaultSyntax>> {
    let example = "write `default = ` and a literal, `now`, `[]`, `sql(\"…\")` or a path such as \
                   `Status::Draft`";
    Ok(At::new(key.span(), value_with(key, input, example, default_value)?))
}

pub(super) fn default_fn(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<At<Path>> {
    let example = "write `default_fn = ` and the path of a function without \
                   arguments, such as `Uuid::new_v4`";
    let path = value_with(key, input, example, path)?;
    if input.peek(token::Paren) {
        return Err(input.error("name the function without calling it: leave `()` out"));
    }
    Ok(At::new(key.span(), path))
}

pub(super) fn on_update(
    key: &Ident,
    input: ParseStream<'_>,
    _: &mut Errors,
) -> Result<At<OnUpdate>> {
    let example = "write `on_update = now`, or the path of a function without arguments";
    let path = value_with(key, input, example, path)?;
    let value = if path.is_ident("now") { OnUpdate::Now } else { OnUpdate::Path(path) };
    Ok(At::new(key.span(), value))
}

pub(super) fn max_length(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<LitInt> {
    value(key, input, "write `max_length = ` and a number, such as `160`")
}

pub(super) fn sql_type(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<Ident> {
    // Without it the field's type is unknown, and the generated code would fail in many places.
    value(key, input, "write `sql_type = ` and a name such as `BigInt`")
        .inspect_err(|_| errors.stop())
}

pub(super) fn stored(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<Ident> {
    value(key, input, "write `stored = ` and a form such as `unix_seconds`")
}

fn default_value(input: ParseStream<'_>) -> Result<DefaultSyntax> {
    if input.peek(Lit) || input.peek(Token![-]) {
        let negative = input.parse::<Option<Token![-]>>()?.is_some();
        return Ok(DefaultSyntax::Literal { negative, literal: input.parse()? });
    }
    if input.peek(token::Bracket) {
        let elements;
        bracketed!(elements in input);
        if !elements.parse::<TokenStream>()?.is_empty() {
            return Err(input.error("elements, which `value_with` explains"));
        }
        return Ok(DefaultSyntax::EmptyArray);
    }
    let name = path(input)?;
    if name.is_ident("now") {
        return Ok(DefaultSyntax::Now);
    }
    if name.is_ident("sql") && input.peek(token::Paren) {
        return Ok(DefaultSyntax::Sql(group(input, |content| content.parse())?));
    }
    if input.peek(token::Paren) || input.peek(Token![!]) {
        return Err(input.error("a call, which `value_with` explains"));
    }
    Ok(DefaultSyntax::Path(name))
}

/// The attributes of a field of a row.
#[derive(Default)]
pub(crate) struct RecordAttrs {
    pub(crate) name: Option<LitStr>,
}

/// What a row is selected from.
#[derive(Default)]
pub(crate) struct RowAttrs {
    pub(crate) table: Option<Path>,
}

/// What is selected for a field.
#[derive(Default)]
pub(crate) struct RowFieldAttrs {
    pub(crate) select: Option<At<Expr>>,
}

pub(super) fn module_of_table(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Result<Path> {
    value_with(key, input, "write `table = ` and the module of a table, such as `users`", path)
        .inspect_err(|_| errors.stop())
}

pub(super) fn select(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<At<Expr>> {
    let example = "write `select = ` and an expression on the table's columns, such as `User::posts().count()`";
    Ok(At::new(key.span(), value(key, input, example)?))
}
