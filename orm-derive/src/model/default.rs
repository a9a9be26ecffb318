//! The default of a column, checked against its type.

use syn::{Lit, Path, Result};

use super::{FieldType, Kind};
use crate::model::field_type::shown;
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
            DefaultSyntax::Path(path) => match ty.kind {
                Kind::Own
                | Kind::Bool
                | Kind::SmallInt
                | Kind::Integer
                | Kind::BigInt
                | Kind::Float
                | Kind::Double
                | Kind::Text => Ok(Self::Path(path.clone())),
                _ => Err(syn::Error::new_spanned(path, instead(ty))),
            },
            DefaultSyntax::Literal { negative, literal } => literal_value(*negative, literal, ty)
                .ok_or_else(|| syn::Error::new_spanned(literal, instead(ty))),
        }
    }
}

fn literal_value(negative: bool, literal: &Lit, ty: &FieldType) -> Option<Default> {
    let signed = |digits: &str| if negative { format!("-{digits}") } else { digits.to_owned() };
    let own = ty.kind == Kind::Own;
    let exact = ty.kind == Kind::Decimal;
    match literal {
        Lit::Bool(value) if own || ty.kind == Kind::Bool => Some(Default::Bool(value.value)),
        Lit::Int(value) => {
            let digits = signed(value.base10_digits());
            let range = match ty.kind {
                Kind::SmallInt => i64::from(i16::MIN)..=i64::from(i16::MAX),
                Kind::Integer => i64::from(i32::MIN)..=i64::from(i32::MAX),
                Kind::BigInt | Kind::Float | Kind::Double | Kind::Decimal | Kind::Own => {
                    i64::MIN..=i64::MAX
                }
                _ => return None,
            };
            match digits.parse() {
                Ok(number) if range.contains(&number) => Some(Default::Integer(number)),
                Err(_) if exact => Some(Default::Number(digits)),
                _ => None,
            }
        }
        Lit::Float(value) if own || exact || matches!(ty.kind, Kind::Float | Kind::Double) => {
            Some(Default::Number(signed(value.base10_digits())))
        }
        Lit::Str(value) if !negative && (own || ty.kind == Kind::Text) => {
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
    let allowed = match ty.kind {
        Kind::Bool => "`true`, `false`".to_owned(),
        Kind::SmallInt => format!("a whole number from {} to {}", i16::MIN, i16::MAX),
        Kind::Integer => format!("a whole number from {} to {}", i32::MIN, i32::MAX),
        Kind::BigInt => "a whole number".to_owned(),
        Kind::Float | Kind::Double => "a number".to_owned(),
        Kind::Decimal => "a number such as `12.50`".to_owned(),
        Kind::Text => "a string".to_owned(),
        Kind::Date | Kind::Time | Kind::Timestamp | Kind::Timestamptz => "`now`".to_owned(),
        Kind::Uuid => "`default_fn = Uuid::new_v4` (each row gets its own)".to_owned(),
        Kind::Binary | Kind::Jsonb => "`default_fn = path::to::function`".to_owned(),
        Kind::Own => "a literal, one of its values".to_owned(),
    };
    format!("this is not a default for `{}`: it can be {allowed}, or `sql(\"…\")`", shown(&ty.base))
}
