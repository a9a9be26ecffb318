//! Expressions as diesel's.

use diesel::dsl::{case_when, max, not};
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping,
};
use diesel::internal::table_macro::ops as plain;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::query_source::Alias;
use diesel::sql_types::{
    BigInt, Binary, Bool, Date, Double, Float, Integer, IntoNullable, Jsonb, Nullable, SmallInt,
    Text, Time, Timestamp, Timestamptz, Uuid as Token,
};
use mizzle::backend::Any;
use mizzle::dsl::Shared;
use mizzle::dsl::checked::{self, Checked};
use mizzle::prelude::*;
use mizzle::sql_types::ExactNumeric;

use crate::expression::{Column, Comparison, Expr, Operator, Type, Value, Writer};
use crate::schema::{Others, others, things};

pub type Boxed<S, ST> = Shared<'static, S, Nullable<ST>>;

mod functions {
    use diesel::define_sql_function;
    use diesel::sql_types::*;
    use mizzle::sql_types::ExactNumeric;

    macro_rules! coalesce {
        ($($name:ident, $ty:ident;)*) => {
            $(define_sql_function! {
                #[sql_name = "coalesce"]
                fn $name(a: Nullable<$ty>, b: Nullable<$ty>) -> Nullable<$ty>;
            })*
        };
    }

    pub mod or_one {
        use diesel::define_sql_function;
        use diesel::sql_types::*;

        macro_rules! or_one {
            ($($name:ident, $ty:ident;)*) => {
                $(define_sql_function! {
                    #[sql_name = "coalesce"]
                    fn $name(a: Nullable<$ty>, b: $ty) -> $ty;
                })*
            };
        }

        or_one! {
            big, BigInt;
            real, Double;
            text, Text;
        }
    }

    pub mod one {
        pub fn big() -> i64 {
            1
        }

        pub fn real() -> f64 {
            1.0
        }

        pub fn text() -> &'static str {
            "1"
        }
    }

    coalesce! {
        boolean, Bool;
        small, SmallInt;
        int, Integer;
        big, BigInt;
        float, Float;
        real, Double;
        text, Text;
        decimal, ExactNumeric;
        day, Date;
        doc, Jsonb;
        time, Time;
        moment, Timestamp;
        instant, Timestamptz;
        token, Uuid;
        bytes, Binary;
    }
}

/// The build of one type: what all types have, and `$rest` for what this one has alone.
macro_rules! build {
    ($($name:ident, $subselect:ident, $ty:ty, $literal:expr, $rest:expr;)*) => {
        $(pub fn $name<S: Source>(expr: &Expr) -> Boxed<S, $ty> {
            match expr {
                Expr::Column(column) => S::$name(*column),
                Expr::Subselect(of_max, inner) => S::$subselect(*of_max, inner),
                Expr::Literal(value) => $literal(value.clone()),
                Expr::Case(condition, then, otherwise) => {
                    Shared::new(case_when(boolean(condition), $name(then)).otherwise($name(otherwise)))
                }
                Expr::Coalesce(a, b) => Shared::new(functions::$name($name(a), $name(b))),
                other => $rest(other),
            }
        })*
    };
}

/// What diesel's `nullable()` is for a known table alone.
struct Maybe<E>(E);

impl<E: Expression<SqlType: IntoNullable<Nullable: TypedExpressionType>>> Expression for Maybe<E> {
    type SqlType = <E::SqlType as IntoNullable>::Nullable;
}

impl<E: ValidGrouping<()>> ValidGrouping<()> for Maybe<E> {
    type IsAggregate = E::IsAggregate;
}

impl<QS, E: AppearsOnTable<QS>> AppearsOnTable<QS> for Maybe<E> where Self: Expression {}

impl<QS, E: SelectableExpression<QS>> SelectableExpression<QS> for Maybe<E> where
    Self: AppearsOnTable<QS>
{
}

impl<E: QueryFragment<Any>> QueryFragment<Any> for Maybe<E> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> diesel::QueryResult<()> {
        self.0.walk_ast(out)
    }
}

