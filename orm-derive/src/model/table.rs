//! A table: its columns and its constraints.

use heck::ToSnakeCase;
use proc_macro2::Span;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Field, Fields, Ident, Meta, Token, Visibility};

use super::constraint::Finder;
use super::constraints::Constraints;
use super::full_text::FullText;
use super::source::Source;
use super::{CTE_PREFIX, Column, at, check_name, database_name, key, no_generics, wire};
use crate::crates::missing_feature;
use crate::errors::{Checked, Errors};
use crate::parse::column::ColumnAttrs;
use crate::parse::relation::Relation;
use crate::parse::table::TableAttrs;

/// The most columns that diesel supports in a table.
const MOST_COLUMNS: usize = 128;

/// A struct that is a table.
pub(crate) struct Table {
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    /// The name in the database.
    pub(crate) name: String,
    /// diesel's module.
    pub(crate) module: Ident,
    pub(crate) columns: Vec<Column>,
    /// Whether every field became a column. A field with an error doesn't.
    pub(crate) is_complete: bool,
    /// The positions of the primary key's columns.
    pub(crate) key: Vec<usize>,
    pub(crate) constraints: Constraints,
    /// The relations that the table's attribute declares.
    pub(crate) relations: Vec<Relation>,
    pub(crate) full_text: Option<FullText>,
    pub(crate) renamed_from: Option<String>,
    /// Whether new rows and changes implement `Deserialize`.
    pub(crate) deserialize: bool,
    /// serde's items about names.
    pub(crate) serde: Vec<Meta>,
    /// Where the rows of a view come from.
    pub(crate) view: Option<Source>,
}

/// What was read of a struct that is a table or a view.
pub(super) struct Parts<'a> {
    /// The name of the struct's attribute.
    pub(super) attribute: &'static str,
    pub(super) attrs: TableAttrs,
    pub(super) fields: &'a Punctuated<Field, Token![,]>,
    /// The attributes of the fields.
    pub(super) parsed: Vec<ColumnAttrs>,
    /// Whether all attributes could be read.
    pub(super) all_read: bool,
    pub(super) view: Option<Source>,
}

impl Table {
    /// Reads and checks a struct.
    pub(crate) fn build(input: &DeriveInput) -> Checked<Self> {
        let mut errors = Errors::default();
        let table = Self::collect(input, &mut errors);
        errors.finish(table)
    }

    fn collect(input: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        no_generics(input, "a table", errors);
        let attrs = TableAttrs::parse(&input.attrs, errors);
        let fields = fields("a table", input, errors)?;
        let parsed: Vec<ColumnAttrs> =
            fields.iter().map(|field| ColumnAttrs::parse(&field.attrs, errors)).collect();
        // An item may be missing only because it is misspelt.
        let all_read = errors.count() == 0;
        let attribute = "table";
        Self::of(input, Parts { attribute, attrs, fields, parsed, all_read, view: None }, errors)
    }

    /// Checks what was read of a table or a view.
    pub(super) fn of(input: &DeriveInput, parts: Parts<'_>, errors: &mut Errors) -> Option<Self> {
        let Parts { attribute, attrs, fields, parsed, all_read, view } = parts;
        let names: Vec<String> = fields
            .iter()
            .filter_map(|field| field.ident.as_ref().map(|ident| ident.unraw().to_string()))
            .collect();

        let ident = input.ident.clone();
        let name = name(&attrs, &ident, errors);
        let given = attrs.name.as_ref().map(syn::LitStr::span);
        let module = module(attribute, attrs.module.as_ref(), given, &ident, &name, errors);

        // The attributes of a column with an error are left out too.
        let mut columns = Vec::new();
        let mut kept = Vec::new();
        for (field, attrs) in fields.iter().zip(&parsed) {
            if let Some(column) = Column::build(field, attrs, errors) {
                columns.push(column);
                kept.push(attrs);
            }
        }
        let is_complete = columns.len() == fields.len();
        distinct(attribute, &columns, &module, errors);
        let find = Finder { columns: &columns, fields: &names };

        let rules = key::Rules { attribute, all_read, is_required: view.is_none() };
        let key = key::of(&ident, &attrs, &parsed, &kept, &find, rules, errors);
        let versions: Vec<Span> = kept.iter().filter_map(|attrs| attrs.version).collect();
        for extra in versions.iter().skip(1) {
            errors.at(*extra, "a table has one version: remove the other");
        }

        let constraints = Constraints::collect(&ident, &attrs, &kept, &find, errors);
        distinct_relations(&constraints, &attrs.relations, errors);
        let full_text = attrs.full_text.as_ref();
        let full_text = full_text.map(|given| FullText::build(given, &key, &find, errors));

        if columns.is_empty() {
            return None;
        }
        Some(Self {
            vis: input.vis.clone(),
            is_complete,
            renamed_from: attrs.renamed_from.as_ref().map(|name| database_name(name, errors)),
            ident,
            name,
            module,
            columns,
            // A table's missing key is an error already. Any key does for code that uses the table.
            key: if key.is_empty() && view.is_none() { vec![0] } else { key },
            constraints,
            relations: attrs.relations,
            full_text,
            deserialize: attrs.deserialize.is_some(),
            serde: wire::of_struct(&input.attrs),
            view,
        })
    }

