//! What an expression is, by a naive evaluation in Rust.

use std::cmp::Ordering;

use serde_json::Value as Json;

use crate::expression::{Comparison, Expr, Operator, Type, Value};
use crate::schema::{Thing, thing};
use test_support::random::Random;

/// That a value can't be computed: a database refuses, at least where it has to compute it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault;

type Evaluated = Result<Option<Value>, Fault>;

/// The value of `expr` for a row, computed whole: a fault anywhere in it is one.
pub fn evaluate(expr: &Expr, thing: &Thing) -> Evaluated {
    let of = |expr: &Expr| evaluate(expr, thing);
    let truth = |expr: &Expr| -> Result<Option<bool>, Fault> {
        Ok(match of(expr)? {
            Some(Value::Bool(value)) => Some(value),
            _ => None,
        })
    };
    let boolean = |value: Option<bool>| Ok(value.map(Value::Bool));
    match expr {
        Expr::Column(column) => Ok(column.of(thing)),
        Expr::Literal(value) => Ok(value.clone()),
        Expr::Subselect(_, inner) => of(inner),
        Expr::Math(_, operator, ty, a, b) => match (of(a)?, of(b)?) {
            (Some(a), Some(b)) => math(*operator, *ty, a, b).map(Some),
            _ => Ok(None),
        },
        Expr::Compare(comparison, _, a, b) => boolean(compared(*comparison, of(a)?, of(b)?)),
        Expr::IsNull(_, negated, inner) => boolean(Some(of(inner)?.is_none() != *negated)),
        Expr::And(a, b) => boolean(match (truth(a)?, truth(b)?) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }),
        Expr::Or(a, b) => boolean(match (truth(a)?, truth(b)?) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }),
        Expr::Not(inner) => boolean(truth(inner)?.map(|value| !value)),
        Expr::In(_, negated, inner, list) => {
            let inner = of(inner)?;
            if list.is_empty() {
                return boolean(Some(*negated));
            }
            let found = inner.map(|inner| list.iter().any(|item| order(&inner, item).is_eq()));
            boolean(found.map(|found| found != *negated))
        }
        Expr::Between(_, negated, inner, low, high) => {
            let (inner, low, high) = (of(inner)?, of(low)?, of(high)?);
            let above = compared(Comparison::Ge, inner.clone(), low);
            let below = compared(Comparison::Le, inner, high);
            let between = match (above, below) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
            boolean(between.map(|between| between != *negated))
        }
        Expr::Like(any_case, negated, inner, pattern) => {
            let fold = |text: &str| -> Vec<char> {
                if *any_case {
                    text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect()
                } else {
                    text.chars().collect()
                }
            };
            boolean(match of(inner)? {
                Some(Value::Text(text)) => Some(like(&fold(&text), &fold(pattern)) != *negated),
                _ => None,
            })
        }
        Expr::Case(condition, then, otherwise) => {
            let (condition, then, otherwise) = (truth(condition)?, of(then)?, of(otherwise)?);
            Ok(if condition == Some(true) { then } else { otherwise })
        }
        Expr::Coalesce(a, b) => {
            let (a, b) = (of(a)?, of(b)?);
            Ok(a.or(b))
        }
        Expr::Cast(from, to, inner) => {
            let value = of(inner)?;
            // Those that can fail get one for NULL.
            let value = match (from, to) {
                (Type::Big | Type::Real, Type::Int) | (Type::Text, _) => {
                    Some(value.unwrap_or(match from {
                        Type::Text => Value::Text("1".into()),
                        Type::Real => Value::Real(1.0),
                        _ => Value::Int(1),
                    }))
                }
                _ => value,
            };
            value.map(|value| cast(*to, value)).transpose()
        }
        Expr::Concat(a, b) => Ok(match (of(a)?, of(b)?) {
            (Some(Value::Text(a)), Some(Value::Text(b))) => Some(Value::Text(a + &b)),
            _ => None,
        }),
    }
}

/// Whether a part is a fault whatever the row, which a database may find before it looks at any.
pub fn is_faulty(expr: &Expr, any: &Thing) -> bool {
    folded(expr, any) == Some(Err(Fault))
        || expr.parts().into_iter().any(|part| is_faulty(part, any))
}