/// Where expressions get their columns from.
macro_rules! sources {
    ($(
        $name:ident, $subselect:ident, $ty:ty, $form:ident,
        [$($nullable:ident = $field:ident),*], [$($other:ident = $plain:ident),*];
    )*) => {
        pub trait Source: Sized + 'static {
            $(
                fn $name(column: Column) -> Boxed<Self, $ty>;
                fn $subselect(of_max: bool, inner: &Expr) -> Boxed<Self, $ty>;
            )*
        }

        impl Source for things::table {
            $(
                fn $name(column: Column) -> Boxed<Self, $ty> {
                    match column {
                        $(Column::$nullable => Shared::new(things::$field),)*
                        $(Column::$other => Shared::new(things::$plain.nullable()),)*
                        other => panic!("{other:?} is of another type"),
                    }
                }

                fn $subselect(of_max: bool, inner: &Expr) -> Boxed<Self, $ty> {
                    let row = others.filter(others.field(things::id).eq(things::id));
                    let inner = $name::<Alias<Others>>(inner);
                    single!($form, of_max, row, inner)
                }
            )*
        }

        impl Source for Alias<Others> {
            $(
                fn $name(column: Column) -> Boxed<Self, $ty> {
                    match column {
                        $(Column::$nullable => Shared::new(others.field(things::$field)),)*
                        $(Column::$other => Shared::new(others.field(things::$plain).nullable()),)*
                        other => panic!("{other:?} is of another type"),
                    }
                }

                fn $subselect(_: bool, inner: &Expr) -> Boxed<Self, $ty> {
                    $name(inner)
                }
            )*
        }
    };
}

macro_rules! single {
    (ordered, $of_max:expr, $row:expr, $inner:expr) => {
        if $of_max {
            Shared::new($row.select(max($inner)).single_value())
        } else {
            Shared::new($row.select($inner).single_value())
        }
    };
    (unordered, $of_max:expr, $row:expr, $inner:expr) => {{
        assert!(!$of_max);
        Shared::new($row.select($inner).single_value())
    }};
}

sources! {
    boolean, boolean_of, Bool, unordered, [Flag = flag], [];
    small, small_of, SmallInt, ordered, [Small = small], [];
    int, int_of, Integer, ordered, [Int = int], [Number = number];
    big, big_of, BigInt, ordered, [Big = big], [Id = id];
    float, float_of, Float, ordered, [Float = float], [];
    real, real_of, Double, ordered, [Real = real], [];
    text, text_of, Text, ordered, [Text = text], [Word = word];
    decimal, decimal_of, ExactNumeric, ordered, [Price = price], [Cost = cost];
    day, day_of, Date, ordered, [Day = day], [];
    doc, doc_of, Jsonb, unordered, [Doc = doc], [];
    time, time_of, Time, ordered, [Time = time], [];
    moment, moment_of, Timestamp, ordered, [Moment = moment], [];
    instant, instant_of, Timestamptz, ordered, [Instant = instant], [];
    token, token_of, Token, unordered, [Token = token], [];
    bytes, bytes_of, Binary, unordered, [Bytes = bytes], [];
}

macro_rules! literal {
    ($ty:ty, $read:expr) => {
        |value: Option<Value>| -> Boxed<S, $ty> {
            Shared::new(value.map($read).into_sql::<Nullable<$ty>>())
        }
    };
}

macro_rules! math {
    ($name:ident, $ty:ty, $casts:expr) => {
        |expr: &Expr| -> Boxed<S, $ty> {
            match expr {
                Expr::Math(writer, operator, _, a, b) => {
                    let (a, b) = ($name::<S>(a), $name::<S>(b));
                    match (writer, operator) {
                        (Writer::Mizzle, Operator::Add) => {
                            Shared::new(Checked::<_, _, checked::Add>::new(a, b))
                        }
                        (Writer::Mizzle, Operator::Sub) => {
                            Shared::new(Checked::<_, _, checked::Sub>::new(a, b))
                        }
                        (Writer::Mizzle, Operator::Mul) => {
                            Shared::new(Checked::<_, _, checked::Mul>::new(a, b))
                        }
                        (Writer::Mizzle, Operator::Div) => {
                            Shared::new(Checked::<_, _, checked::Div>::new(a, b))
                        }
                        (Writer::Diesel, Operator::Add) => Shared::new(plain::Add::new(a, b)),
                        (Writer::Diesel, Operator::Sub) => Shared::new(plain::Sub::new(a, b)),
                        (Writer::Diesel, Operator::Mul) => Shared::new(plain::Mul::new(a, b)),
                        (Writer::Diesel, Operator::Div) => Shared::new(plain::Div::new(a, b)),
                    }
                }
                Expr::Cast(from, _, inner) => $casts(*from, inner),
                other => panic!("{other:?} is of another type"),
            }
        }
    };
}

