//! The meaning of an item: resolves names and checks rules.

pub(crate) mod column;
mod constraint;
mod constraints;
mod cte;
pub(crate) mod default;
pub(crate) mod field_type;
mod full_text;
mod key;
mod kind;
pub(crate) mod labels;
pub(crate) mod native;
pub(crate) mod newtype;
pub(crate) mod record;
mod source;
pub(crate) mod sql;
pub(crate) mod table;
#[cfg(feature = "test")]
pub(crate) mod test;
pub(crate) mod view;
mod wire;
pub(crate) mod written;

pub(crate) use column::{Column, Given, PerDialect};
pub(crate) use constraint::{Check, ForeignKey, Index, IndexKey, Unique};
pub(crate) use cte::Cte;
pub(crate) use default::Default;
pub(crate) use field_type::FieldType;
pub(crate) use kind::{Kind, Literals};
pub(crate) use labels::Labels;
pub(crate) use native::Native;
pub(crate) use newtype::Newtype;
pub(crate) use record::Record;
pub(crate) use sql::Sql;
pub(crate) use table::Table;
#[cfg(feature = "test")]
pub(crate) use test::Test;
pub(crate) use view::View;

use proc_macro2::Span;
use syn::{Attribute, DeriveInput, LitStr};

use crate::errors::Errors;

/// The longest name that PostgreSQL keeps, in bytes.
const LONGEST_NAME: usize = 63;

/// What the names of CTEs begin with in SQL. No table's name does.
pub(crate) const CTE_PREFIX: &str = "__cte_";

/// Returns a name for the database, after checking it.
fn database_name(text: &LitStr, errors: &mut Errors) -> String {
    let name = text.value();
    check_name(&name, text.span(), errors);
    name
}

fn check_name(name: &str, span: Span, errors: &mut Errors) {
    if name.len() > LONGEST_NAME {
        errors.at(
            span,
            format!(
                "this name has {} bytes, and PostgreSQL cuts names at {LONGEST_NAME}: shorten it",
                name.len()
            ),
        );
    }
    if name.contains(|c: char| c.is_control()) {
        errors.at(span, "a name may not contain control characters");
    }
    if name.to_lowercase().starts_with("sqlite_") {
        errors.at(span, "names that begin with `sqlite_` belong to SQLite: choose another");
    }
}

/// Returns the location of the user's code, for generated code: errors point at it, and lints ignore it.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// Returns the doc comments among `attrs`.
fn docs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("doc")).cloned().collect()
}

/// Refuses generics, which no item supports.
fn no_generics(input: &DeriveInput, what: &str, errors: &mut Errors) {
    if !input.generics.params.is_empty() {
        errors.stop();
        errors.on(
            &input.generics,
            format!("{what} can't have type parameters or lifetimes: use concrete, owned types"),
        );
    }
}