/// The value, if it is the same for each row and a planner sees that.
fn folded(expr: &Expr, any: &Thing) -> Option<Evaluated> {
    let of = |expr: &Expr| folded(expr, any);
    let decides = |expr: &Expr, value: bool| of(expr) == Some(Ok(Some(Value::Bool(value))));
    match expr {
        Expr::Column(_) | Expr::Subselect(..) => None,
        Expr::Coalesce(a, b) => match of(a)? {
            Ok(None) => of(b),
            value => Some(value),
        },
        Expr::Case(condition, then, otherwise) => match of(condition)? {
            Ok(Some(Value::Bool(true))) => of(then),
            Ok(_) => of(otherwise),
            Err(fault) => Some(Err(fault)),
        },
        Expr::And(a, b) if decides(a, false) || decides(b, false) => {
            Some(Ok(Some(Value::Bool(false))))
        }
        Expr::Or(a, b) if decides(a, true) || decides(b, true) => Some(Ok(Some(Value::Bool(true)))),
        other => {
            let parts: Vec<Option<Evaluated>> = other.parts().into_iter().map(of).collect();
            parts.iter().all(Option::is_some).then(|| evaluate(other, any))
        }
    }
}

/// The rows for which `condition` is true, unless a database may find a fault in it: which rows it looks at is its own
/// choice.
pub fn sure<'t>(condition: &Expr, things: &'t [Thing]) -> Option<Vec<&'t Thing>> {
    if is_faulty(condition, &thing(1, &mut Random::new(1))) {
        return None;
    }
    let mut kept = Vec::new();
    for thing in things {
        if evaluate(condition, thing).ok()? == Some(Value::Bool(true)) {
            kept.push(thing);
        }
    }
    Some(kept)
}

/// The outcome of a comparison.
pub fn compared(comparison: Comparison, a: Option<Value>, b: Option<Value>) -> Option<bool> {
    let same = match (&a, &b) {
        (Some(a), Some(b)) => order(a, b).is_eq(),
        (a, b) => a.is_none() && b.is_none(),
    };
    match comparison {
        Comparison::DistinctFrom => return Some(!same),
        Comparison::NotDistinctFrom => return Some(same),
        _ => {}
    }
    let ordering = order(&a?, &b?);
    Some(match comparison {
        Comparison::Eq => ordering.is_eq(),
        Comparison::Ne => ordering.is_ne(),
        Comparison::Lt => ordering.is_lt(),
        Comparison::Le => ordering.is_le(),
        Comparison::Gt => ordering.is_gt(),
        _ => ordering.is_ge(),
    })
}

/// The order of two values of one type.
pub fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b).expect("no NaN"),
        (Value::Real(a), Value::Real(b)) => a.partial_cmp(b).expect("no NaN"),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
        (Value::Day(a), Value::Day(b)) => a.cmp(b),
        (Value::Doc(a), Value::Doc(b)) => documents(a, b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Moment(a), Value::Moment(b)) => a.cmp(b),
        (Value::Instant(a), Value::Instant(b)) => a.cmp(b),
        (Value::Token(a), Value::Token(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        _ => panic!("{a:?} and {b:?} are not of one type"),
    }
}

/// The order that PostgreSQL documents for `jsonb`.
fn documents(a: &Json, b: &Json) -> Ordering {
    let rank = |value: &Json| match value {
        Json::Array(items) if items.is_empty() => 0,
        Json::Null => 1,
        Json::String(_) => 2,
        Json::Number(_) => 3,
        Json::Bool(_) => 4,
        Json::Array(_) => 5,
        Json::Object(_) => 6,
    };
    rank(a).cmp(&rank(b)).then_with(|| match (a, b) {
        (Json::String(a), Json::String(b)) => a.cmp(b),
        (Json::Number(a), Json::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()).expect("numbers"),
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        (Json::Array(a), Json::Array(b)) => {
            let each = a.iter().zip(b).map(|(a, b)| documents(a, b));
            a.len().cmp(&b.len()).then_with(|| each.fold(Ordering::Equal, Ordering::then))
        }
        (Json::Object(a), Json::Object(b)) => a.len().cmp(&b.len()).then_with(|| {
            let each = a.iter().zip(b).map(|((a_key, a), (b_key, b))| {
                a_key
                    .len()
                    .cmp(&b_key.len())
                    .then_with(|| a_key.cmp(b_key))
                    .then_with(|| documents(a, b))
            });
            each.fold(Ordering::Equal, Ordering::then)
        }),
        _ => Ordering::Equal,
    })
}