macro_rules! casts {
    ($ty:ty; $($from:ident = $name:ident),*; $($fallible:ident = $other:ident),*) => {
        |from: Type, inner: &Expr| -> Boxed<S, $ty> {
            match from {
                $(Type::$from => Shared::new($name::<S>(inner).cast::<Nullable<$ty>>()),)*
                // diesel has these for what is never NULL.
                $(Type::$fallible => {
                    let inner = functions::or_one::$other($other::<S>(inner), functions::one::$other());
                    Shared::new(Maybe(inner.fallible_cast::<$ty>()))
                })*
                other => panic!("no cast of {other:?}"),
            }
        }
    };
}

macro_rules! read {
    ($($name:ident, $variant:ident, $rust:ty, $from:expr;)*) => {
        $(pub fn $name(value: Value) -> $rust {
            match value {
                Value::$variant(value) => $from(value),
                other => panic!("{other:?} is of another type"),
            }
        })*
    };
}

read! {
    read_bool, Bool, bool, |value| value;
    read_i16, Int, i16, |value: i64| value.try_into().expect("16 bits");
    read_i32, Int, i32, |value: i64| value.try_into().expect("32 bits");
    read_i64, Int, i64, |value| value;
    read_f32, Float, f32, |value| value;
    read_f64, Real, f64, |value| value;
    read_text, Text, String, |value| value;
    read_decimal, Decimal, Decimal, |value| value;
    read_day, Day, NaiveDate, |value| value;
    read_doc, Doc, serde_json::Value, |value| value;
    read_time, Time, NaiveTime, |value| value;
    read_moment, Moment, NaiveDateTime, |value| value;
    read_instant, Instant, DateTime<Utc>, |value| value;
    read_token, Token, Uuid, |value| value;
    read_bytes, Bytes, Vec<u8>, |value| value;
}

fn decimal_literal<S>(value: Option<Value>) -> Boxed<S, ExactNumeric> {
    match value.map(read_decimal) {
        Some(value) => Shared::new(value.into_sql::<Nullable<ExactNumeric>>()),
        None => Shared::new(None::<Decimal>.into_sql::<Nullable<ExactNumeric>>()),
    }
}

fn none<S, ST>(expr: &Expr) -> Boxed<S, ST> {
    panic!("{expr:?} is of another type")
}

build! {
    boolean, boolean_of, Bool, literal!(Bool, read_bool), conditions;
    small, small_of, SmallInt, literal!(SmallInt, read_i16),
        math!(small, SmallInt, |_, inner: &Expr| none(inner));
    int, int_of, Integer, literal!(Integer, read_i32),
        math!(int, Integer, casts!(Integer; ; Big = big, Real = real, Text = text));
    big, big_of, BigInt, literal!(BigInt, read_i64),
        math!(big, BigInt, casts!(BigInt; Int = int, Real = real; Text = text));
    float, float_of, Float, literal!(Float, read_f32),
        math!(float, Float, |_, inner: &Expr| none(inner));
    real, real_of, Double, literal!(Double, read_f64),
        math!(real, Double, casts!(Double; Int = int, Big = big; Text = text));
    text, text_of, Text, literal!(Text, read_text), texts;
    decimal, decimal_of, ExactNumeric, decimal_literal, decimals;
    day, day_of, Date, literal!(Date, read_day), none;
    doc, doc_of, Jsonb, literal!(Jsonb, read_doc), none;
    time, time_of, Time, literal!(Time, read_time), none;
    moment, moment_of, Timestamp, literal!(Timestamp, read_moment), none;
    instant, instant_of, Timestamptz, literal!(Timestamptz, read_instant), none;
    token, token_of, Token, literal!(Token, read_token), none;
    bytes, bytes_of, Binary, literal!(Binary, read_bytes), none;
}

fn texts<S: Source>(expr: &Expr) -> Boxed<S, Text> {
    let casts = casts!(Text; Int = int, Big = big, Real = real;);
    match expr {
        Expr::Concat(a, b) => Shared::new(text::<S>(a).concat(text::<S>(b))),
        Expr::Cast(from, _, inner) => casts(*from, inner),
        other => none(other),
    }
}

