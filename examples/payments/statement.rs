//! The statement of a wallet: what each day, as its owner sees days, has added and taken.

use diesel::dsl::count_star;
use mizzle::dsl::decimal::sum;
use mizzle::dsl::{Unit, date_trunc, key};
use mizzle::prelude::*;

use crate::error::Result;
use crate::schema::{entries, postings};

/// The entries of a day.
#[derive(Cte, Debug, Clone, PartialEq)]
struct Day {
    begins_at: DateTime<Utc>,
    entries: i64,
    paid_in: Option<Decimal>,
    paid_out: Option<Decimal>,
    change: Option<Decimal>,
}

/// A day of the statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// When the day begins.
    pub begins_at: DateTime<Utc>,
    pub entries: i64,
    /// What came in.
    pub paid_in: Decimal,
    /// What went out: below zero.
    pub paid_out: Decimal,
    /// What was in the wallet when the day was over.
    pub balance: Decimal,
}

/// A line as it is read: a sum of no entries is NULL.
type Sums = (DateTime<Utc>, i64, Option<Decimal>, Option<Decimal>, Option<Decimal>);

/// Returns the days with entries, the first one first.
pub fn daily(on: &impl Executor, wallet_id: i64, time_zone: &str) -> Result<Vec<Line>> {
    let begins_at = key("begins_at", date_trunc(Unit::Day, postings::booked_at, time_zone));
    let zero = Decimal::default;
    let of_wallet =
        entries::table.inner_join(postings::table).filter(entries::wallet_id.eq(wallet_id));
    let days = Day::with(of_wallet.group_by(begins_at.name()).select((
        begins_at,
        count_star(),
        sum(entries::amount).aggregate_filter(entries::amount.gt(zero())),
        sum(entries::amount).aggregate_filter(entries::amount.lt(zero())),
        sum(entries::amount),
    )));
    let balance = sum(days::change).window_order(days::begins_at);
    let lines = days::table
        .select((days::begins_at, days::entries, days::paid_in, days::paid_out, balance))
        .order_by(days::begins_at);
    let lines: Vec<Sums> = on.load(days.then(lines))?;
    let line = |(begins_at, entries, paid_in, paid_out, balance): Sums| Line {
        begins_at,
        entries,
        paid_in: paid_in.unwrap_or_default(),
        paid_out: paid_out.unwrap_or_default(),
        balance: balance.unwrap_or_default(),
    };
    Ok(lines.into_iter().map(line).collect())
}
