//! Conversions between the forms in which moments are stored: through mizzle's own form.

use orm_core::Dialect;
use orm_core::schema::{ColumnDef, ColumnType, MomentForm};

use super::{Conversion, convert_type};

/// Returns the conversion of a column whose form changes; `None` if it doesn't.
pub(super) fn convert(
    old: &ColumnDef,
    new: &ColumnDef,
    column: &str,
    dialect: Dialect,
) -> Option<Conversion> {
    let (before, after) = (form(old, dialect), form(new, dialect));
    if before == after
        && (before.is_none() || old.ty.is_date_and_time() == new.ty.is_date_and_time())
    {
        // The texts and numbers of a form have no zone that could be lost.
        return before.is_some().then_some(Conversion::Same);
    }
    // A number or a text whose form only gets declared.
    if let Some(after) = after
        && !old.ty.is_date_and_time()
    {
        return named(old, after, column, dialect);
    }
    if let Some(before) = before
        && !new.ty.is_date_and_time()
        && is_stored_as(&new.ty, before)
    {
        return Some(Conversion::Same);
    }
    let mut fails = Vec::new();
    let mut value = column.to_owned();
    if let Some(before) = before {
        fails.push((
            not_in_form(&value, before, dialect),
            format!("values that are not stored as {}", before.name()),
        ));
        value = to_own(&value, before, &old.ty, dialect);
    }
    let conversion = match old.ty == new.ty {
        true => Conversion::Same,
        false => convert_type(&old.ty, &new.ty, &value, dialect),
    };
    match conversion {
        Conversion::Never => return Some(Conversion::Never),
        Conversion::Same => {}
        Conversion::By { value: converted, fails: more } => {
            value = converted;
            fails.extend(more);
        }
    }
    if let Some(after) = after {
        fails.push((
            finer(&value, after, dialect),
            format!("moments that are finer than {} allows", after.name()),
        ));
        value = from_own(&value, after, dialect);
    }
    Some(Conversion::By { value, fails })
}

/// Returns the form in which this database stores the column: PostgreSQL only has numbers.
fn form(column: &ColumnDef, dialect: Dialect) -> Option<MomentForm> {
    column.stored.filter(|form| form.is_number() || dialect.is_sqlite())
}

fn is_stored_as(ty: &ColumnType, form: MomentForm) -> bool {
    *ty == if form.is_number() { ColumnType::BigInt } else { ColumnType::Text }
}

fn named(old: &ColumnDef, form: MomentForm, column: &str, dialect: Dialect) -> Option<Conversion> {
    let is_number = old.ty.is_integer();
    if is_number && form.is_number() {
        return Some(Conversion::Same);
    }
    (old.ty == ColumnType::Text && !form.is_number()).then(|| Conversion::By {
        value: column.to_owned(),
        fails: vec![(
            not_in_form(column, form, dialect),
            format!("texts that are not {}", form.name()),
        )],
    })
}

/// Whether a value isn't in its form, or is beyond the years of mizzle's own form.
fn not_in_form(c: &str, form: MomentForm, dialect: Dialect) -> String {
    const DAY: &str = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";
    const TIME: &str = "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]";
    match form {
        MomentForm::UnixSeconds => format!("{c} NOT BETWEEN -62135596800 AND 253402300799"),
        MomentForm::UnixMillis => format!("{c} NOT BETWEEN -62135596800000 AND 253402300799999"),
        // Its patterns have at most 50 bytes.
        MomentForm::Iso8601 if dialect == Dialect::D1 => {
            format!("{c} IS NOT strftime('%Y-%m-%dT%H:%M:%fZ', {c})")
        }
        MomentForm::SqliteDatetime if dialect == Dialect::D1 => format!("{c} IS NOT datetime({c})"),
        MomentForm::Iso8601 => format!("{c} NOT GLOB '{DAY}T{TIME}.[0-9][0-9][0-9]Z'"),
        MomentForm::SqliteDatetime => format!("{c} NOT GLOB '{DAY} {TIME}'"),
    }
}

/// Returns a value in mizzle's own form.
fn to_own(c: &str, form: MomentForm, ty: &ColumnType, dialect: Dialect) -> String {
    let zone = if *ty == ColumnType::Timestamptz { "+00:00" } else { "" };
    if dialect == Dialect::Postgres {
        let unit = if form == MomentForm::UnixSeconds { "second" } else { "millisecond" };
        let moment = format!("('epoch'::timestamptz + {c} * interval '1 {unit}')");
        if *ty == ColumnType::Timestamp {
            return format!("({moment} AT TIME ZONE 'UTC')");
        }
        return moment;
    }
    match form {
        MomentForm::UnixSeconds => {
            format!("(strftime('%Y-%m-%d %H:%M:%S', {c}, 'unixepoch') || '.000000{zone}')")
        }
        MomentForm::UnixMillis => {
            let rest = format!("(({c} % 1000 + 1000) % 1000)");
            format!(
                "(strftime('%Y-%m-%d %H:%M:%S', ({c} - {rest}) / 1000, 'unixepoch') || \
                 format('.%03d000{zone}', {rest}))"
            )
        }
        MomentForm::Iso8601 => {
            format!("(replace(substr({c}, 1, 23), 'T', ' ') || '000{zone}')")
        }
        MomentForm::SqliteDatetime => format!("({c} || '.000000{zone}')"),
    }
}

/// Whether a value in mizzle's own form has more digits than the other form.
fn finer(c: &str, form: MomentForm, dialect: Dialect) -> String {
    let is_second = matches!(form, MomentForm::UnixSeconds | MomentForm::SqliteDatetime);
    match (dialect, is_second) {
        (Dialect::Postgres, true) => format!("date_trunc('second', {c}) <> {c}"),
        (Dialect::Postgres, false) => format!("date_trunc('milliseconds', {c}) <> {c}"),
        (Dialect::Sqlite | Dialect::D1, true) => format!("substr({c}, 20, 7) <> '.000000'"),
        (Dialect::Sqlite | Dialect::D1, false) => format!("substr({c}, 24, 3) <> '000'"),
    }
}

fn from_own(c: &str, form: MomentForm, dialect: Dialect) -> String {
    if dialect == Dialect::Postgres {
        // The epoch of a `timestamp` is the same as in UTC.
        let factor = if form == MomentForm::UnixMillis { " * 1000" } else { "" };
        return format!("(EXTRACT(epoch FROM {c}){factor})::bigint");
    }
    let seconds = format!("CAST(strftime('%s', substr({c}, 1, 19)) AS INTEGER)");
    match form {
        MomentForm::UnixSeconds => seconds,
        MomentForm::UnixMillis => {
            format!("({seconds} * 1000 + CAST(substr({c}, 21, 3) AS INTEGER))")
        }
        MomentForm::Iso8601 => format!("(substr({c}, 1, 10) || 'T' || substr({c}, 12, 12) || 'Z')"),
        MomentForm::SqliteDatetime => format!("substr({c}, 1, 19)"),
    }
}
