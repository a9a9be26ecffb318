//! Keys, indexes and checks of a table, with their columns resolved.

use heck::ToSnakeCase;
use proc_macro2::Span;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Ident, LitStr, Path};

use super::{Column, database_name};
use crate::errors::{Errors, nearest};
use crate::parse::At;
use crate::parse::reference::{Action, Reference};
use crate::parse::table as syntax;

/// A unique constraint.
pub(crate) struct Unique {
    pub(crate) name: Option<String>,
    pub(crate) columns: Vec<usize>,
}

/// A check.
pub(crate) enum Check {
    /// A check of one column, with the conventional name.
    Column(usize, String),
    /// A check with its own name.
    Named(String, String),
}

impl Check {
    /// Returns whether it has the same name.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Named(one, _), Self::Named(other, _)) if one == other)
    }
}

/// An index.
pub(crate) struct Index {
    pub(crate) name: Option<String>,
    pub(crate) parts: Vec<IndexPart>,
    pub(crate) unique: bool,
    pub(crate) condition: Option<String>,
    /// The method, if it isn't `btree`.
    pub(crate) method: Option<String>,
}

/// One part of an index.
#[derive(PartialEq)]
pub(crate) struct IndexPart {
    pub(crate) key: IndexKey,
    pub(crate) descending: bool,
    /// The operator class.
    pub(crate) ops: Option<String>,
}

/// The key that a part of an index sorts by.
#[derive(PartialEq)]
pub(crate) enum IndexKey {
    Column(usize),
    Sql(String),
}

/// A foreign key.
pub(crate) struct ForeignKey {
    pub(crate) name: Option<String>,
    pub(crate) columns: Vec<usize>,
    pub(crate) parent: Path,
    /// The fields of the parent; empty for its primary key.
    pub(crate) references: Vec<Ident>,
    pub(crate) on_delete: Action,
    pub(crate) on_update: Action,
    /// Whether diesel joins the two tables along it.
    pub(crate) joins: bool,
    /// Whether the parent is this table.
    pub(crate) to_itself: bool,
    /// The name of the relation to the parent: `author` for `author_id`.
    pub(crate) relation: Ident,
}

/// Finds the columns of one table by the names of their fields.
pub(crate) struct Finder<'a> {
    pub(crate) columns: &'a [Column],
    /// All fields, including those with errors.
    pub(crate) fields: &'a [String],
}

impl Finder<'_> {
    /// Returns the positions of the columns called `names`, and reports those that are missing.
    pub(crate) fn places(&self, names: &[Ident], errors: &mut Errors) -> Vec<usize> {
        let mut places = Vec::new();
        for name in names {
            let Some(place) = self.place(name, errors) else { continue };
            if places.contains(&place) {
                errors.at(name.span(), format!("`{name}` is named twice"));
            } else {
                places.push(place);
            }
        }
        places
    }

    pub(crate) fn place(&self, name: &Ident, errors: &mut Errors) -> Option<usize> {
        let text = name.unraw().to_string();
        let place = self.columns.iter().position(|column| column.plain() == text);
        // If the field exists, its type may be the error.
        if place.is_none() && !self.fields.contains(&text) {
            let fields: Vec<&str> = self.fields.iter().map(String::as_str).collect();
            let meant = match nearest(&text, &fields) {
                Some(field) => format!(": did you mean `{field}`?"),
                None => format!("; it has {}", fields.join(", ")),
            };
            errors.at(name.span(), format!("the struct has no field `{text}`{meant}"));
        }
        place
    }
}

impl Unique {
    pub(crate) fn build(given: &syntax::Unique, find: &Finder<'_>, errors: &mut Errors) -> Self {
        let name = given.options.name.as_ref().map(|name| database_name(name, errors));
        Self { name, columns: find.places(&given.columns, errors) }
    }
}

impl Check {
    pub(crate) fn build(given: &syntax::Check, errors: &mut Errors) -> Self {
        let name = database_name(&given.name, errors);
        if name.trim().is_empty() {
            errors.at(given.name.span(), "the name of a check may not be empty");
        }
        if given.sql.value().trim().is_empty() {
            errors.at(given.sql.span(), "a check needs a condition, such as \"price > 0\"");
        }
        Self::Named(name, given.sql.value())
    }
}

impl Index {
    pub(crate) fn build(given: &syntax::Index, find: &Finder<'_>, errors: &mut Errors) -> Self {
        let mut parts: Vec<IndexPart> = Vec::new();
        for part in &given.parts {
            let key = match &part.key {
                syntax::PartKey::Sql(sql) => IndexKey::Sql(sql.value()),
                syntax::PartKey::Column(name) => match find.place(name, errors) {
                    Some(place) => IndexKey::Column(place),
                    None => continue,
                },
            };
            let ops = part.ops.as_ref().map(|class| database_name(class, errors));
            if parts.iter().any(|other| other.key == key && other.ops == ops) {
                errors.at(given.span, "this index names a column twice");
            }
            parts.push(IndexPart { key, descending: part.descending, ops });
        }
        let method = given.options.method.as_ref();
        let method = method.map(|method| (database_name(method, errors), method.span()));
        let method = method.filter(|(method, _)| method != "btree");
        if let Some((method, span)) = &method {
            check_method(method, *span, &parts, given.options.unique, errors);
        }
        Self {
            name: given.options.name.as_ref().map(|name| database_name(name, errors)),
            parts,
            unique: given.options.unique.is_some(),
            condition: given.options.condition.as_ref().map(LitStr::value),
            method: method.map(|(method, _)| method),
        }
    }

