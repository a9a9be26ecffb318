//! Random SELECTs of what PostgreSQL alone has.

use diesel::prelude::*;
use diesel::query_dsl::positional_order_dsl::PositionalOrderDsl;

use super::statements::expression::*;
use super::statements::reads::plain;
use super::statements::{Found, rows};
use super::{AnyCase, Backend, Connection};
use crate::schema::{self, instants, things};
use test_support::random::Random;

pub fn read(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    match random.below(4) {
        0 => distinct_on(connection, random),
        1 => any_case(connection, random),
        2 => sets(connection, random),
        _ => moments(connection, random),
    }
}

/// One row for each value, or pair of values.
fn distinct_on(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let columns = plain();
    let selected = || (things::id, things::holder_id, text(&columns, 2, &mut Random::new(1)));
    let kept = condition(&columns, 2, random);
    type Row = (i64, Option<i64>, Option<String>);
    let found: Vec<Row> = match random.below(3) {
        0 => load!(
            connection,
            things::table
                .distinct_on(things::holder_id)
                .order_by((things::holder_id, things::number.desc(), things::id))
                .filter(kept)
                .select(selected())
        )?,
        1 => load!(
            connection,
            things::table
                .distinct_on((things::flag, things::word))
                .order_by((things::flag.desc(), things::word, things::id.desc()))
                .filter(kept)
                .select(selected())
        )?,
        _ => load!(
            connection,
            things::table
                .distinct_on(things::day)
                .order_by((things::day.desc(), things::id))
                .filter(kept)
                .limit(3)
                .select(selected())
        )?,
    };
    Ok(rows(found, true))
}

fn any_case(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let columns = plain();
    let pattern = random.pick(&["A%", "%b", "É%", "_", "%ß", "NONE", "%\\%", "%1%"]).to_string();
    let (a, b) = (text(&columns, 2, random), text(&columns, 1, random));
    let query = things::table
        .into_boxed::<Backend>()
        .filter(condition(&columns, 1, random))
        .order_by(things::id)
        .select((things::id, AnyCase::ilike(a, pattern.clone()), AnyCase::not_ilike(b, pattern)));
    let found: Vec<(i64, Option<bool>, Option<bool>)> = load!(connection, query)?;
    Ok(rows(found, true))
}

fn sets(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let columns = plain();
    let mut part = || {
        let selected = (int(&columns, 1, random), moment(&columns, 1, random));
        things::table
            .into_boxed::<Backend>()
            .filter(condition(&columns, 2, random))
            .select(selected)
    };
    let (a, b) = (part(), part());
    type Row = (Option<i32>, Option<schema::Moment>);
    let found: Vec<Row> = match random.below(2) {
        0 => load!(connection, a.intersect_all(b).positional_order_by((1, 2)))?,
        _ => load!(connection, a.except_all(b).positional_order_by((1, 2)))?,
    };
    Ok(rows(found, true))
}

/// Moments with a time zone, written and read in one of the session.
fn moments(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let zone = random.pick(&[
        "SET LOCAL TIME ZONE 'Asia/Kathmandu'",
        "SET LOCAL TIME ZONE 'America/St_Johns'",
        "SET LOCAL TIME ZONE 'Pacific/Apia'",
        "SET LOCAL DateStyle TO 'German'",
    ]);
    execute!(connection, diesel::sql_query(*zone))?;
    let row = |random: &mut Random| {
        (
            instants::at.eq(random.maybe(schema::instant)),
            instants::local.eq(random.maybe(schema::moment)),
            instants::day.eq(random.maybe(schema::day)),
        )
    };
    let some: Vec<_> = (0..random.below(6)).map(|_| row(random)).collect();
    execute!(connection, diesel::insert_into(instants::table).values(some))?;
    let (least, most) = (schema::instant(random), schema::instant(random));
    let query = instants::table
        .filter(instants::at.between(least, most).or(instants::at.is_null()).or(instants::id.gt(2)))
        .order_by((instants::at.desc(), instants::local, instants::id))
        .select((
            instants::at,
            instants::local,
            instants::day,
            instants::at.eq_any(vec![least, most]),
        ));
    type Row = (Option<schema::Instant>, Option<schema::Moment>, Option<schema::Day>, Option<bool>);
    let found: Vec<Row> = load!(connection, query)?;
    let bounds = instants::table.select((
        diesel::dsl::max(instants::at),
        diesel::dsl::min(instants::local),
        diesel::dsl::max(instants::day),
    ));
    type Bounds = (Option<schema::Instant>, Option<schema::Moment>, Option<schema::Day>);
    let ends: Vec<Bounds> = load!(connection, bounds)?;
    Ok(format!("{}\n{}", rows(found, true), rows(ends, true)))
}
