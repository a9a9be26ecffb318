//! Window functions.

use diesel::dsl::{
    count, dense_rank, first_value, frame, lag, last_value, lead, max, ntile, rank, row_number, sum,
};
use diesel::prelude::*;

use super::expression::condition;
use super::reads::plain;
use super::{Connection, Found, rows};
use crate::schema::things;
use test_support::random::Random;

pub fn read(connection: &mut Connection<'_, '_>, random: &mut Random) -> Found {
    let condition = condition(&plain(), 2, random);
    let query = things::table.filter(condition).order_by(things::id);
    match random.below(3) {
        0 => {
            let query = query.select((
                things::id,
                row_number().over().partition_by(things::holder_id).window_order(things::id.desc()),
                rank().over().window_order(things::number),
                dense_rank().over().partition_by(things::flag).window_order(things::number.desc()),
                ntile(3).over().window_order(things::id),
            ));
            let found: Vec<(i64, i64, i64, i64, i32)> = load!(connection, query)?;
            Ok(rows(found, true))
        }
        1 => {
            let query = query.select((
                things::id,
                lag(things::text).over().window_order(things::id),
                lead(things::day).over().partition_by(things::holder_id).window_order(things::id),
                first_value(things::word)
                    .over()
                    .partition_by(things::number)
                    .window_order(things::id),
                last_value(things::moment).over().window_order(things::id),
            ));
            let found: Vec<(
                i64,
                Option<String>,
                Option<crate::schema::Day>,
                String,
                Option<crate::schema::Moment>,
            )> = load!(connection, query)?;
            Ok(rows(found, true))
        }
        _ => {
            let query = query.select((
                things::id,
                sum(things::number * things::number - 1)
                    .over()
                    .window_order(things::id)
                    .frame_by(frame::Rows.frame_between(2.preceding(), frame::CurrentRow)),
                max(things::float).over().partition_by(things::flag),
                count(things::text).over().window_order(things::id),
                lag(things::number + 5).over().partition_by(things::flag).window_order(things::id),
            ));
            let found: Vec<(i64, Option<i64>, Option<f32>, i64, Option<i32>)> =
                load!(connection, query)?;
            Ok(rows(found, true))
        }
    }
}
