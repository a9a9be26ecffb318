//! A struct that is a view: a table whose rows come from a SELECT.

use syn::DeriveInput;

use super::source::Source;
use super::table::{Parts, fields};
use super::{Table, no_generics};
use crate::errors::{Checked, Errors};
use crate::parse::column::ColumnAttrs;
use crate::parse::reference::Reference;
use crate::parse::table::TableAttrs;
use crate::parse::view::{ViewAttrs, ViewColumnAttrs};

/// A view.
pub(crate) struct View;

impl View {
    /// Reads and checks a struct.
    pub(crate) fn table(input: &DeriveInput) -> Checked<Table> {
        let mut errors = Errors::default();
        let table = Self::collect(input, &mut errors);
        errors.finish(table)
    }

    fn collect(input: &DeriveInput, errors: &mut Errors) -> Option<Table> {
        no_generics(input, "a view", errors);
        let attrs = ViewAttrs::parse(&input.attrs, errors);
        let fields = fields("a view", input, errors)?;
        let parsed: Vec<ColumnAttrs> = fields
            .iter()
            .map(|field| column(ViewColumnAttrs::parse(&field.attrs, errors)))
            .collect();
        let references = parsed.iter().filter_map(|attrs| attrs.references.as_ref());
        let of_keys = attrs.foreign_keys.iter().map(|key| &key.reference);
        references.chain(of_keys).for_each(|reference| no_actions(reference, errors));
        let all_read = errors.count() == 0;
        let view = Source::read(&attrs, input.ident.span(), errors);
        let attrs = TableAttrs {
            name: attrs.name,
            module: attrs.module,
            primary_key: attrs.primary_key,
            indexes: attrs.indexes,
            foreign_keys: attrs.foreign_keys,
            relations: attrs.relations,
            ..TableAttrs::default()
        };
        let parts = Parts { attribute: "view", attrs, fields, parsed, all_read, view: Some(view) };
        Table::of(input, parts, errors)
    }
}

fn column(attrs: ViewColumnAttrs) -> ColumnAttrs {
    ColumnAttrs {
        name: attrs.name,
        primary_key: attrs.primary_key,
        references: attrs.references,
        sql_type: attrs.sql_type,
        stored: attrs.stored,
        ..ColumnAttrs::default()
    }
}

/// The database can't delete or change the rows of a view: they follow from its SQL.
fn no_actions(reference: &Reference, errors: &mut Errors) {
    for action in [&reference.on_delete, &reference.on_update].into_iter().flatten() {
        errors.at(action.span, "the rows of a view follow from its SQL: leave this out");
    }
}
