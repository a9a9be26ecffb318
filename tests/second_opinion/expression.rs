//! Random expressions as data.

use mizzle::prelude::*;

use crate::schema::Thing;
use crate::values;
use test_support::random::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Bool,
    Small,
    Int,
    Big,
    Float,
    Real,
    Text,
    Decimal,
    Day,
    Doc,
    Time,
    Moment,
    /// A moment that any time zone has.
    Instant,
    Token,
    Bytes,
}

pub const TYPES: &[Type] = &[
    Type::Bool,
    Type::Small,
    Type::Int,
    Type::Big,
    Type::Float,
    Type::Real,
    Type::Text,
    Type::Decimal,
    Type::Day,
    Type::Doc,
    Type::Time,
    Type::Moment,
    Type::Instant,
    Type::Token,
    Type::Bytes,
];

/// Those without an order for `max`.
const UNORDERED: &[Type] = &[Type::Bool, Type::Doc, Type::Token, Type::Bytes];

impl Type {
    /// Whether `max` and `min` take it.
    pub fn has_max(self) -> bool {
        !UNORDERED.contains(&self)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Bool(bool),
    /// Of any width.
    Int(i64),
    Float(f32),
    Real(f64),
    Text(String),
    Decimal(Decimal),
    Day(NaiveDate),
    Doc(serde_json::Value),
    Time(NaiveTime),
    Moment(NaiveDateTime),
    Instant(DateTime<Utc>),
    Token(Uuid),
    Bytes(Vec<u8>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Flag,
    Small,
    Int,
    Number,
    Big,
    Id,
    Float,
    Real,
    Text,
    Word,
    Price,
    Cost,
    Day,
    Doc,
    Time,
    Moment,
    Instant,
    Token,
    Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Sub,
    Mul,
    Div,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    DistinctFrom,
    NotDistinctFrom,
}

/// What writes an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// mizzle's, which follows a column and knows its type.
    Mizzle,
    /// diesel's, which follows anything else, and writes the same SQL for each type.
    Diesel,
}

type Inner = Box<Expr>;

/// An expression that may be NULL.
#[derive(Debug, Clone)]
pub enum Expr {
    Column(Column),
    Literal(Option<Value>),
    Math(Writer, Operator, Type, Inner, Inner),
    Compare(Comparison, Type, Inner, Inner),
    IsNull(Type, bool, Inner),
    And(Inner, Inner),
    Or(Inner, Inner),
    Not(Inner),
    In(Type, bool, Inner, Vec<Value>),
    Between(Type, bool, Inner, Inner, Inner),
    /// Without regard to case, negated, the text, the pattern.
    Like(bool, bool, Inner, String),
    Case(Inner, Inner, Inner),
    Coalesce(Inner, Inner),
    /// From, to.
    Cast(Type, Type, Inner),
    Concat(Inner, Inner),
    /// For the same row, from an alias of the table; as its maximum, or as it is.
    Subselect(bool, Inner),
}

const PATTERNS: &[&str] = &["", "%", "a%", "%a%", "_", "__", "A", "É%", "%'%", "1_0", "%%b"];

const COMPARISONS: &[Comparison] = &[
    Comparison::Eq,
    Comparison::Ne,
    Comparison::Lt,
    Comparison::Le,
    Comparison::Gt,
    Comparison::Ge,
    Comparison::DistinctFrom,
    Comparison::NotDistinctFrom,
];

impl Expr {
    /// One of `ty`, of so many levels at most.
    pub fn random(ty: Type, depth: usize, random: &mut Random) -> Self {
        if depth == 0 || random.chance(15) {
            return Self::leaf(ty, random);
        }
        let below = |ty: Type, random: &mut Random| Box::new(Self::random(ty, depth - 1, random));
        if random.chance(6) {
            let of_max = ty.has_max() && random.chance(50);
            return Self::Subselect(of_max, below(ty, random));
        }
        match random.below(if ty == Type::Bool { 10 } else { 5 }) {
            0 => Self::Case(below(Type::Bool, random), below(ty, random), below(ty, random)),
            1 => Self::Coalesce(below(ty, random), below(ty, random)),
            2..=4 if ty != Type::Bool => Self::of_type(ty, below, random),
            2 => Self::And(below(ty, random), below(ty, random)),
            3 => Self::Or(below(ty, random), below(ty, random)),
            4 => Self::Not(below(ty, random)),
            5 => {
                let ty = *random.pick(TYPES);
                let list = (0..random.below(4)).map(|_| value(ty, random)).collect();
                Self::In(ty, random.chance(50), below(ty, random), list)
            }
            6 => {
                let ty = *random.pick(TYPES);
                let bounds = (below(ty, random), below(ty, random));
                Self::Between(ty, random.chance(50), below(ty, random), bounds.0, bounds.1)
            }
            7 => {
                let pattern = (*random.pick(PATTERNS)).to_owned();
                let text = below(Type::Text, random);
                Self::Like(random.chance(50), random.chance(50), text, pattern)
            }
            8 => {
                let ty = *random.pick(TYPES);
                Self::IsNull(ty, random.chance(50), below(ty, random))
            }
            _ => {
                let ty = *random.pick(TYPES);
                let comparison = *random.pick(COMPARISONS);
                Self::Compare(comparison, ty, below(ty, random), below(ty, random))
            }
        }
    }

