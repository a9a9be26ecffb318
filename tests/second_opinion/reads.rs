//! Random SELECTs, compared with the model.

use diesel::dsl::{count_star, max, min};
use mizzle::ErrorCode;
use mizzle::backend::Any;
use mizzle::dsl::decimal as exact;
use mizzle::prelude::*;

use crate::expression::{Expr, TYPES, Type, Value};
use crate::model::{Fault, evaluate, is_faulty, order};
use crate::schema::*;
use crate::sql::*;
use test_support::random::Random;

/// A SELECT of an expression, with a condition, an order and a range.
#[derive(Debug)]
pub struct Read {
    selected: (Type, Expr),
    condition: Expr,
    order: (Type, Expr, bool),
    range: (Option<i64>, Option<i64>),
}

impl Read {
    pub fn random(random: &mut Random) -> Self {
        let expr = |random: &mut Random| {
            let ty = *random.pick(TYPES);
            let depth = random.below(4);
            (ty, Expr::random(ty, depth, random))
        };
        let (order_type, order) = expr(random);
        let depth = random.below(4);
        Self {
            selected: expr(random),
            condition: Expr::random(Type::Bool, depth, random),
            order: (order_type, order, random.chance(50)),
            range: (
                random.chance(30).then(|| random.below(6) as i64),
                random.chance(30).then(|| random.below(6) as i64),
            ),
        }
    }

    /// The keys and the selected values, in order.
    fn expected(&self, things: &[Thing]) -> Result<Vec<(i64, Option<Value>)>, Fault> {
        let mut rows = Vec::new();
        find_faults(&[&self.selected.1, &self.condition, &self.order.1])?;
        for thing in things {
            // A fault anywhere is one, whichever rows a database looks at first.
            let row =
                (evaluate(&self.order.1, thing)?, thing.id, evaluate(&self.selected.1, thing)?);
            if evaluate(&self.condition, thing)? == Some(Value::Bool(true)) {
                rows.push(row);
            }
        }
        rows.sort_by(|a, b| {
            let values = match (&a.0, &b.0) {
                (Some(a), Some(b)) if self.order.2 => order(b, a),
                (Some(a), Some(b)) => order(a, b),
                (a, b) => a.is_none().cmp(&b.is_none()),
            };
            values.then(a.1.cmp(&b.1))
        });
        let rows = rows.into_iter().map(|(_, id, value)| (id, value));
        let skipped = rows.skip(self.range.1.unwrap_or(0) as usize);
        Ok(skipped.take(self.range.0.unwrap_or(i64::MAX) as usize).collect())
    }

    /// How many statements it ran.
    pub fn check(&self, db: &Db, things: &[Thing]) -> usize {
        let (found, count) = (self.run(db), self.count(db));
        match self.expected(things) {
            Ok(expected) => {
                assert_eq!(count.expect("the count"), expected.len() as u64, "{self:#?}");
                let found = found.unwrap_or_else(|error| panic!("{error:?}\n{self:#?}"));
                let same = found.len() == expected.len()
                    && found.iter().zip(&expected).all(|(a, b)| a.0 == b.0 && same(&a.1, &b.1));
                assert!(same, "found {found:?}\nexpected {expected:?}\n{self:#?}");
            }
            // A database may leave out what it doesn't need.
            Err(Fault) => {
                for error in found.err().into_iter().chain(count.err()) {
                    assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}\n{self:#?}");
                }
            }
        }
        2
    }

    /// The condition, the order and the range.
    fn query(&self) -> things::BoxedQuery<'static, Any> {
        let query = things::table.into_boxed::<Any>().filter(boolean(&self.condition));
        let (ty, expr, descending) = &self.order;
        macro_rules! ordered {
            ($build:ident, $read:ident) => {{
                // The databases sort NULL to different ends.
                let query = query.order_by($build(expr).is_null());
                if *descending {
                    query.then_order_by($build(expr).desc())
                } else {
                    query.then_order_by($build(expr).asc())
                }
            }};
        }
        let query = with_type!(ty, ordered).then_order_by(things::id);
        match self.range {
            (None, None) => query,
            (Some(limit), None) => query.limit(limit),
            (None, Some(offset)) => query.offset(offset),
            (Some(limit), Some(offset)) => query.limit(limit).offset(offset),
        }
    }

    fn run(&self, db: &Db) -> mizzle::Result<Vec<(i64, Option<Value>)>> {
        macro_rules! load {
            ($build:ident, $read:ident) => {{
                let selected = (things::id, $build(&self.selected.1));
                let rows = db.load(self.query().select(selected))?;
                Ok(rows.into_iter().map(|(id, value)| (id, wrapped(value, $read))).collect())
            }};
        }
        with_type!(self.selected.0, load)
    }

    fn count(&self, db: &Db) -> mizzle::Result<u64> {
        macro_rules! count {
            ($build:ident, $read:ident) => {
                db.count(self.query().select((things::id, $build(&self.selected.1))))
            };
        }
        with_type!(self.selected.0, count)
    }
}

