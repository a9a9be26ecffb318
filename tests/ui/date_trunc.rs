//! What has no time zone can't be cut to the days of one.

use mizzle::dsl::{Unit, date_trunc};
use mizzle::prelude::*;

#[derive(Table)]
pub struct Event {
    #[column(primary_key, auto)]
    pub id: i64,
    pub name: String,
    pub begins: NaiveDateTime,
}

mizzle::schema!(pub Calendar = [Event]);

fn main() {
    let _ = date_trunc(Unit::Day, events::begins, "Europe/Zurich");
    let _ = date_trunc(Unit::Day, events::name, "Europe/Zurich");
}
