//! Random SELECTs.

use diesel::dsl::{self, avg, count, count_star, exists, max, min, not, sum};
use diesel::prelude::*;
use diesel::query_dsl::positional_order_dsl::PositionalOrderDsl;
use diesel::query_source::{Alias, AliasedField};

use super::expression::*;
use super::{Backend, Connection, Found, rows};
use crate::schema::{Others, bosses, holders, others, things};
use test_support::random::Random;

type Inner = dsl::InnerJoinQuerySource<things::table, holders::table>;
type OnHolder = dsl::Eq<things::holder_id, dsl::Nullable<holders::id>>;
type Left = dsl::LeftJoinQuerySource<things::table, holders::table, OnHolder>;
type OnNumber = dsl::Eq<things::number, AliasedField<Others, things::number>>;
type Twice = dsl::InnerJoinQuerySource<things::table, Alias<Others>, OnNumber>;

macro_rules! own {
    ($column:expr) => {
        $column
    };
}

macro_rules! other {
    ($column:expr) => {
        others.field($column)
    };
}

pub fn plain() -> Columns<things::table> {
    columns! {
        own;
        int: (things::number + 3).nullable(), (things::number * things::number).nullable(),
            (things::number - 7).nullable();
        big: holders::table.select(max(holders::id)).single_value();
        text: holders::table
            .filter(holders::id.nullable().eq(things::holder_id))
            .select(holders::name)
            .single_value()
    }
}

fn inner_joined() -> Columns<Inner> {
    columns! {
        own;
        int: ;
        big: holders::id.nullable(), holders::boss_id, (things::id * holders::id).nullable(),
            (holders::id - things::id).nullable(), holders::boss_id + things::id.nullable();
        text: holders::name.nullable()
    }
}

fn left_joined() -> Columns<Left> {
    columns! {
        own;
        int: ;
        big: holders::id.nullable(), holders::boss_id.nullable();
        text: holders::name.nullable()
    }
}

fn twice() -> Columns<Twice> {
    columns! {
        other;
        int: things::int, things::number.nullable(),
            (things::number + others.field(things::number)).nullable(),
            (things::number * others.field(things::number)).nullable();
        big: things::id.nullable();
        text: things::text
    }
}

/// Adds a random range to a query.
macro_rules! ranged {
    ($query:expr, $random:expr) => {{
        let query = $query;
        let (limit, offset) = ($random.below(6) as i64, $random.below(4) as i64);
        match $random.below(6) {
            0 => query.limit(limit),
            1 => query.limit(limit).offset(offset),
            2 => query.offset(offset),
            _ => query,
        }
    }};
}

/// Loads random expressions of a source, with a random condition and order, after its `$key`.
macro_rules! select {
    ($connection:expr, $random:expr, $from:expr, $columns:expr, $key:expr, $($then:expr),*) => {{
        let (random, columns) = (&mut *$random, $columns);
        let depth = random.below(4);
        let query = $from.into_boxed::<Backend>().filter(condition(&columns, depth, random));
        let query = match random.below(4) {
            0 => query.filter(condition(&columns, 1, random)),
            1 => query.or_filter(condition(&columns, 1, random)),
            _ => query,
        };
        let query = match random.below(5) {
            0 => query.order_by(int(&columns, 2, random).desc()),
            1 => query.order_by(text(&columns, 2, random)),
            2 => query.order_by(moment(&columns, 1, random).desc()),
            3 => query.order_by(condition(&columns, 1, random)),
            _ => query.order_by(real(&columns, 1, random)),
        };
        let query = ranged!(query.then_order_by($key)$(.then_order_by($then))*, random);
        let selected = (
            $key,
            int(&columns, 2, random),
            big(&columns, 2, random),
            text(&columns, 3, random),
            condition(&columns, 2, random),
        );
        let found: Vec<(i64, Option<i32>, Option<i64>, Option<String>, Option<bool>)> =
            load!($connection, query.select(selected))?;
        Ok(rows(found, true))
    }};
}

pub fn read(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    match random.below(8) {
        0 => select!(connection, random, things::table, plain(), things::id,),
        1 => {
            let from = things::table.inner_join(holders::table);
            select!(connection, random, from, inner_joined(), things::id,)
        }
        2 => {
            let on = things::holder_id.eq(holders::id.nullable());
            let from = things::table.left_join(holders::table.on(on));
            select!(connection, random, from, left_joined(), things::id,)
        }
        3 => {
            let on = things::number.eq(others.field(things::number));
            let from = things::table.inner_join(others.on(on));
            let other = others.field(things::id);
            select!(connection, random, from, twice(), things::id, other)
        }
        4 => sets(connection, random),
        5 => groups(connection, random),
        6 => subselects(connection, random),
        _ => every_type(connection, random),
    }
}

/// UNION, INTERSECT and EXCEPT.
fn sets(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let columns = plain();
    let mut part = || {
        let selected = (int(&columns, 1, random), text(&columns, 1, random));
        things::table
            .into_boxed::<Backend>()
            .filter(condition(&columns, 2, random))
            .select(selected)
    };
    let (a, b) = (part(), part());
    type Row = (Option<i32>, Option<String>);
    let order = (1, 2);
    let (found, ordered): (Result<Vec<Row>, String>, bool) = match random.below(6) {
        0 => (load!(connection, a.union(b)), false),
        1 => (load!(connection, a.union_all(b)), false),
        2 => (load!(connection, a.intersect(b)), false),
        3 => (load!(connection, a.except(b)), false),
        4 => (load!(connection, a.union(b).positional_order_by(order)), true),
        _ => {
            (load!(connection, a.union_all(b).positional_order_by(order).limit(3).offset(1)), true)
        }
    };
    Ok(rows(found?, ordered))
}