fn decimals<S: Source>(expr: &Expr) -> Boxed<S, ExactNumeric> {
    match expr {
        Expr::Math(_, Operator::Add, _, a, b) => Shared::new(decimal::<S>(a).plus(decimal::<S>(b))),
        Expr::Math(_, Operator::Sub, _, a, b) => {
            Shared::new(decimal::<S>(a).minus(decimal::<S>(b)))
        }
        Expr::Math(_, _, _, a, b) => Shared::new(decimal::<S>(a).times(decimal::<S>(b))),
        other => none(other),
    }
}

/// Runs a macro with the build of a type and the type of its values.
macro_rules! with_type {
    ($ty:expr, $then:ident) => {
        match $ty {
            Type::Bool => $then!(boolean, read_bool),
            Type::Small => $then!(small, read_i16),
            Type::Int => $then!(int, read_i32),
            Type::Big => $then!(big, read_i64),
            Type::Float => $then!(float, read_f32),
            Type::Real => $then!(real, read_f64),
            Type::Text => $then!(text, read_text),
            Type::Decimal => $then!(decimal, read_decimal),
            Type::Day => $then!(day, read_day),
            Type::Doc => $then!(doc, read_doc),
            Type::Time => $then!(time, read_time),
            Type::Moment => $then!(moment, read_moment),
            Type::Instant => $then!(instant, read_instant),
            Type::Token => $then!(token, read_token),
            Type::Bytes => $then!(bytes, read_bytes),
        }
    };
}

fn conditions<S: Source>(expr: &Expr) -> Boxed<S, Bool> {
    match expr {
        Expr::And(a, b) => Shared::new(boolean::<S>(a).and(boolean::<S>(b))),
        Expr::Or(a, b) => Shared::new(boolean::<S>(a).or(boolean::<S>(b))),
        Expr::Not(inner) => Shared::new(not(boolean::<S>(inner))),
        Expr::IsNull(ty, negated, inner) => {
            macro_rules! is_null {
                ($build:ident, $read:ident) => {
                    if *negated {
                        Shared::new(Maybe($build::<S>(inner).is_not_null())) as Boxed<S, Bool>
                    } else {
                        Shared::new(Maybe($build::<S>(inner).is_null()))
                    }
                };
            }
            with_type!(ty, is_null)
        }
        Expr::In(ty, negated, inner, list) => {
            macro_rules! is_in {
                ($build:ident, $read:ident) => {{
                    let list: Vec<_> = list.iter().cloned().map($read).collect();
                    if *negated {
                        Shared::new($build::<S>(inner).ne_all(list)) as Boxed<S, Bool>
                    } else {
                        Shared::new($build::<S>(inner).eq_any(list))
                    }
                }};
            }
            with_type!(ty, is_in)
        }
        Expr::Between(ty, negated, inner, low, high) => {
            macro_rules! between {
                ($build:ident, $read:ident) => {{
                    let (low, high) = ($build::<S>(low), $build::<S>(high));
                    if *negated {
                        Shared::new($build::<S>(inner).not_between(low, high)) as Boxed<S, Bool>
                    } else {
                        Shared::new($build::<S>(inner).between(low, high))
                    }
                }};
            }
            with_type!(ty, between)
        }
        Expr::Like(any_case, negated, inner, pattern) => {
            let (text, pattern) = (text::<S>(inner), pattern.clone());
            match (any_case, negated) {
                (false, false) => Shared::new(text.like(pattern)),
                (false, true) => Shared::new(text.not_like(pattern)),
                (true, false) => Shared::new(text.ilike(pattern)),
                (true, true) => Shared::new(text.not_ilike(pattern)),
            }
        }
        Expr::Compare(comparison, ty, a, b) => {
            macro_rules! compare {
                ($build:ident, $read:ident) => {{
                    let (a, b) = ($build::<S>(a), $build::<S>(b));
                    match comparison {
                        Comparison::Eq => Shared::new(a.eq(b)) as Boxed<S, Bool>,
                        Comparison::Ne => Shared::new(a.ne(b)),
                        Comparison::Lt => Shared::new(a.lt(b)),
                        Comparison::Le => Shared::new(a.le(b)),
                        Comparison::Gt => Shared::new(a.gt(b)),
                        Comparison::Ge => Shared::new(a.ge(b)),
                        Comparison::DistinctFrom => Shared::new(Maybe(a.is_distinct_from(b))),
                        Comparison::NotDistinctFrom => {
                            Shared::new(Maybe(a.is_not_distinct_from(b)))
                        }
                    }
                }};
            }
            with_type!(ty, compare)
        }
        other => none(other),
    }
}

pub(crate) use with_type;
