//! An enum that is the type of columns.

use heck::{
    ToKebabCase, ToLowerCamelCase, ToShoutyKebabCase, ToShoutySnakeCase, ToSnakeCase,
    ToUpperCamelCase,
};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Visibility};

use super::{check_name, no_generics};
use crate::errors::{Checked, Errors, unknown};
use crate::parse::db::{EnumAttrs, VariantAttrs};

/// How labels are written.
const CASES: &[&str] = &[
    "snake_case",
    "SCREAMING_SNAKE_CASE",
    "kebab-case",
    "SCREAMING-KEBAB-CASE",
    "camelCase",
    "PascalCase",
    "lowercase",
    "UPPERCASE",
];

/// The most bytes in a label of PostgreSQL.
const LONGEST_LABEL: usize = 63;

/// An enum and its labels.
pub(crate) struct Labels {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) variants: Vec<(Ident, String)>,
    /// The variants that are no label, which is an error.
    pub(crate) others: Vec<Ident>,
    pub(crate) native: Option<String>,
    /// Whether documents have the labels as well.
    pub(crate) serde: bool,
}

impl Labels {
    pub(crate) fn build(input: &DeriveInput) -> Checked<Self> {
        let mut errors = Errors::default();
        let labels = Self::collect(input, &mut errors);
        errors.finish(labels)
    }

    fn collect(input: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        no_generics(input, "an enum that is a column's type", errors);
        let attrs = EnumAttrs::parse(&input.attrs, errors);
        let case = attrs.rename_all.as_ref().map_or("snake_case".to_owned(), LitStr::value);
        if let Some(written) = attrs.rename_all.filter(|_| !CASES.contains(&case.as_str())) {
            errors.at(written.span(), unknown("case", &case, "", CASES));
        }
        let Data::Enum(data) = &input.data else {
            errors.at(
                input.ident.span(),
                "this is no enum: for a struct around one value use `#[derive(Newtype)]`, for a \
                 table `#[derive(Table)]`",
            );
            return None;
        };
        if data.variants.is_empty() {
            errors.at(input.ident.span(), "an enum without variants has no value to store");
            errors.stop();
        }
        let mut variants: Vec<(Ident, String)> = Vec::new();
        let mut others = Vec::new();
        for variant in &data.variants {
            if !matches!(variant.fields, Fields::Unit) {
                errors.on(
                    &variant.fields,
                    "a column holds the variant's label alone, and this one holds more: remove \
                     the fields, or store the whole enum as `Json<…>`",
                );
            }
            let attrs = VariantAttrs::parse(&variant.attrs, errors);
            let (label, span) = match &attrs.name {
                Some(name) => (name.value(), name.span()),
                None => {
                    let name = variant.ident.unraw().to_string();
                    (labelled(&name, &case), variant.ident.span())
                }
            };
            if label.len() > LONGEST_LABEL {
                errors.at(span, format!("a label has at most {LONGEST_LABEL} bytes: shorten it"));
            }
            if let Some((other, _)) = variants.iter().find(|(_, known)| *known == label) {
                errors.at(
                    span,
                    format!(
                        "`{}` and `{other}` are both stored as \"{label}\": give one another \
                         label with `#[db(name = \"…\")]`",
                        variant.ident
                    ),
                );
            }
            match variant.fields {
                Fields::Unit => variants.push((variant.ident.clone(), label)),
                _ => others.push(variant.ident.clone()),
            }
        }
        let serde = attrs.serde.is_some();
        let native = attrs.native.map(|name| {
            check_name(&name.value(), name.span(), errors);
            name.value()
        });
        Some(Self {
            ident: input.ident.clone(),
            vis: input.vis.clone(),
            variants,
            others,
            native,
            serde,
        })
    }
}

fn labelled(variant: &str, case: &str) -> String {
    match case {
        "SCREAMING_SNAKE_CASE" => variant.to_shouty_snake_case(),
        "kebab-case" => variant.to_kebab_case(),
        "SCREAMING-KEBAB-CASE" => variant.to_shouty_kebab_case(),
        "camelCase" => variant.to_lower_camel_case(),
        "PascalCase" => variant.to_upper_camel_case(),
        "lowercase" => variant.to_lowercase(),
        "UPPERCASE" => variant.to_uppercase(),
        _ => variant.to_snake_case(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_known() {
        let labels: Vec<String> = CASES.iter().map(|case| labelled("InReview", case)).collect();
        let expected = [
            "in_review",
            "IN_REVIEW",
            "in-review",
            "IN-REVIEW",
            "inReview",
            "InReview",
            "inreview",
            "INREVIEW",
        ];
        assert_eq!(labels, expected);
    }
}