/// A fault that is there without a row.
fn find_faults(exprs: &[&Expr]) -> Result<(), Fault> {
    let any = thing(1, &mut Random::new(1));
    if exprs.iter().any(|expr| is_faulty(expr, &any)) { Err(Fault) } else { Ok(()) }
}

/// A value that was read, of the type that `_read` takes apart.
fn wrapped<T: Into<Wrapped>>(value: Option<T>, _read: fn(Value) -> T) -> Option<Value> {
    value.map(|value| value.into().0)
}

struct Wrapped(Value);

macro_rules! wrap {
    ($($rust:ty, $wrap:expr;)*) => {
        $(impl From<$rust> for Wrapped {
            fn from(value: $rust) -> Self {
                Self($wrap(value))
            }
        })*
    };
}

wrap! {
    bool, Value::Bool;
    i16, |value: i16| Value::Int(value.into());
    i32, |value: i32| Value::Int(value.into());
    i64, Value::Int;
    f64, Value::Real;
    String, Value::Text;
    Decimal, Value::Decimal;
    NaiveDate, Value::Day;
    serde_json::Value, Value::Doc;
}

fn same(a: &Option<Value>, b: &Option<Value>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => order(a, b).is_eq(),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// Aggregates of an expression over the rows with a condition.
#[derive(Debug)]
pub struct Aggregate {
    selected: (Type, Expr),
    condition: Expr,
}

impl Aggregate {
    pub fn random(random: &mut Random) -> Self {
        // There is no order of booleans and documents for `max`.
        let types = &TYPES[1..TYPES.len() - 1];
        let ty = *random.pick(types);
        let (depth, condition) = (random.below(3), random.below(3));
        Self {
            selected: (ty, Expr::random(ty, depth, random)),
            condition: Expr::random(Type::Bool, condition, random),
        }
    }

    fn expected(&self, things: &[Thing]) -> Result<(i64, Vec<Value>), Fault> {
        find_faults(&[&self.selected.1, &self.condition])?;
        let mut rows = 0;
        let mut values = Vec::new();
        for thing in things {
            let value = evaluate(&self.selected.1, thing)?;
            if evaluate(&self.condition, thing)? == Some(Value::Bool(true)) {
                rows += 1;
                values.extend(value);
            }
        }
        values.sort_by(order);
        Ok((rows, values))
    }

    /// How many statements it ran.
    pub fn check(&self, db: &Db, things: &[Thing]) -> usize {
        let query = || things::table.filter(boolean(&self.condition));
        macro_rules! bounds {
            ($build:ident, $read:ident) => {{
                let expr = || $build(&self.selected.1);
                let query = query().select((count_star(), min(expr()), max(expr())));
                db.one(query).map(|(rows, low, high): (i64, _, _)| {
                    (rows, wrapped(low, $read), wrapped(high, $read))
                })
            }};
        }
        let found = match self.selected.0 {
            Type::Small => bounds!(small, read_i16),
            Type::Int => bounds!(int, read_i32),
            Type::Big => bounds!(big, read_i64),
            Type::Real => bounds!(real, read_f64),
            Type::Text => bounds!(text, read_text),
            Type::Decimal => bounds!(decimal, read_decimal),
            _ => bounds!(day, read_day),
        };
        let sum: Option<mizzle::Result<Option<Decimal>>> = match self.selected.0 {
            Type::Decimal => Some(db.one(query().select(exact::sum(decimal(&self.selected.1))))),
            Type::Int => Some(
                db.one(query().select(diesel::dsl::sum(int(&self.selected.1))))
                    .map(|sum: Option<i64>| sum.map(Decimal::from)),
            ),
            _ => None,
        };
        let ran = 2 + usize::from(sum.is_some());
        let (rows, values) = match self.expected(things) {
            Ok(expected) => expected,
            Err(Fault) => {
                for error in found.err().into_iter().chain(sum.and_then(Result::err)) {
                    assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}\n{self:#?}");
                }
                return ran;
            }
        };
        let found = found.unwrap_or_else(|error| panic!("{error:?}\n{self:#?}"));
        let bounds = (rows, values.first().cloned(), values.last().cloned());
        let fits = found.0 == bounds.0 && same(&found.1, &bounds.1) && same(&found.2, &bounds.2);
        assert!(fits, "found {found:?}\nexpected {bounds:?}\n{self:#?}");
        // A clone has what the condition wrote and bound, and not the condition.
        let own = Thing::query().filter(boolean(&self.condition));
        let clone = own.clone();
        assert_eq!(
            clone.to_sql(db.dialect()).expect("SQL"),
            own.to_sql(db.dialect()).expect("SQL")
        );
        assert_eq!(clone.count(db).expect("the count"), rows as u64, "{self:#?}");
        if let Some(sum) = sum {
            let total = values.iter().map(|value| match value {
                Value::Int(value) => Decimal::from(*value),
                Value::Decimal(value) => value.clone(),
                other => panic!("no sum of {other:?}"),
            });
            let total = (!values.is_empty()).then(|| total.sum::<Decimal>());
            assert_eq!(sum.expect("the sum"), total, "{self:#?}");
        }
        ran
    }
}
