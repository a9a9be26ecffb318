//! A column: a field and its attributes.

use proc_macro2::Span;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Field, Ident, Meta, Path, Visibility};

use super::{Default, FieldType, Kind, database_name, docs, wire};
use crate::errors::Errors;
use crate::model::written::shown;
use crate::parse::At;
use crate::parse::column::{ColumnAttrs, OnUpdate};
use crate::parse::per_dialect;

/// Names that diesel's table module already uses.
const TAKEN: &[&str] = &[
    "table",
    "star",
    "columns",
    "dsl",
    "all_columns",
    "diesel",
    "SqlType",
    "BoxedQuery",
    "q",
    "bool",
    "str",
    "T",
    "DB",
    "QS",
];

/// A column of a table.
pub(crate) struct Column {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) docs: Vec<Attribute>,
    /// The name in the database.
    pub(crate) name: String,
    pub(crate) ty: FieldType,
    pub(crate) auto: bool,
    pub(crate) default: Option<Default>,
    pub(crate) default_fn: Option<Path>,
    pub(crate) on_update: Option<At<OnUpdate>>,
    pub(crate) generated: Option<String>,
    pub(crate) max_length: Option<u32>,
    pub(crate) db_type: PerDialect,
    pub(crate) collate: PerDialect,
    pub(crate) version: bool,
    pub(crate) renamed_from: Option<String>,
    /// serde's items about names.
    pub(crate) serde: Vec<Meta>,
}

/// Text for each database.
pub(crate) struct PerDialect {
    pub(crate) sqlite: Option<String>,
    pub(crate) postgres: Option<String>,
}

impl PerDialect {
    fn of(given: Option<&per_dialect::PerDialect>) -> Self {
        let text = |text: &Option<syn::LitStr>| text.as_ref().map(syn::LitStr::value);
        Self {
            sqlite: given.and_then(|given| text(&given.sqlite)),
            postgres: given.and_then(|given| text(&given.postgres)),
        }
    }
}

/// How a column of a new row gets its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// The program must set it.
    Required,
    /// NULL unless it is set.
    Nullable,
    /// Filled by the database unless it is set.
    Default,
    /// Filled by the program before the insert unless it is set.
    Filled,
    /// Always filled by the database.
    Never,
}

impl Column {
    /// Resolves a field. Returns `None` if its type is unknown, which is then among the errors.
    pub(crate) fn build(field: &Field, attrs: &ColumnAttrs, errors: &mut Errors) -> Option<Self> {
        // Every field of a struct with named fields has a name.
        let ident = field.ident.clone()?;
        let name = match &attrs.name {
            Some(name) => database_name(name, errors),
            None => ident.unraw().to_string(),
        };
        if TAKEN.iter().any(|taken| ident.unraw() == *taken) {
            errors.stop();
            errors.at(
                ident.span(),
                format!(
                    "diesel's tables have a `{ident}` of their own: rename the field, and keep \
                     the column's name with `#[column(name = \"{name}\")]`"
                ),
            );
        }
        let mut ty = FieldType::resolve(&field.ty, attrs.sql_type.as_ref())
            .map_err(|error| errors.push(error))
            .ok()?;
        if let Some(form) = &attrs.stored
            && let Err(error) = ty.stored(form)
        {
            errors.push(error);
        }
        let default = attrs.default.as_ref().and_then(|default| {
            Default::check(default, &ty).map_err(|error| errors.push(error)).ok()
        });
        let column = Self {
            vis: field.vis.clone(),
            docs: docs(&field.attrs),
            name,
            ty,
            auto: attrs.auto.is_some(),
            default: default.or_else(|| attrs.version.is_some().then_some(Default::Integer(1))),
            default_fn: attrs.default_fn.as_ref().map(|default| default.value.clone()),
            on_update: attrs.on_update.as_ref().map(|on_update| {
                let value = match &on_update.value {
                    OnUpdate::Now => OnUpdate::Now,
                    OnUpdate::Path(path) => OnUpdate::Path(path.clone()),
                };
                At::new(on_update.span, value)
            }),
            generated: attrs.generated.as_ref().map(syn::LitStr::value),
            max_length: attrs
                .max_length
                .as_ref()
                .and_then(|length| length.base10_parse().map_err(|error| errors.push(error)).ok()),
            db_type: PerDialect::of(attrs.db_type.as_ref()),
            collate: PerDialect::of(attrs.collate.as_ref()),
            version: attrs.version.is_some(),
            renamed_from: attrs.renamed_from.as_ref().map(|name| database_name(name, errors)),
            serde: wire::of_field(&field.attrs),
            ident,
        };
        column.check(attrs, errors);
        Some(column)
    }