    /// Returns columns without a key, constraints and relations.
    pub(super) fn without_key(
        vis: Visibility,
        ident: Ident,
        name: String,
        module: Ident,
        columns: Vec<Column>,
        is_complete: bool,
    ) -> Self {
        Self {
            vis,
            ident,
            name,
            module,
            columns,
            is_complete,
            key: Vec::new(),
            constraints: Constraints::default(),
            relations: Vec::new(),
            full_text: None,
            renamed_from: None,
            deserialize: false,
            serde: Vec::new(),
            view: None,
        }
    }

    /// Returns whether the column at `place` is part of the primary key.
    pub(crate) fn is_key(&self, place: usize) -> bool {
        self.key.contains(&place)
    }

    /// Returns the struct's name with a prefix and a suffix, such as `NewUser`.
    pub(crate) fn named(&self, prefix: &str, suffix: &str) -> Ident {
        format_ident!("{prefix}{}{suffix}", self.ident.unraw(), span = at(self.ident.span()))
    }
}

/// Returns the fields of a struct with named fields.
pub(super) fn fields<'a>(
    what_is: &str,
    input: &'a DeriveInput,
    errors: &mut Errors,
) -> Option<&'a Punctuated<Field, Token![,]>> {
    let example = "write `struct Name { field: Type, … }`";
    let what = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if fields.named.is_empty() => "has no columns",
            Fields::Named(fields) => {
                let count = fields.named.len();
                if count > MOST_COLUMNS {
                    errors.stop();
                    errors.at(
                        input.ident.span(),
                        format!(
                            "{count} columns: diesel can have {MOST_COLUMNS} in a table (with its \
                             feature `128-column-tables`)"
                        ),
                    );
                }
                if let (true, Some(feature)) = (count <= MOST_COLUMNS, missing_feature(count)) {
                    errors.stop();
                    errors.at(
                        input.ident.span(),
                        format!(
                            "{count} columns: diesel needs its feature `{feature}` for so many: add it to the `features` of \
                             `diesel` in Cargo.toml"
                        ),
                    );
                }
                return Some(&fields.named);
            }
            Fields::Unnamed(_) => "has fields without names, and they are the columns' names",
            Fields::Unit => "has no fields, and they are the columns",
        },
        Data::Enum(_) => {
            errors.at(
                input.ident.span(),
                format!(
                    "{what_is} is a struct: for an enum that is a column's type, use `#[derive(Enum)]`"
                ),
            );
            return None;
        }
        Data::Union(_) => "is a union",
    };
    errors.at(input.ident.span(), format!("{what_is} is a struct, and this one {what}: {example}"));
    None
}

fn name(attrs: &TableAttrs, ident: &Ident, errors: &mut Errors) -> String {
    match &attrs.name {
        Some(name) => {
            if name.value().to_lowercase().starts_with(CTE_PREFIX) {
                errors.at(
                    name.span(),
                    format!("names that begin with `{CTE_PREFIX}` belong to CTEs: choose another"),
                );
            }
            database_name(name, errors)
        }
        None => {
            let name = format!("{}s", ident.unraw().to_string().to_snake_case());
            check_name(&name, ident.span(), errors);
            name
        }
    }
}

