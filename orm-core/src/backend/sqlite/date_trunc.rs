//! Moments cut to the units of a time zone.

use chrono::{DateTime, Utc};
use diesel::deserialize::FromSql;
use diesel::sql_types::Timestamptz;
use libsqlite3_sys as ffi;

use super::arguments::{Values, with_kept};
use super::arithmetic::Number;
use super::functions::{fail, fail_value, give_text};
use crate::backend::any::{Any, AnyValue, TimeText, read_moment};
use crate::schema::MomentForm;
use crate::types::{Unit, find_zone, truncate};

/// `mizzle_date_trunc(unit, zone, form, moment)`: the beginning of the unit that contains the moment. The form is the
/// name of a stored one, or `''`.
pub(super) fn date_trunc(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    if values.is_null(1) || values.is_null(3) {
        return;
    }
    let named = |unit: &Unit| unit.name().as_bytes() == values.text(0);
    let Some(unit) = Unit::ALL.into_iter().find(named) else {
        return fail(context, c"a moment can't be cut to this unit");
    };
    let Some(moment) = moment(values) else {
        return fail_value(context, c"a value is not a point in time in the form of its column");
    };
    let zone = || std::str::from_utf8(values.text(1)).ok().and_then(find_zone);
    match with_kept(context, 1, zone, |zone| truncate(moment, unit, zone)) {
        None => fail(context, c"a time zone is unknown"),
        Some(begins) => match begins.and_then(|begins| TimeText::timestamptz(begins).ok()) {
            Some(text) => give_text(context, &String::from_utf8_lossy(text.as_bytes())),
            None => fail_value(context, c"a point in time is out of range"),
        },
    }
}

fn moment(values: &Values<'_>) -> Option<DateTime<Utc>> {
    let value = match values.number(3) {
        _ if values.is_text(3) => AnyValue::Text(values.text(3)),
        Number::Integer(number) => AnyValue::Integer(number),
        Number::Real(number) => AnyValue::Real(number),
    };
    let form = |form: &MomentForm| form.name().as_bytes() == values.text(2);
    match MomentForm::ALL.into_iter().find(form) {
        Some(form) => read_moment(value, form).ok(),
        None => FromSql::<Timestamptz, Any>::from_sql(value).ok(),
    }
}