    /// Checks the attributes against each other and against the type.
    fn check(&self, attrs: &ColumnAttrs, errors: &mut Errors) {
        let shown = shown(&self.ty.full);
        if let Some(span) = attrs.auto {
            if !self.ty.kind.is_integer() && !self.is_own() {
                errors.at(
                    span,
                    format!("`auto` counts, but this column is `{shown}`: use `i64` or `i32`"),
                );
            }
            excludes("auto", "the database counts", attrs, errors);
        }
        if let Some(length) = &attrs.max_length {
            if self.ty.kind != Kind::Text {
                errors.at(
                    length.span(),
                    format!("`max_length` is for a `String`, and this column is `{shown}`"),
                );
            } else if self.max_length.is_some_and(|length| !(1..=10_485_760).contains(&length)) {
                errors.at(length.span(), "the length must be from 1 to 10485760 characters");
            }
        }
        if let (Some(db_type), true) = (&attrs.db_type, attrs.auto.is_some()) {
            let sqlite =
                db_type.sqlite.as_ref().filter(|ty| !ty.value().eq_ignore_ascii_case("INTEGER"));
            if let Some(ty) = sqlite {
                errors.at(ty.span(), "SQLite counts up only an `INTEGER`: leave `sqlite = …` out");
            }
        }
        if let Some(span) = attrs.version {
            if self.ty.nullable || !self.ty.kind.is_integer() {
                errors.at(
                    span,
                    format!("a version is counted, but this column is `{shown}`: use `i64`"),
                );
            }
            if let Some(on_update) = &attrs.on_update {
                errors
                    .at(on_update.span, "mizzle counts the version itself: leave `on_update` out");
            }
        }
        if attrs.generated.is_some() {
            excludes("generated", "the database computes it", attrs, errors);
            for (span, name) in [
                (attrs.on_update.as_ref().map(|on_update| on_update.span), "on_update"),
                (attrs.version, "version"),
                (attrs.auto, "auto"),
                (attrs.primary_key, "primary_key"),
            ] {
                if let Some(span) = span {
                    errors.at(
                        span,
                        format!("a generated column is never written: leave `{name}` out"),
                    );
                }
            }
        } else if let (Some(_), Some(default_fn)) = (&attrs.default, &attrs.default_fn) {
            errors.at(
                default_fn.span,
                "`default` and `default_fn` exclude each other: the database fills in the first, \
                 your program the second",
            );
        }
        if let Some(on_update) = &attrs.on_update {
            if matches!(on_update.value, OnUpdate::Now) && !self.ty.kind.is_time() {
                errors.at(
                    on_update.span,
                    format!("`now` is a date or a time, and this column is `{shown}`"),
                );
            }
            if let Some(span) = attrs.primary_key {
                errors.at(span, "a primary key doesn't change: remove `on_update`");
            }
        }
        if let (Some(span), true) = (attrs.primary_key, self.ty.nullable) {
            errors.at(span, nullable_key(&shown));
        }
    }

    /// Returns how a new row gets its value.
    pub(crate) fn given(&self) -> Given {
        if self.generated.is_some() {
            Given::Never
        } else if self.default_fn.is_some() {
            Given::Filled
        } else if self.auto || self.default.is_some() {
            Given::Default
        } else if self.ty.nullable {
            Given::Nullable
        } else {
            Given::Required
        }
    }

    pub(crate) fn is_own(&self) -> bool {
        self.ty.kind == Kind::Own
    }

    /// Returns the name of the field without `r#`.
    pub(crate) fn plain(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Returns the name of a method for this column, with the span of the field.
    pub(crate) fn method(&self, prefix: &str) -> Ident {
        let mut name = match prefix {
            "" => self.ident.clone(),
            _ => format_ident!("{prefix}{}", self.ident.unraw()),
        };
        name.set_span(super::at(self.ident.span()));
        name
    }

    pub(crate) fn span(&self) -> Span {
        self.ty.full.span()
    }
}

/// Returns the message for a key that may be NULL.
pub(crate) fn nullable_key(shown: &str) -> String {
    let inner = shown.trim_start_matches("Option<").trim_end_matches('>');
    format!("a primary key is never NULL: write `{inner}` instead of `{shown}`")
}

/// Reports attributes that conflict with `what`, which already decides the value.
fn excludes(what: &str, why: &str, attrs: &ColumnAttrs, errors: &mut Errors) {
    let default = attrs.default.as_ref().map(|default| default.span);
    let default_fn = attrs.default_fn.as_ref().map(|default| default.span);
    for span in [default, default_fn].into_iter().flatten() {
        errors.at(span, format!("with `{what}` there is no default, as {why}: leave one out"));
    }
}
