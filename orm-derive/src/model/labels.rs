//! An enum used as a column type.

use heck::{
    ToKebabCase, ToLowerCamelCase, ToShoutyKebabCase, ToShoutySnakeCase, ToSnakeCase,
    ToUpperCamelCase,
};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Visibility};

use super::{check_name, no_generics};
use crate::errors::{Checked, Errors, unknown};
use crate::parse::db::{EnumAttrs, VariantAttrs};

/// The ways to write labels.
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

/// The maximum length of a PostgreSQL label, in bytes.
const LONGEST_LABEL: usize = 63;

/// An enum and its labels.
pub(crate) struct Labels {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) variants: Vec<(Ident, String)>,
    /// The variants that can't be labels, which is an error.
    pub(crate) others: Vec<Ident>,
    /// The old labels that variants declare, each with the new one.
    pub(crate) renamed: Vec<(String, String)>,
    pub(crate) native: Option<String>,
    /// Whether serde uses the labels too.
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
                "this is not an enum: for a struct around one value, use `#[derive(Newtype)]`, for a table, \
                 `#[derive(Table)]`",
            );
            return None;
        };
        if data.variants.is_empty() {
            errors.at(input.ident.span(), "an enum without variants has no value to store");
            errors.stop();
        }
        let mut variants: Vec<(Ident, String)> = Vec::new();
        let mut others = Vec::new();
        let mut declared: Vec<(LitStr, String)> = Vec::new();
        for variant in &data.variants {
            if !matches!(variant.fields, Fields::Unit) {
                errors.on(
                    &variant.fields,
                    "a column only stores a variant's label, but this variant has fields: remove them, or store the \
                     whole enum as `Json<…>`",
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
            declared.extend(attrs.renamed_from.map(|old| (old, label.clone())));
            match variant.fields {
                Fields::Unit => variants.push((variant.ident.clone(), label)),
                _ => others.push(variant.ident.clone()),
            }
        }
        let renamed = renamed(&declared, &variants, errors);
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
            renamed,
            native,
            serde,
        })
    }
}

/// Returns the labels that were renamed, each with its old and its new name.
fn renamed(
    declared: &[(LitStr, String)],
    variants: &[(Ident, String)],
    errors: &mut Errors,
) -> Vec<(String, String)> {
    let mut renamed: Vec<(String, String)> = Vec::new();
    for (old, new) in declared {
        let (span, old) = (old.span(), old.value());
        let has_moved = |label: &String| declared.iter().any(|(_, moved)| moved == label);
        if old.len() > LONGEST_LABEL {
            errors.at(
                span,
                format!(
                    "a label has at most {LONGEST_LABEL} bytes, so this can't be a former label"
                ),
            );
        } else if old == *new {
            errors.at(
                span,
                format!(
                    "\"{old}\" is this variant's label: `renamed_from` is the label that it had before"
                ),
            );
        } else if let Some((_, first)) = renamed.iter().find(|(known, _)| *known == old) {
            errors.at(
                span,
                format!(
                    "\"{first}\" already has `renamed_from = \"{old}\"`: only one variant can have had a label"
                ),
            );
        } else if let Some((other, _)) =
            variants.iter().find(|(_, label)| *label == old && !has_moved(label))
        {
            errors.at(
                span,
                format!(
                    "`{other}` is stored as \"{old}\": `renamed_from` names a label that no variant has now, or that \
                     of a variant that has `renamed_from` too"
                ),
            );
        } else {
            renamed.push((old, new.clone()));
        }
    }
    renamed
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

    /// Returns the errors of the enum.
    fn errors(input: DeriveInput) -> Vec<String> {
        let error = Labels::build(&input).error;
        error.into_iter().flatten().map(|error| error.to_string()).collect()
    }

    #[test]
    fn labels_have_had_other_names() {
        let circle = Labels::build(&syn::parse_quote! {
            enum Status {
                #[db(renamed_from = "live")]
                Draft,
                #[db(name = "live", renamed_from = "draft")]
                Published,
                #[db(renamed_from = "old")]
                Idle,
            }
        });
        let renamed = circle.into_result().ok().map(|labels| labels.renamed).unwrap_or_default();
        let expected = [("live", "draft"), ("draft", "live"), ("old", "idle")];
        assert_eq!(renamed, expected.map(|(old, new)| (old.to_owned(), new.to_owned())));
    }

    #[test]
    fn what_a_label_can_not_have_been_is_said() {
        let found = errors(syn::parse_quote! {
            enum Status {
                Draft,
                #[db(renamed_from = "draft")]
                Sketch,
                #[db(renamed_from = "live")]
                Live,
                #[db(renamed_from = "old")]
                One,
                #[db(renamed_from = "old")]
                Two,
                #[db(renamed_from = "a_label_that_is_as_long_as_no_label_of_an_enum_can_be_in_PostgreSQL")]
                Three,
            }
        });
        for (error, says) in found.iter().zip([
            "`Draft` is stored as \"draft\": `renamed_from` names a label that no variant has now",
            "\"live\" is this variant's label",
            "\"one\" already has `renamed_from",
            "a label has at most 63 bytes",
        ]) {
            assert!(error.contains(says), "{error}");
        }
        assert_eq!(found.len(), 4, "{found:?}");
    }

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