fn like(text: &[char], pattern: &[char]) -> bool {
    match (pattern, text) {
        ([], text) => text.is_empty(),
        (['%', rest @ ..], text) => (0..=text.len()).any(|skipped| like(&text[skipped..], rest)),
        (['_', rest @ ..], [_, text @ ..]) => like(text, rest),
        ([first, rest @ ..], [letter, text @ ..]) => first == letter && like(text, rest),
        (_, []) => false,
    }
}

fn fit(ty: Type, value: i128) -> Result<Value, Fault> {
    let fits = match ty {
        Type::Small => i16::try_from(value).is_ok(),
        Type::Int => i32::try_from(value).is_ok(),
        _ => true,
    };
    match i64::try_from(value) {
        Ok(value) if fits => Ok(Value::Int(value)),
        _ => Err(Fault),
    }
}

/// Computes with the digits of one type, in which nothing overflows or vanishes.
macro_rules! floating {
    ($type:ty, $operator:expr, $a:expr, $b:expr) => {{
        let (a, b): ($type, $type) = ($a, $b);
        let (result, vanished) = match $operator {
            Operator::Add => (a + b, false),
            Operator::Sub => (a - b, false),
            Operator::Mul => (a * b, a != 0.0 && b != 0.0),
            Operator::Div => (a / b, a != 0.0),
        };
        // Also if the divisor is 0.
        let is_none = !result.is_finite() || vanished && result == 0.0;
        if is_none { Err(Fault) } else { Ok(result) }
    }};
}

pub fn math(operator: Operator, ty: Type, a: Value, b: Value) -> Result<Value, Fault> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => {
            let (a, b) = (i128::from(a), i128::from(b));
            match operator {
                Operator::Add => fit(ty, a + b),
                Operator::Sub => fit(ty, a - b),
                Operator::Mul => fit(ty, a * b),
                Operator::Div if b == 0 => Err(Fault),
                Operator::Div => fit(ty, a / b),
            }
        }
        (Value::Float(a), Value::Float(b)) => floating!(f32, operator, a, b).map(Value::Float),
        (Value::Real(a), Value::Real(b)) => floating!(f64, operator, a, b).map(Value::Real),
        (Value::Decimal(a), Value::Decimal(b)) => Ok(Value::Decimal(match operator {
            Operator::Add => a + b,
            Operator::Sub => a - b,
            _ => a * b,
        })),
        (a, b) => panic!("no arithmetic on {a:?} and {b:?}"),
    }
}

fn cast(to: Type, value: Value) -> Result<Value, Fault> {
    match (to, value) {
        (Type::Text, Value::Int(value)) => Ok(Value::Text(value.to_string())),
        (Type::Text, Value::Real(value)) => Ok(Value::Text(written(value))),
        (Type::Real, Value::Int(value)) => Ok(Value::Real(value as f64)),
        (Type::Real, Value::Text(text)) => {
            let read: f64 = text.trim().parse().map_err(|_| Fault)?;
            if read.is_finite() { Ok(Value::Real(read)) } else { Err(Fault) }
        }
        (to, Value::Int(value)) => fit(to, value.into()),
        (to, Value::Real(value)) => fit(to, value.round_ties_even() as i128),
        (to, Value::Text(text)) => fit(to, text.trim().parse().map_err(|_| Fault)?),
        (to, value) => panic!("no cast of {value:?} to {to:?}"),
    }
}

/// With an exponent where C's `%.15g` has one.
fn written(value: f64) -> String {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').expect("an exponent");
    let exponent: i32 = exponent.parse().expect("a number");
    if (-4..15).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}
