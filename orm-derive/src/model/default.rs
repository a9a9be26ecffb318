//! The default of a column, checked against its type.

use syn::{Lit, Path, Result};

use super::{FieldType, Literals};
use crate::model::written::shown;
use crate::parse::At;
use crate::parse::column::DefaultSyntax;

/// A default value.
#[derive(Debug, Clone)]
pub(crate) enum Default {
    Bool(bool),
    Integer(i64),
    Number(String),
    Text(String),
    Now,
    EmptyArray,
    Sql(String),
    /// A constant, or a variant of an enum.
    Path(Path),
}

impl Default {
    pub(crate) fn check(given: &At<DefaultSyntax>, ty: &FieldType) -> Result<Self> {
        match &given.value {
            DefaultSyntax::Sql(text) => Ok(Self::Sql(text.value())),
            DefaultSyntax::Now if ty.kind.is_time() => Ok(Self::Now),
            DefaultSyntax::Now => Err(syn::Error::new(
                given.span,
                format!("`now` is a date or a time, and this column is `{}`", shown(&ty.base)),
            )),
            DefaultSyntax::EmptyArray => match ty.kind.literals() {
                Literals::EmptyArray | Literals::Any => Ok(Self::EmptyArray),
                Literals::Bool
                | Literals::Integer(..)
                | Literals::Float
                | Literals::Decimal
                | Literals::Text
                | Literals::Now
                | Literals::None => Err(syn::Error::new(given.span, instead(ty))),
            },
            DefaultSyntax::Path(path) => match ty.kind.literals() {
                Literals::Any
                | Literals::Bool
                | Literals::Integer(..)
                | Literals::Float
                | Literals::Text => Ok(Self::Path(path.clone())),
                Literals::Decimal | Literals::Now | Literals::EmptyArray | Literals::None => {
                    Err(syn::Error::new_spanned(path, instead(ty)))
                }
            },
            DefaultSyntax::Literal { negative, literal } => literal_value(*negative, literal, ty)
                .ok_or_else(|| syn::Error::new_spanned(literal, instead(ty))),
        }
    }
}

fn literal_value(negative: bool, literal: &Lit, ty: &FieldType) -> Option<Default> {
    let signed = |digits: &str| if negative { format!("-{digits}") } else { digits.to_owned() };
    let literals = ty.kind.literals();
    let (any, exact) = (literals == Literals::Any, literals == Literals::Decimal);
    match literal {
        Lit::Bool(value) if any || literals == Literals::Bool => Some(Default::Bool(value.value)),
        Lit::Int(value) => {
            let digits = signed(value.base10_digits());
            let (least, most) = match literals {
                Literals::Integer(least, most) => (least, most),
                Literals::Float | Literals::Decimal | Literals::Any => (i64::MIN, i64::MAX),
                Literals::Bool
                | Literals::Text
                | Literals::Now
                | Literals::EmptyArray
                | Literals::None => return None,
            };
            match digits.parse() {
                Ok(number) if (least..=most).contains(&number) => Some(Default::Integer(number)),
                Err(_) if exact => Some(Default::Number(digits)),
                _ => None,
            }
        }
        Lit::Float(value) if any || exact || literals == Literals::Float => {
            Some(Default::Number(signed(value.base10_digits())))
        }
        Lit::Str(value) if !negative && (any || literals == Literals::Text) => {
            Some(Default::Text(value.value()))
        }
        Lit::Str(value) if !negative && exact && is_number(&value.value()) => {
            Some(Default::Number(value.value()))
        }
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all(whole) && all(fraction)
}

/// Returns the defaults that the type can have.
fn instead(ty: &FieldType) -> String {
    let allowed = ty.kind.defaults();
    format!("this is not a default for `{}`: it can be {allowed}, or `sql(\"…\")`", shown(&ty.base))
}
