//! The modules of `examples/payments`: what the database refuses, webhooks in any order, and many threads under outages.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]
#![allow(missing_docs, dead_code, reason = "an example's, of which not all is tested here")]

#[path = "../../examples/payments/calls.rs"]
mod calls;
#[path = "../../examples/payments/error.rs"]
mod error;
#[path = "../../examples/payments/ledger.rs"]
mod ledger;
#[path = "../../examples/payments/payments.rs"]
mod payments;
#[path = "../../examples/payments/profiles.rs"]
mod profiles;
#[path = "../../examples/payments/schema.rs"]
mod schema;
#[path = "../../examples/payments/statement.rs"]
mod statement;
#[path = "../../examples/payments/webhooks.rs"]
mod webhooks;

mod load;
mod naive;
mod rules;

use mizzle::prelude::*;

use schema::{NewUser, Wallet};

/// Applies the example's migrations, and opens the company's wallets.
fn prepare(db: &Db) {
    db.migrate(mizzle::migrations!("examples/payments/migrations")).unwrap();
    ledger::open_own(db).unwrap();
}

/// Signs somebody up, with a wallet.
fn sign_up(db: &Db, name: &str, time_zone: &str) -> Wallet {
    let new =
        NewUser::builder().email(format!("{name}@example.com")).name(name).time_zone(time_zone);
    let user = db.insert(new.build()).unwrap();
    ledger::open(db, user.id).unwrap()
}

fn money(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

/// A moment in the days around the change of clocks in March 2026.
fn minute(minute: i64) -> DateTime<Utc> {
    let start = NaiveDate::from_ymd_opt(2026, 3, 27).unwrap().and_hms_opt(0, 0, 0).unwrap();
    start.and_utc() + std::time::Duration::from_secs(60 * minute.unsigned_abs())
}
