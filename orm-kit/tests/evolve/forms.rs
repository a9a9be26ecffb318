//! Moments change the form in which they are stored, and stay the same moments.

use std::slice::from_ref;

use orm_core::Dialect;
use orm_core::schema::ColumnType::{self, *};
use orm_core::schema::MomentForm::{self, *};
use orm_core::schema::{ColumnDef, TableDef};

use crate::harness::none;
use crate::on_each_base;

fn of(ty: ColumnType, form: Option<MomentForm>) -> TableDef {
    let column = ColumnDef::new("it", ty).nullable();
    let column = match form {
        Some(form) => column.stored(form),
        None => column,
    };
    TableDef::new("things")
        .column(ColumnDef::new("id", BigInt).auto())
        .column(column)
        .primary_key(&["id"])
}

/// 2020-07-17 21:56:16 in a form, as SQL; half a second before 1970 where that can be said.
fn literal(form: Option<MomentForm>, early: bool, ty: &ColumnType, dialect: Dialect) -> String {
    let zone = if *ty == Timestamptz { "+00:00" } else { "" };
    let seconds = if early { "1969-12-31 23:59:58" } else { "2020-07-17 21:56:16" };
    match (form, dialect) {
        (Some(UnixSeconds), _) => if early { "-2" } else { "1595022976" }.to_owned(),
        (Some(UnixMillis), _) => if early { "-2000" } else { "1595022976000" }.to_owned(),
        (None, _) | (_, Dialect::Postgres) => format!("'{seconds}.000000{zone}'"),
        (Some(Iso8601), _) => format!("'{}.000Z'", seconds.replace(' ', "T")),
        (Some(SqliteDatetime), _) => format!("'{seconds}'"),
    }
}

const FORMS: [Option<MomentForm>; 5] =
    [None, Some(Iso8601), Some(SqliteDatetime), Some(UnixSeconds), Some(UnixMillis)];

on_each_base! {
    fn every_form_becomes_every_other(base: &Base) {
        for ty in [Timestamptz, Timestamp] {
            for from in FORMS {
                for to in FORMS {
                    let (before, after) = (of(ty.clone(), from), of(ty.clone(), to));
                    base.create(std::slice::from_ref(&before));
                    for early in [false, true] {
                        let value = literal(from, early, &ty, base.dialect());
                        base.sql(&format!("INSERT INTO things (it) VALUES ({value})"));
                    }
                    base.sql("INSERT INTO things (it) VALUES (NULL)");
                    base.evolve(&[before], std::slice::from_ref(&after), &none());
                    for (early, id) in [(false, "1"), (true, "2")] {
                        let value = literal(to, early, &ty, base.dialect());
                        base.holds(&format!("SELECT id FROM things WHERE it = {value}"), &[id]);
                    }
                    base.holds("SELECT count(*) FROM things WHERE it IS NULL", &["1"]);
                    base.evolve(&[after], &[], &none());
                }
            }
        }
    }

    fn numbers_become_moments_once_they_are_named(base: &Base) {
        let (plain, named, own) =
            (of(BigInt, None), of(Timestamptz, Some(UnixMillis)), of(Timestamptz, None));
        base.create(std::slice::from_ref(&plain));
        base.sql("INSERT INTO things (it) VALUES (1595022976123)");
        let told = ["things", "it", "{rows}", "stored = unix_seconds"];
        base.refuses(from_ref(&plain), from_ref(&own), &none(), 1, &told);
        base.evolve(from_ref(&plain), from_ref(&named), &none());
        base.holds("SELECT id FROM things WHERE it = 1595022976123", &["1"]);
        base.evolve(from_ref(&named), from_ref(&own), &none());
        base.holds("SELECT id FROM things WHERE it = '2020-07-17 21:56:16.123000+00:00'", &["1"]);
        base.evolve(&[own], from_ref(&named), &none());
        base.evolve(&[named], &[plain], &none());
        base.holds("SELECT id FROM things WHERE it = 1595022976123", &["1"]);
    }

    fn what_a_form_cannot_hold_is_refused(base: &Base) {
        let own = of(Timestamptz, None);
        base.create(std::slice::from_ref(&own));
        base.sql("INSERT INTO things (it) VALUES ('2020-07-17 21:56:16.123456+00:00')");
        // On PostgreSQL a form of text is a timestamptz.
        let is_other = |form: &MomentForm| base.dialect() == Dialect::Sqlite || form.is_number();
        for form in MomentForm::ALL.into_iter().filter(is_other) {
            base.refuses(from_ref(&own), &[of(Timestamptz, Some(form))], &none(), 1, &["things", "it", "{rows}"]);
        }
    }
}