    /// What only this type has.
    fn of_type(ty: Type, below: impl Fn(Type, &mut Random) -> Inner, random: &mut Random) -> Self {
        let operators = [Operator::Add, Operator::Sub, Operator::Mul, Operator::Div];
        let casts: &[Type] = match ty {
            Type::Int => &[Type::Big, Type::Real, Type::Text],
            Type::Big => &[Type::Int, Type::Real, Type::Text],
            Type::Real => &[Type::Int, Type::Big, Type::Text],
            Type::Text => &[Type::Int, Type::Big, Type::Real],
            _ => &[],
        };
        if !casts.is_empty() && random.chance(25) {
            let from = *random.pick(casts);
            return Self::Cast(from, ty, below(from, random));
        }
        match ty {
            Type::Small | Type::Int | Type::Big | Type::Float | Type::Real => {
                let writer = *random.pick(&[Writer::Mizzle, Writer::Diesel, Writer::Diesel]);
                let operator = *random.pick(&operators);
                Self::Math(writer, operator, ty, below(ty, random), below(ty, random))
            }
            Type::Decimal => {
                let operator = *random.pick(&operators[..3]);
                Self::Math(Writer::Mizzle, operator, ty, below(ty, random), below(ty, random))
            }
            Type::Text => Self::Concat(below(ty, random), below(ty, random)),
            _ => Self::leaf(ty, random),
        }
    }

    /// What it is made of.
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Column(_) | Self::Literal(_) => Vec::new(),
            Self::IsNull(_, _, a)
            | Self::Not(a)
            | Self::In(_, _, a, _)
            | Self::Like(_, _, a, _)
            | Self::Cast(_, _, a)
            | Self::Subselect(_, a) => vec![a],
            Self::Math(_, _, _, a, b)
            | Self::Compare(_, _, a, b)
            | Self::And(a, b)
            | Self::Or(a, b)
            | Self::Coalesce(a, b)
            | Self::Concat(a, b) => vec![a, b],
            Self::Between(_, _, a, b, c) | Self::Case(a, b, c) => vec![a, b, c],
        }
    }

    fn leaf(ty: Type, random: &mut Random) -> Self {
        // Without a column beside them, SQLite compares documents as texts.
        if ty != Type::Doc && random.chance(30) {
            return Self::Literal(random.maybe(|random| value(ty, random)));
        }
        let columns: &[Column] = match ty {
            Type::Bool => &[Column::Flag],
            Type::Small => &[Column::Small],
            Type::Int => &[Column::Int, Column::Number],
            Type::Big => &[Column::Big, Column::Id],
            Type::Float => &[Column::Float],
            Type::Real => &[Column::Real],
            Type::Text => &[Column::Text, Column::Word],
            Type::Decimal => &[Column::Price, Column::Cost],
            Type::Day => &[Column::Day],
            Type::Doc => &[Column::Doc],
            Type::Time => &[Column::Time],
            Type::Moment => &[Column::Moment],
            Type::Instant => &[Column::Instant],
            Type::Token => &[Column::Token],
            Type::Bytes => &[Column::Bytes],
        };
        Self::Column(*random.pick(columns))
    }
}

/// A value of `ty`.
pub fn value(ty: Type, random: &mut Random) -> Value {
    match ty {
        Type::Bool => Value::Bool(random.chance(50)),
        Type::Small => Value::Int(values::small(random).into()),
        Type::Int => Value::Int(values::int(random).into()),
        Type::Big => Value::Int(values::big(random)),
        Type::Float => Value::Float(*random.pick(values::FLOATS)),
        Type::Real => Value::Real(*random.pick(values::REALS)),
        Type::Text => Value::Text(values::text(random)),
        Type::Decimal => Value::Decimal(values::decimal(random)),
        Type::Day => Value::Day(values::day(random)),
        Type::Doc => Value::Doc(values::doc(random)),
        Type::Time => Value::Time(values::time(random)),
        Type::Moment => Value::Moment(values::moment(random)),
        Type::Instant => Value::Instant(values::instant(random)),
        Type::Token => Value::Token(values::token(random)),
        Type::Bytes => Value::Bytes(values::bytes(random)),
    }
}

impl Column {
    pub fn of(self, thing: &Thing) -> Option<Value> {
        match self {
            Self::Flag => thing.flag.map(Value::Bool),
            Self::Small => thing.small.map(|value| Value::Int(value.into())),
            Self::Int => thing.int.map(|value| Value::Int(value.into())),
            Self::Number => Some(Value::Int(thing.number.into())),
            Self::Big => thing.big.map(Value::Int),
            Self::Id => Some(Value::Int(thing.id)),
            Self::Float => thing.float.map(Value::Float),
            Self::Real => thing.real.map(Value::Real),
            Self::Text => thing.text.clone().map(Value::Text),
            Self::Word => Some(Value::Text(thing.word.clone())),
            Self::Price => thing.price.clone().map(Value::Decimal),
            Self::Cost => Some(Value::Decimal(thing.cost.clone())),
            Self::Day => thing.day.map(Value::Day),
            Self::Doc => thing.doc.clone().map(Value::Doc),
            Self::Time => thing.time.map(Value::Time),
            Self::Moment => thing.moment.map(Value::Moment),
            Self::Instant => thing.instant.map(Value::Instant),
            Self::Token => thing.token.map(Value::Token),
            Self::Bytes => thing.bytes.clone().map(Value::Bytes),
        }
    }
}
