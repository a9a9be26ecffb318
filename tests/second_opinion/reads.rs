//! Random SELECTs, compared with the model.

use diesel::dsl::{count_star, max, min};
use mizzle::backend::Any;
use mizzle::dsl::decimal as exact;
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};

use crate::expression::{Expr, TYPES, Type, Value};
use crate::model::{evaluate, is_faulty, order};
use crate::needed::{Missing, Needed, needed};
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

    /// Whether a database may fail: a fault anywhere is one, whichever rows it looks at first.
    fn may_fail(&self, things: &[Thing]) -> bool {
        let exprs = [&self.selected.1, &self.condition, &self.order.1];
        may_fail(&exprs, things)
    }

    /// The keys and the selected values, in order, if the database doesn't fail.
    fn expected(&self, things: &[Thing], dialect: Dialect) -> Result<Vec<(i64, Needed)>, Missing> {
        let mut rows = Vec::new();
        for thing in kept(&self.condition, things, dialect)? {
            let order = needed(&self.order.1, thing, dialect)?;
            rows.push((order, thing.id, needed(&self.selected.1, thing, dialect)));
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
        let may_fail = self.may_fail(things);
        // With a limit, a database may be done before it looks at all rows.
        let expected = match self.expected(things, db.dialect()) {
            Err(_) if self.range.0.is_some() => Err(Missing::Unknown),
            expected => expected,
        };
        match (found, &expected) {
            (Ok(found), Ok(expected)) => {
                let same = found.len() == expected.len()
                    && found.iter().zip(expected).all(|(a, b)| a.0 == b.0 && is(&a.1, &b.1));
                assert!(same, "found {found:?}\nexpected {expected:?}\n{self:#?}");
            }
            (found, expected) => {
                check_failure(found.map(drop), expected.as_ref().err(), may_fail, self)
            }
        }
        match (count, expected) {
            (Ok(count), Ok(expected)) => assert_eq!(count, expected.len() as u64, "{self:#?}"),
            // A count doesn't need what is selected, nor an order.
            (count, _) => check_failure(count.map(drop), None, may_fail, self),
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

/// Whether a database may find a fault in one of the expressions, even without a row.
fn may_fail(exprs: &[&Expr], things: &[Thing]) -> bool {
    let any = thing(1, &mut Random::new(1));
    exprs.iter().any(|expr| {
        is_faulty(expr, &any) || things.iter().any(|thing| evaluate(expr, thing).is_err())
    })
}

/// The rows that match a condition, if the database looks at all rows.
fn kept<'t>(
    condition: &Expr,
    things: &'t [Thing],
    dialect: Dialect,
) -> Result<Vec<&'t Thing>, Missing> {
    let holds: Vec<(&Thing, Needed)> =
        things.iter().map(|thing| (thing, needed(condition, thing, dialect))).collect();
    if holds.iter().any(|(_, holds)| *holds == Err(Missing::Fails)) {
        return Err(Missing::Fails);
    }
    let mut kept = Vec::new();
    for (thing, holds) in holds {
        if holds? == Some(Value::Bool(true)) {
            kept.push(thing);
        }
    }
    Ok(kept)
}

/// Checks that a statement failed only if it may, and didn't succeed if it has to fail.
fn check_failure(
    found: mizzle::Result<()>,
    expected: Option<&Missing>,
    may_fail: bool,
    statement: &dyn std::fmt::Debug,
) {
    match found {
        Ok(()) => assert_ne!(expected, Some(&Missing::Fails), "{statement:#?}"),
        Err(error) => {
            assert!(may_fail, "{error:?}\n{statement:#?}");
            assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}\n{statement:#?}");
        }
    }
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
    f32, Value::Float;
    f64, Value::Real;
    String, Value::Text;
    Decimal, Value::Decimal;
    NaiveDate, Value::Day;
    serde_json::Value, Value::Doc;
    NaiveTime, Value::Time;
    NaiveDateTime, Value::Moment;
    DateTime<Utc>, Value::Instant;
    Uuid, Value::Token;
    Vec<u8>, Value::Bytes;
}

/// Whether a value is what is expected. There is one even if the database may leave it out.
fn is(found: &Option<Value>, expected: &Needed) -> bool {
    match expected {
        Ok(expected) => same(found, expected),
        Err(missing) => *missing == Missing::Unknown,
    }
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
        let types: Vec<Type> = TYPES.iter().copied().filter(|ty| ty.has_max()).collect();
        let ty = *random.pick(&types);
        let (depth, condition) = (random.below(3), random.below(3));
        Self {
            selected: (ty, Expr::random(ty, depth, random)),
            condition: Expr::random(Type::Bool, condition, random),
        }
    }

    /// The number of rows, and the values that aren't NULL, if the database doesn't fail.
    fn expected(&self, things: &[Thing], dialect: Dialect) -> Result<(i64, Vec<Value>), Missing> {
        let kept = kept(&self.condition, things, dialect)?;
        let of = |thing: &&Thing| needed(&self.selected.1, thing, dialect);
        let values: Vec<Needed> = kept.iter().map(of).collect();
        if values.contains(&Err(Missing::Fails)) {
            return Err(Missing::Fails);
        }
        let values = values.into_iter().filter_map(Result::transpose);
        let mut values: Vec<Value> = values.collect::<Result<_, _>>()?;
        values.sort_by(order);
        Ok((kept.len() as i64, values))
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
            Type::Float => bounds!(float, read_f32),
            Type::Real => bounds!(real, read_f64),
            Type::Text => bounds!(text, read_text),
            Type::Decimal => bounds!(decimal, read_decimal),
            Type::Time => bounds!(time, read_time),
            Type::Moment => bounds!(moment, read_moment),
            Type::Instant => bounds!(instant, read_instant),
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
        let may_fail = may_fail(&[&self.selected.1, &self.condition], things);
        let ((found, sum), (rows, values)) = match (found, sum, self.expected(things, db.dialect()))
        {
            (Ok(found), None, Ok(expected)) => ((found, None), expected),
            (Ok(found), Some(Ok(sum)), Ok(expected)) => ((found, Some(sum)), expected),
            (found, sum, expected) => {
                let missing = expected.err();
                check_failure(found.map(drop), missing.as_ref(), may_fail, self);
                if let Some(sum) = sum {
                    check_failure(sum.map(drop), missing.as_ref(), may_fail, self);
                }
                return ran;
            }
        };
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
        match clone.count(db) {
            Ok(count) => assert_eq!(count, rows as u64, "{self:#?}"),
            failed => check_failure(failed.map(drop), None, may_fail, self),
        }
        if let Some(sum) = sum {
            let total = values.iter().map(|value| match value {
                Value::Int(value) => Decimal::from(*value),
                Value::Decimal(value) => value.clone(),
                other => panic!("no sum of {other:?}"),
            });
            let total = (!values.is_empty()).then(|| total.sum::<Decimal>());
            assert_eq!(sum, total, "{self:#?}");
        }
        ran
    }
}