    /// Returns an ascending index of one column.
    pub(crate) fn of(column: usize) -> Self {
        let key = IndexKey::Column(column);
        let parts = vec![IndexPart { key, descending: false, ops: None }];
        Self { name: None, parts, unique: false, condition: None, method: None }
    }
}

/// Refuses what only an index of the method `btree` can have.
fn check_method(
    method: &str,
    at: Span,
    parts: &[IndexPart],
    unique: Option<Span>,
    errors: &mut Errors,
) {
    /// The methods with one part.
    const OF_ONE_PART: [&str; 4] = ["hash", "spgist", "hnsw", "ivfflat"];
    if let Some(unique) = unique {
        errors.at(
            unique,
            format!("only a btree index can be unique: leave out `using = {method}` or `unique`"),
        );
    }
    if parts.iter().any(|part| part.descending) {
        errors.at(at, format!("an index of the method {method} has no order: leave out `desc()`"));
    }
    if OF_ONE_PART.contains(&method) && parts.len() > 1 {
        errors.at(
            at,
            format!("an index of the method {method} takes one column: declare one for each"),
        );
    }
}

impl ForeignKey {
    pub(crate) fn build(
        table: &Ident,
        columns: Vec<usize>,
        reference: &Reference,
        name: Option<&LitStr>,
        find: &Finder<'_>,
        errors: &mut Errors,
    ) -> Self {
        let to_itself = reference.parent.is_ident("Self") || reference.parent.is_ident(table);
        let parent = if to_itself { Path::from(table.clone()) } else { reference.parent.clone() };
        if !reference.columns.is_empty() && reference.columns.len() != columns.len() {
            errors.at(
                reference.span,
                format!(
                    "{} of this table refer to {} of `{}`: name as many there, or none for its \
                     primary key",
                    count(columns.len()),
                    count(reference.columns.len()),
                    super::written::shown(&reference.parent),
                ),
            );
        }
        for action in [&reference.on_delete, &reference.on_update].into_iter().flatten() {
            check_action(action, &columns, find, errors);
        }
        let relation = relation(&columns, reference, find);
        let action = |action: &Option<At<Action>>| {
            action.as_ref().map_or(Action::NoAction, |action| action.value)
        };
        Self {
            name: name.map(|name| database_name(name, errors)),
            columns,
            parent,
            references: reference.columns.clone(),
            on_delete: action(&reference.on_delete),
            on_update: action(&reference.on_update),
            joins: reference.join.as_ref().is_none_or(|join| join.value),
            to_itself,
            relation,
        }
    }
}

/// Returns the name of the relation to the parent: the given one, or the column's without `_id`. With several columns
/// it is the parent's name.
fn relation(columns: &[usize], reference: &Reference, find: &Finder<'_>) -> Ident {
    if let Some(given) = &reference.relation {
        return given.clone();
    }
    let span = reference.parent.segments.last().map_or(reference.span, |last| last.ident.span());
    let name = match columns {
        [column] => {
            let column = find.columns[*column].plain();
            column.strip_suffix("_id").unwrap_or(&column).to_owned()
        }
        _ => super::written::shown(&reference.parent).to_snake_case(),
    };
    syn::parse_str(&name).map_or_else(
        |_| format_ident!("{name}_row", span = super::at(span)),
        |ident: Ident| Ident::new(&ident.to_string(), super::at(span)),
    )
}

/// Reports duplicates: the same columns again, or the same name.
pub(crate) fn repeated<T>(
    what: &str,
    given: &[(Span, T)],
    same: impl Fn(&T, &T) -> bool,
    errors: &mut Errors,
) {
    for (place, (span, one)) in given.iter().enumerate() {
        if given[..place].iter().any(|(_, other)| same(one, other)) {
            errors.at(*span, format!("this {what} is there already: remove one, or rename it"));
        }
    }
}

impl Unique {
    /// Returns whether the two are duplicates for the database.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        self.columns == other.columns || (self.name.is_some() && self.name == other.name)
    }
}

impl Index {
    /// Returns whether the two are duplicates for the database.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        match (&self.name, &other.name) {
            (None, None) => {
                self.parts == other.parts
                    && self.condition == other.condition
                    && self.method == other.method
            }
            (one, other) => one == other,
        }
    }
}

impl ForeignKey {
    /// Returns whether it refers from the same columns.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        self.columns == other.columns || (self.name.is_some() && self.name == other.name)
    }
}

/// Checks that the referring columns accept the values that the action sets.
fn check_action(action: &At<Action>, columns: &[usize], find: &Finder<'_>, errors: &mut Errors) {
    for column in columns.iter().map(|place| &find.columns[*place]) {
        let (name, ty) = (&column.ident, super::written::shown(&column.ty.full));
        if column.ty.nullable {
            continue;
        }
        if action.value == Action::SetNull {
            errors.at(
                action.span,
                format!(
                    "`set_null` needs a column that may be NULL, and `{name}` is `{ty}`: write \
                     `Option<{ty}>`, or use `cascade` or `restrict`"
                ),
            );
        } else if action.value == Action::SetDefault && column.default.is_none() {
            errors.at(
                action.span,
                format!("`set_default` needs a default, and `{name}` has none: add `default = …`"),
            );
        }
    }
}

fn count(columns: usize) -> String {
    if columns == 1 { "1 column".to_owned() } else { format!("{columns} columns") }
}
