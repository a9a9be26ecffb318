//! `(sqlite = "…", postgres = "…")`: what is said to one database alone.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, LitStr, Result};

use super::{next, once, string};
use crate::errors::{Errors, unknown};

pub(crate) const TYPE: &str =
    "write `db_type(postgres = \"numeric(10,2)\")`, `db_type(sqlite = \"…\")`, or both";

pub(crate) const COLLATION: &str =
    "write `collate(sqlite = \"NOCASE\")`, `collate(postgres = \"…\")`, or both";

/// Text for each database.
#[derive(Default)]
pub(crate) struct PerDialect {
    pub(crate) sqlite: Option<LitStr>,
    pub(crate) postgres: Option<LitStr>,
}

/// Reads what stands between the parentheses.
pub(crate) fn read(
    span: Span,
    input: ParseStream<'_>,
    example: &str,
    errors: &mut Errors,
) -> Result<PerDialect> {
    if input.is_empty() {
        return Err(syn::Error::new(span, format!("for which database? {example}")));
    }
    let mut given = PerDialect::default();
    while !input.is_empty() {
        let item = Ident::parse_any(input).and_then(|key| given.item(&key, input));
        next(input, item, errors);
    }
    Ok(given)
}

impl PerDialect {
    fn item(&mut self, key: &Ident, input: ParseStream<'_>) -> Result<()> {
        match key.unraw().to_string().as_str() {
            "sqlite" => once(&mut self.sqlite, key, string(key, input)?),
            "postgres" => once(&mut self.postgres, key, string(key, input)?),
            other => {
                let message = unknown("database", other, "", &["sqlite", "postgres"]);
                Err(syn::Error::new(key.span(), message))
            }
        }
    }
}