/// Returns the name of the module: the one that the attribute gives, or the table's.
pub(super) fn module(
    attribute: &str,
    module: Option<&Ident>,
    named_at: Option<Span>,
    ident: &Ident,
    name: &str,
    errors: &mut Errors,
) -> Ident {
    if let Some(module) = module {
        return module.clone();
    }
    match syn::parse_str::<Ident>(name) {
        Ok(module) => Ident::new(&module.to_string(), at(ident.span())),
        Err(_) => {
            let span = named_at.unwrap_or(ident.span());
            let snake = name.to_snake_case();
            let module = match syn::parse_str::<Ident>(&snake) {
                Ok(_) => snake,
                Err(_) => format!("{}_table", ident.unraw()).to_snake_case(),
            };
            errors.stop();
            errors.at(
                span,
                format!(
                    "`{name}` can't be the name of a module: choose one, such as \
                     `#[{attribute}(name = \"{name}\", module = {module})]`"
                ),
            );
            ident.clone()
        }
    }
}

/// Reports columns that share a name, because SQLite doesn't distinguish `a` from `A`, and columns with the module's
/// name.
pub(super) fn distinct(attribute: &str, columns: &[Column], module: &Ident, errors: &mut Errors) {
    for (place, column) in columns.iter().enumerate() {
        let same = |other: &&Column| other.name.to_lowercase() == column.name.to_lowercase();
        if let Some(other) = columns[..place].iter().find(same) {
            let why = if other.name == column.name {
                format!("are both the column `{}`", column.name)
            } else {
                format!(
                    "are the same column on SQLite, which doesn't distinguish `{}` from `{}`",
                    other.name, column.name
                )
            };
            errors.at(
                column.ident.span(),
                format!("`{}` and `{}` {why}: give one another name", other.ident, column.ident),
            );
        }
        if column.ident == *module {
            errors.stop();
            errors.at(
                column.ident.span(),
                format!(
                    "diesel can't distinguish the column `{module}` from the module `{module}` of its table: add \
                     `#[{attribute}(module = {module}_table)]`"
                ),
            );
        }
    }
}

/// Reports relations that share a name, or that have the name of a function that the table already has.
fn distinct_relations(constraints: &Constraints, declared: &[Relation], errors: &mut Errors) {
    let of_keys = constraints.foreign_keys.iter().map(|key| (&key.relation, "`as = name`"));
    let of_table = declared.iter().map(|relation| (&relation.name, "another name"));
    let all: Vec<(&Ident, &str)> = of_keys.chain(of_table).collect();
    for (place, (name, remedy)) in all.iter().enumerate() {
        if *name == "query" {
            errors.stop();
            errors.at(
                name.span(),
                format!("a relation can't be called `query`, like the query itself: use {remedy}"),
            );
        } else if all[..place].iter().any(|(other, _)| other == name) {
            errors.stop();
            errors.at(
                name.span(),
                format!("the table has a relation `{name}` already: use {remedy}"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(columns: usize) -> Vec<String> {
        let fields: Vec<String> = (1..columns).map(|n| format!("c{n}: i32,")).collect();
        let text =
            format!("struct Wide {{ #[column(primary_key)] id: i64, {} }}", fields.join(" "));
        let input = syn::parse_str(&text).expect("a struct");
        match Table::build(&input).into_result() {
            Ok(_) => Vec::new(),
            Err(error) => error.into_iter().map(|error| error.to_string()).collect(),
        }
    }

    /// diesel's macros would report it too, after hundreds of lines.
    #[test]
    fn a_wide_table_needs_a_feature_of_diesels() {
        assert_eq!(wide(32), [""; 0]);
        for (columns, feature) in [(33, "`64-column-tables`"), (65, "`128-column-tables`")] {
            let errors = wide(columns);
            assert!(errors.len() == 1 && errors[0].contains(feature), "{errors:?}");
        }
        assert_eq!(wide(129).len(), 1);
    }
}