/// GROUP BY and HAVING, and aggregates of all rows.
fn groups(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let columns = plain();
    let least = random.below(4) as i64;
    match random.below(4) {
        0 => {
            let query = things::table
                .group_by(things::holder_id)
                .filter(condition(&columns, 2, random))
                .having(count_star().ge(least))
                .select((
                    things::holder_id,
                    count_star(),
                    count(things::text),
                    sum(things::number),
                    min(things::moment),
                    max(things::day),
                    avg(things::float),
                ));
            let found: Vec<(
                Option<i64>,
                i64,
                i64,
                Option<i64>,
                Option<crate::schema::Moment>,
                Option<crate::schema::Day>,
                Option<f64>,
            )> = load!(connection, query)?;
            Ok(rows(found, false))
        }
        1 => {
            let query = things::table
                .inner_join(holders::table)
                .group_by((holders::name, things::flag))
                .having(max(things::word).ne("a").and(count_star().lt(least + 2)))
                .select((
                    holders::name,
                    things::flag,
                    count(things::number).aggregate_distinct(),
                    sum(things::small),
                ));
            let found: Vec<(String, Option<bool>, i64, Option<i64>)> = load!(connection, query)?;
            Ok(rows(found, false))
        }
        2 => {
            let query = things::table.select((
                count(things::big).aggregate_filter(things::number.gt(least as i32)),
                count(things::text).aggregate_distinct(),
                min(text(&columns, 2, random)),
                max(big(&columns, 1, random)),
                max(things::float),
                min(time(&columns, 1, random)),
            ));
            let found: Vec<(
                i64,
                i64,
                Option<String>,
                Option<i64>,
                Option<f32>,
                Option<crate::schema::Time>,
            )> = load!(connection, query)?;
            Ok(rows(found, true))
        }
        _ => {
            let query = things::table
                .select((things::number, things::flag))
                .distinct()
                .filter(condition(&columns, 2, random))
                .order_by((things::number, things::flag))
                .limit(1 + least);
            let found: Vec<(i32, Option<bool>)> = load!(connection, query)?;
            Ok(rows(found, true))
        }
    }
}

/// Queries within conditions and among what is selected.
fn subselects(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let (columns, depth) = (plain(), random.below(3));
    let query = things::table.into_boxed::<Backend>().filter(condition(&columns, depth, random));
    let named = random.pick(&["holder 1", "holder 2", "nobody"]).to_string();
    let query = match random.below(6) {
        0 => {
            let some =
                holders::table.filter(holders::name.ne(named)).select(holders::id.nullable());
            query.filter(things::holder_id.eq_any(some))
        }
        1 => {
            let some =
                holders::table.filter(holders::boss_id.is_not_null()).select(holders::boss_id);
            query.filter(things::holder_id.ne_all(some).is_not_null())
        }
        2 => query.filter(exists(
            holders::table
                .filter(holders::id.nullable().eq(things::holder_id))
                .filter(holders::name.eq(named)),
        )),
        3 => query.filter(not(exists(
            bosses.filter(bosses.field(holders::boss_id).eq(things::holder_id)),
        ))),
        4 => {
            let most = holders::table.select(max(holders::id)).single_value();
            query.filter(things::big.gt(most))
        }
        _ => {
            let some = others
                .filter(others.field(things::number).gt(1))
                .select(others.field(things::number));
            query.filter(things::number.eq_any(some))
        }
    };
    let name = holders::table
        .filter(holders::id.nullable().eq(things::holder_id))
        .select(holders::name)
        .single_value();
    match random.below(3) {
        0 => {
            let found: Vec<i64> = load!(connection, query.count())?;
            Ok(rows(found, true))
        }
        1 => {
            let found: Vec<bool> =
                load!(connection, diesel::select(exists(query.select(things::id))))?;
            Ok(rows(found, true))
        }
        _ => {
            let query = query.order_by(things::id).select((things::id, name));
            let found: Vec<(i64, Option<String>)> = load!(connection, ranged!(query, random))?;
            Ok(rows(found, true))
        }
    }
}

/// An expression of each type.
fn every_type(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let columns = plain();
    let query = things::table
        .into_boxed::<Backend>()
        .filter(condition(&columns, 2, random))
        .order_by(things::id)
        .select((
            small(&columns, 1, random),
            float(&columns, 1, random),
            real(&columns, 2, random),
            bytes(&columns, 1, random),
            day(&columns, 2, random),
            time(&columns, 1, random),
            moment(&columns, 2, random),
        ));
    let found: Vec<(
        Option<i16>,
        Option<f32>,
        Option<f64>,
        Option<Vec<u8>>,
        Option<crate::schema::Day>,
        Option<crate::schema::Time>,
        Option<crate::schema::Moment>,
    )> = load!(connection, query)?;
    Ok(rows(found, true))
}
