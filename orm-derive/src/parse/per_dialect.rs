//! `(sqlite = "…", postgres = "…")`: a text for one database only.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, LitStr, Result};

use super::{next, once, parens, string};
use crate::errors::{Errors, unknown};

const TYPE: &str =
    "write `db_type(postgres = \"numeric(10,2)\")`, `db_type(sqlite = \"…\")`, or both";

const COLLATION: &str =
    "write `collate(sqlite = \"NOCASE\")`, `collate(postgres = \"…\")`, or both";

/// Text for each database.
#[derive(Default)]
pub(crate) struct PerDialect {
    pub(crate) sqlite: Option<LitStr>,
    pub(crate) postgres: Option<LitStr>,
}

pub(super) fn db_type(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Result<PerDialect> {
    read(key, input, TYPE, errors)
}

pub(super) fn collate(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Result<PerDialect> {
    read(key, input, COLLATION, errors)
}

fn read(
    key: &Ident,
    input: ParseStream<'_>,
    example: &str,
    errors: &mut Errors,
) -> Result<PerDialect> {
    parens(key, input, example, |content| {
        if content.is_empty() {
            return Err(syn::Error::new(key.span(), format!("for which database? {example}")));
        }
        let mut given = PerDialect::default();
        while !content.is_empty() {
            let item = Ident::parse_any(content).and_then(|key| given.item(&key, content));
            next(content, item, errors);
        }
        Ok(given)
    })
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
