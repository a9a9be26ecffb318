//! Expressions as diesel's.

use diesel::dsl::{case_when, not};
use diesel::sql_types::{BigInt, Bool, Date, Double, Integer, Jsonb, Nullable, SmallInt, Text};
use mizzle::dsl::Shared;
use mizzle::dsl::checked::{self, Checked};
use mizzle::prelude::*;
use mizzle::sql_types::ExactNumeric;

use crate::expression::{Column, Comparison, Expr, Operator, Type, Value};
use crate::schema::things;

pub type Boxed<ST> = Shared<'static, things::table, Nullable<ST>>;

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
        real, Double;
        text, Text;
        decimal, ExactNumeric;
        day, Date;
        doc, Jsonb;
    }
}

/// The build of one type: what all types have, and `$rest` for what this one has alone.
macro_rules! build {
    ($($name:ident, $ty:ty, $literal:expr, $columns:expr, $rest:expr;)*) => {
        $(pub fn $name(expr: &Expr) -> Boxed<$ty> {
            match expr {
                Expr::Column(column) => $columns(*column),
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

/// Columns of one type; those after `;` are never NULL.
macro_rules! columns {
    ($ty:ty; $($nullable:ident = $field:ident),*; $($other:ident = $plain:ident),*) => {
        |column: Column| -> Boxed<$ty> {
            match column {
                $(Column::$nullable => Shared::new(things::$field),)*
                $(Column::$other => Shared::new(things::$plain.nullable()),)*
                other => panic!("{other:?} is of another type"),
            }
        }
    };
}

macro_rules! literal {
    ($ty:ty, $read:expr) => {
        |value: Option<Value>| -> Boxed<$ty> {
            Shared::new(value.map($read).into_sql::<Nullable<$ty>>())
        }
    };
}

macro_rules! math {
    ($name:ident, $ty:ty, $casts:expr) => {
        |expr: &Expr| -> Boxed<$ty> {
            match expr {
                Expr::Math(operator, _, a, b) => {
                    let (a, b) = ($name(a), $name(b));
                    match operator {
                        Operator::Add => Shared::new(Checked::<_, _, checked::Add>::new(a, b)),
                        Operator::Sub => Shared::new(Checked::<_, _, checked::Sub>::new(a, b)),
                        Operator::Mul => Shared::new(Checked::<_, _, checked::Mul>::new(a, b)),
                        Operator::Div => Shared::new(Checked::<_, _, checked::Div>::new(a, b)),
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
        |from: Type, inner: &Expr| -> Boxed<$ty> {
            match from {
                $(Type::$from => Shared::new($name(inner).cast::<Nullable<$ty>>()),)*
                // diesel has these for what is never NULL.
                $(Type::$fallible => {
                    let inner = functions::or_one::$other($other(inner), functions::one::$other());
                    Shared::new(inner.fallible_cast::<$ty>().nullable())
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
    read_f64, Real, f64, |value| value;
    read_text, Text, String, |value| value;
    read_decimal, Decimal, Decimal, |value| value;
    read_day, Day, NaiveDate, |value| value;
    read_doc, Doc, serde_json::Value, |value| value;
}

fn decimal_literal(value: Option<Value>) -> Boxed<ExactNumeric> {
    match value.map(read_decimal) {
        Some(value) => Shared::new(value.into_sql::<Nullable<ExactNumeric>>()),
        None => Shared::new(None::<Decimal>.into_sql::<Nullable<ExactNumeric>>()),
    }
}

fn none<ST>(expr: &Expr) -> Boxed<ST> {
    panic!("{expr:?} is of another type")
}

build! {
    boolean, Bool, literal!(Bool, read_bool), columns!(Bool; Flag = flag;), conditions;
    small, SmallInt, literal!(SmallInt, read_i16), columns!(SmallInt; Small = small;), math!(small, SmallInt, |_, inner: &Expr| none(inner));
    int, Integer, literal!(Integer, read_i32), columns!(Integer; Int = int; Number = number),
        math!(int, Integer, casts!(Integer; ; Big = big, Real = real, Text = text));
    big, BigInt, literal!(BigInt, read_i64), columns!(BigInt; Big = big; Id = id),
        math!(big, BigInt, casts!(BigInt; Int = int, Real = real; Text = text));
    real, Double, literal!(Double, read_f64), columns!(Double; Real = real;),
        math!(real, Double, casts!(Double; Int = int, Big = big; Text = text));
    text, Text, literal!(Text, read_text), columns!(Text; Text = text; Word = word), texts;
    decimal, ExactNumeric, decimal_literal, columns!(ExactNumeric; Price = price; Cost = cost), decimals;
    day, Date, literal!(Date, read_day), columns!(Date; Day = day;), none;
    doc, Jsonb, literal!(Jsonb, read_doc), columns!(Jsonb; Doc = doc;), none;
}

fn texts(expr: &Expr) -> Boxed<Text> {
    let casts = casts!(Text; Int = int, Big = big, Real = real;);
    match expr {
        Expr::Concat(a, b) => Shared::new(text(a).concat(text(b))),
        Expr::Cast(from, _, inner) => casts(*from, inner),
        other => none(other),
    }
}

fn decimals(expr: &Expr) -> Boxed<ExactNumeric> {
    match expr {
        Expr::Math(Operator::Add, _, a, b) => Shared::new(decimal(a).plus(decimal(b))),
        Expr::Math(Operator::Sub, _, a, b) => Shared::new(decimal(a).minus(decimal(b))),
        Expr::Math(_, _, a, b) => Shared::new(decimal(a).times(decimal(b))),
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
            Type::Real => $then!(real, read_f64),
            Type::Text => $then!(text, read_text),
            Type::Decimal => $then!(decimal, read_decimal),
            Type::Day => $then!(day, read_day),
            Type::Doc => $then!(doc, read_doc),
        }
    };
}

fn conditions(expr: &Expr) -> Boxed<Bool> {
    match expr {
        Expr::And(a, b) => Shared::new(boolean(a).and(boolean(b))),
        Expr::Or(a, b) => Shared::new(boolean(a).or(boolean(b))),
        Expr::Not(inner) => Shared::new(not(boolean(inner))),
        Expr::IsNull(ty, negated, inner) => {
            macro_rules! is_null {
                ($build:ident, $read:ident) => {
                    if *negated {
                        Shared::new($build(inner).is_not_null().nullable()) as Boxed<Bool>
                    } else {
                        Shared::new($build(inner).is_null().nullable())
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
                        Shared::new($build(inner).ne_all(list)) as Boxed<Bool>
                    } else {
                        Shared::new($build(inner).eq_any(list))
                    }
                }};
            }
            with_type!(ty, is_in)
        }
        Expr::Between(ty, negated, inner, low, high) => {
            macro_rules! between {
                ($build:ident, $read:ident) => {{
                    let (low, high) = ($build(low), $build(high));
                    if *negated {
                        Shared::new($build(inner).not_between(low, high)) as Boxed<Bool>
                    } else {
                        Shared::new($build(inner).between(low, high))
                    }
                }};
            }
            with_type!(ty, between)
        }
        Expr::Like(any_case, negated, inner, pattern) => {
            let (text, pattern) = (text(inner), pattern.clone());
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
                    let (a, b) = ($build(a), $build(b));
                    match comparison {
                        Comparison::Eq => Shared::new(a.eq(b)) as Boxed<Bool>,
                        Comparison::Ne => Shared::new(a.ne(b)),
                        Comparison::Lt => Shared::new(a.lt(b)),
                        Comparison::Le => Shared::new(a.le(b)),
                        Comparison::Gt => Shared::new(a.gt(b)),
                        Comparison::Ge => Shared::new(a.ge(b)),
                        Comparison::DistinctFrom => Shared::new(a.is_distinct_from(b).nullable()),
                        Comparison::NotDistinctFrom => {
                            Shared::new(a.is_not_distinct_from(b).nullable())
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
