//! All keys, indexes and checks of a table, from its columns and from the table's attributes.

use proc_macro2::Span;
use syn::Ident;

use super::constraint::{Finder, repeated};
use super::{Check, ForeignKey, Index, Unique};
use crate::errors::Errors;
use crate::parse::column::ColumnAttrs;
use crate::parse::table::TableAttrs;

/// The constraints of a table; those of its columns come before those of the table.
#[derive(Default)]
pub(crate) struct Constraints {
    pub(crate) uniques: Vec<Unique>,
    pub(crate) checks: Vec<Check>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    pub(crate) indexes: Vec<Index>,
}

impl Constraints {
    /// Collects the constraints; `columns` are the attributes of the columns that `find` knows, in their order.
    pub(crate) fn collect(
        table: &Ident,
        attrs: &TableAttrs,
        columns: &[&ColumnAttrs],
        find: &Finder<'_>,
        errors: &mut Errors,
    ) -> Self {
        let (mut uniques, mut indexes) = (Vec::new(), Vec::new());
        let (mut checks, mut foreign_keys) = (Vec::new(), Vec::new());
        for (place, column) in columns.iter().enumerate() {
            if let Some(span) = column.unique {
                uniques.push((span, Unique { name: None, columns: vec![place] }));
            }
            if let Some(span) = column.index {
                indexes.push((span, Index::of(place)));
            }
            if let Some(sql) = &column.check {
                checks.push((sql.span(), Check::Column(place, sql.value())));
            }
            if let Some(reference) = &column.references {
                let key = ForeignKey::build(table, vec![place], reference, None, find, errors);
                foreign_keys.push((reference.span, key));
            }
        }
        for given in &attrs.uniques {
            uniques.push((given.span, Unique::build(given, find, errors)));
        }
        for given in &attrs.checks {
            checks.push((given.name.span(), Check::build(given, errors)));
        }
        for given in &attrs.indexes {
            indexes.push((given.span, Index::build(given, find, errors)));
        }
        for given in &attrs.foreign_keys {
            let places = find.places(&given.columns, errors);
            if places.len() == given.columns.len() {
                let (reference, name) = (&given.reference, given.name.as_ref());
                let key = ForeignKey::build(table, places, reference, name, find, errors);
                foreign_keys.push((given.span, key));
            }
        }
        repeated("unique constraint", &uniques, Unique::repeats, errors);
        repeated("check", &checks, Check::repeats, errors);
        repeated("index", &indexes, Index::repeats, errors);
        repeated("foreign key", &foreign_keys, ForeignKey::repeats, errors);
        let mut foreign_keys = values(foreign_keys);
        joins(&mut foreign_keys);
        Self {
            uniques: values(uniques),
            checks: values(checks),
            foreign_keys,
            indexes: values(indexes),
        }
    }
}

fn values<T>(spanned: Vec<(Span, T)>) -> Vec<T> {
    spanned.into_iter().map(|(_, value)| value).collect()
}

/// Leaves one joining key per parent, because diesel joins two tables in one way only.
fn joins(foreign_keys: &mut [ForeignKey]) {
    let parents: Vec<Option<String>> = foreign_keys
        .iter()
        .map(|key| {
            let last = key.parent.segments.last().map(|segment| segment.ident.to_string());
            last.filter(|_| key.joins)
        })
        .collect();
    for (place, key) in foreign_keys.iter_mut().enumerate() {
        let alone = parents
            .iter()
            .enumerate()
            .all(|(other, parent)| other == place || *parent != parents[place]);
        let to_key = key.columns.len() == 1 && key.references.is_empty();
        key.joins = key.joins && alone && to_key && !key.to_itself;
    }
}
