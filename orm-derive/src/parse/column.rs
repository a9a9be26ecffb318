//! `#[column(…)]`.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, Lit, LitInt, LitStr, Path, Result, Token, token};

use super::per_dialect::{self, PerDialect};
use super::reference::{self, Reference};
use super::{At, attributes, flag, group, once, parens, path, string, value, value_with};
use crate::errors::{Errors, unknown};

/// What `#[column(…)]` knows.
const KEYS: &[&str] = &[
    "name",
    "primary_key",
    "auto",
    "unique",
    "index",
    "default",
    "default_fn",
    "on_update",
    "references",
    "check",
    "generated",
    "max_length",
    "db_type",
    "collate",
    "version",
    "renamed_from",
    "sql_type",
    "stored",
];

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
    Literal { negative: bool, literal: Lit },
    Now,
    Sql(LitStr),
    Path(Path),
}

/// The value of `on_update = …`.
pub(crate) enum OnUpdate {
    Now,
    Path(Path),
}

impl ColumnAttrs {
    pub(crate) fn parse(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut column = Self::default();
        attributes(attrs, "column", errors, |key, input, errors| column.item(key, input, errors));
        column
    }

    fn item(&mut self, key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
        match key.unraw().to_string().as_str() {
            "name" => once(&mut self.name, key, string(key, input)?),
            "primary_key" => once(&mut self.primary_key, key, flag(key, input)?),
            "auto" => once(&mut self.auto, key, flag(key, input)?),
            "unique" => once(&mut self.unique, key, flag(key, input)?),
            "index" => once(&mut self.index, key, flag(key, input)?),
            "default" => {
                let span = key.span();
                let value = value_with(
                    key,
                    input,
                    "write `default = ` and a literal, `now`, `sql(\"…\")` or a path such as \
                     `Status::Draft`",
                    default,
                )?;
                once(&mut self.default, key, At::new(span, value))
            }
            "default_fn" => {
                let example = "write `default_fn = ` and the path of a function without \
                               arguments, such as `Uuid::new_v4`";
                let path = value_with(key, input, example, path)?;
                if input.peek(token::Paren) {
                    return Err(input.error("name the function without calling it: leave `()` out"));
                }
                once(&mut self.default_fn, key, At::new(key.span(), path))
            }
            "on_update" => {
                let example = "write `on_update = now`, or the path of a function without \
                               arguments";
                let path = value_with(key, input, example, path)?;
                let value = if path.is_ident("now") { OnUpdate::Now } else { OnUpdate::Path(path) };
                once(&mut self.on_update, key, At::new(key.span(), value))
            }
            "references" => {
                let value = parens(key, input, reference::EXAMPLE, |content| {
                    reference::read(key.span(), content, errors)
                })?;
                once(&mut self.references, key, value)
            }
            "check" => once(&mut self.check, key, string(key, input)?),
            "generated" => once(&mut self.generated, key, string(key, input)?),
            "max_length" => {
                let length =
                    value(key, input, "write `max_length = ` and a number, such as `160`")?;
                once(&mut self.max_length, key, length)
            }
            "db_type" => {
                let value = parens(key, input, per_dialect::TYPE, |content| {
                    per_dialect::read(key.span(), content, per_dialect::TYPE, errors)
                })?;
                once(&mut self.db_type, key, value)
            }
            "collate" => {
                let value = parens(key, input, per_dialect::COLLATION, |content| {
                    per_dialect::read(key.span(), content, per_dialect::COLLATION, errors)
                })?;
                once(&mut self.collate, key, value)
            }
            "version" => once(&mut self.version, key, flag(key, input)?),
            "renamed_from" => once(&mut self.renamed_from, key, string(key, input)?),
            "sql_type" => {
                // Without it the field's type means nothing, and the code would fail in many places.
                let name = value(key, input, "write `sql_type = ` and a name such as `BigInt`")
                    .inspect_err(|_| errors.stop())?;
                once(&mut self.sql_type, key, name)
            }
            "stored" => {
                let form =
                    value(key, input, "write `stored = ` and a form such as `unix_seconds`")?;
                once(&mut self.stored, key, form)
            }
            other => {
                let message = unknown("attribute", other, " of a column", KEYS);
                Err(syn::Error::new(key.span(), message))
            }
        }
    }
}

fn default(input: ParseStream<'_>) -> Result<DefaultSyntax> {
    if input.peek(Lit) || input.peek(Token![-]) {
        let negative = input.parse::<Option<Token![-]>>()?.is_some();
        return Ok(DefaultSyntax::Literal { negative, literal: input.parse()? });
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
