//! A struct whose columns are those of a query before a statement.

use heck::ToSnakeCase;
use syn::ext::IdentExt;
use syn::{DeriveInput, Ident};

use super::table::{distinct, fields, module};
use super::{CTE_PREFIX, Column, Table, check_name, database_name, no_generics};
use crate::errors::{Checked, Errors};
use crate::parse::column::{ColumnAttrs, CteColumnAttrs};
use crate::parse::table::CteAttrs;

/// A CTE: a table without a key, constraints and relations.
pub(crate) struct Cte {
    pub(crate) table: Table,
}

impl Cte {
    pub(crate) fn build(input: &DeriveInput) -> Checked<Self> {
        let mut errors = Errors::default();
        let cte = Self::collect(input, &mut errors);
        errors.finish(cte)
    }

    fn collect(input: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        no_generics(input, "a CTE", errors);
        let attrs = CteAttrs::parse(&input.attrs, errors);
        let fields = fields("a CTE", input, errors)?;
        let mut columns = Vec::new();
        for field in fields {
            let parsed = CteColumnAttrs::parse(&field.attrs, errors);
            let attrs = ColumnAttrs {
                name: parsed.name,
                sql_type: parsed.sql_type,
                stored: parsed.stored,
                ..ColumnAttrs::default()
            };
            columns.extend(Column::build(field, &attrs, errors));
        }
        let ident = input.ident.clone();
        let name = name(&attrs, &ident, errors);
        let given = attrs.name.as_ref().map(syn::LitStr::span);
        let module = module("cte", attrs.module.as_ref(), given, &ident, &name, errors);
        distinct("cte", &columns, &module, errors);
        if columns.is_empty() {
            return None;
        }
        let is_complete = columns.len() == fields.len();
        let vis = input.vis.clone();
        Some(Self { table: Table::without_key(vis, ident, name, module, columns, is_complete) })
    }
}

fn name(attrs: &CteAttrs, ident: &Ident, errors: &mut Errors) -> String {
    let (name, span) = match &attrs.name {
        Some(name) => (database_name(name, errors), name.span()),
        None => (format!("{}s", ident.unraw().to_string().to_snake_case()), ident.span()),
    };
    check_name(&format!("{CTE_PREFIX}{name}"), span, errors);
    name
}
