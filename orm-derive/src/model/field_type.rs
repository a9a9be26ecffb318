//! Resolves the type of a field, by its name, to the type of its column.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Result, Type};

use super::kind::Kind;
use super::written::{element, error, option, plain, shown};
use crate::crates::Crates;
use crate::errors::unknown;

/// The type of a field, resolved.
pub(crate) struct FieldType {
    /// The type as written.
    pub(crate) full: Type,
    /// The type without `Option`.
    pub(crate) base: Type,
    /// Whether it is an `Option`.
    pub(crate) nullable: bool,
    /// What the column contains.
    pub(crate) kind: Kind,
    /// Whether `sql_type` sets the kind, rather than the type's name.
    said: bool,
    /// The form in which the column stores moments, if it isn't the usual one: a variant of `MomentForm`, and a type.
    pub(crate) form: Option<&'static str>,
}

/// The forms that `stored = …` accepts, and their names in code; the usual form has none.
const FORMS: &[(&str, Option<&str>)] = &[
    ("text", None),
    ("iso8601", Some("Iso8601")),
    ("sqlite_datetime", Some("SqliteDatetime")),
    ("unix_seconds", Some("UnixSeconds")),
    ("unix_millis", Some("UnixMillis")),
];

impl FieldType {
    /// Resolves `ty`; `sql_type` is the name that overrides the type's own.
    pub(crate) fn resolve(ty: &Type, sql_type: Option<&Ident>) -> Result<Self> {
        let full = plain(ty);
        let (base, nullable) = match option(full) {
            Some(inner) => (plain(inner), true),
            None => (full, false),
        };
        if option(base).is_some() {
            return Err(error(ty, "a column is NULL or not: use a single `Option`"));
        }
        let kind = match sql_type {
            Some(name) => Kind::named(name)?,
            None => Kind::of(base)?,
        };
        let said = sql_type.is_some();
        Ok(Self { full: full.clone(), base: base.clone(), nullable, kind, said, form: None })
    }

    /// Sets the form in which the column stores its moments.
    pub(crate) fn stored(&mut self, form: &Ident) -> Result<()> {
        let text = form.to_string();
        let Some((_, known)) = FORMS.iter().find(|(known, _)| *known == text) else {
            let known: Vec<&str> = FORMS.iter().map(|(known, _)| *known).collect();
            return Err(syn::Error::new(form.span(), unknown("form", &text, "", &known)));
        };
        if !matches!(self.kind, Kind::Timestamp | Kind::Timestamptz) {
            let shown = shown(&self.base);
            return Err(syn::Error::new(
                form.span(),
                format!(
                    "`stored` is for a `DateTime<Utc>` or a `NaiveDateTime`, and this column is `{shown}`"
                ),
            ));
        }
        self.form = *known;
        Ok(())
    }

    /// Returns whether the type's name says what the column contains.
    pub(crate) fn is_known(&self) -> bool {
        !self.said && !matches!(self.kind, Kind::Own | Kind::Array)
    }

    /// Returns the type of the elements of an array.
    pub(crate) fn element(&self) -> Option<&Type> {
        let item = (self.kind == Kind::Array).then(|| element(&self.base))??;
        Some(plain(option(item).unwrap_or(item)))
    }

    /// Returns diesel's type of the column, for code that has the field's own type in scope.
    pub(crate) fn sql_type(&self, crates: &Crates) -> TokenStream {
        nullable(self.nullable, self.base_sql_type(crates), crates)
    }

    /// Returns the same for a NOT NULL column.
    pub(crate) fn base_sql_type(&self, crates: &Crates) -> TokenStream {
        let Some(form) = self.form else { return self.kind.sql_type(crates) };
        let (mizzle, form) = (&crates.mizzle, format_ident!("{form}"));
        let name = if self.kind == Kind::Timestamp { "DateTimeAs" } else { "MomentAs" };
        let name = format_ident!("{name}");
        quote!(#mizzle::sql_types::#name<#mizzle::sql_types::#form>)
    }
}

/// Returns `sql_type`, or `Nullable` of it.
pub(crate) fn nullable(nullable: bool, sql_type: TokenStream, crates: &Crates) -> TokenStream {
    let diesel = &crates.diesel;
    if nullable { quote!(#diesel::sql_types::Nullable<#sql_type>) } else { sql_type }
}
