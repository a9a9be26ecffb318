//! Moments cut to hours, days, weeks and so on of a time zone.

use diesel::QueryResult;
use diesel::expression::{Expression, TypedExpressionType, ValidGrouping};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::Error::QueryBuilderError;
use diesel::sql_types::{Nullable, SqlType, Text, Timestamptz};

use super::parts::used_like_its_parts;
use crate::backend::{Any, hide_from_debug};
use crate::schema::MomentForm;
use crate::types::stored::{Form, MomentAs};
use crate::types::{Unit, find_zone};

/// The SQL type of a point in time, or of one that may be NULL.
#[diagnostic::on_unimplemented(
    message = "`date_trunc` is for points in time, and this is none: `{Self}`",
    label = "not a `DateTime<Utc>`",
    note = "a `NaiveDateTime` has no time zone that could be converted to another"
)]
pub trait MomentType: SqlType {
    /// The type of a moment that is cut: in mizzle's own form.
    type Truncated: SqlType + TypedExpressionType;
    /// The form in which a column stores it, if it isn't mizzle's own.
    const FORM: Option<MomentForm>;
}

#[diagnostic::do_not_recommend]
impl MomentType for Timestamptz {
    type Truncated = Timestamptz;
    const FORM: Option<MomentForm> = None;
}

#[diagnostic::do_not_recommend]
impl<F: Form> MomentType for MomentAs<F> {
    type Truncated = Timestamptz;
    const FORM: Option<MomentForm> = Some(F::FORM);
}

#[diagnostic::do_not_recommend]
impl<ST> MomentType for Nullable<ST>
where
    ST: MomentType<Truncated = Timestamptz, IsNull = diesel::sql_types::is_nullable::NotNull>,
{
    type Truncated = Nullable<Timestamptz>;
    const FORM: Option<MomentForm> = ST::FORM;
}

/// Cuts a moment to the beginning of its hour, day, week and so on, by the clocks and calendars of a time zone:
///
/// ```
/// # use diesel::prelude::*;
/// # use diesel::dsl::count_star;
/// # use chrono::{DateTime, Utc};
/// # use orm_core::{Db, Executor, dsl::{Unit, date_trunc, key}};
/// # diesel::table! { orders { id -> BigInt, placed_at -> Timestamptz } }
/// # fn f(db: &Db) -> orm_core::Result<()> {
/// let day = key("day", date_trunc(Unit::Day, orders::placed_at, "Europe/Zurich"));
/// let per_day: Vec<(DateTime<Utc>, i64)> =
///     db.load(orders::table.group_by(day.name()).order(day.name()).select((day, count_star())))?;
/// # Ok(())
/// # }
/// ```
///
/// The result is a moment in UTC. It is the same on both databases, that of PostgreSQL's `date_trunc`:
///
/// - A day begins at midnight in the zone, and is 23 or 25 hours long if the clocks change.
/// - If they skip midnight, it begins when they are set forward. If they show midnight twice, as on the Azores each
///   October, the result is the second midnight for all moments of the day.
/// - The hour that the clocks show twice is two hours.
/// - Weeks begin on Mondays.
///
/// The `zone` is a name of the tz database, such as `Europe/Zurich` or `UTC`, in upper or lower case, and can come from a
/// user: it is bound. A query with an unknown name fails with `QUERY_ERROR`, and so does one with `CET`, `EET`, `MET` or
/// `WET`, which PostgreSQL takes for abbreviations without summer time: name a city. PostgreSQL uses the server's rules of the
/// zone; SQLite those of the system that runs the program or, if it has none, those compiled into the program.
/// They only differ for years before 1970, and if one of them isn't up to date.
///
/// A result beyond the years that a column can hold is a `VALUE_ERROR`: 0 to 9999 on SQLite.
pub fn date_trunc<E>(unit: Unit, moment: E, zone: impl Into<String>) -> DateTrunc<E>
where
    E: Expression<SqlType: MomentType>,
{
    DateTrunc { unit, moment, zone: zone.into() }
}

/// The expression that [`date_trunc`] returns.
#[derive(Clone)]
pub struct DateTrunc<E> {
    unit: Unit,
    moment: E,
    zone: String,
}

hide_from_debug!([E] DateTrunc[E]);

impl<E> Expression for DateTrunc<E>
where
    E: Expression<SqlType: MomentType>,
{
    type SqlType = <E::SqlType as MomentType>::Truncated;
}

impl<E: ValidGrouping<G>, G> ValidGrouping<G> for DateTrunc<E> {
    type IsAggregate = E::IsAggregate;
}

used_like_its_parts!([E] [] DateTrunc<E>);

/// The type doesn't determine the unit.
impl<E> QueryId for DateTrunc<E> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<E> QueryFragment<Any> for DateTrunc<E>
where
    E: QueryFragment<Any> + Expression<SqlType: MomentType>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        // PostgreSQL takes much more for a zone: `abc3` is one, 3 hours west of Greenwich.
        if find_zone(&self.zone).is_none() {
            let problem = "`date_trunc` has a time zone that isn't in the tz database, or an abbreviation: write a name \
                           such as `Europe/Zurich`";
            return Err(QueryBuilderError(problem.into()));
        }
        let form = <E::SqlType as MomentType>::FORM;
        let unit = self.unit.name();
        if !out.backend().dialect().capabilities().own_functions {
            out.push_sql(&format!("mizzle_date_trunc('{unit}', "));
            out.push_bind_param::<Text, _>(&self.zone)?;
            out.push_sql(&format!(", '{}', ", form.map_or("", MomentForm::name)));
            self.moment.walk_ast(out.reborrow())?;
            out.push_sql(")");
            return Ok(());
        }
        // A whole number of seconds is exact as floating point, and a fraction of one is cut off in any case.
        let [open, close] = match form {
            Some(MomentForm::UnixSeconds) => ["to_timestamp(", ")"],
            Some(MomentForm::UnixMillis) => ["to_timestamp(floor(", " / 1000.0))"],
            Some(MomentForm::Iso8601 | MomentForm::SqliteDatetime) | None => ["", ""],
        };
        out.push_sql(&format!("date_trunc('{unit}', {open}"));
        self.moment.walk_ast(out.reborrow())?;
        out.push_sql(close);
        out.push_sql(", ");
        out.push_bind_param::<Text, _>(&self.zone)?;
        out.push_sql(")");
        Ok(())
    }
}
