//! Random expressions over the columns of any query source.

use diesel::BoxableExpression;
use diesel::dsl::{case_when, not};
use diesel::prelude::*;
use diesel::sql_types::{
    BigInt, Binary, Bool, Date, Double, Float, Integer, Nullable, SmallInt, Text, Time, Timestamp,
};

use super::Backend;
use crate::schema;
use test_support::random::Random;

/// An expression over the columns of `QS`.
pub type Expr<QS, ST> = Box<dyn BoxableExpression<QS, Backend, SqlType = Nullable<ST>>>;

mod functions {
    use diesel::define_sql_function;
    use diesel::sql_types::*;

    define_sql_function! { fn lower(text: Nullable<Text>) -> Nullable<Text>; }
    define_sql_function! { fn upper(text: Nullable<Text>) -> Nullable<Text>; }
    define_sql_function! { fn trim(text: Nullable<Text>) -> Nullable<Text>; }
    define_sql_function! { fn replace(text: Nullable<Text>, from: Text, to: Text) -> Nullable<Text>; }
    define_sql_function! { fn substr(text: Nullable<Text>, from: Integer, length: Integer) -> Nullable<Text>; }
    define_sql_function! { fn length(text: Nullable<Text>) -> Nullable<Integer>; }

    macro_rules! of_two {
        ($($module:ident, $ty:ident;)*) => {
            $(pub mod $module {
                use diesel::define_sql_function;
                use diesel::sql_types::*;

                define_sql_function! { fn coalesce(a: Nullable<$ty>, b: Nullable<$ty>) -> Nullable<$ty>; }
                define_sql_function! { fn nullif(a: Nullable<$ty>, b: Nullable<$ty>) -> Nullable<$ty>; }
            })*
        };
    }

    of_two! {
        small, SmallInt;
        int, Integer;
        big, BigInt;
        float, Float;
        real, Double;
        text, Text;
        boolean, Bool;
        bytes, Binary;
        day, Date;
        time, Time;
        moment, Timestamp;
    }
}

/// The columns of a query source, by type.
pub struct Columns<QS: 'static> {
    pub small: Vec<fn() -> Expr<QS, SmallInt>>,
    pub int: Vec<fn() -> Expr<QS, Integer>>,
    pub big: Vec<fn() -> Expr<QS, BigInt>>,
    pub float: Vec<fn() -> Expr<QS, Float>>,
    pub real: Vec<fn() -> Expr<QS, Double>>,
    pub text: Vec<fn() -> Expr<QS, Text>>,
    pub boolean: Vec<fn() -> Expr<QS, Bool>>,
    pub bytes: Vec<fn() -> Expr<QS, Binary>>,
    pub day: Vec<fn() -> Expr<QS, Date>>,
    pub time: Vec<fn() -> Expr<QS, Time>>,
    pub moment: Vec<fn() -> Expr<QS, Timestamp>>,
}

/// A list whose items become what it is a list of.
pub fn list<T, const N: usize>(items: [T; N]) -> Vec<T> {
    items.into()
}

/// The columns of a query source: those of `things` as `$column` says them, and others that are given.
macro_rules! columns {
    ($column:ident; int: $($int:expr),*; big: $($big:expr),*; text: $($text:expr),*) => {
        Columns {
            small: list([|| Box::new($column!(things::small))]),
            int: list([
                || Box::new($column!(things::int)),
                || Box::new($column!(things::number).nullable()),
                $(|| Box::new($int),)*
            ]),
            big: list([
                || Box::new($column!(things::big)),
                || Box::new($column!(things::holder_id)),
                || Box::new($column!(things::id).nullable()),
                $(|| Box::new($big),)*
            ]),
            float: list([|| Box::new($column!(things::float))]),
            real: list([|| Box::new($column!(things::real))]),
            text: list([
                || Box::new($column!(things::text)),
                || Box::new($column!(things::word).nullable()),
                $(|| Box::new($text),)*
            ]),
            boolean: list([|| Box::new($column!(things::flag))]),
            bytes: list([|| Box::new($column!(things::bytes))]),
            day: list([|| Box::new($column!(things::day))]),
            time: list([|| Box::new($column!(things::time))]),
            moment: list([|| Box::new($column!(things::moment))]),
        }
    };
}

macro_rules! typed {
    ($($name:ident, $ty:ident, $more:expr;)*) => {
        $(pub fn $name<QS: 'static>(
            columns: &Columns<QS>,
            depth: usize,
            random: &mut Random,
        ) -> Expr<QS, $ty> {
            if depth == 0 {
                return match random.below(3) {
                    0 => {
                        let value = random.maybe(schema::$name);
                        Box::new(value.into_sql::<Nullable<$ty>>())
                    }
                    _ => random.pick(&columns.$name)(),
                };
            }
            let depth = depth - 1;
            match random.below(6) {
                0 => {
                    let condition = condition(columns, depth, random);
                    let (a, b) = ($name(columns, depth, random), $name(columns, depth, random));
                    Box::new(case_when(condition, a).otherwise(b))
                }
                1 => {
                    let (a, b) = ($name(columns, depth, random), $name(columns, depth, random));
                    Box::new(functions::$name::coalesce(a, b))
                }
                2 => {
                    let (a, b) = ($name(columns, depth, random), $name(columns, depth, random));
                    Box::new(functions::$name::nullif(a, b))
                }
                _ => {
                    let more: fn(&Columns<QS>, usize, &mut Random) -> Expr<QS, $ty> = $more;
                    more(columns, depth, random)
                }
            }
        })*
    };
}

