//! Where the rows of a view come from: its SELECT for each database.

use orm_lexer::Rules;
use proc_macro2::Span;
use syn::LitStr;

use super::sql::select;
use crate::errors::Errors;
use crate::parse::view::ViewAttrs;

const EXAMPLE: &str = "write `#[view(sql = \"SELECT …\")]`, or `#[view(sqlite = \"…\", postgres = \"…\")]` if the \
                       databases need different words";

/// Where the rows come from.
pub(crate) struct Source {
    pub(crate) sqlite: Option<String>,
    pub(crate) postgres: Option<String>,
    pub(crate) materialized: bool,
}

impl Source {
    /// Reads and checks the SELECT. `of` is the name of the struct.
    pub(super) fn read(attrs: &ViewAttrs, of: Span, errors: &mut Errors) -> Self {
        let mut view =
            Self { sqlite: None, postgres: None, materialized: attrs.materialized.is_some() };
        let of_one = [&attrs.sqlite, &attrs.postgres].into_iter().flatten();
        match (&attrs.sql, of_one.clone().count()) {
            (Some(_), 1..) => of_one.for_each(|literal| {
                errors.at(literal.span(), "`sql` is for both databases already: leave one out");
            }),
            (Some(literal), 0) => {
                let sql = select(literal, &[Rules::Sqlite, Rules::Postgres], errors);
                (view.sqlite, view.postgres) = (Some(sql.clone()), Some(sql));
            }
            (None, 0) => errors.at(of, format!("where does the view get its rows from? {EXAMPLE}")),
            (None, 1..) => {
                let mut read = |literal: &Option<LitStr>, rules| {
                    literal.as_ref().map(|literal| select(literal, &[rules], errors))
                };
                view.sqlite = read(&attrs.sqlite, Rules::Sqlite);
                view.postgres = read(&attrs.postgres, Rules::Postgres);
            }
        }
        if attrs.materialized.is_none() {
            for index in &attrs.indexes {
                errors.at(
                    index.span,
                    "only a materialized view stores rows: index the tables that it reads, or add `materialized`",
                );
            }
        }
        view
    }
}
