//! Window functions.

use diesel::dsl::{
    FrameBoundDsl, FrameClauseDsl, count, count_star, dense_rank, first_value, frame, lag,
    last_value, lead, nth_value, ntile, rank, row_number, sum,
};
use mizzle::dsl::decimal as exact;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;

on_each_database! {
    fn numbers_and_ranks(db: &Db) {
        seed(db);
        let rows: Vec<(i64, i64, i64, i64)> = db
            .load(people::table.order(people::id).select((
                people::id,
                row_number().window_order((people::age, people::id)),
                rank().window_order(people::age),
                dense_rank().window_order(people::age),
            )))
            .expect("the rows");
        assert_eq!(rows, [(1, 2, 2, 2), (2, 1, 1, 1), (3, 3, 2, 2), (4, 4, 4, 3)]);
    }

    fn partitions(db: &Db) {
        seed(db);
        let rows: Vec<(String, i64, i64, Option<i64>)> = db
            .load(people::table.order(people::id).select((
                people::name,
                row_number().partition_by(people::team_id).window_order(people::age),
                count_star().partition_by(people::team_id),
                sum(people::age).partition_by(people::active),
            )))
            .expect("the rows");
        assert_eq!(
            rows,
            [
                ("Ada".into(), 2, 2, Some(101)),
                ("bob".into(), 1, 2, Some(101)),
                ("Cid".into(), 1, 1, Some(36)),
                ("Dot".into(), 1, 1, Some(101)),
            ]
        );
    }

    fn running_totals(db: &Db) {
        seed(db);
        let rows: Vec<(i64, Option<i64>, Option<Decimal>, i64)> = db
            .load(people::table.order(people::id).select((
                people::id,
                sum(people::age).window_order(people::id),
                exact::sum(people::balance).window_order(people::id),
                count_star().over(),
            )))
            .expect("the rows");
        let total = |text| Some(decimal(text));
        assert_eq!(
            rows,
            [
                (1, Some(36), total("10"), 4),
                (2, Some(60), total("19.5"), 4),
                (3, Some(96), total("-80.75"), 4),
                (4, Some(137), total("-80.74"), 4),
            ]
        );
    }

    fn frames(db: &Db) {
        seed(db);
        type Row = (Option<i64>, Option<i64>, i64, Option<Decimal>);
        let rows: Vec<Row> = db
            .load(
                people::table.order(people::id).select((
                    sum(people::age)
                        .window_order(people::id)
                        .frame_by(frame::Rows.frame_start_with(1.preceding())),
                    sum(people::age).window_order(people::id).frame_by(
                        frame::Rows.frame_between(frame::CurrentRow, frame::UnboundedFollowing),
                    ),
                    count_star().window_order(people::age).frame_by(
                        frame::Groups.frame_start_with_exclusion(
                            frame::UnboundedPreceding,
                            frame::ExcludeCurrentRow,
                        ),
                    ),
                    exact::sum(people::balance)
                        .window_order(people::id)
                        .frame_by(frame::Rows.frame_between(1.preceding(), 1.following())),
                )),
            )
            .expect("the rows");
        let total = |text| Some(decimal(text));
        assert_eq!(
            rows,
            [
                (Some(36), Some(137), 2, total("19.5")),
                (Some(60), Some(101), 0, total("-80.75")),
                (Some(60), Some(77), 2, total("-90.74")),
                (Some(77), Some(41), 3, total("-100.24")),
            ]
        );
        // Another offset is another statement.
        let sums: Vec<Option<i64>> = db
            .load(
                people::table.order(people::id).select(
                    sum(people::age)
                        .window_order(people::id)
                        .frame_by(frame::Rows.frame_start_with(2.preceding())),
                ),
            )
            .expect("the sums");
        assert_eq!(sums, [Some(36), Some(60), Some(96), Some(101)]);
    }

    fn of_decimals(db: &Db) {
        seed(db);
        let rows: Vec<(Option<Decimal>, Option<Decimal>, Option<Decimal>)> = db
            .load(people::table.order(people::id).select((
                exact::sum(people::balance).window_filter(people::active).window_order(people::id),
                exact::max(people::balance).partition_by(people::team_id),
                exact::min(people::balance).over(),
            )))
            .expect("the rows");
        let some = |text| Some(decimal(text));
        assert_eq!(
            rows,
            [
                (some("10"), some("10"), some("-100.25")),
                (some("19.5"), some("10"), some("-100.25")),
                (some("19.5"), some("-100.25"), some("-100.25")),
                (some("19.51"), some("0.01"), some("-100.25")),
            ]
        );
        let filtered: Option<Decimal> = db
            .one(people::table.select(exact::sum(people::balance).aggregate_filter(people::active)))
            .expect("the sum");
        assert_eq!(filtered, some("19.51"));
    }

    fn neighbours(db: &Db) {
        seed(db);
        type Row = (Option<String>, Option<String>, String, String, Option<String>);
        let rows: Vec<Row> = db
            .load(people::table.order(people::id).select((
                lag(people::name).window_order(people::id),
                lead(people::name).window_order(people::id),
                first_value(people::name).window_order(people::id),
                last_value(people::name).window_order(people::id),
                nth_value(people::name, 2).window_order(people::id),
            )))
            .expect("the rows");
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(
            rows,
            [
                (None, some("bob"), "Ada".into(), "Ada".into(), None),
                (some("Ada"), some("Cid"), "Ada".into(), "bob".into(), some("bob")),
                (some("bob"), some("Dot"), "Ada".into(), "Cid".into(), some("bob")),
                (some("Cid"), None, "Ada".into(), "Dot".into(), some("bob")),
            ]
        );
    }

    fn buckets_and_filters(db: &Db) {
        seed(db);
        let rows: Vec<(i32, i64)> = db
            .load(people::table.order(people::id).select((
                ntile(2).window_order(people::id),
                count(people::id).window_filter(people::active).window_order(people::id),
            )))
            .expect("the rows");
        assert_eq!(rows, [(1, 1), (1, 2), (2, 2), (2, 3)]);
    }
}