typed! {
    small, SmallInt, small;
    int, Integer, |columns, depth, random| match random.below(2) {
        0 => Box::new(functions::length(text(columns, depth, random))),
        _ => int(columns, depth, random),
    };
    big, BigInt, |columns, depth, random| match random.below(2) {
        0 => Box::new(int(columns, depth, random).cast::<Nullable<BigInt>>()),
        _ => big(columns, depth, random),
    };
    float, Float, float;
    real, Double, real;
    text, Text, |columns, depth, random| match random.below(8) {
        0 => Box::new(functions::lower(text(columns, depth, random))),
        1 => Box::new(functions::upper(text(columns, depth, random))),
        2 => Box::new(functions::trim(text(columns, depth, random))),
        3 => Box::new(functions::replace(text(columns, depth, random), schema::text(random), "*")),
        4 => {
            let (from, length) = (1 + random.below(3) as i32, random.below(3) as i32);
            Box::new(functions::substr(text(columns, depth, random), from, length))
        }
        5 => Box::new(big(columns, depth, random).cast::<Nullable<Text>>()),
        _ => Box::new(text(columns, depth, random).concat(text(columns, depth, random))),
    };
    boolean, Bool, condition;
    bytes, Binary, bytes;
    day, Date, day;
    time, Time, time;
    moment, Timestamp, moment;
}

/// Runs a macro with a random type.
macro_rules! with_type {
    ($random:expr, $then:ident) => {
        match $random.below(11) {
            0 => $then!(small),
            1 => $then!(int),
            2 => $then!(big),
            3 => $then!(float),
            4 => $then!(real),
            5 => $then!(text),
            6 => $then!(boolean),
            7 => $then!(bytes),
            8 => $then!(day),
            9 => $then!(time),
            _ => $then!(moment),
        }
    };
}

fn like<QS: 'static>(columns: &Columns<QS>, depth: usize, random: &mut Random) -> Expr<QS, Bool> {
    let text = text(columns, depth, random);
    let pattern = random.pick(&["%", "a%", "_", "%b", "A%", "%a_%", "%1%", "é%", "1"]).to_string();
    match random.below(4) {
        0 => Box::new(text.like(pattern)),
        1 => Box::new(text.not_like(pattern)),
        2 => Box::new(text.like(format!("!{pattern}")).escape('!')),
        _ => Box::new(text.like(self::text(columns, 0, random).concat("%"))),
    }
}

/// A random condition.
pub fn condition<QS: 'static>(
    columns: &Columns<QS>,
    depth: usize,
    random: &mut Random,
) -> Expr<QS, Bool> {
    let inner = depth.saturating_sub(1);
    macro_rules! two {
        ($method:ident) => {{
            let (a, b) = (condition(columns, inner, random), condition(columns, inner, random));
            Box::new(a.$method(b)) as Expr<QS, Bool>
        }};
    }
    macro_rules! compare {
        ($name:ident) => {{
            let (a, b) = ($name(columns, inner, random), $name(columns, inner, random));
            match random.below(6) {
                0 => Box::new(a.eq(b)) as Expr<QS, Bool>,
                1 => Box::new(a.ne(b)),
                2 => Box::new(a.lt(b)),
                3 => Box::new(a.le(b)),
                4 => Box::new(a.gt(b)),
                _ => Box::new(a.ge(b)),
            }
        }};
    }
    macro_rules! listed {
        ($name:ident) => {{
            let list: Vec<_> = (0..random.below(4)).map(|_| schema::$name(random)).collect();
            let value = $name(columns, inner, random);
            match random.below(2) {
                0 => Box::new(value.eq_any(list)) as Expr<QS, Bool>,
                _ => Box::new(value.ne_all(list)),
            }
        }};
    }
    macro_rules! between {
        ($name:ident) => {{
            let value = $name(columns, inner, random);
            let (low, high) = ($name(columns, 0, random), $name(columns, 0, random));
            match random.below(2) {
                0 => Box::new(value.between(low, high)) as Expr<QS, Bool>,
                _ => Box::new(value.not_between(low, high)),
            }
        }};
    }
    macro_rules! is_null {
        ($name:ident) => {{
            let value = $name(columns, inner, random);
            let other = boolean(columns, 0, random);
            match random.below(4) {
                0 => Box::new(value.is_null().and(other)) as Expr<QS, Bool>,
                1 => Box::new(value.is_null().or(other)),
                2 => Box::new(value.is_not_null().and(other)),
                _ => Box::new(value.is_not_null().or(other)),
            }
        }};
    }
    match if depth == 0 { 3 + random.below(5) } else { random.below(8) } {
        0 => two!(and),
        1 => two!(or),
        // Within parentheses: diesel writes none around NOT, which then holds for what follows as well. mizzle writes them.
        2 => {
            let always = true.into_sql::<Nullable<Bool>>();
            Box::new(not(condition(columns, inner, random)).and(always))
        }
        3 => with_type!(random, listed),
        4 => with_type!(random, between),
        5 => with_type!(random, is_null),
        6 => like(columns, inner, random),
        _ => with_type!(random, compare),
    }
}

pub(super) use columns;
