//! What a database computes of an expression, if it computes nothing that it doesn't need.
//!
//! [`evaluate`](crate::model::evaluate) finds a fault anywhere in an expression. A database may leave out the part with
//! the fault, and then the rest has a value, which is this one. What it can't leave out has to be an error.

use mizzle::Dialect;

use crate::expression::{Comparison, Expr, Operator, Type, Value, Writer};
use crate::model::{self, Fault};
use crate::schema::Thing;

/// Why there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// The database may fail, or may have any value.
    Unknown,
    /// It fails.
    Fails,
}

pub type Needed = Result<Option<Value>, Missing>;

impl From<Fault> for Missing {
    fn from(Fault: Fault) -> Self {
        Self::Fails
    }
}

/// The value of `expr` for a row.
pub fn needed(expr: &Expr, thing: &Thing, dialect: Dialect) -> Needed {
    let of = |expr: &Expr| needed(expr, thing, dialect);
    let boolean = |value: Option<bool>| Ok(value.map(Value::Bool));
    match expr {
        Expr::Column(_) | Expr::Literal(_) => Ok(model::evaluate(expr, thing)?),
        Expr::Math(_, operator, ty, left, right) => match strict(of(left), of(right))? {
            Some((a, b)) => {
                let is_sized = dialect != Dialect::Sqlite || has_size(expr);
                math(*operator, *ty, is_sized, a, b)
            }
            None => Ok(None),
        },
        Expr::Compare(comparison, _, a, b) => compared(*comparison, of(a), of(b)),
        Expr::IsNull(_, negated, inner) => boolean(Some(of(inner)?.is_none() != *negated)),
        Expr::And(a, b) => connected(of(a), of(b), false),
        Expr::Or(a, b) => connected(of(a), of(b), true),
        Expr::Not(inner) => boolean(match of(inner)? {
            Some(Value::Bool(value)) => Some(!value),
            _ => None,
        }),
        Expr::In(ty, negated, inner, list) if !list.is_empty() => {
            let inner = Expr::Literal(of(inner)?);
            Ok(model::evaluate(&Expr::In(*ty, *negated, inner.into(), list.clone()), thing)?)
        }
        Expr::In(_, negated, ..) => boolean(Some(*negated)),
        Expr::Between(_, negated, inner, low, high) => {
            let inner = of(inner);
            let above = compared(Comparison::Ge, inner.clone(), of(low));
            let below = compared(Comparison::Le, inner, of(high));
            boolean(match connected(above, below, false)? {
                Some(Value::Bool(between)) => Some(between != *negated),
                _ => None,
            })
        }
        Expr::Like(any_case, negated, inner, pattern) => {
            let inner = Expr::Literal(of(inner)?);
            let like = Expr::Like(*any_case, *negated, inner.into(), pattern.clone());
            Ok(model::evaluate(&like, thing)?)
        }
        Expr::Case(condition, then, otherwise) => match of(condition)? {
            Some(Value::Bool(true)) => of(then),
            _ => of(otherwise),
        },
        Expr::Coalesce(a, b) => match of(a)? {
            None => of(b),
            value => Ok(value),
        },
        Expr::Cast(from, to, inner) => {
            let inner = Expr::Literal(of(inner)?);
            Ok(model::evaluate(&Expr::Cast(*from, *to, inner.into()), thing)?)
        }
        Expr::Concat(a, b) => Ok(match strict(of(a), of(b))? {
            Some((Value::Text(a), Value::Text(b))) => Some(Value::Text(a + &b)),
            _ => None,
        }),
        Expr::Subselect(_, inner) => of(inner),
    }
}

/// Whether SQLite learns the size of a number from the expression.
fn has_size(expr: &Expr) -> bool {
    match expr {
        Expr::Column(_) | Expr::Cast(..) | Expr::Math(Writer::Mizzle, ..) => true,
        Expr::Subselect(_, inner) => has_size(inner),
        Expr::Math(_, _, _, a, b) | Expr::Coalesce(a, b) | Expr::Case(_, a, b) => {
            has_size(a) || has_size(b)
        }
        _ => false,
    }
}

/// Both values, unless one is NULL: then the other one isn't needed.
fn strict(a: Needed, b: Needed) -> Result<Option<(Value, Value)>, Missing> {
    match (a, b) {
        (Ok(Some(a)), Ok(Some(b))) => Ok(Some((a, b))),
        (Ok(_), Ok(_)) => Ok(None),
        (Err(Missing::Fails), Ok(Some(_)) | Err(Missing::Fails)) => Err(Missing::Fails),
        (Ok(Some(_)), Err(Missing::Fails)) => Err(Missing::Fails),
        _ => Err(Missing::Unknown),
    }
}

fn math(operator: Operator, ty: Type, is_sized: bool, a: Value, b: Value) -> Needed {
    let result = model::math(operator, ty, a.clone(), b.clone());
    if is_sized || !matches!(ty, Type::Small | Type::Int | Type::Float) {
        return Ok(Some(result?));
    }
    match result {
        // SQLite may go on with more digits.
        _ if ty == Type::Float => Err(Missing::Unknown),
        Err(Fault) => {
            model::math(operator, Type::Big, a, b)?;
            Err(Missing::Unknown)
        }
        Ok(value) => Ok(Some(value)),
    }
}

fn compared(comparison: Comparison, a: Needed, b: Needed) -> Needed {
    let pair = match comparison {
        Comparison::DistinctFrom | Comparison::NotDistinctFrom => match (a, b) {
            (Ok(a), Ok(b)) => (a, b),
            (Err(Missing::Unknown), _) | (_, Err(Missing::Unknown)) => {
                return Err(Missing::Unknown);
            }
            _ => return Err(Missing::Fails),
        },
        _ => match strict(a, b)? {
            Some((a, b)) => (Some(a), Some(b)),
            None => return Ok(None),
        },
    };
    Ok(model::compared(comparison, pair.0, pair.1).map(Value::Bool))
}

/// AND, which false decides, or OR, which true does.
fn connected(a: Needed, b: Needed, deciding: bool) -> Needed {
    let decided = Some(Value::Bool(deciding));
    match (a, b) {
        (Ok(value), _) | (_, Ok(value)) if value == decided => Ok(decided),
        (Err(Missing::Unknown), _) | (_, Err(Missing::Unknown)) => Err(Missing::Unknown),
        // In a condition, PostgreSQL takes a constant NULL for false.
        (Err(Missing::Fails), Ok(None)) | (Ok(None), Err(Missing::Fails)) => Err(Missing::Unknown),
        (Err(Missing::Fails), _) | (_, Err(Missing::Fails)) => Err(Missing::Fails),
        (Ok(None), _) | (_, Ok(None)) => Ok(None),
        _ => Ok(Some(Value::Bool(!deciding))),
    }
}
